# SPDX-License-Identifier: MIT
"""A loop with nothing alive ends its run without a pass."""

from conformance import say

import libloop

loop = libloop.Loop()
say(f"alive {loop.alive}")
say(f"run {loop.run()}")
say(f"once {loop.run_once()}")
say(f"nowait {loop.run_nowait()}")
loop.close()
