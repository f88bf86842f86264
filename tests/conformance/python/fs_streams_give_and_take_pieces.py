# SPDX-License-Identifier: MIT
"""A file is written from the pieces a flow is given, and read piece by piece, also with pauses."""

import os
import tempfile
from collections.abc import Callable

from conformance import name_of, say

import libloop


def say_used(what: str) -> Callable[[libloop.LoopError | None, int | None], None]:
    return lambda error, count: say(f"{what}: {name_of(error)}, {count or 0} bytes")


def say_error(what: str, error: libloop.LoopError) -> None:
    say(f"{what}: {error.name}, errno {error.os_errno}, {error.text}")


def say_count(what: str) -> Callable[[libloop.LoopError | None, int | None], None]:
    return lambda error, count: say_error(what, error) if error else say(f"{what}: {count}")


def say_piece(what: str) -> Callable[[libloop.LoopError | None, bytes | None], None]:
    def piece(error: libloop.LoopError | None, data: bytes | None) -> None:
        if error is not None:
            say_error(what, error)
        else:
            say(f"{what}: end" if data is None else f'{what}: "{data.decode()}"')

    return piece


class Paused:
    """Pauses its stream after each piece."""

    over = False

    def __init__(self, loop: libloop.Loop) -> None:
        self.stream = loop.fs.read_stream("file", self.piece, piece=1)

    def piece(self, error: libloop.LoopError | None, data: bytes | None) -> None:
        assert error is None
        self.over = data is None
        if not self.over:
            self.stream.pause()


def main(loop: libloop.Loop) -> None:
    fs = loop.fs

    def run(started: object) -> None:
        loop.run()

    flow = fs.write_stream("file", say_count("written"))
    run(flow.write(b"hello", say_used("first")))
    flow.write(b", world", say_used("second"))
    flow.write(b"", say_used("nothing"))
    flow.end()
    loop.run()
    flow = fs.write_stream("file", say_count("appended"), append=True)
    flow.write(bytearray(b"!"), say_used("third"), borrow=True)
    flow.end()
    run(flow.write(b"late", say_used("after the end")))
    fs.write_stream("file", say_count("exclusive"), exclusive=True).end()
    loop.run()
    run(fs.read_stream("file", say_piece("by four"), piece=4))
    run(fs.read_stream("file", say_piece("a part"), offset=7, length=5))
    run(fs.read_stream("missing", say_piece("missing")))
    paused = Paused(loop)
    loop.run()
    say(f"paused: {'over' if paused.over else 'not over'}")
    for _ in range(13):
        if not paused.over:
            paused.stream.resume()
            loop.run()
    say(f"resumed: {'over' if paused.over else 'not over'}")
    flow = fs.write_stream("file", say_count("atomic"), atomic=True)
    run(flow.write(b"new", say_used("fourth")))
    run(fs.read_file("file", say_piece("before the end")))
    flow.end()
    loop.run()
    run(fs.read_file("file", say_piece("after it")))


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with libloop.Loop() as loop:
        main(loop)
    os.chdir("/")
