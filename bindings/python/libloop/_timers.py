# SPDX-License-Identifier: MIT
"""Timeouts and intervals."""

from collections.abc import Callable
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from ._cdef import LOOP_OP_REFRESH, LOOP_OP_TIMER, LOOP_OPF_QUIET, LOOP_OPF_REPEAT, LOOP_OPF_UNREF
from ._errors import BadIdError, InvalidError
from ._handles import ErrorCallback, Handle
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core

MAX_NS = (1 << 63) - 1
NANOSECONDS_PER_MS = 1_000_000


def ns_of(ms: float, what: str) -> int:
    """Milliseconds as Python gives them to nanoseconds as the library takes them; saturates.

    Raises:
        InvalidError: negative, or no number.
    """
    try:
        ns = int(ms * NANOSECONDS_PER_MS)
    except OverflowError:
        ns = MAX_NS if ms > 0 else -1
    except (ValueError, TypeError):
        raise InvalidError(f"{what} {ms!r}") from None
    if ns < 0:
        raise InvalidError(f"{what} {ms!r}")
    return min(ns, MAX_NS)


class Timeout(Handle):
    """A timer. See Loop.set_timeout, set_interval, set_timer_at.

    Attributes:
        deadline_ns: loop time of its deadline; in the callback of an interval, the one that fired.
        missed: in the callback of an interval, the periods that passed unseen.
    """

    __slots__ = ("_again", "_delay_ns", "deadline_ns", "missed")

    def __init__(
        self,
        loop: "Core",
        callback: Callable[..., object],
        args: tuple[Any, ...],
        on_error: ErrorCallback | None,
        deadline_ns: int,
        delay_ns: int,
        period: bool = False,
        timeout_ms: float | None = None,
        label: str | None = None,
        flags: int = 0,
    ) -> None:
        # Handle.__init__, unrolled: timers are made by the million.
        self._loop = loop
        self._callback = callback
        self._args = args
        self._on_error = on_error
        self._id = 0
        self._muted = False
        self._referenced = True
        self.error = None
        self.deadline_ns = deadline_ns
        self.missed = 0
        self._delay_ns = delay_ns  # -1: made by set_timer_at
        self._again = (period, timeout_ms, label)
        loop._submit(
            self,
            LOOP_OP_TIMER,
            LOOP_OPF_REPEAT if period else flags,
            0,
            delay_ns if period else 0,
            0,
            deadline_ns,
            timeout_ms,
            label,
        )

    @classmethod
    def quiet(cls, loop: "Core", callback: Callable[[], object], delay_ns: int) -> "Timeout":
        """A timer of the binding's own: not referenced, not traced."""
        deadline = min(monotonic_ns() + delay_ns, MAX_NS)
        flags = LOOP_OPF_UNREF | LOOP_OPF_QUIET
        return cls(loop, callback, (), None, deadline, delay_ns, flags=flags)

    @property
    def due_in_ms(self) -> float:
        """Milliseconds until it is due, 0.0 if it is.

        Raises:
            BadIdError: it has ended.
        C: loop_timer_due_in
        """
        if not self.active:
            raise BadIdError("due_in_ms")
        now = monotonic_ns()
        deadline = self.deadline_ns
        if self._again[0] and deadline < now:
            # An interval that has fired is due at the next whole period.
            deadline += self._delay_ns * ((now - deadline) // self._delay_ns + 1)
        return max(0, deadline - now) / 1e6

    def refresh(self) -> "Timeout":
        """Start its delay or period anew from now; also from its own callback, after it fired.

        Returns:
            itself, as in Node.
        Raises:
            BadIdError: it has ended.
            InvalidError: it was made by set_timer_at.
        Thread: loop.  C: loop_refresh_timer
        """
        loop = self._loop
        loop._enter_closing()
        if self._muted or self._callback is None:
            raise BadIdError("refresh")
        if self._delay_ns < 0:
            raise InvalidError("refresh of an absolute timer")
        self.deadline_ns = deadline = min(monotonic_ns() + self._delay_ns, MAX_NS)
        live = self._id in loop._live
        if live and not loop._is_ending(self._id):
            loop._control(LOOP_OP_REFRESH, self._id, arg=deadline)
            return self
        # It has fired, in its own callback or in this batch: it goes on under a new id, and the
        # event that is still to come finds nobody.
        loop._enter()
        if live:
            del loop._live[self._id]
        _, timeout_ms, label = self._again
        flags = 0 if self._referenced else LOOP_OPF_UNREF
        loop._submit(self, LOOP_OP_TIMER, flags, arg=deadline, timeout_ms=timeout_ms, label=label)
        return self

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        error = error_of(status, flags, payload, aux)
        if error is not None:
            self._failed(error)
            return
        self.deadline_ns = num
        self.missed = aux
        self._loop._call(self._callback, *self._args)
