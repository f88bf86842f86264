# SPDX-License-Identifier: MIT
"""What is kept alive, how long, and what never is."""

import gc
import resource
import sys
import tracemalloc
import weakref
from collections.abc import Callable

import pytest

from libloop import READABLE, Handle, Loop
from libloop._signals import Wakeup

FAR_MS = 3_600_000.0


class Thing:
    """Something that can be watched dying."""

    def __call__(self, *args: object) -> None: ...


def programs_handles(loop: Loop) -> list[Handle]:
    """What lives but for the binding's own descriptor."""
    return [handle for handle in loop._live.values() if not isinstance(handle, Wakeup)]


STARTS: dict[str, Callable[[Loop, Thing], object]] = {
    "set_timeout": lambda loop, thing: loop.set_timeout(thing, 0, thing),
    "set_timer_at": lambda loop, thing: loop.set_timer_at(thing, 0, thing),
    "set_immediate": lambda loop, thing: loop.set_immediate(thing, thing),
    "next_tick": lambda loop, thing: loop.next_tick(thing, thing),
    "queue_microtask": lambda loop, thing: loop.queue_microtask(thing, thing),
    "post": lambda loop, thing: loop.post(thing, thing),
    "poll_fd": lambda loop, thing: loop.poll_fd(1_000_000, READABLE, thing, on_final=thing),
    "http": lambda loop, thing: loop.http("ftp://nowhere", thing, on_final=thing),
    "cleared timeout": lambda loop, thing: loop.set_timeout(thing, FAR_MS, thing).clear(),
    "cleared interval": lambda loop, thing: loop.set_interval(thing, FAR_MS, thing).clear(),
    "cleared watcher": lambda loop, thing: loop.start_idle(thing, thing).clear(),
    "cleared immediate": lambda loop, thing: loop.set_immediate(thing, thing).clear(),
    "cancelled": lambda loop, thing: loop.set_timeout(print, FAR_MS, on_error=thing).cancel(),
    "deadline": lambda loop, thing: loop.set_timeout(print, FAR_MS, timeout_ms=1, on_error=thing),
}


@pytest.mark.parametrize("name", STARTS)
def test_callback_dies_with_its_final_event(loop: Loop, name: str) -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    handle = STARTS[name](loop, thing)
    del thing
    gc.collect()
    if not name.startswith("cleared immediate"):
        assert gone() is not None
    gc.disable()
    try:
        loop.run()
        # No collector needed: nothing of it is in a cycle. `handle` may live on.
        assert gone() is None
    finally:
        gc.enable()
    assert programs_handles(loop) == [] and loop._posts == {}
    del handle


def test_callback_that_raises_dies_too(loop: Loop) -> None:
    class Failing(Thing):
        def __call__(self, *args: object) -> None:
            raise ZeroDivisionError

    thing = Failing()
    gone = weakref.ref(thing)
    handle = loop.set_timeout(thing)
    del thing
    with pytest.raises(ZeroDivisionError) as caught:
        loop.run()
    del caught
    gc.collect()
    assert gone() is None
    del handle


def test_closed_loop_lets_go_of_everything() -> None:
    things = [Thing() for _ in STARTS]
    gone = [weakref.ref(thing) for thing in things]
    loop = Loop()
    for start, thing in zip(STARTS.values(), things, strict=True):
        start(loop, thing)
    loop.set_interval(things[0], FAR_MS)
    things.clear()
    del thing
    loop.close()
    dead = weakref.ref(loop)
    del loop
    gc.collect()
    assert [ref() for ref in gone] == [None] * len(gone)
    assert dead() is None


def test_ten_thousand_timers_leave_nothing(loop: Loop) -> None:
    def round_of_timers() -> None:
        for _ in range(10_000):
            loop.set_timeout(thing, 0, thing)
        loop.run()

    thing = Thing()
    round_of_timers()
    gc.collect()
    references = sys.getrefcount(thing)
    tracemalloc.start()
    try:
        round_of_timers()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            round_of_timers()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert sys.getrefcount(thing) == references
    assert programs_handles(loop) == []
    assert after - before < 64 * 1024
    # Ids are used again, not taken anew.
    assert len(loop._spare_ids) < 20_000


def test_ids_are_used_again_with_the_next_generation(loop: Loop) -> None:
    seen = []
    for _ in range(100):
        seen.append(loop.set_timeout(lambda: None).id)
        loop.run()
    assert len(set(seen)) == 100
    assert len({ident >> 33 for ident in seen}) <= 2


def test_process_does_not_grow_with_a_million_callbacks(loop: Loop) -> None:
    def megabytes() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def rounds(count: int) -> None:
        for _ in range(count):
            for _ in range(5_000):
                loop.set_timeout(thing)
                loop.set_immediate(thing)
            loop.run()

    thing = Thing()
    rounds(10)
    before = megabytes()
    rounds(40)
    assert megabytes() - before < 16
