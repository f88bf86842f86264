# SPDX-License-Identifier: MIT
"""The deadline of a job ends one that waits before it runs, and gives one that runs its outcome at
once."""

import threading

from conformance import name_of, run_and_close, say

import libloop

loop = libloop.Loop(workers=1)
gate = threading.Event()


def running(error: BaseException | None, _value: object) -> None:
    say(f"running job: {name_of(error)}, more comes")


def final(error: BaseException | None) -> None:
    say(f"running job: {name_of(error)}")
    loop.unhold()


def waiting(error: BaseException | None, _value: object) -> None:
    say(f"waiting job: {name_of(error)}")
    gate.set()


loop.hold()
loop.run_job(gate.wait, callback=running, on_final=final, timeout_ms=100)
loop.run_job(gate.wait, callback=waiting, timeout_ms=120)
run_and_close(loop)
