# SPDX-License-Identifier: MIT
"""An interval keeps to its deadlines: after a stall it fires once, says how many periods it missed,
and goes on without drift."""

import time

from conformance import run_and_close, say, yes

import libloop

PERIOD_MS = 10
PERIOD_NS = PERIOD_MS * 1_000_000
loop = libloop.Loop()
runs = 0
first = 0


def tick() -> None:
    global runs, first
    if runs == 0:
        first = interval.deadline_ns
        say("first call")
        until = time.monotonic_ns() + 3 * PERIOD_NS + PERIOD_NS // 2
        while time.monotonic_ns() < until:
            pass
    else:
        if runs == 1:
            say(f"after a stall, missed at least 2: {yes(interval.missed >= 2)}")
        say(f"a whole number of periods: {yes((interval.deadline_ns - first) % PERIOD_NS == 0)}")
    runs += 1
    if runs == 3:
        interval.clear()


interval = loop.set_interval(tick, PERIOD_MS)
run_and_close(loop)
