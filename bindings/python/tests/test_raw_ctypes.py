# SPDX-License-Identifier: MIT
"""loop.h driven directly: CFUNCTYPE callbacks, without the classes of the package."""

import ctypes
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from libloop import Loop, _cdef, _load
from libloop._cdef import LOOP_CB, LOOP_EV_MORE, LOOP_KIND_MASK, LoopEvent, LoopTurn

MS = 1_000_000


class Raw:
    """A loop_t with the callbacks that must outlive it."""

    def __init__(self) -> None:
        self.lib = _load.library().free
        made = ctypes.c_void_p()
        assert self.lib.loop_new(None, ctypes.byref(made)) == 0
        self.loop = made.value
        self.kept: list[object] = []

    def cb(self, function: Any) -> Any:
        made = LOOP_CB(lambda loop, event, user: function(event.contents))
        self.kept.append(made)
        return made


@pytest.fixture
def raw() -> Iterator[Raw]:
    made = Raw()
    yield made
    assert made.lib.loop_free(made.loop) == 0


def test_timers_immediates_and_ticks_call_back(raw: Raw) -> None:
    got: list[str] = []
    lib, loop = raw.lib, raw.loop

    def timer(event: LoopEvent) -> None:
        got.append("timer")
        lib.loop_next_tick(loop, raw.cb(lambda event: got.append("tick")), None)
        lib.loop_queue_microtask(loop, raw.cb(lambda event: got.append("microtask")), None)

    assert lib.loop_set_timeout(loop, 0, raw.cb(timer), None) > 0
    assert lib.loop_set_immediate(loop, raw.cb(lambda event: got.append("immediate")), None) > 0
    assert lib.loop_run(loop, _cdef.LOOP_RUN_DEFAULT) == 0
    assert got == ["timer", "tick", "microtask", "immediate"]


def test_event_fields_and_user_arrive(raw: Raw) -> None:
    got: list[tuple[object, ...]] = []

    def note(loop: int, event: Any, user: int) -> None:
        ev = event.contents
        got.append((ev.id, ev.code, ev.status, ev.flags & ~LOOP_KIND_MASK, user, loop))

    callback = LOOP_CB(note)
    ident = raw.lib.loop_set_timeout(raw.loop, MS, callback, 42)
    assert raw.lib.loop_run(raw.loop, 0) == 0
    assert got == [(ident, _cdef.LOOP_OP_TIMER, 0, 0, 42, raw.loop)]


def test_interval_is_cleared_by_its_id(raw: Raw) -> None:
    count = 0

    def tick(event: LoopEvent) -> None:
        nonlocal count
        assert event.flags & LOOP_EV_MORE
        count += 1
        if count == 3:
            assert raw.lib.loop_clear_timer(raw.loop, event.id) == 0

    assert raw.lib.loop_set_interval(raw.loop, MS, raw.cb(tick), None) > 0
    assert raw.lib.loop_run(raw.loop, 0) == 0
    assert count == 3


def test_posts_of_another_thread_arrive(raw: Raw) -> None:
    got: list[int] = []
    arrived = raw.cb(lambda event: got.append(event.num))

    def send() -> None:
        for number in range(1000):
            assert raw.lib.loop_post(raw.loop, number, arrived, None) == 0
        raw.lib.loop_unhold(raw.loop)

    raw.lib.loop_hold(raw.loop)
    thread = threading.Thread(target=send)
    thread.start()
    assert raw.lib.loop_run(raw.loop, 0) >= 0
    thread.join()
    raw.lib.loop_run(raw.loop, 0)
    assert got == list(range(1000))


def test_errors_are_codes(raw: Raw) -> None:
    lib, loop = raw.lib, raw.loop
    nothing = raw.cb(lambda event: None)
    assert lib.loop_set_timeout(loop, -1, nothing, None) == _cdef.LOOP_EINVAL
    assert lib.loop_set_timeout(loop, 1, LOOP_CB(), None) == _cdef.LOOP_EINVAL
    assert lib.loop_set_timeout(None, 1, nothing, None) == _cdef.LOOP_EINVAL
    assert lib.loop_clear(loop, 12345) == _cdef.LOOP_EBADID
    assert lib.loop_new(None, None) == _cdef.LOOP_EINVAL


