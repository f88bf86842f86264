# SPDX-License-Identifier: MIT
"""A job that waits is cancelled before it runs; the one that ran before it is not harmed."""

import threading

from conformance import name_of, run_and_close, say, say_status

import libloop

loop = libloop.Loop(workers=1)
gate = threading.Event()
ran: list[int] = []


def cancelled(error: BaseException | None, _value: object) -> None:
    say(f"queued job: {name_of(error)}")
    gate.set()


loop.run_job(gate.wait, callback=say_status("first job"))
loop.run_job(ran.append, 1, callback=cancelled).cancel()
run_and_close(loop)
say(f"ran {len(ran)}")
