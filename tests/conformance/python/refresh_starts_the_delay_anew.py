# SPDX-License-Identifier: MIT
"""A refreshed timer fires a whole delay after the refresh, also when it is refreshed by its own
callback."""

from conformance import run_and_close, say, yes

import libloop

DELAY_MS = 10
loop = libloop.Loop()
runs = 0
refreshed_at = 0


def refresh() -> None:
    global refreshed_at
    timer.refresh()
    refreshed_at = loop.now_ns
    say("refreshed")


def fire() -> None:
    global runs, refreshed_at
    late = loop.now_ns - refreshed_at >= DELAY_MS * 1_000_000
    say(f"fired, a whole delay later: {yes(late)}")
    runs += 1
    if runs < 3:
        refreshed_at = loop.now_ns
        timer.refresh()


timer = loop.set_timeout(fire, DELAY_MS)
loop.set_timeout(refresh, DELAY_MS / 2)
run_and_close(loop)
