# SPDX-License-Identifier: MIT
"""What a callback starts runs in its phase: ticks first, then posts of this pass, immediates,
timers of the next pass."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def start() -> None:
    say("timer")
    loop.set_timeout(say, 0, "zero timer of the next pass")
    loop.set_immediate(say, "immediate of this pass")
    loop.post(say, "post of this pass")
    loop.queue_microtask(say, "microtask")
    loop.next_tick(say, "tick")


loop.set_timeout(start)
run_and_close(loop)
