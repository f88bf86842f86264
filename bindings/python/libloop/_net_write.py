# SPDX-License-Identifier: MIT
"""Writes of streams: what has an id and a callback of its own."""

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ._cdef import LOOP_EV_MORE, LOOP_OP_WRITE, LOOP_OPF_BORROWED, LOOP_OPF_VECTOR, LoopBuf
from ._errors import CanceledError, InvalidError, LoopError
from ._handles import FinalCallback, Operation
from ._lend import Readable, lend
from ._values import error_of

if TYPE_CHECKING:
    from ._net_socket import NetHandle

MAX_BYTES = (1 << 32) - 1
MAX_PIECES = 1 << 20

StreamWriteCallback = Callable[[LoopError | None, int], object]


class StreamWrite(Operation):
    """Bytes for a stream: see Stream.write.

    Attributes:
        error: how it ended, if it ended with an error; else None.
        sent: bytes that the system has taken, once it has ended.
    """

    __slots__ = ("_lent", "sent")

    def __init__(
        self,
        stream: "NetHandle",
        pieces: Sequence[Readable],
        callback: StreamWriteCallback | None,
        borrow: bool,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
        to: bytes | None = None,
    ) -> None:
        loop = stream._loop
        super().__init__(loop, callback or only_news, on_final)
        if not 1 <= len(pieces) <= MAX_PIECES:
            raise InvalidError(f"{len(pieces)} pieces")
        lent = [lend(piece, borrow) for piece in pieces]
        total = sum(length for _, length, _ in lent)
        if total > MAX_BYTES:
            raise InvalidError(f"a write of {total} bytes")
        self.sent = 0
        address, length, flags = lent[0][0], total, LOOP_OPF_BORROWED
        self._lent: Any = lent
        if len(lent) > 1:
            bufs = (LoopBuf * len(lent))()
            for buf, (at, size, _) in zip(bufs, lent, strict=True):
                buf.data = at
                buf.len = size
            self._lent = (lent, bufs)
            address, length = ctypes.addressof(bufs), len(lent)
            flags |= LOOP_OPF_VECTOR
        where = 0
        if to is not None:
            where = lend(to)[0]
            self._lent = (self._lent, to)
        loop._submit(
            self,
            LOOP_OP_WRITE,
            flags,
            length,
            stream._id,
            address,
            where,
            timeout_ms=timeout_ms,
            label=label,
        )

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        error = error_of(status, flags, payload, aux)
        final = not flags & LOOP_EV_MORE
        if final:
            self._lent = None
        try:
            if not self._decided:
                self._decided = True
                self.error = error
                self.sent = num
                self._loop._call(self._callback, error, num)
        finally:
            if final and self._on_final is not None:
                self._loop._call(self._on_final, error)

    def _release(self) -> None:
        super()._release()
        self._lent = None


def only_news(error: LoopError | None, sent: int) -> None:
    """The callback of a write that has none."""
    if error is not None and not isinstance(error, CanceledError):
        raise error
