# SPDX-License-Identifier: MIT
"""A job that runs gives its outcome at once and its final event when its function has returned."""

import threading

from conformance import name_of, run_and_close, say

import libloop

loop = libloop.Loop()
started = threading.Event()
gate = threading.Event()


def wait_at_the_gate() -> int:
    started.set()
    gate.wait()
    return 7


def outcome(error: BaseException | None, _value: object) -> None:
    say(f"job: {name_of(error)}, more comes")
    say(f"alive {loop.alive}")
    loop.hold()
    gate.set()


def final(error: BaseException | None) -> None:
    say(f"job: {name_of(error)}")
    loop.unhold()


def cancel() -> None:
    started.wait()
    job.cancel()


job = loop.run_job(wait_at_the_gate, callback=outcome, on_final=final)
loop.set_immediate(cancel)
run_and_close(loop)
