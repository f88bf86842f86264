# SPDX-License-Identifier: MIT
"""An unreferenced timer does not keep the loop alive; referenced again it does."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
timer = loop.set_timeout(say, 5, "fired")
timer.unref()
timer.unref()
say(f"has_ref {timer.has_ref():d}, alive {loop.alive}")
loop.run()
say("the run ended without it")
timer.ref()
say(f"has_ref {timer.has_ref():d}, alive {loop.alive}")
run_and_close(loop)
