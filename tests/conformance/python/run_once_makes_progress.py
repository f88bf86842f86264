# SPDX-License-Identifier: MIT
"""Run mode once sleeps until something happens and delivers it; it returns what is still alive."""

from conformance import say

import libloop

loop = libloop.Loop()
loop.set_timeout(say, 2, "timer 1")
loop.set_timeout(say, 40, "timer 2")
say(f"alive {loop.run_once()}")
say(f"alive {loop.run_once()}")
loop.close()
