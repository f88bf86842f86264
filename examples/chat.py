# SPDX-License-Identifier: MIT
"""chat.py serve HOST PORT
chat.py join HOST PORT NAME

A chat of lines. The server prints "listening on ADDRESS" and passes each line on to everyone but
who sent it. Who joins sends the lines of standard input as "NAME: text", prints those of the
others, and leaves at the end of the input, or when the server goes.
"""

import os
import sys
from collections.abc import Iterator

import libloop
from libloop import LoopError, Stream

LINE = 4096  # bytes of a line at most; longer ones are passed on in parts
BACKLOG = 1 << 20  # bytes that may wait for one who does not read


class Lines:
    """Whole lines of what comes in pieces."""

    def __init__(self) -> None:
        self._begun = b""

    def split(self, data: bytes) -> Iterator[bytes]:
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            yield from self._parts(line)
        while len(self._begun) >= LINE:
            part, self._begun = self._begun[: LINE - 1], self._begun[LINE - 1 :]
            yield part + b"\n"

    def rest(self) -> Iterator[bytes]:
        """What came without a newline at its end."""
        if self._begun:
            yield from self._parts(self._begun)
        self._begun = b""

    @staticmethod
    def _parts(line: bytes) -> Iterator[bytes]:
        for start in range(0, len(line) or 1, LINE - 1):
            yield line[start : start + LINE - 1] + b"\n"


def serve(loop: libloop.Loop, host: str, port: int) -> None:
    guests: set[Stream] = set()

    def arrived(guest: Stream) -> None:
        lines = Lines()

        def heard(data: bytes) -> None:
            for line in lines.split(data):
                for other in guests - {guest}:
                    other.send(line)
                    if other.queued > BACKLOG:  # it does not read
                        other.reset()
                        guests.discard(other)

        guests.add(guest)
        guest.start(
            heard,
            on_end=lambda: guests.discard(guest),
            on_close=lambda _: guests.discard(guest),
        )

    listener = loop.net.listen(host, port, arrived)
    print(f"listening on {listener.address}", flush=True)
    loop.run()


def join(loop: libloop.Loop, host: str, port: int, name: str) -> None:
    typed, heard = Lines(), Lines()

    def say(lines: Iterator[bytes]) -> None:
        for line in lines:
            server.send(f"{name}: ".encode() + line)

    def print_lines(data: bytes) -> None:
        for line in heard.split(data):
            sys.stdout.buffer.write(line)
        sys.stdout.flush()

    def ready(error: LoopError | None, _what: int) -> None:
        if error is not None:
            return  # the loop ends
        data = os.read(0, LINE)
        say(typed.split(data))
        if not data:
            say(typed.rest())
            keys.clear()
            server.end()  # what others say until the server answers that is still heard

    def closed(error: LoopError | None) -> None:
        loop.stop()  # the server has ended, or we have
        if error is not None:
            raise SystemExit(f"chat: {error}")

    server = loop.net.connect(host, port)
    server.start(print_lines, on_close=closed)
    keys = loop.poll_fd(0, libloop.READABLE, ready)
    loop.run()


def main(arguments: list[str]) -> None:
    with libloop.Loop() as loop:
        match arguments:
            case ["serve", host, port]:
                serve(loop, host, int(port))
            case ["join", host, port, name]:
                join(loop, host, int(port), name)
            case _:
                raise SystemExit("usage: chat.py serve HOST PORT | chat.py join HOST PORT NAME")


if __name__ == "__main__":
    main(sys.argv[1:])
