# SPDX-License-Identifier: MIT
"""A job beyond the queue's limit ends with LOOP_EFULL; the others run."""

import threading

from conformance import name_of, run_and_close, say, say_status

import libloop

loop = libloop.Loop(workers=1, queue_limit=2)
gate = threading.Event()


def full(error: BaseException | None, _value: object) -> None:
    say(f"job 4: {name_of(error)}")
    gate.set()


def enough() -> None:
    loop.run_job(gate.wait, callback=say_status("job 2"))
    loop.run_job(gate.wait, callback=say_status("job 3"))
    loop.run_job(gate.wait, callback=full)


def first() -> None:
    loop.post(enough)
    gate.wait()


loop.run_job(first, callback=say_status("job 1"))
run_and_close(loop)
