# SPDX-License-Identifier: MIT
"""The calls of `loop.net` that make datagram sockets."""

import socket
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ._cdef import (
    LOOP_NET_ADOPT,
    LOOP_NET_BIND,
    LOOP_NET_CONNECT,
    LOOP_NET_UDP,
    LOOP_NET_UNIX_DGRAM,
    LoopNet,
)
from ._dns import plain
from ._errors import InvalidError
from ._net_address import UnixName, unix_name
from ._net_datagram import Datagrams, DatagramsCallback
from ._net_socket import CloseCallback, port_of, record_of
from ._poll import descriptor_of

if TYPE_CHECKING:
    from ._core import Core


class DatagramOptions(TypedDict, total=False):
    """What datagram sockets are made with.

    high_water, low_water: bytes that wait to be sent when on_full and on_drain are called; default
        64 KiB and a quarter of high_water.
    read_size: bytes of a datagram at most, 1 to 65,536 (the default); the rest is lost.
    read_budget: datagrams of one socket in a pass before it is the next one's turn; default 16.
    timeout_ms: a deadline for connecting to a name.
    label: a name for traces.
    on_close: called with the error or None when it has ended.
    """

    high_water: int | None
    low_water: int | None
    read_size: int | None
    read_budget: int | None
    timeout_ms: float | None
    label: str | None
    on_close: CloseCallback | None


class UdpBindOptions(DatagramOptions, total=False):
    """What else bound UDP sockets are made with.

    reuseaddr: several sockets may have the address, for groups.
    reuseport: several sockets may share the port; each gets its part.
    v6only: on "::": no IPv4.
    """

    reuseaddr: bool
    reuseport: bool
    v6only: bool


class UdpConnectOptions(DatagramOptions, total=False):
    """What else connected UDP sockets are made with.

    local_host, local_port: where to come from; default: any.
    """

    local_host: str | None
    local_port: int


OPTIONS = frozenset(DatagramOptions.__annotations__)
BIND_OPTIONS = OPTIONS | UdpBindOptions.__annotations__.keys()
CONNECT_OPTIONS = OPTIONS | UdpConnectOptions.__annotations__.keys()


class NetDatagrams:
    """The part of Net that makes datagram sockets."""

    def __init__(self, loop: "Core") -> None:
        self._loop = loop

    def udp_bind(
        self,
        host: str | None,
        port: int,
        callback: DatagramsCallback | None = None,
        **options: Unpack[UdpBindOptions],
    ) -> Datagrams:
        """Make a UDP socket at a port, then callback(error, socket). It may send anywhere.

        Args:
            host: an address, "localhost", or None for all addresses; no other name.
            port: 0: any that is free, see Datagrams.address.
        Raises:
            InvalidError: an argument is out of range.
        Thread: loop.  C: loop_udp_bind
        """
        _known(options, BIND_OPTIONS)
        name = None if host is None else _host(host)
        port_of(port, "port", 0)
        return self._datagrams(LOOP_NET_BIND, LOOP_NET_UDP, name, port, callback, options)

    def udp_connect(
        self,
        host: str,
        port: int,
        callback: DatagramsCallback | None = None,
        **options: Unpack[UdpConnectOptions],
    ) -> Datagrams:
        """Make a UDP socket with a peer, then callback(error, socket).

        It sends there and hears only what comes from there. What is sent before goes out then.

        Args:
            host: an address, "localhost", or a name, which is looked up.
        Raises:
            InvalidError: an argument is out of range.
        Thread: loop.  C: loop_udp_connect
        """
        _known(options, CONNECT_OPTIONS)
        name = _host(host)
        port_of(port, "port", 1)
        return self._datagrams(LOOP_NET_CONNECT, LOOP_NET_UDP, name, port, callback, options)

    def unix_dgram_bind(
        self,
        path: UnixName | None,
        callback: DatagramsCallback | None = None,
        **options: Unpack[DatagramOptions],
    ) -> Datagrams:
        """Make a Unix datagram socket at a path, which is removed with it.

        Args:
            path: must not be there yet; or an abstract name, which begins with a NUL (Linux); None:
                a socket without a name, which nobody can answer.
        C: loop_unix_dgram_bind
        """
        _known(options, OPTIONS)
        name = None if path is None else unix_name(path)
        return self._datagrams(LOOP_NET_BIND, LOOP_NET_UNIX_DGRAM, name, 0, callback, options)

    def unix_dgram_connect(
        self,
        path: UnixName,
        callback: DatagramsCallback | None = None,
        *,
        local_path: UnixName | None = None,
        **options: Unpack[DatagramOptions],
    ) -> Datagrams:
        """Make a Unix datagram socket with a peer.

        Args:
            local_path: a path or abstract name of its own, so that it can be answered.
        C: loop_unix_dgram_connect
        """
        _known(options, OPTIONS)
        local = None if local_path is None else unix_name(local_path)
        name = unix_name(path)
        return self._datagrams(
            LOOP_NET_CONNECT, LOOP_NET_UNIX_DGRAM, name, 0, callback, options, local
        )

    def adopt_datagram(
        self,
        fd: int | socket.socket,
        callback: DatagramsCallback | None = None,
        *,
        connected: bool = False,
        keep: bool = False,
        **options: Unpack[DatagramOptions],
    ) -> Datagrams:
        """Take over a datagram socket, then callback(error, socket).

        The library closes the descriptor, also when this fails; but not after ExistsError: another
        id of the loop has it.

        Args:
            fd: a number; or a socket, which gives its descriptor up unless `keep`.
            connected: it has a peer: see Datagrams.peer_address.
            keep: the descriptor stays the program's and open.
        Raises:
            InvalidError: no datagram socket, or an argument is out of range.
        C: LOOP_NET_ADOPT
        """
        _known(options, OPTIONS)
        self._loop._enter()
        if not isinstance(fd, (int, socket.socket)):
            raise InvalidError(f"{fd!r}: no number and no socket, which could give it up")
        given: dict[str, Any] = {**options, "fd": descriptor_of(fd), "keep": keep}
        made = self._datagrams(LOOP_NET_ADOPT, 0, None, 0, callback, given, None, connected)
        if not keep and not isinstance(fd, int):
            fd.detach()
        made._must_be(datagrams=True)
        return made

    def _datagrams(
        self,
        what: int,
        type: int,
        host: bytes | None,
        port: int,
        callback: DatagramsCallback | None,
        options: Any,
        local_path: bytes | None = None,
        connected: bool | None = None,
    ) -> Datagrams:
        self._loop._enter()
        given = dict(options)
        timeout_ms = given.pop("timeout_ms", None)
        label = given.pop("label", None)
        on_close = given.pop("on_close", None)
        record: LoopNet = record_of(what, type, host, port, **given)
        if local_path is not None:
            record.local_host = local_path
            record.local_host_len = len(local_path)
        if connected is None:
            connected = what == LOOP_NET_CONNECT
        handle = Datagrams(self._loop, callback, on_close, connected)
        handle._make(record, timeout_ms, label)
        return handle


def _known(options: Any, names: "frozenset[str]") -> None:
    """Raises: TypeError."""
    for name in options:
        if name not in names:
            raise TypeError(f"no option {name!r}")


def _host(host: str) -> bytes:
    if not isinstance(host, str) or not host:
        raise InvalidError(f"host {host!r}")
    return plain(host, "host")
