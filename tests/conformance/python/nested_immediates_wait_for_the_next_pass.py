# SPDX-License-Identifier: MIT
"""An immediate started by an immediate runs in the next pass, after a zero timer beside it."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()


def outer() -> None:
    say("immediate 1")
    loop.set_immediate(say, "nested immediate")
    loop.set_timeout(say, 0, "timer of the next pass")
    loop.next_tick(say, "tick")


loop.set_immediate(outer)
loop.set_immediate(say, "immediate 2")
run_and_close(loop)
