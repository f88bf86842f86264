# SPDX-License-Identifier: MIT
"""A timer of delay 0 started in the timers phase runs in the next pass, after the immediates of
this one."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def outer() -> None:
    say("timer 1")
    loop.set_timeout(say, 0, "nested timer")
    loop.set_immediate(say, "immediate")


loop.set_timeout(outer)
loop.set_timeout(say, 0, "timer 2")
run_and_close(loop)
