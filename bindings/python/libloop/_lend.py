# SPDX-License-Identifier: MIT
"""Memory of Python objects that the library reads or fills where it lies."""

import ctypes
import sys
from typing import Any

from ._errors import InvalidError

Readable = bytes | bytearray | memoryview
# Anything with the buffer protocol that may be written: bytearray, memoryview, mmap, array ...
Writable = Any


def bytes_of(data: Readable, what: str) -> bytes:
    """Bytes that do not change while the library reads them. Raises: InvalidError."""
    if not isinstance(data, bytes | bytearray | memoryview):
        raise InvalidError(f"{what} is {type(data).__name__}; use bytes")
    return bytes(data)


def bytes_or_text(data: Readable | str, what: str) -> bytes:
    """The same, and of text its UTF-8. Raises: InvalidError."""
    return data.encode() if isinstance(data, str) else bytes_of(data, what)


def lend(data: Readable, borrow: bool = False) -> tuple[int, int, object]:
    """Address, length and what must be kept meanwhile. Only bytes, and with `borrow` what is
    writable, are read where they lie; else a copy is.

    Raises: InvalidError.
    """
    if borrow and not isinstance(data, bytes):
        view = memoryview(data)
        if not view.readonly:
            return lend_writable(view)
    data = bytes_of(data, "data")
    address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
    return address, len(data), data


def lend_writable(buffer: Writable) -> tuple[int, int, object]:
    """The same for memory that the library writes. It is locked as long as what is kept.

    Raises: InvalidError: it is read-only or in pieces.
    """
    try:
        view = memoryview(buffer).cast("B")
        if view.nbytes == 0:
            return 0, 0, view
        memory = (ctypes.c_char * view.nbytes).from_buffer(view)
    except (TypeError, BufferError) as error:
        raise InvalidError(f"a buffer that cannot be filled: {error}") from None
    return ctypes.addressof(memory), view.nbytes, memory


class _Slices:
    """Memory where it cannot be had as one array."""

    def __getitem__(self, part: slice) -> bytes:
        return ctypes.string_at(part.start, part.stop - part.start)


def _memory() -> Any:
    try:
        whole: Any = (ctypes.c_char * sys.maxsize).from_address(0)
        probe = b"libloop"
        address = lend(probe)[0]
        if whole[address : address + len(probe)] == probe:
            return whole
    except (ValueError, OverflowError, MemoryError):
        pass
    return _Slices()


# All memory of the process: memory[address : address + length] is a copy of what is there. It costs
# a third of ctypes.string_at, which calls a function of C.
memory = _memory()
