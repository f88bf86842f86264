# SPDX-License-Identifier: MIT
"""Run modes, stopping, exceptions, closing."""

import gc
import pickle
import select
import threading
import time
import warnings
from collections.abc import Callable

import pytest

from libloop import (
    BadIdError,
    CanceledError,
    InvalidError,
    Loop,
    LoopClosedError,
    LoopError,
    NestedRunError,
    NotSupportedError,
    WrongThreadError,
)

FAR_MS = 3_600_000.0


def test_empty_loop_ends_at_once(loop: Loop) -> None:
    assert loop.run() == 0


def test_run_once_sleeps_for_one_event_and_says_what_is_alive(loop: Loop) -> None:
    got: list[int] = []
    loop.set_timeout(got.append, 2, 1)
    loop.set_timeout(got.append, 40, 2)
    assert loop.run_once() == 1
    assert got == [1]
    assert loop.run_once() == 0
    assert got == [1, 2]


def test_run_nowait_does_not_sleep(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    began = time.monotonic()
    assert loop.run_nowait() == 1
    assert time.monotonic() - began < 10
    timeout.clear()


def test_run_for_ends_in_time(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    began = time.monotonic()
    assert loop.run(max_ms=20) == 1
    assert 0.02 <= time.monotonic() - began < 10
    timeout.clear()


def test_run_for_ends_although_events_keep_coming(loop: Loop) -> None:
    idle = loop.start_idle(lambda: None)
    loop.run(max_ms=5)
    idle.clear()


def test_unknown_mode_is_refused(loop: Loop) -> None:
    with pytest.raises(InvalidError):
        loop.run("twice")  # type: ignore[arg-type]


def test_stop_ends_the_run_after_the_callback_and_its_ticks(loop: Loop) -> None:
    got: list[str] = []

    def first() -> None:
        loop.stop()
        loop.next_tick(got.append, "its tick")
        got.append("first")

    now = loop.now_ns
    loop.set_timer_at(first, now)
    loop.set_timer_at(got.append, now, "second")
    loop.run()
    assert got == ["first", "its tick"]
    assert loop.alive == 1
    loop.run()
    assert got == ["first", "its tick", "second"]


def test_stop_before_a_run_ends_that_run_only(loop: Loop) -> None:
    got: list[str] = []
    loop.set_timeout(got.append, 0, "timer")
    loop.next_tick(got.append, "tick")
    loop.stop()
    loop.stop()
    loop.run()
    assert got == []
    loop.run()
    assert got == ["tick", "timer"]


def test_stop_from_another_thread_ends_a_sleep(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    thread = threading.Thread(target=loop.stop)
    loop.set_timeout(thread.start, 5)
    assert loop.run() == 1
    thread.join()
    assert loop.run(max_ms=1) == 1
    timeout.clear()


def test_wake_ends_a_sleep(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    awake = threading.Event()

    def wake() -> None:
        # One wake-up is for a loop that sleeps; when this one does nobody can tell.
        while not awake.wait(0.001):
            loop.wake()

    thread = threading.Thread(target=wake)
    thread.start()
    assert loop.run_once() == 1
    awake.set()
    thread.join()
    timeout.clear()


def test_wake_before_a_sleep_is_not_lost(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    loop.wake()
    assert loop.run_once() == 1
    timeout.clear()


def test_nested_run_and_close_are_refused(loop: Loop) -> None:
    caught: list[type[Exception]] = []

    def inside() -> None:
        for call in (loop.run, loop.run_nowait, loop.close, loop.detach):
            try:
                call()
            except NestedRunError as error:
                caught.append(type(error))

    loop.set_timeout(inside)
    loop.set_immediate(inside)
    loop.next_tick(inside)
    loop.run()
    assert caught == [NestedRunError] * 12


def test_exception_leaves_run_and_the_rest_of_the_batch_comes_first(loop: Loop) -> None:
    got: list[str] = []

    def fail() -> None:
        loop.next_tick(got.append, "its tick")
        raise ZeroDivisionError("timer 1")

    now = loop.now_ns
    loop.set_timer_at(fail, now)
    loop.set_timer_at(got.append, now, "timer 2")
    loop.set_immediate(got.append, "immediate")
    with pytest.raises(ZeroDivisionError, match="timer 1"):
        loop.run()
    assert got == []
    assert not loop.running
    assert loop.alive == 3
    # Submitting between the two runs must not harm what waits.
    loop.set_timer_at(got.append, now, "timer 3")
    loop.run()
    assert got == ["its tick", "timer 2", "immediate", "timer 3"]


def test_exceptions_of_every_kind_of_callback_leave_run(loop: Loop) -> None:
    def fail(*args: object) -> None:
        raise ZeroDivisionError

    starts: list[Callable[[], object]] = [
        lambda: loop.set_timeout(fail),
        lambda: loop.set_immediate(fail),
        lambda: loop.next_tick(fail),
        lambda: loop.queue_microtask(fail),
        lambda: loop.post(fail),
        lambda: loop.run_job(int, callback=fail),
        lambda: loop.http("ftp://nowhere", fail),
        lambda: loop.poll_fd(1_000_000, 1, fail),
        lambda: loop.set_timeout(print, FAR_MS, on_error=fail).cancel(),
    ]
    for start in starts:
        start()
        with pytest.raises(ZeroDivisionError):
            loop.run()
        assert loop.run() == 0


def test_data_of_a_kept_batch_survives_other_turns(loop: Loop) -> None:
    """The library takes event data back with the next turn, so the binding must copy before."""
    got: list[object] = []

    def first(error: object, value: object) -> None:
        # Enough ops for several submissions while the second event still waits.
        for _ in range(3000):
            loop.set_timeout(lambda: None, 0)
        got.append(str(error))

    loop.http("ftp://one", first)
    loop.http("ftp://two", lambda error, value: got.append(str(error)))
    loop.run()
    assert len(got) == 2
    assert "ftp://one" in str(got[0]) and "ftp://two" in str(got[1])


def test_on_error_gets_exceptions_and_the_run_goes_on(loop: Loop) -> None:
    got: list[object] = []
    loop.on_error = lambda error: got.append(type(error))

    def fail() -> None:
        raise ZeroDivisionError

    now = loop.now_ns
    loop.set_timer_at(fail, now)
    loop.set_timer_at(got.append, now, "timer 2")
    loop.set_immediate(fail)
    loop.next_tick(fail)
    loop.run()
    assert got == [ZeroDivisionError, ZeroDivisionError, "timer 2", ZeroDivisionError]


def test_on_error_that_raises_leaves_run(loop: Loop) -> None:
    def handler(error: Exception) -> None:
        raise KeyError("handler") from error

    loop.on_error = handler
    loop.set_timeout(lambda: 1 // 0)
    with pytest.raises(KeyError):
        loop.run()
    loop.on_error = None


def test_system_exit_leaves_run_past_on_error(loop: Loop) -> None:
    loop.on_error = print

    def leave() -> None:
        raise SystemExit(3)

    loop.set_timeout(leave)
    with pytest.raises(SystemExit):
        loop.run()


def test_alive_counts_what_keeps_the_loop(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    assert loop.alive == 1
    loop.set_immediate(lambda: None)
    assert loop.alive == 2
    loop.next_tick(lambda: None)
    assert loop.alive == 3
    loop.post(lambda: None)
    assert loop.alive == 4
    loop.hold()
    assert loop.alive == 5
    timeout.unref()
    assert loop.alive == 4
    loop.unhold()
    assert loop.run() == 0
    with pytest.raises(InvalidError):
        loop.unhold()


def test_calls_from_another_thread_are_refused(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    caught: list[type[Exception]] = []

    def other() -> None:
        for call in (
            lambda: loop.set_timeout(print),
            lambda: loop.next_tick(print),
            lambda: loop.set_immediate(print),
            lambda: loop.start_idle(print),
            lambda: loop.run_job(print),
            lambda: loop.http_get("http://127.0.0.1", print),
            lambda: loop.alive,
            timeout.clear,
            timeout.cancel,
            timeout.unref,
            loop.run,
            loop.close,
            loop.detach,
        ):
            try:
                call()
            except WrongThreadError as error:
                caught.append(type(error))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert caught == [WrongThreadError] * 13
    timeout.clear()


def test_detached_loop_goes_on_in_another_thread(loop: Loop) -> None:
    got: list[str] = []
    loop.set_timeout(got.append, 0, "fired")
    loop.detach()

    def taker() -> None:
        loop.run()
        loop.detach()

    thread = threading.Thread(target=taker)
    thread.start()
    thread.join()
    assert got == ["fired"]


def test_movable_loop_is_used_by_one_thread_after_the_other() -> None:
    with Loop(movable=True) as loop:
        got: list[str] = []
        loop.set_timeout(got.append, 0, "fired")
        thread = threading.Thread(target=loop.run)
        thread.start()
        thread.join()
        assert got == ["fired"]
        loop.set_timeout(got.append, 0, "again")
        loop.run()
        assert got == ["fired", "again"]


def test_running_movable_loop_is_its_threads_alone() -> None:
    with Loop(movable=True) as loop:
        caught: list[object] = []

        def other() -> None:
            try:
                loop.set_timeout(print)
            except WrongThreadError as error:
                caught.append(error)

        def inside() -> None:
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

        loop.set_timeout(inside)
        loop.run()
        assert len(caught) == 1


def test_close_ends_every_kind_once_in_order() -> None:
    got: list[str] = []
    reader_loop = Loop()

    def note(name: str) -> Callable[[LoopError], object]:
        return lambda error: got.append(f"{name}: {error.name}")

    reader_loop.set_timeout(print, FAR_MS, on_error=note("timeout"))
    reader_loop.set_interval(print, FAR_MS, on_error=note("interval"))
    reader_loop.start_idle(print, on_error=note("idle"))
    reader_loop.start_prepare(print, on_error=note("prepare"))
    reader_loop.start_check(print, on_error=note("check"))
    reader_loop.set_immediate(print)
    reader_loop.close()
    assert got == [
        f"{name}: LOOP_ECANCELED" for name in ("timeout", "interval", "idle", "prepare", "check")
    ]
    assert reader_loop.closed


def test_close_is_idempotent_and_what_follows_is_refused() -> None:
    loop = Loop()
    timeout = loop.set_timeout(print, FAR_MS)
    loop.close()
    loop.close()
    for call in (
        loop.run,
        loop.wake,
        loop.hold,
        loop.fileno,
        loop.detach,
        loop.close_soon,
        lambda: loop.set_timeout(print),
        lambda: loop.post(print),
        lambda: loop.backend,
        lambda: loop.handle_of(timeout.id),
    ):
        with pytest.raises(LoopClosedError):
            call()
    loop.stop()
    timeout.clear()
    assert loop.alive == 0
    assert repr(loop) == "<libloop.Loop closed>"
    with pytest.raises((BadIdError, LoopClosedError)):
        timeout.cancel()


def test_close_soon_refuses_new_ops_and_lets_the_run_end(loop: Loop) -> None:
    errors: list[LoopError] = []
    loop.set_timeout(print, FAR_MS, on_error=errors.append)
    loop.close_soon()
    with pytest.raises(LoopClosedError):
        loop.post(print)
    with pytest.raises(LoopClosedError):
        loop.set_timeout(print)
    with pytest.raises(LoopClosedError):
        loop.close_soon()
    loop.run()
    assert [type(error) for error in errors] == [CanceledError]
    assert not loop.closed


def test_what_is_alive_can_be_cleared_while_the_loop_closes(loop: Loop) -> None:
    errors: list[LoopError] = []
    handles = [loop.set_timeout(print, FAR_MS, on_error=errors.append) for _ in range(3)]
    immediate = loop.set_immediate(print)
    job = loop.run_job(int)
    loop.close_soon()
    handles[0].clear()
    handles[1].unref()
    handles[1].ref()
    handles[2].cancel()
    immediate.clear()
    job.clear()
    with pytest.raises(LoopClosedError):
        loop.set_immediate(print)
    loop.run()
    assert [type(error) for error in errors] == [CanceledError] * 2


def test_close_soon_from_another_thread_ends_a_sleeping_run(loop: Loop) -> None:
    errors: list[LoopError] = []
    loop.set_timeout(print, FAR_MS, on_error=errors.append)
    thread = threading.Thread(target=loop.close_soon)
    loop.set_timeout(thread.start, 5)
    loop.run()
    thread.join()
    assert [type(error) for error in errors] == [CanceledError]


def test_exception_while_closing_comes_out_at_the_end() -> None:
    got: list[LoopError] = []
    loop = Loop()

    def fail(error: LoopError) -> None:
        raise ZeroDivisionError

    loop.set_timeout(print, FAR_MS, on_error=fail)
    loop.set_timeout(print, FAR_MS, on_error=got.append)
    with pytest.raises(ZeroDivisionError):
        loop.close()
    assert loop.closed
    assert len(got) == 1


def test_forgotten_loop_warns() -> None:
    loop = Loop()
    loop.set_timeout(print, FAR_MS)
    with pytest.warns(ResourceWarning, match="unclosed loop"):
        del loop
        gc.collect()


def test_failed_construction_is_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in (
            {"backend": "io_uring"},
            {"workers": 0},
            {"workers": 1025},
            {"workers": "4"},
            {"queue_limit": -1},
            {"worker_idle_ms": -1},
            {"http_proxy": "not a proxy\0"},
        ):
            with pytest.raises((InvalidError, ValueError)):
                Loop(**options)
        gc.collect()


def test_loop_cannot_be_pickled(loop: Loop) -> None:
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(loop)


def test_loop_says_its_backend_and_descriptor() -> None:
    with Loop(backend="epoll") as loop:
        assert loop.backend == "epoll"
        assert loop.fileno() >= 0
        assert loop.backend_timeout_ms in (0.0, None)
        loop.set_timeout(lambda: None, FAR_MS).unref()
        loop.next_tick(lambda: None)
        assert loop.backend_timeout_ms == 0
    with Loop(backend="poll") as loop:
        assert loop.backend == "poll"
        with pytest.raises(NotSupportedError):
            loop.fileno()


def test_loop_can_be_embedded_in_another() -> None:
    loop = Loop(backend="epoll")
    got: list[str] = []
    poller = select.poll()
    poller.register(loop.fileno(), select.POLLIN)
    loop.set_timeout(got.append, 3, "timer")
    thread = threading.Thread(target=loop.post, args=(got.append, "post"))
    thread.start()
    while len(got) < 2:
        poller.poll(loop.backend_timeout_ms)
        loop.run_nowait()
    thread.join()
    assert sorted(got) == ["post", "timer"]
    loop.close()


def test_now_is_the_phases_inside_and_the_clocks_outside(loop: Loop) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(loop.now_ns)
        while time.monotonic_ns() <= seen[0]:
            pass
        seen.append(loop.now_ns)

    before = time.monotonic_ns()
    assert loop.now_ns >= before
    loop.set_timeout(look)
    loop.run()
    assert seen[0] == seen[1] >= before
