# SPDX-License-Identifier: MIT
"""An id that has ended is refused and harms nobody."""

from conformance import attempt, run_and_close, say

import libloop

loop = libloop.Loop()
ended = loop.set_timeout(say, 0, "fired")
loop.run()
loop.set_timeout(say, 0, "still fires")
say(f"cancel: {attempt(ended.cancel)}")
say(f"unref: {attempt(ended.unref)}")
say(f"refresh: {attempt(ended.refresh)}")
run_and_close(loop)
