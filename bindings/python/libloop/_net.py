# SPDX-License-Identifier: MIT
"""Sockets: `loop.net`."""

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_NET_ACCEPTED,
    LOOP_NET_ADOPT,
    LOOP_NET_CONNECT,
    LOOP_NET_LISTEN,
    LOOP_NET_OPEN,
    LOOP_NET_TCP,
    LOOP_NET_UNIX,
    LOOP_OP_CLEAR,
)
from ._dns import plain
from ._errors import CanceledError, InvalidError, LoopError
from ._net_address import NetAddress, UnixName, address_of, unix_name
from ._net_datagram_calls import NetDatagrams
from ._net_pipe import NetPipes
from ._net_socket import (
    AdoptOptions,
    CloseCallback,
    ConnectOptions,
    ListenOptions,
    NetHandle,
    StreamOptions,
    TcpListenOptions,
    port_of,
    record_of,
)
from ._net_stream import Stream, StreamCallback, StreamProtocol
from ._poll import descriptor_of
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core

AcceptCallback = Callable[[Stream], object]
ProtocolFactory = Callable[[], StreamProtocol]


class Listener(NetHandle):
    """Takes connections. Made by Net.listen, listen_unix and adopt_listener.

    Attributes:
        error: how it ended, if it ended with an error; else None.
        on_open: called with the listener when it listens.
        on_error: called with what it survives: no descriptor left for a connection, which is told
            once and then tried again.
        on_close: called with the error or None when it has ended. Without it an error leaves run(),
            but for CanceledError.
    """

    __slots__ = ("_on_stream", "on_error", "on_open")

    def __init__(
        self, loop: "Core", on_stream: AcceptCallback, on_close: CloseCallback | None
    ) -> None:
        super().__init__(loop, on_close)
        self._on_stream: AcceptCallback | None = on_stream
        self.on_open: Callable[[Listener], object] | None = None
        self.on_error: Callable[[LoopError], object] | None = None

    @property
    def address(self) -> NetAddress:
        """Where it listens, also right after the call that made it.

        Raises:
            BadIdError: it has ended.
            SystemCallError: it does not listen; its final event says why.
        C: loop_local_address
        """
        return self._address or self.local_address

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        loop = self._loop
        error = error_of(status, flags, payload, aux)
        if not flags & LOOP_EV_MORE:
            self._ended(error)
        elif error is not None:
            if self.on_error is not None:
                loop._call(self.on_error, error)
        elif aux == LOOP_NET_ACCEPTED:
            stream = Stream(loop, None)
            stream._opened(num, payload)
            try:
                loop._call(self._on_stream or _refused, stream)
            except BaseException:
                if stream.active and not stream._reads:
                    stream.clear()
                raise
        elif aux == LOOP_NET_OPEN:
            self._address = address_of(payload)
            if self.on_open is not None:
                loop._call(self.on_open, self)

    def _muted_event(self, flags: int, num: int, aux: int) -> None:
        """An event that came after clear(): a connection that it brings is closed."""
        if flags & LOOP_EV_MORE and aux == LOOP_NET_ACCEPTED:
            self._loop._control(LOOP_OP_CLEAR, num)

    def _ended(self, error: LoopError | None) -> None:
        self.error = error
        if self.on_close is not None:
            self._loop._call(self.on_close, error)
        elif error is not None and not isinstance(error, CanceledError):
            raise error

    def _release(self) -> None:
        super()._release()
        self._on_stream = self.on_error = self.on_open = None


def _refused(stream: Stream) -> None:
    stream.clear()


