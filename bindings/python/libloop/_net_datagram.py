# SPDX-License-Identifier: MIT
"""Datagram sockets: single messages over UDP and Unix sockets."""

from collections.abc import Callable
from threading import get_ident
from typing import TYPE_CHECKING, Any, Protocol

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_NET_DRAIN,
    LOOP_NET_FULL,
    LOOP_NET_OPEN,
    LOOP_OP_END,
    LOOP_OP_READ,
    LOOP_OP_SEND,
    LOOP_OP_SEND_TO,
)
from ._core import HOST_MARK, OP, OP_BYTES
from ._dns import plain
from ._errors import (
    CanceledError,
    InvalidError,
    LoopError,
    check,
)
from ._handles import FinalCallback
from ._lend import Readable, bytes_of, lend
from ._net_address import NetAddress, address_of, known_address
from ._net_send_to import Target, record_for
from ._net_socket import MAX_U32, CloseCallback, SendingHandle
from ._net_stream import _OFFSET, PlainCallback
from ._net_write import StreamWrite, StreamWriteCallback
from ._timers import ns_of
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core

DatagramCallback = Callable[[bytes, NetAddress, int], object]
DatagramsCallback = Callable[[LoopError | None, "Datagrams | None"], object]
ErrorCallback = Callable[[LoopError], object]


class DatagramProtocol(Protocol):
    """The callbacks of a datagram socket as one object: see Datagrams.start_protocol."""

    def connection_made(self, socket: Any) -> object:
        """It is open."""

    def datagram_received(self, data: bytes, addr: NetAddress) -> object:
        """One datagram, and who sent it."""

    def error_received(self, error: LoopError) -> object:
        """One datagram was lost; the socket goes on."""

    def pause_writing(self) -> object:
        """More than high_water bytes wait to be sent."""

    def resume_writing(self) -> object:
        """No more than low_water bytes wait."""

    def connection_lost(self, error: LoopError | None) -> object:
        """It has ended."""


