# SPDX-License-Identifier: MIT
"""A timer or immediate that an earlier callback of the same batch clears does not run."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def clear_timer() -> None:
    say("timer a")
    loop.clear_timeout(timer_b)


def clear_immediate() -> None:
    say("immediate a")
    loop.clear_immediate(immediate_b)


now = loop.now_ns
loop.set_timer_at(clear_timer, now)
timer_b = loop.set_timer_at(say, now, "timer b")
loop.set_timer_at(say, now, "timer c")
loop.set_immediate(clear_immediate)
immediate_b = loop.set_immediate(say, "immediate b")
loop.set_immediate(say, "immediate c")
run_and_close(loop)
