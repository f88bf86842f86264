# SPDX-License-Identifier: MIT
"""1,000 jobs run on 4 workers: never more than 4 at once, every result delivered once."""

import threading

from conformance import run_and_close, say, yes

import libloop

loop = libloop.Loop()
lock = threading.Lock()
now_running = most = 0
results: list[int] = []


def job(number: int) -> int:
    global now_running, most
    with lock:
        now_running += 1
        most = max(most, now_running)
    with lock:
        now_running -= 1
    return number


def done(error: BaseException | None, value: int | None) -> None:
    assert error is None
    assert value is not None
    results.append(value)


for i in range(1, 1001):
    loop.run_job(job, i, callback=done)
run_and_close(loop)
say(f"{len(results)} results, sum {sum(results)}, at most 4 at once: {yes(most <= 4)}")
