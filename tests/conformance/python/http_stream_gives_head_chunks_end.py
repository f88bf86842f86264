# SPDX-License-Identifier: MIT
"""A streamed response gives its head, its body in chunks, and an end without data."""

from conformance import from_environment, name_of, run_and_close, say

import libloop

loop = libloop.Loop()
body = bytearray()


def response(error: libloop.LoopError | None, part: libloop.Response | bytes | None) -> None:
    if isinstance(part, libloop.Response):
        say(f"head: {part.status}")
    elif part is not None:
        body.extend(part)
    else:
        say(f"end: {name_of(error)}, 0 bytes at the end")


loop.http(from_environment("CONFORMANCE_MEGABYTE"), response, stream=True)
run_and_close(loop)
say(f"{len(body)} bytes, sum {sum(body)}")
