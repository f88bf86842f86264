# SPDX-License-Identifier: MIT
"""One loop as loop_turn sees it: ops packed into an array, ids, events unpacked, order kept.

Nothing here calls back from C. A turn brings one batch of events; this module calls for each of
them in turn, drains ticks and microtasks after each, and asks for the next batch. So an exception
in a callback simply leaves the run, and the rest of the batch stays in `_rest` for the next one.

An exception may also come from a signal handler, between any two steps of this module. Two rules
keep that from losing or doubling an event. SIGINT is held back by _signals.py while `_calling` is
false. And what a turn took and gave is told by the turn's own memory (`_UNSET`), with the change of
hands in one statement.
"""

import ctypes
import struct
from collections import deque
from collections.abc import Callable
from threading import RLock, get_ident
from typing import TYPE_CHECKING, Any

from . import _load
from ._batch import EVENTS, Batch
from ._cdef import (
    LOOP_ECLOSED,
    LOOP_EFORK,
    LOOP_EPANIC,
    LOOP_ID_SLOT_STEP,
    LOOP_KIND_ERROR,
    LOOP_OP_LABEL,
    LOOP_PHASE_CHECK,
    LOOP_PHASE_CLOSING,
    LOOP_PHASE_TIMERS,
    LOOP_TURN_DONE,
    LOOP_TURN_SUBMIT,
    LoopOp,
    LoopOptions,
    LoopTurn,
)
from ._errors import (
    CanceledError,
    ForkError,
    InvalidError,
    LoopClosedError,
    LoopError,
    WrongThreadError,
    check,
    error_for,
)
from ._events import EVENT_BYTES, FLAGS
from ._timers import ns_of

if TYPE_CHECKING:
    from ._handles import Handle, Immediate

Callback = Callable[..., object]
Queued = tuple[Callback, tuple[Any, ...]]

# N and n, which are sizes of 64 bits here, are packed in three quarters of the time of Q and q.
OP = struct.Struct("@HHINNNNNnn")
OP_BYTES = OP.size

# Ops are submitted when this many wait, or with the next turn. A label takes a second place.
OPS = 1024
SPARE = 2

MAX_LABEL = 4096  # bytes

FIRST_IDS = 64
MOST_IDS = 4096

# In the user field of every op and post of ours; others belong to C code that uses the same loop.
HOST_MARK = 0x6C6F6F70

OPEN, CLOSING, CLOSED, FORKED = range(4)


def _index(field: str, size: int) -> int:
    """The place of a field of loop_turn_t in a view of `size`-byte items."""
    offset: int = getattr(LoopTurn, field).offset
    return offset // size


_FLAGS = _index("flags", 4)
_OP_COUNT = _index("op_count", 4)
_TICKS = _index("ticks", 4)
_IMMEDIATES = _index("immediates", 4)
_EVENT_COUNT = _index("event_count", 4)
_PHASE = _index("phase", 4)
_RESULT = _index("result", 4)
_TIMEOUT = _index("timeout_ns", 8)
_PASS = _index("pass", 8)
_NOW = _index("now_ns", 8)

# No result of a turn: outputs are written only on success, so this stays when it failed.
_UNSET = 0xFFFFFFFF


