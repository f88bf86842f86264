# SPDX-License-Identifier: MIT
"""Python callables on Python's threads."""

import functools
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from libloop import (
    BadIdError,
    BusyError,
    CanceledError,
    InvalidError,
    Loop,
    LoopFullError,
    TimedOutError,
)

from .support import outputs


def test_result_comes_to_the_loops_thread(loop: Loop) -> None:
    got: list[object] = []

    def arrived(error: BaseException | None, value: object) -> None:
        got.append((error, value, threading.current_thread() is threading.main_thread()))

    job = loop.run_job(lambda a, b: a + b, 2, 3, callback=arrived)
    assert job.active and job.has_ref()
    loop.run()
    assert got == [(None, 5, True)]
    assert not job.active and repr(job) == "<libloop.Job ended>"


def test_exception_of_a_job_is_its_error(loop: Loop) -> None:
    got: list[object] = []
    job = loop.run_job(int, "x", callback=lambda error, value: got.append((type(error), value)))
    loop.run()
    assert got == [(ValueError, None)]
    assert isinstance(job.error, ValueError)


def test_exception_without_a_callback_leaves_run(loop: Loop) -> None:
    loop.run_job(int, "x")
    with pytest.raises(ValueError):
        loop.run()
    loop.run_job(int, "1")
    loop.run()


def test_jobs_run_on_as_many_threads_as_allowed() -> None:
    names: set[str] = set()
    meeting = threading.Barrier(3)

    def meet() -> None:
        names.add(threading.current_thread().name)
        meeting.wait(30)

    with Loop(workers=3) as loop:
        for _ in range(3):
            loop.run_job(meet)
        loop.run()
    assert names == {"libloop-job0", "libloop-job1", "libloop-job2"}


def test_one_thread_keeps_the_order_of_a_thousand_jobs() -> None:
    ran: list[int] = []
    got: list[int] = []

    def arrived(number: int, error: BaseException | None, value: object) -> None:
        got.append(number)

    with Loop(workers=1) as loop:
        for number in range(1000):
            loop.run_job(ran.append, number, callback=functools.partial(arrived, number))
        loop.run()
    assert ran == got == list(range(1000))


def test_full_queue_comes_as_an_error() -> None:
    gate = threading.Event()
    got: list[object] = []
    with Loop(workers=1, queue_limit=2) as loop:

        def note(error: BaseException | None, value: object) -> None:
            got.append(type(error) if error else value)
            gate.set()

        for _ in range(4):
            loop.run_job(gate.wait, callback=note)
        loop.run()
    assert got == [LoopFullError, True, True, True]


def test_limits_change_at_run_time() -> None:
    gate = threading.Event()
    got: list[object] = []
    with Loop(workers=1) as loop:
        loop.run_job(gate.wait)
        loop.set_queue_limit(1, "python")
        loop.set_workers(2, "python")
        meeting = threading.Barrier(2)
        loop.set_queue_limit(0, "python")
        loop.set_workers(3, "python")
        for _ in range(2):
            loop.run_job(meeting.wait, 30, callback=lambda error, value: got.append(error))
        loop.set_timeout(gate.set, 1)
        loop.run()
        loop.set_workers(1, "python")
        loop.run_job(int)
        loop.run()
    assert got == [None, None]


def test_cancel_of_a_queued_job_keeps_it_from_running() -> None:
    gate = threading.Event()
    ran: list[str] = []
    got: list[object] = []
    final: list[object] = []
    with Loop(workers=1) as loop:
        loop.run_job(gate.wait)
        job = loop.run_job(
            ran.append,
            "ran",
            callback=lambda error, value: got.append(type(error)),
            on_final=lambda error: final.append(type(error)),
        )
        job.cancel()
        loop.set_timeout(gate.set, 1)
        loop.run()
        with pytest.raises(BadIdError):
            job.cancel()
    assert ran == [] and got == final == [CanceledError]


def test_cancel_of_a_running_job_drops_its_late_result(loop: Loop) -> None:
    started, gate = threading.Event(), threading.Event()
    got: list[object] = []

    def run() -> str:
        started.set()
        gate.wait()
        return "late"

    def final(error: BaseException | None) -> None:
        got.append(("final", type(error)))
        loop.unhold()

    def cancelled(error: BaseException | None, value: object) -> None:
        got.append((type(error), value))
        loop.hold()
        gate.set()

    job = loop.run_job(run, callback=cancelled, on_final=final)
    started.wait()
    job.cancel()
    loop.run()
    assert got == [(CanceledError, None), ("final", CanceledError)]


def test_deadline_gives_its_outcome_and_drops_the_late_result(loop: Loop) -> None:
    gate = threading.Event()
    got: list[object] = []

    def expired(error: BaseException | None, value: object) -> None:
        got.append((type(error), value))
        gate.set()

    began = time.monotonic()
    loop.run_job(gate.wait, callback=expired, timeout_ms=5)
    loop.run()
    assert got == [(TimedOutError, None)]
    assert time.monotonic() - began >= 0.005


