# SPDX-License-Identifier: MIT
"""Flows: ids that give their data piece by piece, take their input piece by piece, or both."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_OP_END,
    LOOP_OP_PAUSE,
    LOOP_OP_RESUME,
    LOOP_OP_WRITE,
    LOOP_OPF_BORROWED,
)
from ._errors import CanceledError, InvalidError, LoopError
from ._handles import FinalCallback, Operation
from ._lend import Readable, lend

if TYPE_CHECKING:
    from ._core import Core

MAX_WRITE = (1 << 32) - 1  # bytes
HIGH_WATER = 1 << 20  # bytes

WriteCallback = Callable[[LoopError | None, int | None], object]


class Source(Operation):
    """An id that gives its data piece by piece."""

    __slots__ = ()

    def pause(self) -> None:
        """Let no more data come; a piece that is on its way still comes.

        What is paused does not keep the loop alive, and its deadline counts on.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_pause
        """
        self._act(LOOP_OP_PAUSE)

    def resume(self) -> None:
        """Go on after pause().  Raises: BadIdError.  Thread: loop.  C: loop_resume"""
        self._act(LOOP_OP_RESUME)

    def _act(self, code: int) -> None:
        self._must_live()
        if not self._loop._is_ending(self._id):
            self._loop._control(code, self._id)


class Flow(Source):
    """An id that takes its input piece by piece. Made by functions that say so.

    While it waits for input, or is paused, it does not keep the loop alive.

    Attributes:
        waiting: bytes of writes that are not used yet.
        high_water: write less than this ahead: `full` says when `waiting` has come up to it.
        on_drain: called without arguments when `waiting` falls below `high_water` again; None: not.
    """

    __slots__ = ("_ended", "_used", "high_water", "on_drain", "waiting")

    def __init__(
        self, loop: "Core", callback: Callable[..., object], on_final: FinalCallback | None
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._ended = False
        self._used = False
        self.waiting = 0
        self.high_water = HIGH_WATER
        self.on_drain: Callable[[], object] | None = None

    @property
    def full(self) -> bool:
        """True: hold back until on_drain, for `high_water` bytes or more wait."""
        return self.waiting >= self.high_water

    @property
    def ended(self) -> bool:
        """True after end()."""
        return self._ended

    def write(
        self,
        data: Readable,
        callback: WriteCallback | None = None,
        *,
        borrow: bool = False,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> "Write":
        """Give it the next input, then callback(error, bytes) when all of it is used.

        Writes are used in their order. `error` is PipeClosedError after end(), and CanceledError
        when the flow ended before the input was used. Without a callback an error leaves run(), but
        for CanceledError: the flow's own callback has been told why.

        Args:
            data: bytes are used where they lie; a copy is made of anything else.
            borrow: no copy: `data` is locked, and not to be changed, until the final event.
        Raises:
            BadIdError: the flow has ended.
            InvalidError: `data` has 4 GiB or more.
        Thread: loop.  C: loop_write, loop_write_borrowed
        """
        self._must_live()
        self._loop._enter()
        return Write(self, data, callback, borrow, on_final, timeout_ms, label)

    def end(self) -> None:
        """Say that no more input comes: what was written is used, then it ends. Twice is allowed.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_end
        """
        self._act(LOOP_OP_END)
        self._ended = True

    def _taken(self, count: int) -> None:
        """A write of so many bytes has ended."""
        was_full = self.full
        self.waiting -= count
        if was_full and not self.full and self.on_drain is not None and self._still_takes():
            self._loop._call(self.on_drain)

    def _still_takes(self) -> bool:
        return self.active and not self._decided and not self._ended

    def _release(self) -> None:
        super()._release()
        self.on_drain = None


class Write(Operation):
    """Input of a flow. See Flow.write."""

    __slots__ = ("_flow", "_length", "_lent")

    def __init__(
        self,
        flow: Flow,
        data: Readable,
        callback: WriteCallback | None,
        borrow: bool,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        loop = flow._loop
        super().__init__(loop, callback or _only_news, on_final)
        address, length, lent = lend(data, borrow)
        if length > MAX_WRITE:
            raise InvalidError(f"a write of {length} bytes")
        self._flow: Flow | None = flow
        self._length = length
        self._lent: object = lent
        loop._submit(
            self,
            LOOP_OP_WRITE,
            LOOP_OPF_BORROWED,
            length,
            flow._id,
            address,
            timeout_ms=timeout_ms,
            label=label,
        )
        flow.waiting += length

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        if flags & LOOP_EV_MORE:
            super()._event(status, flags, num, payload, aux)
            return
        self._lent = None
        try:
            super()._event(status, flags, num, payload, aux)
        finally:
            self._leave()

    def _leave(self) -> None:
        """Its bytes wait no longer."""
        flow, self._flow = self._flow, None
        if flow is not None:
            flow._taken(self._length)

    def _release(self) -> None:
        super()._release()
        self._lent = None
        if self._flow is not None:
            # It was cleared, so nothing has been told of it.
            self._flow.waiting -= self._length
            self._flow = None


def _only_news(error: LoopError | None, count: int | None) -> None:
    """The callback of a write that has none."""
    if error is not None and not isinstance(error, CanceledError):
        raise error
