# SPDX-License-Identifier: MIT
"""Ticks run after the current callback, nested ones too, before the next timer."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def tick_a() -> None:
    say("tick a")
    loop.next_tick(say, "tick c")


def timer_1() -> None:
    say("timer 1")
    loop.next_tick(tick_a)
    loop.next_tick(say, "tick b")


loop.set_timeout(timer_1)
loop.set_timeout(say, 0, "timer 2")
loop.next_tick(say, "tick before the first phase")
run_and_close(loop)
