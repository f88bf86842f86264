# SPDX-License-Identifier: MIT
"""10,000 timers with one deadline fire in the order of starting, none lost, none early."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
deadline = loop.now_ns + 20_000_000
fired: list[int] = []
early = False


def fire(number: int) -> None:
    global early
    fired.append(number)
    early = early or loop.now_ns < deadline


for i in range(10_000):
    loop.set_timer_at(fire, deadline, i)
run_and_close(loop)
order = "in order" if fired == list(range(10_000)) else "out of order"
say(f"{len(fired)} fired, {order}, {'early' if early else 'not early'}")
