# SPDX-License-Identifier: MIT
"""Statistics say of each label what becomes of its jobs, before and after a reset."""

import threading

from conformance import say, yes

import libloop

begun, gate = threading.Event(), threading.Event()


def wait_at_the_gate() -> None:
    begun.set()
    gate.wait()


def fails() -> None:
    raise OSError("on purpose")


def ignore(_error: BaseException | None, _value: object) -> None:
    pass


def say_labels(when: str) -> libloop.LabelStats:
    say(when)
    labels = loop.stats().labels
    for name in ("fails", "gate", "late", "over", "sum"):
        label = labels[name]
        say(
            f"{name}: {label.queued} queued, {label.started} started, {label.finished} finished, "
            f"{label.failed} failed, {label.canceled} canceled, {label.rejected} rejected, "
            f"{label.waiting} waiting, {label.running} running"
        )
    return labels["sum"]


loop = libloop.Loop(workers=1)
loop.run_job(wait_at_the_gate, callback=ignore, label="gate")
begun.wait()
for _ in range(2):
    loop.run_job(sum, range(101), callback=ignore, label="sum")
loop.run_job(fails, callback=ignore, label="fails")
loop.run_job(sum, [], callback=ignore, label="late").cancel()
loop.set_queue_limit(3, "python")
loop.run_job(sum, [], callback=ignore, label="over")
say_labels("at the gate")
loop.reset_stats()
say_labels("after a reset")
gate.set()
loop.run()
label = say_labels("at the end")
wait, run = label.wait, label.run
possible = wait.sum_ms >= wait.max_ms > 0 and run.sum_ms >= run.max_ms >= run.p50_ms
say(f"times of two sums: {yes(possible)}")
loop.close()
