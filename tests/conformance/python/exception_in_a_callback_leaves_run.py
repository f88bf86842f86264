# SPDX-License-Identifier: MIT
"""What a callback throws leaves the run; the rest of the batch comes first in the next run."""

from conformance import run_and_close, say

import libloop


class ThrownError(Exception):
    pass


loop = libloop.Loop()


def throws() -> None:
    say("timer 1 throws")
    raise ThrownError


now = loop.now_ns
loop.set_timer_at(throws, now)
loop.set_timer_at(say, now, "timer 2")
loop.set_immediate(say, "immediate")
try:
    loop.run()
except ThrownError:
    say("caught outside of run")
run_and_close(loop)
