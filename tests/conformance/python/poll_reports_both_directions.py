# SPDX-License-Identifier: MIT
"""A descriptor that is readable and writable says both in one event."""

import socket

from conformance import run_and_close, say, yes

import libloop

loop = libloop.Loop()
ours, theirs = socket.socketpair()
theirs.send(b"x")


def ready(error: libloop.LoopError | None, what: int) -> None:
    assert error is None
    readable, writable = bool(what & libloop.READABLE), bool(what & libloop.WRITABLE)
    say(f"readable {yes(readable)}, writable {yes(writable)}")


loop.poll_fd(ours, libloop.READABLE | libloop.WRITABLE, ready, mode="oneshot")
run_and_close(loop)
ours.close()
theirs.close()
