# SPDX-License-Identifier: MIT
"""A level-triggered descriptor is reported in every pass while it is ready."""

import os

from conformance import run_and_close, say, yes

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
os.write(writer, b"x")
reports = 0


def readable(error: libloop.LoopError | None, ready: int) -> None:
    global reports
    assert error is None
    say(f"readable: {yes(ready == libloop.READABLE)}")
    reports += 1
    if reports == 3:
        os.read(reader, 1)
        poll.clear()


poll = loop.poll_fd(reader, libloop.READABLE, readable)
run_and_close(loop)
os.close(reader)
os.close(writer)
