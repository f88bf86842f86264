# SPDX-License-Identifier: MIT
"""C functions on the library's workers."""

import ctypes
from _ctypes import CFuncPtr
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._cdef import (
    LOOP_LANE_CPU,
    LOOP_LANE_FILE,
    LOOP_LANE_HOST,
    LOOP_OP_WORK,
)
from ._errors import (
    InvalidError,
    LoopError,
)
from ._handles import FinalCallback, Operation
from ._values import Value

if TYPE_CHECKING:
    from ._core import Core

WorkCallback = Callable[[LoopError | None, Value], object]

LANES = {"host": LOOP_LANE_HOST, "file": LOOP_LANE_FILE, "cpu": LOOP_LANE_CPU}


def lane_of(name: str) -> int:
    """The number of a lane. Raises: InvalidError."""
    if name not in LANES:
        raise InvalidError(f"lane {name!r}")
    return LANES[name]


def function_address(function: Any) -> int:
    """The address of a C function.

    Raises:
        InvalidError: it is none, or it is a Python callable in a CFUNCTYPE wrapper, which must not
            run on a worker.
    """
    address = 0
    if isinstance(function, int):
        address = function
    elif isinstance(function, CFuncPtr | ctypes.c_void_p):
        kept = getattr(function, "_objects", None) or {}
        if any(type(item).__name__ == "CThunkObject" for item in kept.values()):
            raise InvalidError("work takes C functions; run_job takes Python callables")
        address = ctypes.cast(function, ctypes.c_void_p).value or 0
    if not 0 < address < 1 << 63:
        raise InvalidError(f"function {function!r}")
    return address


def argument_address(argument: Any) -> int:
    """The address that a C function is given: of a ctypes object, of bytes, or a number itself."""
    if argument is None:
        return 0
    if isinstance(argument, int):
        return argument
    if isinstance(argument, bytes):
        return ctypes.cast(ctypes.c_char_p(argument), ctypes.c_void_p).value or 0
    if isinstance(argument, ctypes.c_void_p | ctypes.c_char_p | ctypes._Pointer):
        return ctypes.cast(argument, ctypes.c_void_p).value or 0
    try:
        return ctypes.addressof(argument)
    except TypeError:
        raise InvalidError(f"argument {argument!r}") from None


class Work(Operation):
    """A C function on a worker. See Loop.work."""

    __slots__ = ("_kept",)

    def __init__(
        self,
        loop: "Core",
        function: Any,
        argument: Any,
        callback: WorkCallback,
        label: str | None,
        lane: str,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        # The function reads its argument on another thread, until the final event.
        self._kept: object = (function, argument)
        loop._submit(
            self,
            LOOP_OP_WORK,
            length=lane_of(lane),
            target=loop._static_label(label),
            data=argument_address(argument),
            arg=function_address(function),
            timeout_ms=timeout_ms,
        )

    def _release(self) -> None:
        super()._release()
        self._kept = None
