# SPDX-License-Identifier: MIT
"""The deadline of an interval or a watcher counts anew from each event; one that passes ends it
with LOOP_ETIMEDOUT. An immediate whose check phase comes later says so."""

import time

from conformance import FAR_AWAY_MS, run_and_close, say, say_error

import libloop


def stall() -> None:
    until = time.monotonic_ns() + 10_000_000
    while time.monotonic_ns() < until:
        pass


def nothing() -> None:
    pass


loop = libloop.Loop()
loop.set_interval(nothing, FAR_AWAY_MS, timeout_ms=5, on_error=say_error("interval"))
loop.run()
loop.start_prepare(nothing, timeout_ms=5, on_error=say_error("prepare"))
loop.run()
loop.start_check(nothing, timeout_ms=5, on_error=say_error("check"))
loop.run()
loop.start_idle(stall, timeout_ms=5, on_error=say_error("idle"))
loop.run()
loop.set_immediate(say, "never", timeout_ms=5, on_error=say_error("immediate"))
loop.set_timeout(stall)
run_and_close(loop)
