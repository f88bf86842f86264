# SPDX-License-Identifier: MIT
"""The order of callbacks: ticks, microtasks, immediates, phases."""

import os
import time
from collections.abc import Callable

import pytest

from libloop import READABLE, BadIdError, CanceledError, InvalidError, Loop, TimedOutError


def test_ticks_run_before_microtasks_and_both_before_the_next_callback(loop: Loop) -> None:
    got: list[str] = []

    def first() -> None:
        got.append("timer 1")
        loop.queue_microtask(got.append, "microtask")
        loop.next_tick(got.append, "tick")

    now = loop.now_ns
    loop.set_timer_at(first, now)
    loop.set_timer_at(got.append, now, "timer 2")
    loop.run()
    assert got == ["timer 1", "tick", "microtask", "timer 2"]


def test_ticks_run_once_before_the_first_phase(loop: Loop) -> None:
    got: list[str] = []
    loop.set_timeout(got.append, 0, "timer")
    loop.queue_microtask(got.append, "microtask")
    loop.next_tick(got.append, "tick")
    loop.run()
    assert got == ["tick", "microtask", "timer"]


def test_nested_ticks_and_microtasks_drain_as_in_node(loop: Loop) -> None:
    got: list[str] = []

    def tick() -> None:
        got.append("tick")
        loop.next_tick(got.append, "tick of a tick")
        loop.queue_microtask(microtask)

    def microtask() -> None:
        got.append("microtask")
        loop.next_tick(got.append, "tick of a microtask")
        loop.queue_microtask(got.append, "microtask of a microtask")

    loop.next_tick(tick)
    loop.run()
    assert got == [
        "tick",
        "tick of a tick",
        "microtask",
        "microtask of a microtask",
        "tick of a microtask",
    ]


def test_nested_immediates_wait_for_the_next_pass(loop: Loop) -> None:
    got: list[str] = []

    def outer() -> None:
        got.append("outer")
        loop.set_immediate(got.append, "nested")
        loop.set_timeout(got.append, 0, "timer")

    loop.set_immediate(outer)
    loop.set_immediate(got.append, "second")
    loop.run()
    assert got == ["outer", "second", "timer", "nested"]


def test_nested_zero_timers_wait_for_the_next_pass(loop: Loop) -> None:
    got: list[str] = []

    def outer() -> None:
        got.append("outer")
        loop.set_timeout(got.append, 0, "nested")
        loop.set_immediate(got.append, "immediate")

    loop.set_timeout(outer)
    loop.run()
    assert got == ["outer", "immediate", "nested"]


def test_immediate_cleared_in_its_batch_does_not_run(loop: Loop) -> None:
    got: list[str] = []

    def first() -> None:
        got.append("a")
        second.clear()

    loop.set_immediate(first)
    second = loop.set_immediate(got.append, "b")
    loop.set_immediate(got.append, "c")
    loop.clear_immediate(None)
    loop.run()
    loop.clear_immediate(second)
    assert got == ["a", "c"]
    assert repr(second) == "<libloop.Immediate ended>"


def test_cleared_immediates_leave_nothing_behind(loop: Loop) -> None:
    for _ in range(1000):
        loop.set_immediate(print).clear()
    assert loop.alive == 0
    assert len(loop._immediates) == 0


def test_phases_run_in_order(loop: Loop) -> None:
    got: list[str] = []
    reader, writer = os.pipe()
    os.write(writer, b"x")

    def once(name: str) -> Callable[[], None]:
        def run() -> None:
            got.append(name)
            handles[name].clear()

        return run

    def readable(error: object, ready: int) -> None:
        got.append("poll")
        handles["poll"].clear()

    handles = {
        "check": loop.start_check(once("check")),
        "prepare": loop.start_prepare(once("prepare")),
        "idle": loop.start_idle(once("idle")),
        "poll": loop.poll_fd(reader, READABLE, readable),
    }
    loop.set_immediate(got.append, "immediate")
    loop.set_timeout(got.append, 0, "timer")
    loop.post(got.append, "post")
    loop.run()
    assert got == ["timer", "idle", "prepare", "post", "poll", "immediate", "check"]
    os.close(reader)
    os.close(writer)