class Datagrams(SendingHandle):
    """A datagram socket. Made by Net.udp_bind, udp_connect, unix_dgram_bind and the like.

    It keeps the loop alive, also while it only waits, unless it is unreferenced. What comes before
    start() waits in the system, as far as its buffer goes.

    Attributes:
        error: how it ended, if it ended with an error; else None.
        on_error: called with an error that ends nothing: one datagram of send() or send_to() was
            not sent; or nobody had the port of the peer when an earlier one came there
            (RefusedError). Without it such errors are dropped, as datagrams may be.
        on_full, on_drain: called without arguments when more than high_water bytes wait to be sent,
            and when it is no more than low_water again.
        on_close: called with the error or None when it has ended. Without it and the callback of
            the call that made it an error leaves run(), but for CanceledError.
    """

    __slots__ = ("_connected", "_on_datagram", "_on_open", "on_drain", "on_error", "on_full")

    def __init__(
        self,
        loop: "Core",
        on_open: DatagramsCallback | None,
        on_close: CloseCallback | None,
        connected: bool,
    ) -> None:
        super().__init__(loop, on_close)
        self._on_open = on_open
        self._connected = connected
        self._on_datagram: DatagramCallback = _dropped
        self.on_error: ErrorCallback | None = None
        self.on_full: PlainCallback | None = None
        self.on_drain: PlainCallback | None = None

    # ---- receiving ----------------------------------------------------------------------------

    def start(
        self,
        on_datagram: DatagramCallback,
        *,
        on_error: ErrorCallback | None = None,
        on_close: CloseCallback | None = None,
        on_full: PlainCallback | None = None,
        on_drain: PlainCallback | None = None,
        timeout_ms: float | None = None,
    ) -> None:
        """Receive: on_datagram(data, sender, length) is called for each datagram.

        `length` is its real one: greater than len(data) when read_size was too little and the rest
        is lost. May be called again; callbacks that are not given stay as they are.

        Args:
            timeout_ms: a deadline from event to event, not while paused; default: none.
        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_read_start, loop_sender
        """
        self._must_live()
        timeout_ns = 0 if timeout_ms is None else ns_of(timeout_ms, "timeout_ms") or 1
        if not self._loop._is_ending(self._id):
            self._queue(LOOP_OP_READ, 0, HOST_MARK, 0, 0, timeout_ns)
        self._on_datagram = on_datagram
        if on_error is not None:
            self.on_error = on_error
        if on_close is not None:
            self.on_close = on_close
        if on_full is not None:
            self.on_full = on_full
        if on_drain is not None:
            self.on_drain = on_drain

    def start_protocol(
        self, protocol: DatagramProtocol, *, timeout_ms: float | None = None
    ) -> None:
        """start() with the methods of an object, as protocols of asyncio have them.

        connection_made(socket) is called at once, or when it is open.  Thread: loop.
        """

        def received(data: bytes, sender: NetAddress, length: int) -> None:
            protocol.datagram_received(data, sender)

        self.start(
            received,
            on_error=protocol.error_received,
            on_close=protocol.connection_lost,
            on_full=protocol.pause_writing,
            on_drain=protocol.resume_writing,
            timeout_ms=timeout_ms,
        )
        if self._address is not None:
            protocol.connection_made(self)
            return
        before = self._on_open

        def made(error: LoopError | None, socket: "Datagrams | None") -> None:
            if socket is not None:
                protocol.connection_made(socket)
            if before is not None:
                before(error, socket)

        self._on_open = made

    # ---- sending ------------------------------------------------------------------------------

    def send(self, data: Readable) -> None:
        """Send one datagram to the peer of a connected socket; no callback: the fastest way.

        See send_to for what may be wrong with it.  Thread: loop.  C: loop_send
        """
        self._send(LOOP_OP_SEND, data, b"")

    def send_to(self, data: Readable, to: Target, port: int | None = None) -> None:
        """Send one datagram to an address; an error that it meets is told to on_error.

        Args:
            to: an address with `port`; without it a NetAddress, or the path (or abstract name) of
                a Unix socket. Names are not looked up: see Dns.lookup, Net.udp_connect.
        Raises:
            BadIdError: it has ended.
            PipeClosedError: after end() or close().
            InvalidError: no such address; `data` is no bytes, or has 4 GiB or more.
        Thread: loop.  C: loop_send_to
        """
        self._send(LOOP_OP_SEND_TO, data, record_for(to, port))

    def _send(self, code: int, data: Readable, to: bytes) -> None:
        loop = self._loop
        if self._shut or self._muted or get_ident() != loop._owner:
            self._must_send()
        if type(data) is not bytes:
            data = bytes_of(data, "data")
        length = len(data)
        if length > MAX_U32:
            raise InvalidError(f"{length} bytes")
        if _OFFSET:
            address, where = id(data) + _OFFSET, id(to) + _OFFSET if to else 0
        else:
            address, where = lend(data)[0], lend(to)[0] if to else 0
        pos = loop._op_pos
        OP.pack_into(loop._ops, pos, code, 0, length, 0, self._id, 0, 0, address, where, 0)
        loop._kept.append((data, to))
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
        """Send one datagram to the peer, then callback(error, sent) when the system has it.

        An error, a deadline that passes and cancel() are this datagram's only. Without a callback
        an error leaves run(), but for CanceledError.

        Args:
            data, borrow: see Stream.write.
        Raises:
            as send_to.
        C: loop_write
        """
        self._must_send()
        return StreamWrite(self, [data], callback, borrow, on_final, timeout_ms, label)

    def write_to(
        self,
        data: Readable,
        to: Target,
        port: int | None = None,
        callback: StreamWriteCallback | None = None,
        *,
        borrow: bool = False,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> StreamWrite:
        """write() to an address: see send_to.  C: loop_write_to"""
        self._must_send()
        record = record_for(to, port)
        return StreamWrite(self, [data], callback, borrow, on_final, timeout_ms, label, record)

    def end(self) -> None:
        """Send no more; it goes on receiving. Twice is allowed.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_end
        """
        self._act(LOOP_OP_END)
        self._shut = True

    # ---- groups -------------------------------------------------------------------------------

    def join(
        self, group: str, *, source: str | None = None, interface: str | int | None = None
    ) -> None:
        """Get what is sent to a group, too.

        Args:
            group: a multicast address.
            source: only what this address sends; None: any. A socket may join several.
            interface: by name, number or address; None: the system's choice.
        Raises:
            BadIdError: it has ended.
            InvalidError, SystemInvalidError: no such address; no group.
            NotSupportedError: it is no UDP socket.
            SystemCallError: no such interface; it has joined already.
        Thread: loop.  C: loop_net_join
        """
        self._group("loop_net_join", group, source, interface)

    def leave(
        self, group: str, *, source: str | None = None, interface: str | int | None = None
    ) -> None:
        """No longer: with the arguments of join().  C: loop_net_leave"""
        self._group("loop_net_leave", group, source, interface)

    def _group(
        self, name: str, group: str, source: str | None, interface: str | int | None
    ) -> None:
        where = str(interface) if isinstance(interface, int) else interface
        arguments = (
            plain(group, "group"),
            None if source is None else plain(source, "source"),
            None if where is None else plain(where, "interface"),
        )
        self._settle()
        loop = self._loop
        check(getattr(loop._held, name)(loop._ptr, self._id, *arguments), f"{name} {group}")

    # ---- what it says of itself ---------------------------------------------------------------

    @property
    def address(self) -> NetAddress:
        """Its own address, also right after the call that bound it.

        Raises:
            BadIdError: it has ended.
            SystemCallError: it has none (yet); its final event says why.
        C: loop_local_address
        """
        if self._address is not None and not self._connected:
            return self._address
        return self.local_address

    @property
    def peer_address(self) -> NetAddress | None:
        """The address of the peer, when it is connected and open.  C: loop_peer_address"""
        return self._address if self._connected else None

    # ---- events -------------------------------------------------------------------------------

    def _received(self, data: bytes, sender: bytes, length: int) -> None:
        self._loop._call(self._on_datagram, data, known_address(sender), length)

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        error = error_of(status, flags, payload, aux)
        if not flags & LOOP_EV_MORE:
            self._ended(error)
        elif error is not None:
            if self.on_error is not None:
                self._loop._call(self.on_error, error)
        elif aux == LOOP_NET_OPEN:
            self._address = address_of(payload)
            on_open, self._on_open = self._on_open, None
            if on_open is not None:
                self._loop._call(on_open, None, self)
        elif aux == LOOP_NET_FULL and self.on_full is not None:
            self._loop._call(self.on_full)
        elif aux == LOOP_NET_DRAIN and self.on_drain is not None:
            self._loop._call(self.on_drain)

    def _ended(self, error: LoopError | None) -> None:
        """The final event: each callback that still waits is told, whatever the other raises."""
        self.error = error
        on_open, on_close = self._on_open, self.on_close
        self._on_open = None
        self._shut = True
        try:
            if on_open is not None:
                self._loop._call(on_open, error or CanceledError("open"), None)
        finally:
            if on_close is not None:
                self._loop._call(on_close, error)
        told = on_open is not None or on_close is not None
        if error is not None and not told and not isinstance(error, CanceledError):
            raise error

    def _release(self) -> None:
        super()._release()
        self._on_open = self.on_error = None
        self._on_datagram = _dropped
        self.on_full = self.on_drain = None


def _dropped(data: bytes, sender: NetAddress, length: int) -> None:
    """A datagram of a socket that nobody reads; none comes."""
