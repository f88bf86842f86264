# SPDX-License-Identifier: MIT
"""The order of callbacks: ticks, microtasks, immediates, phases."""

import os
from collections.abc import Callable

import pytest

from libloop import READABLE, Loop


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
