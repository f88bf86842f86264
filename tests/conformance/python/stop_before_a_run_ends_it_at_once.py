# SPDX-License-Identifier: MIT
"""loop_stop before a run ends that run without any callback, and only that one."""

from conformance import say

import libloop

loop = libloop.Loop()
loop.set_timer_at(say, 0, "timer")
loop.stop()
say(f"alive {loop.run()}")
say(f"alive {loop.run()}")
loop.close()
