# SPDX-License-Identifier: MIT
"""Datagram sockets of the conformance programs: each says at once what it hears."""

from collections.abc import Callable
from typing import Any

from conformance import name_of, say

from libloop import Datagrams, Loop, LoopError, NetAddress


class Ear:
    """A datagram socket. `count` is of datagrams and errors that came."""

    def __init__(self, name: str, on: Callable[[bytes, NetAddress], object] | None = None) -> None:
        self.name = name
        self.on = on  # after a datagram: what came, and from whom
        self.socket: Any = None
        self.is_open = False
        self.count = 0

    def opened(self, error: LoopError | None, socket: Datagrams | None) -> None:
        if socket is not None:
            say(f"{self.name}: open")
            self.is_open = True

    def hear(self, socket: Datagrams) -> None:
        self.socket = socket
        socket.start(self._datagram, on_error=self._error, on_close=self._closed)

    def _closed(self, error: LoopError | None) -> None:
        say(f"{self.name}: ended with {name_of(error)}")

    def _error(self, error: LoopError) -> None:
        say(f"{self.name}: {name_of(error)}, and goes on")
        self.count += 1

    def _datagram(self, data: bytes, sender: NetAddress, length: int) -> None:
        say(f'{self.name}: "{data.decode()}", {len(data)} of {length} bytes')
        self.count += 1
        if self.on is not None:
            self.on(data, sender)


def bind_at(loop: Loop, ear: Ear, port: int = 0, **options: Any) -> Datagrams:
    """Binds a UDP socket at 127.0.0.1, runs until it is open and has it receive."""
    socket = loop.net.udp_bind("127.0.0.1", port, ear.opened, **options)
    while not ear.is_open:
        loop.run_once()
    ear.hear(socket)
    return socket


def run_until(loop: Loop, ear: Ear, count: int) -> None:
    """Runs until so many datagrams and errors have come."""
    while ear.count < count:
        loop.run_once()
