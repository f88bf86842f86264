# SPDX-License-Identifier: MIT
"""A loop that is closed ends its immediates with LOOP_ECANCELED, first of all in the closing phase;
posts it had accepted and ticks still run. Immediates of a check phase that has begun run."""

from conformance import FAR_AWAY_MS, attempt, run_and_close, say, say_error

import libloop


def close_it(loop: libloop.Loop, text: str) -> None:
    say(text)
    loop.close_soon()
    loop.next_tick(say, "tick")
    if attempt(lambda: loop.set_immediate(say, "never")) == "LOOP_ECLOSED":
        say("no new immediate")


def immediate(loop: libloop.Loop, what: str) -> None:
    loop.set_immediate(say, f"{what}: LOOP_OK", on_error=say_error(what))


loop = libloop.Loop()
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("timeout"))
immediate(loop, "immediate 1")
immediate(loop, "immediate 2")
loop.set_timeout(close_it, 0, loop, "closed by a timer")
loop.post(say, "post")
run_and_close(loop)

loop = libloop.Loop()
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("timeout"))
loop.set_immediate(close_it, loop, "closed by an immediate")
immediate(loop, "immediate of the same phase")
run_and_close(loop)

loop = libloop.Loop()
immediate(loop, "freed")
loop.close()
