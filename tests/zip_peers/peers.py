# SPDX-License-Identifier: MIT
"""Who else compresses: Node, gzip(1), zstd(1), and libloop itself."""

from __future__ import annotations

import base64
import dataclasses
import json
import pathlib
import struct
import subprocess
from collections.abc import Callable
from typing import Any

import libloop

HERE = pathlib.Path(__file__).resolve().parent

# What may come of a call, by Node's answers and libloop's errors.
DONE, TOO_SOON, BAD, TOO_LARGE = "done", "too soon", "bad", "too large"
_BY_NUMBER = [DONE, TOO_SOON, BAD, TOO_LARGE]
_BY_ERROR: dict[type, str] = {
    libloop.EndedEarlyError: TOO_SOON,
    libloop.DataError: BAD,
    libloop.TooBigError: TOO_LARGE,
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A result, or what went wrong."""

    what: str
    data: bytes = b""
    text: str = ""

    def __str__(self) -> str:
        return f"{len(self.data)} bytes" if self.what == DONE else f"{self.what} ({self.text})"


class Node:
    """One Node process that serves every call."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(HERE / "runner.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def call(
        self, call: str, data: bytes, options: dict[str, Any], dictionary: bytes | None = None
    ) -> Outcome:
        request: dict[str, Any] = {"call": call, "options": options}
        if dictionary is not None:
            request["dictionary"] = base64.b64encode(dictionary).decode()
        head = json.dumps(request).encode()
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(struct.pack("<II", len(head), len(data)) + head + data)
        self.process.stdin.flush()
        status, length = struct.unpack("<BI", self.process.stdout.read(5))
        answer = self.process.stdout.read(length)
        if status >= len(_BY_NUMBER):
            raise SystemExit(f"Node's {call} with {options}: {answer.decode()}")
        if status > 0:
            return Outcome(_BY_NUMBER[status], text=answer.decode())
        return Outcome(DONE, answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class Ours:
    """libloop, one call at a time."""

    def __init__(self) -> None:
        self.loop = libloop.Loop()

    def call(self, start: Callable[[Callable[..., None]], object]) -> Outcome:
        """Starts something that calls back once, and waits for it."""
        got: list[Outcome] = []

        def done(error: libloop.LoopError | None, data: bytes | None) -> None:
            got.append(outcome_of(error, data or b""))

        start(done)
        self.loop.run()
        (one,) = got
        return one

    def compress(self, format: Any, data: bytes, **options: Any) -> Outcome:
        return self.call(lambda cb: self.loop.zip.compress(format, data, cb, **options))

    def decompress(self, format: Any, data: bytes, **options: Any) -> Outcome:
        return self.call(lambda cb: self.loop.zip.decompress(format, data, cb, **options))

    def stream(
        self, start: Callable[[Callable[..., None]], libloop.CompressionStream], parts: list[bytes]
    ) -> Outcome:
        """Feeds a stream with parts; an empty one is a flush. After every third the loop runs."""
        pieces: list[bytes] = []
        ends: list[Outcome] = []

        def piece(error: libloop.LoopError | None, data: bytes | None) -> None:
            if data is not None:
                pieces.append(data)
            else:
                ends.append(outcome_of(error, b"".join(pieces)))

        flow = start(piece)
        for number, part in enumerate(parts):
            if not flow.active:
                break
            flow.write(part)
            if number % 3 == 0:
                self.loop.run()
        if flow.active:
            flow.end()
        self.loop.run()
        (end,) = ends
        return end

    def close(self) -> None:
        self.loop.close()


def outcome_of(error: libloop.LoopError | None, data: bytes) -> Outcome:
    if error is None:
        return Outcome(DONE, data)
    what = _BY_ERROR.get(type(error))
    if what is None:
        raise SystemExit(f"libloop: {error}")
    return Outcome(what, text=str(error))


def tool(command: list[str], data: bytes) -> Outcome:
    """A program that reads standard input and writes standard output."""
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    # gzip: 2 is a warning, which has come with all of the output.
    good = done.returncode == 0 or (command[0] == "gzip" and done.returncode == 2)
    if good:
        return Outcome(DONE, done.stdout)
    return Outcome(BAD, text=done.stderr.decode(errors="replace").strip())