class Net(NetDatagrams, NetPipes):
    """Sockets of one loop: `loop.net`.

    Connections, listeners and descriptors that are taken over, over TCP and Unix sockets. There is
    no thread behind them. docs/sockets.md tells how they behave together.

    Options are those of StreamOptions, ListenOptions, TcpListenOptions, ConnectOptions.
    """

    # ---- TCP ----------------------------------------------------------------------------------

    def listen(
        self,
        host: str | None,
        port: int,
        on_stream: AcceptCallback,
        *,
        on_close: CloseCallback | None = None,
        **options: Unpack[TcpListenOptions],
    ) -> Listener:
        """Listen on a port: on_stream(stream) is called for each connection.

        A connection is the program's from that call on: start() it, or close() it. If on_stream
        raises before it has begun to read, the connection is closed.

        Args:
            host: an address, "localhost", or None for all addresses.
            port: 0: any that is free, see Listener.address.
        Raises:
            InvalidError: an argument is out of range.
        Thread: loop.  C: loop_tcp_listen
        """
        name = None if host is None else plain(host, "host")
        port_of(port, "port", 0)
        listener = Listener(self._loop, on_stream, on_close)
        self._make(listener, LOOP_NET_LISTEN, LOOP_NET_TCP, name, port, options)
        return listener

    def serve(
        self,
        host: str | None,
        port: int,
        factory: ProtocolFactory,
        *,
        on_close: CloseCallback | None = None,
        **options: Unpack[TcpListenOptions],
    ) -> Listener:
        """listen() with an object for each connection: see Stream.start_protocol.

        Args:
            factory: called without arguments; returns the object.
        """
        return self.listen(host, port, _starter(factory), on_close=on_close, **options)

    def connect(
        self,
        host: str,
        port: int,
        callback: StreamCallback | None = None,
        **options: Unpack[ConnectOptions],
    ) -> Stream:
        """Connect to a port, then callback(error, stream). What is sent before goes out then.

        With more than one address the next is tried when one has failed, or after 250 ms beside it,
        and the first connection is taken. When all fail the first error is told.

        Args:
            host: an address, "localhost", or a name, which is looked up.
            callback: called once with an error or the stream; None: see Stream.error, on_close.
        Raises:
            InvalidError: an argument is out of range.
        Thread: loop.  C: loop_tcp_connect
        """
        name = plain(host, "host")
        if not name:
            raise InvalidError(f"host {host!r}")
        port_of(port, "port", 1)
        stream = Stream(self._loop, callback)
        self._make(stream, LOOP_NET_CONNECT, LOOP_NET_TCP, name, port, options)
        return stream

    # ---- Unix sockets -------------------------------------------------------------------------

    def listen_unix(
        self,
        path: UnixName,
        on_stream: AcceptCallback,
        *,
        on_close: CloseCallback | None = None,
        **options: Unpack[ListenOptions],
    ) -> Listener:
        """Listen on a path, which is removed when the listener ends; else as listen().

        Args:
            path: of the file system; or an abstract name, which begins with a NUL (Linux).
        C: loop_unix_listen
        """
        listener = Listener(self._loop, on_stream, on_close)
        self._make(listener, LOOP_NET_LISTEN, LOOP_NET_UNIX, unix_name(path), 0, options)
        return listener

    def serve_unix(
        self,
        path: UnixName,
        factory: ProtocolFactory,
        *,
        on_close: CloseCallback | None = None,
        **options: Unpack[ListenOptions],
    ) -> Listener:
        """listen_unix() with an object for each connection: see Stream.start_protocol."""
        return self.listen_unix(path, _starter(factory), on_close=on_close, **options)

    def connect_unix(
        self,
        path: UnixName,
        callback: StreamCallback | None = None,
        **options: Unpack[StreamOptions],
    ) -> Stream:
        """Connect to a path or an abstract name, then callback(error, stream).

        C: loop_unix_connect
        """
        stream = Stream(self._loop, callback)
        self._make(stream, LOOP_NET_CONNECT, LOOP_NET_UNIX, unix_name(path), 0, options)
        return stream

    # ---- descriptors --------------------------------------------------------------------------

    def adopt(
        self,
        fd: int | socket.socket,
        callback: StreamCallback | None = None,
        **options: Unpack[AdoptOptions],
    ) -> Stream:
        """Take over a connected stream socket, then callback(error, stream).

        Pipes, terminals, devices and files are taken, too: docs/pipes-and-terminals.md. The library
        closes the descriptor, also when this fails; but not after ExistsError: another id of the
        loop has it.

        Args:
            fd: a number; or a socket, which gives its descriptor up unless `keep`.
        Raises:
            InvalidError: neither of these, a datagram socket, or an argument is out of range.
        C: loop_adopt
        """
        stream = Stream(self._loop, callback)
        self._adopt(stream, fd, options)
        return stream

    def adopt_listener(
        self,
        fd: int | socket.socket,
        on_stream: AcceptCallback,
        *,
        on_close: CloseCallback | None = None,
        **options: Unpack[StreamOptions],
    ) -> Listener:
        """The same of a listening socket; else as listen()."""
        listener = Listener(self._loop, on_stream, on_close)
        self._adopt(listener, fd, options)
        return listener

    def _adopt(self, handle: NetHandle, fd: int | socket.socket, options: Any) -> None:
        self._loop._enter()
        if not isinstance(fd, (int, socket.socket)):
            raise InvalidError(f"{fd!r}: no number and no socket, which could give it up")
        self._make(handle, LOOP_NET_ADOPT, 0, None, 0, {**options, "fd": descriptor_of(fd)})
        if not isinstance(fd, int) and not options.get("keep"):
            fd.detach()
        handle._must_be(datagrams=False)

    def _make(
        self,
        handle: NetHandle,
        what: int,
        type: int,
        host: bytes | None,
        port: int,
        options: Any,
    ) -> None:
        self._loop._enter()
        given = dict(options)
        timeout_ms = given.pop("timeout_ms", None)
        label = given.pop("label", None)
        handle._make(record_of(what, type, host, port, **given), timeout_ms, label)


def _starter(factory: ProtocolFactory) -> AcceptCallback:
    def start(stream: Stream) -> None:
        stream.start_protocol(factory())

    return start
