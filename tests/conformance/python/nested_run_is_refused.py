# SPDX-License-Identifier: MIT
"""A run inside a callback of the same loop is refused; the outer one goes on."""

from conformance import attempt, run_and_close, say

import libloop

loop = libloop.Loop()
now = loop.now_ns
loop.set_timer_at(lambda: say(f"nested run: {attempt(loop.run)}"), now)
loop.set_timer_at(say, now, "the outer run goes on")
run_and_close(loop)
