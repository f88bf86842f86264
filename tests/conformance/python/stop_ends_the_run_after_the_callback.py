# SPDX-License-Identifier: MIT
"""loop_stop ends the run after the current callback and its ticks; the rest comes first in the next
run."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def stopper() -> None:
    say("timer 1")
    loop.next_tick(say, "tick")
    loop.stop()


now = loop.now_ns
loop.set_timer_at(stopper, now)
loop.set_timer_at(say, now, "timer 2")
loop.set_immediate(say, "immediate")
say(f"alive {loop.run()}")
run_and_close(loop)
