# SPDX-License-Identifier: MIT
"""What starting something returns: one object per id, dead after its final event.

A handle keeps the program's callback and arguments from the call that made it until the final event
of its id, and no longer. The loop keeps the handle alive meanwhile, so a program may drop it.
"""

from collections.abc import Callable
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_EV_OUTCOME,
    LOOP_OP_CANCEL,
    LOOP_OP_CLEAR,
    LOOP_OP_REF,
    LOOP_OP_UNREF,
)
from ._errors import BadIdError, CanceledError, LoopError, TimedOutError
from ._values import error_of, value_of

if TYPE_CHECKING:
    from ._core import Core

ErrorCallback = Callable[[LoopError], object]
FinalCallback = Callable[[LoopError | None], object]


class Handle:
    """One id of a loop.

    Attributes:
        error: how the id ended, if it ended with an error; else None.
    """

    __slots__ = (
        "__weakref__",
        "_args",
        "_callback",
        "_id",
        "_loop",
        "_muted",
        "_on_error",
        "_referenced",
        "error",
    )

    def __init__(
        self,
        loop: "Core",
        callback: Callable[..., object],
        args: tuple[Any, ...],
        on_error: ErrorCallback | None,
    ) -> None:
        self._loop = loop
        self._callback: Any = callback
        self._args = args
        self._on_error = on_error
        self._id = 0
        self._muted = False
        self._referenced = True
        self.error: LoopError | None = None

    def __repr__(self) -> str:
        state = "active" if self.active else "ended"
        return f"<libloop.{type(self).__name__} {state} id={self._id:#x}>"

    @property
    def id(self) -> int:
        """The number of the id; another one after a refresh from the timer's own callback."""
        return self._id

    @property
    def active(self) -> bool:
        """True until the final event or clear()."""
        return self._id in self._loop._live and not self._muted

    def clear(self) -> None:
        """End it silently: its callback will not run again, not even for what is due already.

        Nothing happens when it has ended.  Thread: loop.  C: loop_clear
        """
        loop = self._loop
        if self._id not in loop._live or self._muted:
            return
        loop._enter_closing()
        self._mute()
        if not loop._is_ending(self._id):
            loop._control(LOOP_OP_CLEAR, self._id)

    def _mute(self) -> None:
        """clear() was called: nobody is told of what is still to come."""
        self._muted = True

    def cancel(self) -> None:
        """End it with CanceledError, which its callback (or on_error) is given.

        A result that exists already is delivered instead.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_cancel
        """
        self._must_live()
        if not self._loop._is_ending(self._id):
            self._loop._control(LOOP_OP_CANCEL, self._id)

    def ref(self) -> None:
        """Let it keep the loop alive (the default).  Raises: BadIdError.  C: loop_ref"""
        self._reference(True)

    def unref(self) -> None:
        """Do not let it keep the loop alive.  Raises: BadIdError.  C: loop_unref"""
        self._reference(False)

    def has_ref(self) -> bool:
        """Says whether it keeps the loop alive.  Raises: BadIdError.  C: loop_has_ref"""
        self._must_live()
        return self._referenced

    def _reference(self, referenced: bool) -> None:
        self._must_live()
        if referenced != self._referenced:
            self._referenced = referenced
            if not self._loop._is_ending(self._id):
                self._loop._control(LOOP_OP_REF if referenced else LOOP_OP_UNREF, self._id)

    def _must_live(self) -> None:
        self._loop._enter_closing()
        if not self.active:
            raise BadIdError(type(self).__name__)

    def _release(self) -> None:
        """The final event has come: the one place where the program's objects are let go."""
        self._callback = None
        self._args = ()
        self._on_error = None

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        """One event of this id."""
        error = error_of(status, flags, payload, aux)
        if error is not None:
            self._failed(error)
        else:
            self._loop._call(self._callback, *self._args)

    def _muted_event(self, flags: int, num: int, aux: int) -> None:
        """An event that nobody is told of, because it came after clear()."""

    def _failed(self, error: LoopError) -> None:
        """It ends with an error that its callback has no argument for."""
        self.error = error
        if self._on_error is not None:
            self._loop._call(self._on_error, error)


class Watcher(Handle):
    """A callback in every pass. See Loop.start_idle, start_prepare, start_check."""

    __slots__ = ()