class Core(Batch):
    """The machinery of a Loop."""

    # What each callback and each send uses. The others are too many for a fast instance dict.
    __slots__ = (
        "_attention",
        "_calling",
        "_kept",
        "_live",
        "_microtasks",
        "_op_limit",
        "_op_pos",
        "_ops",
        "_owner",
        "_ticks",
    )

    def __init__(self, options: LoopOptions, movable: bool) -> None:
        super().__init__()
        self._state = CLOSED
        self._owner = 0  # the thread whose calls pass without a closer look
        self._home = 0  # the thread that owns the loop
        self._movable = movable
        self._phase_limit: int = options.phase_limit
        library = _load.library()
        self._held = library.held
        self._free = library.free
        pointer = ctypes.c_void_p()
        check(self._free.loop_new(ctypes.byref(options), ctypes.byref(pointer)), "loop_new")
        self._ptr = pointer.value or 0

        self._live: dict[int, Handle] = {}
        self._spare_ids: list[int] = []
        self._next_block = FIRST_IDS

        self._ops = ctypes.create_string_buffer(0)
        self._op_pos = 0
        self._op_limit = OPS * OP_BYTES
        self._kept: list[object] = []  # what the queued ops point at
        self._labels: dict[str, ctypes.Array[ctypes.c_char]] = {}
        self._turn_memory = self._new_turn()
        self._turn_address = ctypes.addressof(self._turn_memory)
        view = memoryview(self._turn_memory).cast("B")
        self._turn_words = view.cast("I")
        self._turn_longs = view.cast("q")
        self._new_ops(OPS)
        # Functions of their own, because one plain integer is the cheapest argument of ctypes.
        self._turn_free = self._plain(self._free, "loop_turn", 1)
        self._turn_held = self._plain(self._held, "loop_turn", 1)
        self._post_held = self._plain(self._held, "loop_post", 4)
        # A turn may have to wait for another thread of Python: C code that uses the loop may call
        # Python, and a trace may go into a pipe that Python reads.
        self._gil_needed = False

        self._in_turn = False
        self._check_pass = 0

        self._ticks: deque[Queued] = deque()
        self._microtasks: deque[Queued] = deque()
        self._immediates: deque[Immediate] = deque()
        self._immediates_now: deque[Immediate] = deque()
        self._immediate_count = 0
        self._immediates_unref = 0  # of these, how many do not keep the loop alive

        # Reentrant, because a Python signal handler may post or stop while its thread holds it.
        self._any_thread = RLock()
        self._posts: dict[int, Queued] = {}
        self._last_post = 0

        self._running = False
        self._calling = False  # a callback of the program runs: SIGINT may raise at once
        self._attention = False  # _stopped or _interrupted
        self._stopped = False
        self._interrupted = False
        self._fatal: LoopError | None = None
        self._panicked = False
        self._state = OPEN

    @staticmethod
    def _plain(library: ctypes.CDLL, name: str, arguments: int) -> Callable[..., int]:
        function = library[name]
        function.argtypes = [ctypes.c_void_p] * arguments
        function.restype = ctypes.c_int64
        return function

    def _new_turn(self) -> LoopTurn:
        turn = LoopTurn()
        turn.size = ctypes.sizeof(LoopTurn)
        turn.loop = self._ptr
        turn.op_stride = ctypes.sizeof(LoopOp)
        turn.events = ctypes.addressof(self._event_memory)
        turn.event_capacity = EVENTS
        turn.event_stride = EVENT_BYTES
        return turn

    def _new_ops(self, count: int) -> None:
        """Takes a new op array for `count` ops and moves what is queued there."""
        memory = ctypes.create_string_buffer((count + SPARE) * OP_BYTES)
        if self._op_pos:
            ctypes.memmove(memory, self._ops, self._op_pos)
            self._kept.append(self._ops)  # a turn under way may still read it
        self._ops = memory
        self._op_room = count * OP_BYTES
        self._turn_memory.ops = ctypes.addressof(memory)

    # ---- who may call -------------------------------------------------------------------------

    def _enter(self) -> None:
        """At the start of every call that is the loop thread's."""
        if get_ident() != self._owner:
            self._claim()

    def _enter_closing(self) -> None:
        """The same for calls that a closing loop allows: those that act on what is alive."""
        if get_ident() != self._owner:
            self._own()

    def _enter_sound(self) -> None:
        """The same for calls that a closing loop allows, but not one that a panic has ended."""
        if get_ident() != self._owner:
            self._own()
            if self._panicked:
                raise self._panic()

    def _claim(self) -> None:
        """The closer look at a call, when its thread is not `_owner`."""
        self._own()
        if self._state != OPEN:
            raise LoopClosedError()
        if self._panicked:
            raise self._panic()

    def _own(self) -> None:
        """Makes the calling thread the owner, or says why it cannot be."""
        if self._state == FORKED:
            raise ForkError()
        if self._state == CLOSED:
            raise LoopClosedError()
        me = get_ident()
        if self._home != me:
            if self._home and (not self._movable or self._running):
                raise WrongThreadError()
            self._home = me
        if self._state == OPEN and not self._panicked:
            self._owner = me

    def _after_fork(self) -> None:
        if self._state != CLOSED:
            self._state = FORKED
        self._owner = 0

    # ---- ops ----------------------------------------------------------------------------------

    def _submit(
        self,
        handle: "Handle",
        code: int,
        flags: int = 0,
        length: int = 0,
        target: int = 0,
        data: int = 0,
        arg: int = 0,
        timeout_ms: float | None = None,
        label: str | None = None,
    ) -> None:
        """Queues an op that names a new id and lets the handle live under it."""
        timeout_ns = 0 if timeout_ms is None else ns_of(timeout_ms, "timeout_ms") or 1
        if label is not None:
            self._label(label)
        ident = self._spare_ids.pop() if self._spare_ids else self._take_ids()
        pos = self._op_pos
        OP.pack_into(
            self._ops, pos, code, flags, length, ident, target, HOST_MARK, 0, data, arg, timeout_ns
        )
        handle._id = ident
        self._live[ident] = handle
        self._op_pos = pos = pos + OP_BYTES
        if pos >= self._op_limit:
            self._no_room()

    def _label(self, label: str) -> None:
        """Queues the op that names the next one. Not counted against the limit: see SPARE."""
        text = self._label_text(label)
        memory = ctypes.create_string_buffer(text)
        self._kept.append(memory)
        address = ctypes.addressof(memory)
        OP.pack_into(
            self._ops, self._op_pos, LOOP_OP_LABEL, 0, len(text), 0, 0, 0, 0, address, 0, 0
        )
        self._op_pos += OP_BYTES

    @staticmethod
    def _label_text(label: str) -> bytes:
        text = label.encode("utf-8", "replace")
        if len(text) > MAX_LABEL or 0 in text:
            raise InvalidError(f"label {label[:40]!r}")
        return text

    def _static_label(self, label: str | None) -> int:
        """The address of a label that lives as long as the loop; 0 for none."""
        if label is None:
            return 0
        if label not in self._labels:
            self._labels[label] = ctypes.create_string_buffer(self._label_text(label))
        return ctypes.addressof(self._labels[label])

    def _trace_ops(self, on: bool) -> None:
        """While tracing is on each op is submitted at its call, so that it is traced there."""
        self._op_limit = 0 if on else OPS * OP_BYTES
        self._gil_needed = self._gil_needed or on

    def _control(self, code: int, target: int, length: int = 0, arg: int = 0) -> None:
        """Queues an op that acts on an id."""
        pos = self._op_pos
        OP.pack_into(self._ops, pos, code, 0, length, 0, target, 0, 0, 0, arg, 0)
        self._op_pos = pos = pos + OP_BYTES
        if pos >= self._op_limit:
            self._no_room()

    def _no_room(self) -> None:
        if not self._in_turn:
            self._flush()
        elif self._op_pos >= self._op_room:
            # A C callback inside a turn has called Python: the turn cannot be nested.
            self._new_ops(self._op_room // OP_BYTES * 2)

    def _take_ids(self) -> int:
        """Fetches a block of ids; returns the first, keeps the rest."""
        first = ctypes.c_uint64()
        count = self._next_block
        check(self._held.loop_take_ids(self._ptr, count, ctypes.byref(first)), "loop_take_ids")
        self._next_block = min(count * 2, MOST_IDS)
        step = LOOP_ID_SLOT_STEP
        last = first.value + (count - 1) * step
        self._spare_ids.extend(range(last, first.value, -step))
        return first.value

    def _flush(self) -> None:
        """Submits the queued ops now instead of with the next turn."""
        if not self._op_pos or self._in_turn:
            return
        calling, self._calling = self._calling, False
        self._collect()
        if self._borrowed:
            self._copy_borrowed()
        words = self._turn_words
        words[_FLAGS] = LOOP_TURN_SUBMIT
        try:
            self._enter_turn(self._turn_free if self._gil_needed else self._turn_held)
        finally:
            words[_FLAGS] = 0
            self._fresh = False
            self._calling = calling
        if self._panicked:
            raise self._panic()
        if calling:
            self._raise_interrupt()

    def _raise_interrupt(self) -> None:
        """Raises the KeyboardInterrupt that was held back, if there is one."""
        if self._interrupted:
            self._interrupted = False
            raise KeyboardInterrupt

    # ---- turns --------------------------------------------------------------------------------

    def _phase_ns(self) -> int:
        return self._turn_longs[_NOW]

    def _set_phase_ns(self, now_ns: int) -> None:
        self._turn_longs[_NOW] = now_ns

    def _take_turn(self, timeout_ns: int, flags: int) -> int:
        """Takes one turn; its events are then in `_rest`. Returns LOOP_TURN_*."""
        count = self._immediate_count
        if count and (self._immediates_unref or self._state != OPEN):
            count = self._immediates_to_report()
        words = self._turn_words
        words[_FLAGS] = flags
        words[_TICKS] = len(self._ticks) + len(self._microtasks)
        words[_IMMEDIATES] = count
        self._turn_longs[_TIMEOUT] = timeout_ns
        cannot_block = timeout_ns == 0 or count > 0
        held = cannot_block and not self._gil_needed
        self._enter_turn(self._turn_held if held else self._turn_free)
        self._collect()
        result = words[_RESULT]
        if result == _UNSET:
            # A panic has ended the loop, and all final events that the library knows of are out.
            if not (self._live or self._immediates):
                raise self._panic()
            self._end_rest()
            result = 0
        return result

    def _enter_turn(self, function: Callable[[int], int]) -> None:
        words = self._turn_words
        words[_OP_COUNT] = self._op_pos // OP_BYTES
        words[_RESULT] = _UNSET
        self._fresh = self._in_turn = True
        try:
            code = function(self._turn_address)
        finally:
            self._in_turn = False
            if words[_RESULT] == _UNSET:
                self._fresh = False
            else:
                self._ops_taken(words[_OP_COUNT] * OP_BYTES)
        if code == LOOP_EPANIC:
            self._panicked = True
            self._owner = 0
        elif code < 0:
            self._fatal = error_for(code)
            raise self._fatal

    def _ops_taken(self, taken: int) -> None:
        """Forgets ops that the turn took; a C callback in it may have queued more behind them."""
        if self._op_pos > taken:
            ctypes.memmove(self._ops, ctypes.addressof(self._ops) + taken, self._op_pos - taken)
            self._op_pos -= taken
            return
        self._op_pos = 0
        if self._kept:
            self._kept.clear()
        if self._op_room > OPS * OP_BYTES:
            self._new_ops(OPS)

    def _panic(self) -> LoopError:
        text: bytes = self._held.loop_last_panic(self._ptr) or b""
        self._fatal = error_for(LOOP_EPANIC, text.decode(errors="replace").partition("\n")[0])
        return self._fatal

    def _end_rest(self) -> None:
        """After a panic: final events for what the library knows nothing of: ids whose ops it did
        not take any more, and immediates."""
        self._end_immediates(error_for(LOOP_EPANIC))
        what = LOOP_KIND_ERROR << FLAGS
        batch = self._events
        batch.extend((ident, HOST_MARK, LOOP_EPANIC, what, 0, 0, 0, 0) for ident in self._live)
        self._drop_batch()
        self._batch, self._rest = batch, iter(batch)
        self._op_pos = 0

    def _collect(self) -> None:
        """Moves what the last turn gave out of the shared array."""
        if not self._fresh:
            return
        words = self._turn_words
        phase = words[_PHASE]
        if phase == LOOP_PHASE_CHECK and self._state == OPEN:
            number = self._turn_longs[_PASS]
            if number != self._check_pass:
                # The list of this pass: what its callbacks add waits for the next one.
                self._check_pass = number
                self._take_immediates(self._phase_limit)
        elif self._state != OPEN and (
            phase == LOOP_PHASE_CLOSING or words[_RESULT] & LOOP_TURN_DONE
        ):
            self._end_immediates(CanceledError())
        count = words[_EVENT_COUNT]
        if count == 0:
            self._fresh = False
            return
        self._unpack(count, words[_RESULT], self._gil_needed)

    def _take_immediates(self, limit: int = 0) -> None:
        """The oldest ones are to run now: all, or as many as the limit says."""
        waiting, now = self._immediates, self._immediates_now
        if not limit or limit >= len(waiting):
            now.extend(waiting)
            waiting.clear()
            return
        while limit and waiting:
            immediate = waiting.popleft()
            if immediate.active:
                now.append(immediate)
                limit -= 1

    def _end_immediates(self, error: LoopError) -> None:
        """No check phase comes any more: they are to end with an error now."""
        for immediate in self._immediates:
            immediate._end_with(error)
        self._take_immediates()

    def _immediates_to_report(self) -> int:
        """What to tell a turn: those it is told of keep it from sleeping and from ending.

        Ones without a reference alone do not: they run if something else keeps the loop alive, or
        if the pass has begun. On a closed loop no check phase waits for them.
        """
        count = self._immediate_count
        if self._state != OPEN:
            return 0
        if count > self._immediates_unref:
            return count
        if LOOP_PHASE_TIMERS <= self._turn_words[_PHASE] < LOOP_PHASE_CHECK:
            return count
        self._flush()  # what waits there may keep the loop alive
        return count if self._held.loop_alive(self._ptr) > 0 else 0

    def _call(self, callback: Callback, *args: object) -> None:
        self._calling = True
        try:
            callback(*args)
        finally:
            self._calling = False

    # ---- any thread ---------------------------------------------------------------------------

    def _post(self, callback: Callback, args: tuple[Any, ...]) -> int:
        """Has the loop's thread call back. Returns 0 or a LOOP_E* code."""
        with self._any_thread:
            if self._state != OPEN:
                return LOOP_EFORK if self._state == FORKED else LOOP_ECLOSED
            self._last_post = key = self._last_post + 1
            self._posts[key] = (callback, args)
            code = self._post_held(self._ptr, key, None, HOST_MARK)
            if code < 0:
                del self._posts[key]
            return code

    def hold(self) -> None:
        """Keep the loop alive for posts to come; counted.  Thread: any.  C: loop_hold"""
        self._any_thread_call("loop_hold")

    def unhold(self) -> None:
        """Take one hold back.

        Raises:
            InvalidError: there is none.
        Thread: any.  C: loop_unhold
        """
        self._any_thread_call("loop_unhold")

    def _any_thread_call(self, name: str) -> None:
        with self._any_thread:
            # The memory of a freed loop may have become another one.
            if self._state == CLOSED:
                raise LoopClosedError()
            if self._state == FORKED:
                raise ForkError()
            check(getattr(self._held, name)(self._ptr), name)

    def _unhold(self) -> None:
        """unhold() of the binding's own; a loop that closes or is poisoned counts no more."""
        with self._any_thread:
            if self._state in (OPEN, CLOSING):
                self._held.loop_unhold(self._ptr)

    def _later(self, callback: Callback, *args: object) -> None:
        """Has the loop call after the present callback.  Thread: loop."""
        self._ticks.append((callback, args))


def limited(value: int | None, what: str, lowest: int, highest: int) -> int:
    """An option: 0 when it is None (the library's default), else checked."""
    if value is None:
        return 0
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise InvalidError(f"{what} {value!r}")
    return value
