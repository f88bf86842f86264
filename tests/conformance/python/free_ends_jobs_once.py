# SPDX-License-Identifier: MIT
"""Closing a loop cancels its jobs: one that waits never runs; one that runs has its outcome at once
and its final event when its function returns, for which close() waits."""

import threading

from conformance import name_of, say

import libloop

loop = libloop.Loop(workers=1)
started, gate = threading.Event(), threading.Event()


def wait_at_the_gate() -> None:
    started.set()
    gate.wait()


def running(error: BaseException | None, _value: object) -> None:
    say(f"running job: {name_of(error)}, more comes")


def final(error: BaseException | None) -> None:
    say(f"running job: {name_of(error)}")


def waiting(error: BaseException | None, _value: object) -> None:
    say(f"waiting job: {name_of(error)}")
    gate.set()


loop.run_job(wait_at_the_gate, callback=running, on_final=final)
loop.run_nowait()
started.wait()
loop.run_job(say, "never", callback=waiting)
loop.close()