class Operation(Handle):
    """An id whose callback takes (error, value), as in Node."""

    __slots__ = ("_decided", "_on_final", "_record")

    def __init__(
        self, loop: "Core", callback: Callable[..., object], on_final: FinalCallback | None
    ) -> None:
        super().__init__(loop, callback, (), None)
        self._on_final = on_final
        self._decided = False
        self._record: Any = None  # what the op points at, for who has that

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        error = self._error(status, flags, payload, aux)
        final = not flags & LOOP_EV_MORE
        try:
            if not self._decided:
                self._decided = bool(flags & LOOP_EV_OUTCOME)
                self.error = error
                value = self._value(flags, num, payload, aux) if error is None else self._nothing()
                self._loop._call(self._callback, error, value)
        finally:
            if final and self._on_final is not None:
                self._loop._call(self._on_final, error)

    def _error(self, status: int, flags: int, payload: bytes, aux: int) -> LoopError | None:
        return error_of(status, flags, payload, aux)

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return value_of(flags, num, payload)

    def _nothing(self) -> object:
        """The value beside an error."""
        return None

    def _release(self) -> None:
        super()._release()
        self._on_final = None
        self._record = None


class Immediate:
    """A callback for the next check phase. See Loop.set_immediate.

    Attributes:
        error: how it ended, if it ended with an error; else None.
    """

    __slots__ = ("__weakref__", "_args", "_callback", "_loop", "_on_error", "_referenced", "error")

    def __init__(
        self,
        loop: "Core",
        callback: Callable[..., object],
        args: tuple[Any, ...],
        on_error: ErrorCallback | None,
    ) -> None:
        self._loop = loop
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._on_error = on_error
        self._referenced = True
        self.error: LoopError | None = None

    def __repr__(self) -> str:
        return f"<libloop.Immediate {'active' if self.active else 'ended'}>"

    @property
    def active(self) -> bool:
        """True until it runs or is cleared."""
        return self._callback is not None

    def clear(self) -> None:
        """Do not run it; nothing happens when it has run.  Thread: loop.  C: loop_clear"""
        if self._callback is None:
            return
        loop = self._loop
        loop._enter_closing()
        self._end()
        if loop._immediate_count == 0:
            # Nothing but cleared ones is left, and no check phase will come to take them out.
            loop._immediates.clear()

    def cancel(self) -> None:
        """Have it end with CanceledError, which on_error is given in its place.

        Raises:
            BadIdError: it has run, or was cleared.
        Thread: loop.  C: loop_cancel
        """
        self._must_live()
        self._end_with(CanceledError())

    def ref(self) -> None:
        """Let it keep the loop alive (the default).  Raises: BadIdError.  C: loop_ref"""
        self._reference(True)

    def unref(self) -> None:
        """Do not let it keep the loop alive.  Raises: BadIdError.  C: loop_unref"""
        self._reference(False)

    def has_ref(self) -> bool:
        """Says whether it keeps the loop alive.  Raises: BadIdError.  C: loop_has_ref"""
        self._must_live()
        return self._referenced

    def _reference(self, referenced: bool) -> None:
        self._must_live()
        if referenced != self._referenced:
            self._referenced = referenced
            self._loop._immediates_unref += -1 if referenced else 1

    def _must_live(self) -> None:
        self._loop._enter_closing()
        if self._callback is None:
            raise BadIdError("Immediate")

    def _expire(self, deadline_ns: int) -> None:
        """Gives it a deadline."""
        self._args = (deadline_ns, self._callback, self._args, self._on_error)
        self._callback = self._call_in_time

    def _call_in_time(
        self,
        deadline_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        on_error: ErrorCallback | None,
    ) -> None:
        if monotonic_ns() < deadline_ns:
            callback(*args)
        else:
            self._fail(TimedOutError(), on_error)

    def _end_with(self, error: LoopError) -> None:
        """Has it end so when its turn comes."""
        if self._callback is not None:
            self._args = (error, self._on_error)
            self._callback = self._fail

    def _fail(self, error: LoopError, on_error: ErrorCallback | None) -> None:
        self.error = error
        if on_error is not None:
            on_error(error)

    def _end(self) -> None:
        self._callback = None
        self._args = ()
        self._on_error = None
        loop = self._loop
        loop._immediate_count -= 1
        if not self._referenced:
            loop._immediates_unref -= 1
