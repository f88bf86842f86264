# SPDX-License-Identifier: MIT
"""When the other end of a pipe closes, the reader hears of it."""

import os

from conformance import run_and_close, say, yes

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
os.close(writer)


def hung_up(error: libloop.LoopError | None, ready: int) -> None:
    assert error is None
    say(f"hang-up: {yes(bool(ready & libloop.HANGUP))}")


loop.poll_fd(reader, libloop.READABLE, hung_up, mode="oneshot")
run_and_close(loop)
os.close(reader)
