# SPDX-License-Identifier: MIT
"""A one-shot descriptor gives one event, which ends the id; the descriptor may then be watched
again."""

import os

from conformance import name_of, run_and_close, say, say_status

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
os.write(writer, b"x")


def first(error: libloop.LoopError | None, _ready: int) -> None:
    say(f"first: {name_of(error)}")
    loop.poll_fd(reader, libloop.READABLE, say_status("second"), mode="oneshot")


loop.poll_fd(reader, libloop.READABLE, first, mode="oneshot")
run_and_close(loop)
os.close(reader)
os.close(writer)
