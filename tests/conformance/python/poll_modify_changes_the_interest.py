# SPDX-License-Identifier: MIT
"""Modify changes what a descriptor is watched for."""

import socket

from conformance import attempt, run_and_close, say, yes

import libloop

loop = libloop.Loop()
ours, theirs = socket.socketpair()


def ready(error: libloop.LoopError | None, what: int) -> None:
    assert error is None
    if what == libloop.WRITABLE:
        say("writable")
        poll.modify(libloop.READABLE)
    else:
        say(f"readable: {yes(what == libloop.READABLE)}")
        poll.clear()


poll = loop.poll_fd(ours, libloop.WRITABLE, ready)
loop.set_timeout(theirs.send, 10, b"x")
say(f"nothing to watch for: {attempt(lambda: poll.modify(0))}")
run_and_close(loop)
ours.close()
theirs.close()
