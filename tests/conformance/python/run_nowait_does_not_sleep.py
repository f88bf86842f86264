# SPDX-License-Identifier: MIT
"""Run mode nowait makes one pass: what is ready is delivered, what is not stays."""

from conformance import FAR_AWAY_MS, say

import libloop

loop = libloop.Loop()
loop.set_timeout(say, FAR_AWAY_MS, "never")
loop.set_immediate(say, "immediate")
loop.post(say, "post")
loop.set_timer_at(say, 0, "due timer")
say(f"alive {loop.run_nowait()}")
say(f"alive {loop.run_nowait()}")
loop.close()
