# SPDX-License-Identifier: MIT
"""Idle, prepare and check watchers run once in every pass, in the order of starting."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
passes = 0


def last() -> None:
    global passes
    say("check 2")
    passes += 1
    if passes == 2:
        for watcher in watchers:
            watcher.clear()


watchers = [
    loop.start_idle(say, "idle 1"),
    loop.start_idle(say, "idle 2"),
    loop.start_prepare(say, "prepare 1"),
    loop.start_prepare(say, "prepare 2"),
    loop.start_check(say, "check 1"),
    loop.start_check(last),
]
run_and_close(loop)
