# SPDX-License-Identifier: MIT
"""Readiness of descriptors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from ._cdef import (
    LOOP_ERROR,
    LOOP_HANGUP,
    LOOP_OP_POLL_FD,
    LOOP_OP_POLL_MODIFY,
    LOOP_OPF_EDGE,
    LOOP_OPF_ONESHOT,
    LOOP_READABLE,
    LOOP_WRITABLE,
)
from ._errors import InvalidError, LoopError
from ._handles import FinalCallback, Operation

if TYPE_CHECKING:
    from ._core import Core

READABLE = LOOP_READABLE
WRITABLE = LOOP_WRITABLE
HANGUP = LOOP_HANGUP
ERROR = LOOP_ERROR

MODES = {"level": 0, "oneshot": LOOP_OPF_ONESHOT, "edge": LOOP_OPF_EDGE}

PollCallback = Callable[[LoopError | None, int], object]


class HasFileno(Protocol):
    """A socket, a file, a pipe's end."""

    def fileno(self) -> int: ...


def descriptor_of(fd: int | HasFileno) -> int:
    """The number of a descriptor. Raises: InvalidError."""
    number = fd if isinstance(fd, int) else fd.fileno()
    if not 0 <= number < 1 << 31:
        raise InvalidError(f"descriptor {number}")
    return number


class Poll(Operation):
    """A watched descriptor. See Loop.poll_fd."""

    __slots__ = ()

    def __init__(
        self,
        loop: "Core",
        fd: int | HasFileno,
        interest: int,
        callback: PollCallback,
        mode: str,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        if mode not in MODES:
            raise InvalidError(f"mode {mode!r}")
        loop._submit(
            self,
            LOOP_OP_POLL_FD,
            MODES[mode],
            self._checked(interest),
            arg=descriptor_of(fd),
            timeout_ms=timeout_ms,
            label=label,
        )

    def modify(self, interest: int) -> None:
        """Watch for something else from now on.

        Args:
            interest: READABLE, WRITABLE or both.
        Raises:
            BadIdError: it has ended.
            InvalidError: no such interest.
        Thread: loop.  C: loop_poll_modify
        """
        self._must_live()
        interest = self._checked(interest)
        if not self._loop._is_ending(self._id):
            self._loop._control(LOOP_OP_POLL_MODIFY, self._id, interest)

    @staticmethod
    def _checked(interest: int) -> int:
        if interest not in (READABLE, WRITABLE, READABLE | WRITABLE):
            raise InvalidError(f"interest {interest!r}")
        return interest

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return num

    def _nothing(self) -> object:
        return 0
