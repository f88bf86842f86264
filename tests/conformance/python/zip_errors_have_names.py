# SPDX-License-Identifier: MIT
"""Data that is cut off, corrupt, of another format or too large ends with an error of its own."""

from typing import Any

from conformance import run_and_close, say, say_status
from zips import FORMATS, packed, repeated

import libloop

loop = libloop.Loop()


def try_it(what: str, format: Any, data: bytes, max_out: int | None = None) -> None:
    loop.zip.decompress(format, data, say_status(f"{format} {what}"), max_out=max_out)
    loop.run()


def say_text(error: libloop.LoopError | None, data: bytes | None) -> None:
    assert error is not None
    say(error.text)


text = repeated(100)
for format in FORMATS:
    data = packed(loop, format, text)
    try_it("cut off", format, data[:-3])
    try_it("nothing", format, b"")
    try_it("garbage", format, b"\xff" * 10)
    try_it("as long as allowed", format, data, len(text))
    try_it("longer than allowed", format, data, len(text) - 1)
gzip = bytearray(packed(loop, "gzip", text))
gzip[-1] ^= 1
loop.zip.gunzip(gzip, say_text)
loop.run()
loop.zip.inflate(gzip, say_text)
run_and_close(loop)
