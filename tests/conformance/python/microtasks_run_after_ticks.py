# SPDX-License-Identifier: MIT
"""After a callback all ticks run, then all microtasks, until both queues are empty."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def tick_from_microtask() -> None:
    say("tick from a microtask")
    loop.queue_microtask(say, "microtask from that tick")


def microtask_1() -> None:
    say("microtask 1")
    loop.next_tick(tick_from_microtask)


def start() -> None:
    say("timer")
    loop.queue_microtask(microtask_1)
    loop.queue_microtask(say, "microtask 2")
    loop.next_tick(say, "tick 1")
    loop.next_tick(say, "tick 2")
    loop.set_immediate(say, "immediate")


loop.set_timeout(start)
run_and_close(loop)