def test_many_check_watchers_keep_nested_immediates_for_the_next_pass(loop: Loop) -> None:
    got: list[str] = []
    passes: list[int] = []
    count = 2500  # more than one batch
    watchers = [loop.start_check(passes.append, number) for number in range(count)]

    def outer() -> None:
        got.append(f"outer at {len(passes)}")
        loop.set_immediate(lambda: got.append(f"nested at {len(passes)}"))

    loop.set_immediate(outer)
    loop.run_once()
    loop.run_once()
    for watcher in watchers:
        watcher.clear()
    loop.run()
    assert got == ["outer at 0", f"nested at {count}"]
    assert passes == [*range(count), *range(count)]


def test_phase_limit_spreads_events_over_passes() -> None:
    with Loop(phase_limit=2) as loop:
        got: list[str] = []
        now = loop.now_ns
        for number in range(4):
            loop.set_timer_at(got.append, now, str(number))
        loop.set_immediate(got.append, "immediate")
        loop.run()
    assert got == ["0", "1", "immediate", "2", "3"]


@pytest.mark.parametrize("count", [1023, 1024, 1025, 5000])
def test_batches_of_any_size_keep_the_order(loop: Loop, count: int) -> None:
    got: list[int] = []
    for number in range(count):
        loop.post(got.append, number)
    loop.run()
    assert got == list(range(count))


def test_cancelled_immediate_tells_on_error_in_its_place(loop: Loop) -> None:
    got: list[object] = []
    loop.set_immediate(got.append, "a")
    immediate = loop.set_immediate(got.append, "never", on_error=got.append)
    loop.set_immediate(got.append, "c")
    quiet = loop.set_immediate(got.append, "never")
    immediate.cancel()
    quiet.cancel()
    assert immediate.active and loop.alive == 4
    assert loop.run() == 0
    assert got == ["a", immediate.error, "c"]
    assert isinstance(immediate.error, CanceledError) and isinstance(quiet.error, CanceledError)
    for call in (immediate.cancel, immediate.ref, immediate.unref, immediate.has_ref):
        with pytest.raises(BadIdError):
            call()


def test_immediate_that_comes_too_late_has_timed_out(loop: Loop) -> None:
    got: list[object] = []

    def stall() -> None:
        until = time.monotonic_ns() + 2_000_000
        while time.monotonic_ns() < until:
            pass

    late = loop.set_immediate(got.append, "never", timeout_ms=1, on_error=got.append)
    loop.set_immediate(got.append, "in time", timeout_ms=3_600_000, on_error=got.append)
    loop.set_timeout(stall)
    loop.run()
    assert got == [late.error, "in time"] and isinstance(late.error, TimedOutError)
    with pytest.raises(InvalidError):
        loop.set_immediate(print, timeout_ms=-1)
    assert loop.alive == 0


def test_immediate_without_a_reference_does_not_keep_the_loop(loop: Loop) -> None:
    got: list[str] = []
    immediate = loop.set_immediate(got.append, "immediate")
    immediate.unref()
    immediate.unref()
    assert not immediate.has_ref() and loop.alive == 0
    assert loop.run() == 0
    assert got == []
    # It runs when something else keeps the loop for that long.
    loop.set_timeout(got.append, 0, "timer")
    assert loop.run() == 0
    assert got == ["timer", "immediate"]
    again = loop.set_immediate(got.append, "again")
    again.unref()
    again.ref()
    assert again.has_ref() and loop.alive == 1
    loop.run()
    assert got[2:] == ["again"] and loop.alive == 0


def test_phase_limit_counts_immediates() -> None:
    got: list[str] = []
    with Loop(phase_limit=2) as loop:
        loop.set_immediate(got.append, "never").clear()
        for name in ("a", "b", "c"):
            loop.set_immediate(got.append, name)
        loop.run_nowait()
        assert got == ["a", "b"]
        loop.run_nowait()
        assert got == ["a", "b", "c"]


@pytest.mark.parametrize("soon", [True, False])
def test_closed_loop_ends_its_immediates_with_an_error(soon: bool) -> None:
    got: list[object] = []
    loop = Loop()
    immediate = loop.set_immediate(got.append, "never", on_error=got.append)
    loop.set_immediate(got.append, "never", on_error=got.append).unref()
    loop.set_immediate(got.append, "never", on_error=got.append).clear()
    if soon:
        loop.close_soon()
        loop.next_tick(got.append, "tick")
        loop.run()
        assert got[0] == "tick" and len(got) == 3
        del got[0]
    loop.close()
    assert [type(error) for error in got] == [CanceledError] * 2
    assert got[0] is immediate.error
