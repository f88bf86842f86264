# SPDX-License-Identifier: MIT
"""Timers fire in the order of their deadlines, whatever the order of starting and however they were
started."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
now = loop.now_ns
loop.set_timer_at(say, now + 9_000_000, "at 9 ms")
loop.set_timer_at(say, now + 3_000_000, "at 3 ms")
loop.set_timer_at(say, now - 5_000_000, "in the past")
loop.set_timer_at(say, now + 6_000_000, "at 6 ms")
loop.set_timer_at(say, now + 3_000_000, "at 3 ms, started later")
loop.set_timer_at(say, now + 3_000_001, "a nanosecond later")
run_and_close(loop)
