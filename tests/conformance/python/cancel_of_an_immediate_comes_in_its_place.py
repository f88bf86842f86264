# SPDX-License-Identifier: MIT
"""A cancelled immediate keeps its place in the check phase, where its callback is told."""

from conformance import attempt, say, say_error

import libloop

loop = libloop.Loop()


def immediate(what: str) -> libloop.Immediate:
    return loop.set_immediate(say, f"{what}: LOOP_OK", on_error=say_error(what))


def cancel_the_third() -> None:
    say("immediate 1: LOOP_OK")
    third.cancel()


loop.set_immediate(cancel_the_third)
second, third, fourth = (immediate(f"immediate {n}") for n in (2, 3, 4))
second.cancel()
loop.run()
say(f"cancel of one that has run: {attempt(fourth.cancel)}")
loop.close()
