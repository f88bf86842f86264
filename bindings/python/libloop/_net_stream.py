# SPDX-License-Identifier: MIT
"""Streams: connections over TCP and Unix sockets."""

import os
import struct
import sys
from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any, Protocol

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_NET_DATA,
    LOOP_NET_DRAIN,
    LOOP_NET_END,
    LOOP_NET_FD,
    LOOP_NET_FULL,
    LOOP_NET_OPEN,
    LOOP_NET_RESIZED,
    LOOP_OP_END,
    LOOP_OP_READ,
    LOOP_OP_SEND,
    LOOP_OPF_ONESHOT,
)
from ._core import HOST_MARK, OP_BYTES
from ._errors import (
    CanceledError,
    EndedEarlyError,
    InvalidError,
    LoopError,
    error_for,
)
from ._handles import FinalCallback
from ._lend import Readable, bytes_of, lend
from ._net_address import NetAddress, address_of
from ._net_socket import MAX_BYTES, CloseCallback
from ._net_tty import TtyHandle
from ._net_write import StreamWrite, StreamWriteCallback
from ._timers import ns_of
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core

DataCallback = Callable[[bytes], object]
PlainCallback = Callable[[], object]
ReadCallback = Callable[[LoopError | None, bytes], object]
StreamCallback = Callable[[LoopError | None, "Stream | None"], object]

# A loop_op_t that sends: code and no flags, length, target, data; the rest is 0. To pack all ten
# fields takes half as long again.
_SEND = struct.Struct("@II8xN16xN16x")
_pack_send = _SEND.pack_into


def _bytes_offset() -> int:
    """Where the bytes of a bytes object lie behind its address; 0: not known here."""
    if sys.implementation.name != "cpython":
        return 0
    offset = bytes.__basicsize__ - 1
    probe = b"libloop"
    return offset if lend(probe)[0] == id(probe) + offset else 0


# A cast by ctypes costs more than the rest of a send. _DIRECT: what it is not needed for.
_OFFSET = _bytes_offset()
_DIRECT: type = bytes if _OFFSET else type(None)


class StreamProtocol(Protocol):
    """The callbacks of a stream as one object, as those of asyncio: see Stream.start_protocol."""

    def connection_made(self, stream: Any) -> object:
        """It is open."""

    def data_received(self, data: bytes) -> object:
        """Bytes that came."""

    def eof_received(self) -> object:
        """The peer sends no more."""

    def pause_writing(self) -> object:
        """More than high_water bytes wait to be sent."""

    def resume_writing(self) -> object:
        """No more than low_water bytes wait."""

    def connection_lost(self, error: LoopError | None) -> object:
        """It has ended."""


class BaseProtocol:
    """A protocol whose callbacks do nothing; `stream` is its stream while that is open."""

    stream: "Stream | None" = None

    def connection_made(self, stream: "Stream") -> object:
        """It is open; `stream` is kept."""
        self.stream = stream
        return None

    def data_received(self, data: bytes) -> object:
        """Bytes that came."""
        return None

    def eof_received(self) -> object:
        """The peer sends no more."""
        return None

    def fd_received(self, error: LoopError | None, fd: int) -> object:
        """A descriptor that came, see Stream.on_fd: it is closed."""
        if error is None:
            os.close(fd)
        return None

    def pause_writing(self) -> object:
        """More than high_water bytes wait to be sent."""
        return None

    def resume_writing(self) -> object:
        """No more than low_water bytes wait."""
        return None

    def connection_lost(self, error: LoopError | None) -> object:
        """It has ended; `stream` is let go."""
        self.stream = None
        return None


