# SPDX-License-Identifier: MIT
"""Sockets of the conformance programs: each party notes what it hears, and says it at the end."""

from collections.abc import Callable
from typing import Any

from conformance import name_of, say

from libloop import Listener, Loop, LoopError, Stream


class Party:
    """One stream, or a listener. Data that came in several pieces is one "data"."""

    def __init__(self, name: str, on: Callable[[str, "Party"], object] | None = None) -> None:
        self.name = name
        self.on = on  # after each event: what it was
        self.socket: Any = None
        self.bytes = 0
        self.text = b""
        self.heard: list[str] = []
        self._in_data = False

    def note(self, word: str) -> None:
        if not (word == "data" and self._in_data):
            self.heard.append(word)
        self._in_data = word == "data"
        if self.on is not None:
            self.on(word, self)

    def data(self, data: bytes) -> None:
        self.bytes += len(data)
        self.text = (self.text + data)[:31]
        self.note("data")

    def closed(self, error: LoopError | None) -> None:
        self.note(name_of(error))

    def hear(self, stream: Stream, timeout_ms: float | None = None) -> None:
        """Reads a stream."""
        self.socket = stream
        stream.start(
            self.data,
            on_end=lambda: self.note("end"),
            on_close=self.closed,
            on_full=lambda: self.note("full"),
            on_drain=lambda: self.note("drain"),
            timeout_ms=timeout_ms,
        )

    def say(self) -> None:
        say(f"{self.name}: {', '.join(self.heard)}")
        if 0 < self.bytes < 32:
            say(f"{self.name} got: {self.text.decode()}")
        elif self.bytes:
            say(f"{self.name} got: {self.bytes} bytes")


def take_over(loop: Loop, party: Party, fd: int, **options: Any) -> Stream:
    """Takes a descriptor over as a stream and runs until that is told."""

    def opened(error: LoopError | None, stream: Stream | None) -> None:
        if stream is not None:
            party.note("open")

    party.socket = loop.net.adopt(fd, opened, **options)
    party.socket.on_close = party.closed
    party.socket.on_full = lambda: party.note("full")
    party.socket.on_drain = lambda: party.note("drain")
    while not party.heard:
        loop.run_once()
    stream: Stream = party.socket
    return stream


def listen_with(
    loop: Loop, party: Party, on_stream: Callable[[Stream], object], **options: Any
) -> Listener:
    """Listens on 127.0.0.1 and runs until that is told."""

    def accepted(stream: Stream) -> None:
        party.note("accepted")
        on_stream(stream)

    listener = loop.net.listen("127.0.0.1", 0, accepted, on_close=party.closed, **options)
    listener.on_open = lambda _: party.note("open")
    party.socket = listener
    while not party.heard:
        loop.run_once()
    return listener


def take_one(server: Party, listener: Party) -> Callable[[Stream], object]:
    """The first connection is the server's, and nobody else is expected."""

    def take(stream: Stream) -> None:
        server.hear(stream)
        listener.socket.close()

    return take


def connect_to(loop: Loop, listener: Listener, party: Party, **options: Any) -> Stream:
    """Connects to it; its end is heard, too."""

    def opened(error: LoopError | None, stream: Stream | None) -> None:
        if stream is not None:
            party.note("open")

    stream = loop.net.connect("127.0.0.1", listener.address.port, opened, **options)
    party.hear(stream)
    return stream


def talk(
    loop: Loop, server: Party, client: Party, listener: Party | None = None, **options: Any
) -> Stream:
    """A listener for one connection, and that connection."""
    hears = listener or Party("listener")
    made = listen_with(loop, hears, take_one(server, hears), **options)
    return connect_to(loop, made, client)