def test_deadline_that_is_not_reached_changes_nothing(loop: Loop) -> None:
    got: list[object] = []
    loop.run_job(int, "7", callback=lambda error, value: got.append(value), timeout_ms=60_000)
    loop.run()
    assert got == [7] and loop.alive == 0
    with pytest.raises(InvalidError):
        loop.run_job(int, timeout_ms=-1)


def test_cleared_job_is_silent(loop: Loop) -> None:
    gate = threading.Event()
    got: list[object] = []
    job = loop.run_job(gate.wait, callback=lambda *args: got.append(args))
    job.clear()
    job.clear()
    assert loop.run() == 0
    gate.set()
    loop.close()
    assert got == []


def test_unref_job_does_not_keep_the_loop(loop: Loop) -> None:
    gate = threading.Event()
    got: list[object] = []
    job = loop.run_job(gate.wait, callback=lambda error, value: got.append(value))
    job.unref()
    assert loop.run() == 0
    job.ref()
    gate.set()
    loop.run()
    assert got == [True]
    with pytest.raises(BadIdError):
        job.unref()


def test_job_keeps_its_objects_until_its_end_and_no_longer(loop: Loop) -> None:
    class Thing:
        def __call__(self) -> None: ...

    thing = Thing()
    gone = weakref.ref(thing)
    job = loop.run_job(thing, callback=lambda error, value: None)
    del thing
    loop.run()
    # The thread lets go of the job right after it has posted the result.
    deadline = time.monotonic() + 30
    while gone() is not None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert gone() is None
    assert not job.active


def test_close_cancels_what_waits_and_joins_what_runs() -> None:
    started = threading.Event()
    got: list[object] = []
    before = threading.active_count()
    loop = Loop(workers=1)

    def run_until_close() -> str:
        started.set()
        assert loop._pool is not None
        while not loop._pool._closing:
            time.sleep(0.001)
        return "ran"

    def note(name: str) -> Callable[[BaseException | None, object], object]:
        return lambda error, value: got.append((name, type(error)))

    loop.run_job(
        run_until_close,
        callback=note("runs"),
        on_final=lambda error: got.append(("ran", type(error))),
    )
    started.wait()
    loop.run_job(int, callback=note("waits"))
    loop.close()
    assert got == [("runs", CanceledError), ("waits", CanceledError), ("ran", CanceledError)]
    assert threading.active_count() == before


def test_close_says_busy_while_a_job_runs_and_may_be_called_again() -> None:
    gate, started = threading.Event(), threading.Event()
    loop = Loop(free_wait_ms=5)

    def run() -> None:
        started.set()
        gate.wait()

    got: list[object] = []
    loop.run_job(run, callback=lambda error, value: got.append(type(error)))
    started.wait()
    with pytest.raises(BusyError):
        loop.close()
    assert got == [CanceledError] and not loop.closed
    gate.set()
    loop._free_wait_s = None
    loop.close()
    assert loop.closed and len(got) == 1


def test_close_soon_ends_jobs_in_the_run(loop: Loop) -> None:
    gate, started = threading.Event(), threading.Event()
    got: list[object] = []

    def run() -> None:
        started.set()
        gate.wait()

    loop.run_job(run, callback=lambda error, value: got.append(type(error)))
    loop.set_timeout(print, 3_600_000)
    started.wait()
    thread = threading.Thread(target=loop.close_soon)
    loop.set_timeout(thread.start, 1)
    loop.run()
    thread.join()
    assert got == [CanceledError]
    gate.set()


def test_results_that_came_before_close_are_delivered() -> None:
    got: list[object] = []
    ran = threading.Event()
    loop = Loop()
    job = loop.run_job(ran.set, callback=lambda error, value: got.append((error, value)))
    ran.wait()
    while job._state != 2:
        time.sleep(0.001)
    loop.close()
    assert got == [(None, None)]


def test_results_reach_a_loop_whose_post_queue_is_full() -> None:
    got: list[object] = []
    ran = threading.Event()
    with Loop(post_limit=1) as loop:
        loop.post(got.append, "post")
        loop.run_job(ran.set, callback=lambda error, value: got.append("job"))
        ran.wait()
        loop.run()
    assert got == ["post", "job"]


def test_idle_threads_leave() -> None:
    before = threading.active_count()
    with Loop(worker_idle_ms=1) as loop:
        loop.run_job(int)
        loop.run()
        deadline = time.monotonic() + 30
        while threading.active_count() > before and time.monotonic() < deadline:
            time.sleep(0.001)
        assert threading.active_count() == before
        loop.run_job(int)
        loop.run()


def test_forgotten_loop_with_idle_threads_does_not_hold_up_the_exit() -> None:
    began = time.monotonic()
    lines = outputs(
        """
        import libloop
        loop = libloop.Loop(worker_idle_ms=60_000)
        loop.run_job(print, "job")
        loop.run()
        """
    )
    assert lines == ["job"]
    assert time.monotonic() - began < 30