class Stream(TtyHandle):
    """A connection: bytes in both directions. Made by Net.connect, and by listeners.

    It keeps the loop alive, also while it only waits, unless it is unreferenced. Nothing is read,
    and no end noticed, before start(), read_once() or read_exact().

    Attributes:
        error: how it ended, if it ended with an error; else None.
        on_end: called without arguments when the peer sends no more. Then the stream ends, too,
            after what this callback sends, unless it is `half_open`.
        on_full, on_drain: called without arguments when more than high_water bytes wait to be sent,
            and when it is no more than low_water again.
        on_close: called with the error or None when it has ended.
        on_fd: called for each descriptor that comes: see PassingHandle.
        on_resize: called when a terminal has another size: see TtyHandle.
    """

    __slots__ = ("_at_end", "_on_data", "_on_open", "_reader", "on_drain", "on_end", "on_full")

    def __init__(self, loop: "Core", on_open: StreamCallback | None) -> None:
        super().__init__(loop, None)
        self._on_open = on_open
        self._on_data: DataCallback = _dropped
        self._reader: ReadCallback | None = None  # of read_once or read_exact
        self._at_end = False
        self.on_end: PlainCallback | None = None
        self.on_full: PlainCallback | None = None
        self.on_drain: PlainCallback | None = None

    # ---- reading ------------------------------------------------------------------------------

    def start(
        self,
        on_data: DataCallback,
        *,
        on_end: PlainCallback | None = None,
        on_close: CloseCallback | None = None,
        on_full: PlainCallback | None = None,
        on_drain: PlainCallback | None = None,
        timeout_ms: float | None = None,
    ) -> None:
        """Read: on_data(data) is called as data comes, with at most `read_size` bytes each.

        May be called again; callbacks that are not given stay as they are. It takes the place of a
        read_once or read_exact that waits, whose callback is then not called.

        Args:
            timeout_ms: a deadline from event to event, not while paused; default: none.
        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_read_start
        """
        self._read(0, 0, timeout_ms)
        self._on_data = on_data
        self._reader = None
        if on_end is not None:
            self.on_end = on_end
        if on_close is not None:
            self.on_close = on_close
        if on_full is not None:
            self.on_full = on_full
        if on_drain is not None:
            self.on_drain = on_drain

    def start_protocol(self, protocol: StreamProtocol, *, timeout_ms: float | None = None) -> None:
        """start() with the methods of an object, as protocols of asyncio have them.

        connection_made(stream) is called at once, or when it is open. fd_received(error, fd), if
        the object has it, becomes on_fd.  Thread: loop.
        """
        self.start(
            protocol.data_received,
            on_end=protocol.eof_received,
            on_close=protocol.connection_lost,
            on_full=protocol.pause_writing,
            on_drain=protocol.resume_writing,
            timeout_ms=timeout_ms,
        )
        # Protocols of asyncio do not have it.
        fd_received = getattr(protocol, "fd_received", None)
        if fd_received is not None:
            self.on_fd = fd_received
        if self._address is not None:
            protocol.connection_made(self)
            return
        before = self._on_open

        def made(error: LoopError | None, stream: "Stream | None") -> None:
            if stream is not None:
                protocol.connection_made(stream)
            if before is not None:
                before(error, stream)

        self._on_open = made

    def read_once(
        self, most: int, callback: ReadCallback, *, timeout_ms: float | None = None
    ) -> None:
        """Read one piece of 1 to `most` bytes: callback(error, data); then nothing more is read.

        At the peer's end `data` is empty, and so it is beside an error.

        Raises:
            BadIdError: it has ended.
            InvalidError: no number of 1 to 2^31-1; or another read waits.
        Thread: loop.  C: loop_read_once
        """
        self._read_one(most, LOOP_OPF_ONESHOT, callback, timeout_ms)

    def read_exact(
        self, count: int, callback: ReadCallback, *, timeout_ms: float | None = None
    ) -> None:
        """Read exactly so many bytes: callback(error, data); then nothing more is read.

        When the peer ends before, `error` is EndedEarlyError and `data` what came.

        Raises:
            BadIdError: it has ended.
            InvalidError: no number of 1 to 2^31-1; or another read waits.
        Thread: loop.  C: loop_read_exact
        """
        self._read_one(count, 0, callback, timeout_ms)

    def _read_one(
        self, count: int, flags: int, callback: ReadCallback, timeout_ms: float | None
    ) -> None:
        if not isinstance(count, int) or not 1 <= count <= MAX_BYTES:
            raise InvalidError(f"{count!r} bytes")
        if self._reader is not None:
            raise InvalidError("another read waits")
        self._read(count, flags, timeout_ms)
        self._on_data = self._once if flags else self._exact
        self._reader = callback
        if self._at_end:
            self._loop._later(self._reader_ends, b"")

    def _read(self, count: int, flags: int, timeout_ms: float | None) -> None:
        self._must_live()
        timeout_ns = 0 if timeout_ms is None else ns_of(timeout_ms, "timeout_ms") or 1
        if not self._loop._is_ending(self._id):
            self._queue(LOOP_OP_READ, flags, HOST_MARK, 0, count, timeout_ns)

    def _once(self, data: bytes) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader(None, data)

    def _exact(self, data: bytes) -> None:
        self._once(data)

    def _reader_ends(self, data: bytes) -> None:
        """The peer has ended before what is waited for."""
        reader, self._reader = self._reader, None
        if reader is not None:
            once = self._on_data == self._once
            reader(None if once else EndedEarlyError("read_exact"), data)

    # ---- writing ------------------------------------------------------------------------------

    def send(self, data: Readable) -> None:
        """Send bytes in the order of all sends and writes; no callback: the fastest way.

        What the system does not take at once waits (on_full, `queued`). An error ends the stream.

        Raises:
            BadIdError: it has ended.
            PipeClosedError: after end(), close() or reset().
            InvalidError: `data` is no bytes, or has 4 GiB or more.
        Thread: loop.  C: loop_send
        """
        loop = self._loop
        if self._shut or get_ident() != loop._owner:
            self._must_send()
        if type(data) is _DIRECT:
            address = id(data) + _OFFSET
        else:
            data = bytes_of(data, "data")
            address = lend(data)[0]
        pos = loop._op_pos
        try:
            _pack_send(loop._ops, pos, LOOP_OP_SEND, len(data), self._id, address)
        except struct.error:
            raise InvalidError(f"{len(data)} bytes") from None
        loop._kept.append(data)
        loop._op_pos = pos = pos + OP_BYTES
        if pos >= loop._op_limit:
            loop._no_room()

    def write(
        self,
        data: Readable,
        callback: StreamWriteCallback | None = None,
        *,
        borrow: bool = False,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> StreamWrite:
        """Send bytes, then callback(error, sent) when the system has them.

        A write that is cancelled before any of it was sent is left out; else, and when its deadline
        passes, those behind it and all later ones end with CanceledError. Without a callback an
        error leaves run(), but for CanceledError.

        Args:
            data: bytes are sent from where they lie; a copy is made of anything else.
            borrow: no copy: `data` is locked, and not to be changed, until the final event.
        Raises:
            BadIdError: it has ended.
            PipeClosedError: after end(), close() or reset().
            InvalidError: `data` is no bytes, or has 4 GiB or more.
        Thread: loop.  C: loop_write, loop_write_borrowed
        """
        self._must_send()
        return StreamWrite(self, [data], callback, borrow, on_final, timeout_ms, label)

    def writev(
        self,
        pieces: "list[Readable] | tuple[Readable, ...]",
        callback: StreamWriteCallback | None = None,
        *,
        borrow: bool = False,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> StreamWrite:
        """write() of several pieces, 1 to 1,048,576, as one.  C: loop_writev_borrowed"""
        self._must_send()
        return StreamWrite(self, pieces, callback, borrow, on_final, timeout_ms, label)

    # ---- the end ------------------------------------------------------------------------------

    def end(self) -> None:
        """Send no more: the peer sees the end after what was written. Twice is allowed.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_end
        """
        self._act(LOOP_OP_END)
        self._shut = True

    def reset(self) -> None:
        """Close at once with a reset: what was not sent is lost. A Unix socket is just closed.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_net_reset
        """
        self._close(1)

    # ---- what it says of itself ---------------------------------------------------------------

    @property
    def peer_address(self) -> NetAddress | None:
        """The address of the peer; None before it is open.  C: loop_peer_address"""
        return self._address

    # ---- events -------------------------------------------------------------------------------

    @property
    def _reads(self) -> bool:
        return self._on_data is not _dropped

    def _opened(self, ident: int, payload: bytes) -> None:
        """A listener has accepted it."""
        self._address = address_of(payload)
        self._id = ident
        self._loop._live[ident] = self

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        if not flags & LOOP_EV_MORE:
            self._ended(error_of(status, flags, payload, aux))
        elif status:
            self._lost(error_for(status))
        elif aux == LOOP_NET_DATA:
            self._loop._call(self._on_data, payload)
        elif aux == LOOP_NET_END:
            self._peer_ended(payload)
        elif aux == LOOP_NET_FULL:
            self._call_if(self.on_full)
        elif aux == LOOP_NET_DRAIN:
            self._call_if(self.on_drain)
        elif aux == LOOP_NET_FD:
            self._came(num)
        elif aux == LOOP_NET_RESIZED:
            self._resized(num)
        elif aux == LOOP_NET_OPEN:
            self._address = address_of(payload)
            on_open, self._on_open = self._on_open, None
            if on_open is not None:
                self._loop._call(on_open, None, self)

    def _call_if(self, callback: PlainCallback | None) -> None:
        if callback is not None:
            self._loop._call(callback)

    def _peer_ended(self, payload: bytes) -> None:
        self._at_end = True
        try:
            if self._reader is not None:
                self._loop._call(self._reader_ends, payload)
        finally:
            if not self._muted:
                self._call_if(self.on_end)

    def _ended(self, error: LoopError | None) -> None:
        """The final event: each callback that still waits is told, whatever the others raise."""
        self.error = error
        on_open, reader, on_close = self._on_open, self._reader, self.on_close
        self._on_open = self._reader = None
        self._shut = True
        try:
            if on_open is not None:
                self._loop._call(on_open, error or CanceledError("connect"), None)
        finally:
            try:
                if reader is not None:
                    self._loop._call(reader, error or CanceledError("read"), b"")
            finally:
                if on_close is not None:
                    self._loop._call(on_close, error)

    def _mute(self) -> None:
        """No data comes, and send() looks closer: both need not ask whether it is muted."""
        super()._mute()
        self._shut = True
        self._on_data = _dropped

    def _release(self) -> None:
        super()._release()
        self._on_open = self._reader = None
        self._on_data = _dropped
        self.on_end = self.on_full = self.on_drain = None


def _dropped(data: bytes) -> None:
    """Data of a stream that nobody reads; none comes."""