def test_nested_run_is_refused(raw: Raw) -> None:
    got: list[int] = []
    callback = raw.cb(lambda event: got.append(raw.lib.loop_run(raw.loop, 0)))
    raw.lib.loop_set_timeout(raw.loop, 0, callback, None)
    assert raw.lib.loop_run(raw.loop, 0) == 0
    assert got == [_cdef.LOOP_ENESTED]


def test_exception_in_a_callback_is_ctypes_affair_and_harms_nobody(
    raw: Raw, monkeypatch: pytest.MonkeyPatch
) -> None:
    swallowed: list[type[BaseException] | None] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: swallowed.append(hook.exc_type))
    got: list[str] = []
    raw.lib.loop_set_timeout(raw.loop, 0, raw.cb(lambda event: 1 // 0), None)
    raw.lib.loop_set_timeout(raw.loop, 0, raw.cb(lambda event: got.append("next")), None)
    assert raw.lib.loop_run(raw.loop, 0) == 0
    assert swallowed == [ZeroDivisionError] and got == ["next"]


def test_turns_work_with_plain_structs(raw: Raw) -> None:
    lib = raw.lib
    first = ctypes.c_uint64()
    assert lib.loop_take_ids(raw.loop, 2, ctypes.byref(first)) == 0
    ops = (_cdef.LoopOp * 2)()
    for number, op in enumerate(ops):
        op.code = _cdef.LOOP_OP_TIMER
        op.id = first.value + number * _cdef.LOOP_ID_SLOT_STEP
        op.user = 70 + number
        op.arg = number
    events = (LoopEvent * 4)()
    turn = LoopTurn()
    turn.size = ctypes.sizeof(turn)
    turn.loop = raw.loop
    turn.ops, turn.op_count, turn.op_stride = ctypes.addressof(ops), 2, ctypes.sizeof(ops[0])
    turn.events, turn.event_capacity = ctypes.addressof(events), 4
    turn.event_stride = ctypes.sizeof(events[0])
    turn.timeout_ns = -1
    assert lib.loop_turn(ctypes.byref(turn)) == 0
    assert turn.event_count == 2 and turn.phase == _cdef.LOOP_PHASE_TIMERS
    assert [event.user for event in events[:2]] == [70, 71]
    turn.op_count = 0
    assert lib.loop_turn(ctypes.byref(turn)) == 0
    assert turn.result & _cdef.LOOP_TURN_DONE
    turn.size = 8
    assert lib.loop_turn(ctypes.byref(turn)) == _cdef.LOOP_EINVAL


def test_c_callbacks_and_python_callbacks_share_one_loop(loop: Loop) -> None:
    """What a C library started on the loop is called by the library, in its place in the order."""
    got: list[str] = []
    lib = _load.library().free

    def inside(pointer: int, event: Any, user: int) -> None:
        got.append("C timer")
        # Python's side of the loop may be used here, although a turn is under way.
        for _ in range(3000):
            loop.set_timeout(lambda: None)
        loop.set_timeout(got.append, 0, "from C")
        loop.next_tick(got.append, "tick from C")
        for call in (loop.run, loop.close):
            try:
                call()
            except Exception as error:
                got.append(type(error).__name__)

    callback = LOOP_CB(inside)
    pointer = loop.pointer
    loop.set_timeout(got.append, 0, "Python timer")
    assert lib.loop_set_timeout(pointer, 0, callback, None) > 0
    assert lib.loop_post(pointer, 7, LOOP_CB(), 9) == 0
    loop.run()
    assert got == [
        "C timer",
        "NestedRunError",
        "NestedRunError",
        "Python timer",
        "tick from C",
        "from C",
    ] or got == [
        "C timer",
        "NestedRunError",
        "NestedRunError",
        "tick from C",
        "Python timer",
        "from C",
    ]
