# SPDX-License-Identifier: MIT
"""A stream compresses what is written to it, another one decompresses that; writing nothing lets
out what was written, and a stream of garbage ends with an error and ends its writes."""

from typing import Any

from conformance import attempt, run_and_close, say, say_status, yes
from zips import FORMATS, repeated

import libloop

loop = libloop.Loop()
text = repeated(2000)


def flushed(error: BaseException | None, count: int | None) -> None:
    assert error is None
    say(f"a write of {count} bytes is used")


def pass_on(format: Any) -> None:
    came: list[bytes | None] = []

    def pack(error: BaseException | None, piece: bytes | None) -> None:
        assert error is None
        if piece is not None:
            back.write(piece)
        elif back.active:  # from its data it may know that it is over
            back.end()

    def unpack(error: BaseException | None, piece: bytes | None) -> None:
        assert error is None
        came.append(piece)

    def bytes_of() -> bytes:
        return b"".join(piece for piece in came if piece is not None)

    there = loop.zip.compress_stream(format, pack, level=1)
    back = loop.zip.decompress_stream(format, unpack, max_out=len(text))
    there.write(text[:10000])
    there.write(b"", flushed if format == "gzip" else None)
    loop.run()
    say(f"{format}: {len(bytes_of())} bytes after a flush")
    there.write(text[10000:])
    there.end()
    loop.run()
    say(f"{format}: same {yes(bytes_of() == text)}, counted {yes(came[-1] is None)}")


for format in FORMATS:
    pass_on(format)
back = loop.zip.decompress_stream("gzip", say_status("garbage"))
back.write(b"no gzip", say_status("its write"))
back.write(b"at all", say_status("another"))
loop.run()
say(f"later: {attempt(back.end)}")
run_and_close(loop)
