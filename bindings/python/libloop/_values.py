# SPDX-License-Identifier: MIT
"""Turns the value of an event into a Python object."""

import ctypes
import struct

from ._cdef import (
    LOOP_EJOB,
    LOOP_KIND_BOOL,
    LOOP_KIND_BYTES,
    LOOP_KIND_DOUBLE,
    LOOP_KIND_ERROR,
    LOOP_KIND_INT,
    LOOP_KIND_MASK,
    LOOP_KIND_STRING,
)
from ._errors import LoopError, error_for

# What an op's callback may be given.
Value = None | bool | int | float | bytes | str

_string_at = ctypes.string_at
_INT = struct.Struct("<q")
_DOUBLE = struct.Struct("<d")


def value_of(flags: int, num: int, data: bytes) -> Value:
    """Decodes a value that is no error. Undefined and null are both None."""
    kind = flags & LOOP_KIND_MASK
    if kind == LOOP_KIND_INT:
        return num
    if kind == LOOP_KIND_BYTES:
        return data
    if kind == LOOP_KIND_STRING:
        return _text(data)
    if kind == LOOP_KIND_BOOL:
        return num != 0
    if kind == LOOP_KIND_DOUBLE:
        number: float = _DOUBLE.unpack(_INT.pack(num))[0]
        return number
    return None


def error_of(status: int, flags: int, data: bytes, aux: int) -> LoopError | None:
    """Decodes the error of an event; None when it is none.

    A host function may give an error value and still return 0: that is LOOP_EJOB.
    """
    is_error = flags & LOOP_KIND_MASK == LOOP_KIND_ERROR
    if status == 0 and not is_error:
        return None
    if not is_error:
        return error_for(status)
    return error_for(status or LOOP_EJOB, _text(data), aux)


def _text(data: bytes) -> str:
    """Text is UTF-8 by promise of whoever made it; a broken promise loses nothing."""
    return data.decode("utf-8", "surrogateescape")
