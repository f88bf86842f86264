# SPDX-License-Identifier: MIT
"""loop_alive counts referenced ids, immediates, ticks, posts and holds."""

from conformance import FAR_AWAY_MS, run_and_close, say

import libloop


def nothing() -> None:
    pass


loop = libloop.Loop()
timer = loop.set_timeout(nothing, FAR_AWAY_MS)
say(f"timer: {loop.alive}")
loop.set_immediate(nothing)
say(f"immediate: {loop.alive}")
loop.next_tick(nothing)
say(f"tick: {loop.alive}")
loop.post(nothing)
say(f"post: {loop.alive}")
loop.hold()
say(f"hold: {loop.alive}")
timer.unref()
say(f"unref: {loop.alive}")
loop.unhold()
run_and_close(loop)
