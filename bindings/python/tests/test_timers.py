# SPDX-License-Identifier: MIT
"""Timers, intervals, watchers: when they fire, how they end."""

import math
import time

import pytest

import libloop
from libloop import BadIdError, CanceledError, InvalidError, Loop, LoopError, TimedOutError

MS = 1_000_000
FAR_MS = 3_600_000.0


def test_timeout_is_called_once_with_its_arguments(loop: Loop) -> None:
    got: list[object] = []
    loop.set_timeout(lambda *args: got.append(args), 1, "a", 2)
    assert loop.run() == 0
    assert got == [("a", 2)]


def test_timeout_is_never_early(loop: Loop) -> None:
    late: list[int] = []
    for delay_ms in (0, 0.25, 1, 7.5):
        due = time.monotonic_ns() + int(delay_ms * MS)
        loop.set_timeout(lambda due: late.append(time.monotonic_ns() - due), delay_ms, due)
    loop.run()
    assert len(late) == 4
    assert min(late) >= 0


def test_timers_fire_in_deadline_order_and_fifo_when_equal(loop: Loop) -> None:
    got: list[str] = []
    now = loop.now_ns
    loop.set_timer_at(got.append, now + 9 * MS, "9")
    loop.set_timer_at(got.append, now + 3 * MS, "3")
    loop.set_timer_at(got.append, now - 5 * MS, "past")
    loop.set_timer_at(got.append, now + 3 * MS, "3 again")
    loop.set_timer_at(got.append, now + 3 * MS + 1, "3 and 1 ns")
    loop.run()
    assert got == ["past", "3", "3 again", "3 and 1 ns", "9"]


def test_ten_thousand_equal_deadlines_fire_fifo(loop: Loop) -> None:
    got: list[int] = []
    deadline = loop.now_ns + MS
    for number in range(10_000):
        loop.set_timer_at(got.append, deadline, number)
    loop.run()
    assert got == list(range(10_000))


@pytest.mark.parametrize("delay", [-1, -0.5, math.nan, -math.inf, "1", None])
def test_bad_delay_is_an_invalid_error(loop: Loop, delay: float) -> None:
    with pytest.raises(InvalidError) as caught:
        loop.set_timeout(print, delay)
    assert isinstance(caught.value, ValueError)
    assert loop.alive == 0


def test_endless_delay_saturates(loop: Loop) -> None:
    timeout = loop.set_timeout(print, math.inf)
    assert timeout.deadline_ns == (1 << 63) - 1
    timeout.clear()


def test_interval_of_zero_is_refused(loop: Loop) -> None:
    with pytest.raises(InvalidError):
        loop.set_interval(print, 0)


def test_bad_deadline_is_refused(loop: Loop) -> None:
    for deadline in (1.5, 1 << 63):
        with pytest.raises(InvalidError):
            loop.set_timer_at(print, deadline)  # type: ignore[arg-type]


def test_interval_does_not_drift_and_counts_what_it_missed(loop: Loop) -> None:
    seen: list[tuple[int, int]] = []

    def tick() -> None:
        seen.append((interval.deadline_ns, interval.missed))
        if len(seen) == 1:
            until = time.monotonic_ns() + 35 * MS
            while time.monotonic_ns() < until:
                pass
        if len(seen) == 3:
            interval.clear()

    interval = loop.set_interval(tick, 10)
    deadline = interval.deadline_ns
    loop.run()
    assert seen[1][1] >= 2
    for fired, missed in seen:
        assert fired == deadline
        deadline += (1 + missed) * 10 * MS


def test_interval_is_due_within_its_period(loop: Loop) -> None:
    def tick() -> None:
        due.append(interval.due_in_ms)
        if len(due) == 2:
            interval.clear()

    due: list[float] = []
    interval = loop.set_interval(tick, 5)
    loop.run()
    assert all(0 <= item <= 5 for item in due), due


def test_due_in_counts_down(loop: Loop) -> None:
    timeout = loop.set_timeout(print, 50)
    late = loop.set_timer_at(lambda: None, 0)
    assert 0 < timeout.due_in_ms <= 50
    assert late.due_in_ms == 0
    timeout.clear()
    with pytest.raises(BadIdError):
        _ = timeout.due_in_ms
    loop.run()


def test_clear_is_as_in_node(loop: Loop) -> None:
    got: list[str] = []
    timeout = loop.set_timeout(got.append, 0, "never")
    loop.clear_timeout(timeout)
    loop.clear_timeout(timeout)
    loop.clear_timeout(None)
    interval = loop.set_interval(got.append, 1, "never")
    loop.clear_interval(interval)
    done = loop.set_timeout(got.append, 0, "fired")
    loop.run()
    loop.clear_timeout(done)
    assert got == ["fired"]
    assert not timeout.active and not done.active


def test_timer_cleared_in_its_batch_does_not_run(loop: Loop) -> None:
    got: list[str] = []
    now = loop.now_ns

    def first() -> None:
        got.append("a")
        second.clear()

    loop.set_timer_at(first, now)
    second = loop.set_timer_at(got.append, now, "b")
    loop.set_timer_at(got.append, now, "c")
    loop.run()
    assert got == ["a", "c"]


