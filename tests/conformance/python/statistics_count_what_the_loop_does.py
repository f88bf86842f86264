# SPDX-License-Identifier: MIT
"""Statistics count posts, live ids and timers, and keep the most there were at once."""

from conformance import FAR_AWAY_MS, say

import libloop


def say_stats(when: str) -> None:
    stats = loop.stats()
    say(
        f"{when}: {stats.posts} posts, {stats.posts_waiting} waiting, {stats.ids} ids (peak "
        f"{stats.ids_peak}), {stats.timers} timers (peak {stats.timers_peak}), {stats.alive} alive"
    )


def ignore() -> None:
    pass


def go_on() -> None:
    for _ in range(2):
        loop.post(ignore)
        loop.set_timeout(ignore, 0)
    say_stats("inside")
    cleared.clear()


loop = libloop.Loop()
say_stats("fresh")
loop.set_timeout(ignore, FAR_AWAY_MS).unref()
cleared = loop.set_timeout(ignore, FAR_AWAY_MS)
loop.set_timeout(go_on, 0)
say_stats("started")
loop.run()
say_stats("at the end")
loop.reset_stats()
say_stats("after a reset")
loop.close()