def test_clear_of_another_loops_timer_is_a_bad_id(loop: Loop) -> None:
    with Loop() as other:
        timeout = other.set_timeout(print, 1)
        with pytest.raises(BadIdError):
            loop.clear_timeout(timeout)
        timeout.clear()


def test_refresh_starts_the_delay_anew(loop: Loop) -> None:
    late: list[int] = []
    began = 0

    def again() -> None:
        nonlocal began
        began = time.monotonic_ns()
        assert timeout.refresh() is timeout

    def fire() -> None:
        late.append(time.monotonic_ns() - began)
        if len(late) < 3:
            again()

    timeout = loop.set_timeout(fire, 10)
    loop.set_timeout(again, 5)
    loop.run()
    assert len(late) == 3 and min(late) >= 10 * MS
    with pytest.raises(BadIdError):
        timeout.refresh()


def test_timer_refreshed_in_its_batch_runs_later(loop: Loop) -> None:
    got: list[str] = []
    now = loop.now_ns

    def refresh() -> None:
        got.append("a")
        second.refresh()
        assert not second.has_ref()

    def refreshed() -> None:
        got.append("b")
        keep.clear()

    keep = loop.set_timeout(print, FAR_MS)
    loop.set_timer_at(refresh, now)
    second = loop.set_timeout(refreshed, 0)
    second.unref()
    loop.set_timeout(got.append, 0, "c")
    loop.run()
    assert got == ["a", "c", "b"]


def test_refresh_of_an_absolute_timer_is_refused(loop: Loop) -> None:
    timer = loop.set_timer_at(lambda: None, 0)
    with pytest.raises(InvalidError):
        timer.refresh()
    loop.run()


def test_unref_timer_does_not_keep_the_loop(loop: Loop) -> None:
    got: list[str] = []
    timeout = loop.set_timeout(got.append, 5, "fired")
    timeout.unref()
    timeout.unref()
    assert not timeout.has_ref() and loop.alive == 0
    loop.run()
    assert got == []
    timeout.ref()
    assert timeout.has_ref() and loop.alive == 1
    loop.run()
    assert got == ["fired"]
    for call in (timeout.ref, timeout.unref, timeout.has_ref, timeout.cancel):
        with pytest.raises(BadIdError):
            call()


def test_cancel_tells_on_error_and_the_handle(loop: Loop) -> None:
    errors: list[LoopError] = []
    handles = [
        loop.set_timeout(print, FAR_MS, on_error=errors.append),
        loop.set_interval(print, FAR_MS, on_error=errors.append),
        loop.start_idle(lambda: None, on_error=errors.append),
        loop.start_prepare(lambda: None, on_error=errors.append),
        loop.start_check(lambda: None, on_error=errors.append),
    ]
    for handle in handles:
        handle.cancel()
    loop.run()
    assert [type(error) for error in errors] == [CanceledError] * 5
    assert [handle.error for handle in handles] == errors
    assert not any(handle.active for handle in handles)


def test_deadline_ends_a_timer(loop: Loop) -> None:
    errors: list[LoopError] = []
    began = time.monotonic()
    loop.set_timeout(print, FAR_MS, timeout_ms=5, on_error=errors.append)
    loop.run()
    assert [type(error) for error in errors] == [TimedOutError]
    assert isinstance(errors[0], TimeoutError)
    assert time.monotonic() - began >= 0.005


def test_deadline_that_is_not_reached_changes_nothing(loop: Loop) -> None:
    got: list[str] = []
    loop.set_timeout(got.append, 1, "fired", timeout_ms=FAR_MS, label="in time")
    loop.run()
    assert got == ["fired"]


@pytest.mark.parametrize("label", ["a\0b", "x" * 5000])
def test_bad_label_is_refused(loop: Loop, label: str) -> None:
    with pytest.raises(InvalidError):
        loop.set_timeout(print, 0, label=label)
    assert loop.alive == 0


def test_handles_say_what_they_are(loop: Loop) -> None:
    timeout = loop.set_timeout(print, FAR_MS)
    assert repr(timeout).startswith("<libloop.Timeout active id=0x")
    assert loop.handle_of(timeout.id) is timeout
    timeout.clear()
    assert repr(timeout).startswith("<libloop.Timeout ended")
    for stale in (timeout.id, 0, -1, timeout.id + (1000 << 33)):
        with pytest.raises(BadIdError):
            loop.handle_of(stale)
    assert isinstance(timeout, libloop.Handle)


def test_watchers_run_fifo_in_every_pass(loop: Loop) -> None:
    got: list[str] = []
    watchers = [loop.start_check(got.append, name) for name in ("a", "b")]
    loop.run_nowait()
    loop.run_nowait()
    for watcher in watchers:
        watcher.clear()
    loop.run()
    assert got == ["a", "b"] * 2
