# SPDX-License-Identifier: MIT
"""What listeners and streams have in common."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypedDict

from ._cdef import (
    LOOP_NET_ADOPT,
    LOOP_NET_FDS,
    LOOP_NET_FILE,
    LOOP_NET_HALF_OPEN,
    LOOP_NET_KEEP,
    LOOP_NET_NODELAY,
    LOOP_NET_OPT_BROADCAST,
    LOOP_NET_OPT_KEEPALIVE,
    LOOP_NET_OPT_LINGER,
    LOOP_NET_OPT_MULTICAST_IF,
    LOOP_NET_OPT_MULTICAST_LOOP,
    LOOP_NET_OPT_MULTICAST_TTL,
    LOOP_NET_OPT_NODELAY,
    LOOP_NET_OPT_RCVBUF,
    LOOP_NET_OPT_SNDBUF,
    LOOP_NET_OPT_TTL,
    LOOP_NET_PIPE,
    LOOP_NET_REUSEADDR,
    LOOP_NET_REUSEPORT,
    LOOP_NET_TCP,
    LOOP_NET_TTY,
    LOOP_NET_UDP,
    LOOP_NET_UNIX,
    LOOP_NET_UNIX_DGRAM,
    LOOP_NET_V6ONLY,
    LOOP_OP_CLOSE,
    LOOP_OP_NET,
    LOOP_OP_PAUSE,
    LOOP_OP_RESUME,
    LoopAddress,
    LoopNet,
)
from ._core import OP, OP_BYTES, limited
from ._dns import plain
from ._errors import BadIdError, InvalidError, LoopError, PipeClosedError, check
from ._handles import Handle
from ._net_address import NetAddress, address_of
from ._timers import ns_of

if TYPE_CHECKING:
    from ._core import Core

MAX_BYTES = (1 << 31) - 1
MAX_PORT = (1 << 16) - 1
MAX_PIECE = 64 << 10
MAX_U32 = (1 << 32) - 1

Option = Literal[
    "nodelay",
    "keepalive",
    "rcvbuf",
    "sndbuf",
    "broadcast",
    "ttl",
    "multicast_ttl",
    "multicast_loop",
    "multicast_if",
    "linger",
]
SocketType = Literal["tcp", "unix", "udp", "unix_dgram", "pipe", "tty", "file"]
CloseCallback = Callable[[LoopError | None], object]

OPTIONS: dict[str, int] = {
    "nodelay": LOOP_NET_OPT_NODELAY,
    "keepalive": LOOP_NET_OPT_KEEPALIVE,
    "rcvbuf": LOOP_NET_OPT_RCVBUF,
    "sndbuf": LOOP_NET_OPT_SNDBUF,
    "broadcast": LOOP_NET_OPT_BROADCAST,
    "ttl": LOOP_NET_OPT_TTL,
    "multicast_ttl": LOOP_NET_OPT_MULTICAST_TTL,
    "multicast_loop": LOOP_NET_OPT_MULTICAST_LOOP,
    "multicast_if": LOOP_NET_OPT_MULTICAST_IF,
    "linger": LOOP_NET_OPT_LINGER,
}
TYPES: dict[int, SocketType] = {
    LOOP_NET_TCP: "tcp",
    LOOP_NET_UNIX: "unix",
    LOOP_NET_UDP: "udp",
    LOOP_NET_UNIX_DGRAM: "unix_dgram",
    LOOP_NET_PIPE: "pipe",
    LOOP_NET_TTY: "tty",
    LOOP_NET_FILE: "file",
}
FLAGS: dict[str, int] = {
    "half_open": LOOP_NET_HALF_OPEN,
    "reuseport": LOOP_NET_REUSEPORT,
    "v6only": LOOP_NET_V6ONLY,
    "nodelay": LOOP_NET_NODELAY,
    "keep": LOOP_NET_KEEP,
    "reuseaddr": LOOP_NET_REUSEADDR,
    "fds": LOOP_NET_FDS,
}


class StreamOptions(TypedDict, total=False):
    """What streams are made with, and listeners for the streams that they accept.

    half_open: the peer's end does not end the stream.
    nodelay: TCP: small pieces are sent at once.
    high_water, low_water: bytes that wait to be sent when on_full and on_drain are called; default
        64 KiB and a quarter of high_water.
    read_size: bytes of one piece of data at most, 1 to 65,536 (the default).
    read_budget: pieces of one socket in a pass before it is the next one's turn; default 16,
        but not more than make 256 KiB of read_size.
    fds: Unix streams: descriptors may come, see Stream.on_fd.
    timeout_ms: a deadline: for all of a connect; of a listener from event to event.
    label: a name for traces.
    """

    fds: bool
    half_open: bool
    nodelay: bool
    high_water: int | None
    low_water: int | None
    read_size: int | None
    read_budget: int | None
    timeout_ms: float | None
    label: str | None


class AdoptOptions(StreamOptions, total=False):
    """What else streams are made with from descriptors.

    keep: the descriptor stays the program's and open.
    """

    keep: bool


class ListenOptions(StreamOptions, total=False):
    """What else listeners are made with.

    backlog: connections that may wait to be accepted; default 511.
    """

    backlog: int | None


class TcpListenOptions(ListenOptions, total=False):
    """What else TCP listeners are made with.

    reuseport: several sockets may share the port; each gets its part.
    v6only: on "::": no IPv4 connections.
    """

    reuseport: bool
    v6only: bool


class ConnectOptions(StreamOptions, total=False):
    """What else TCP streams are made with.

    local_host, local_port: where to come from; default: any.
    """

    local_host: str | None
    local_port: int


def port_of(port: int, what: str, lowest: int) -> int:
    """Raises: InvalidError."""
    if not isinstance(port, int) or not lowest <= port <= MAX_PORT:
        raise InvalidError(f"{what} {port!r}")
    return port


def record_of(
    what: int,
    type: int,
    host: bytes | None = None,
    port: int = 0,
    *,
    fd: int = -1,
    backlog: int | None = None,
    local_host: str | None = None,
    local_port: int = 0,
    high_water: int | None = None,
    low_water: int | None = None,
    read_size: int | None = None,
    read_budget: int | None = None,
    **flags: bool,
) -> LoopNet:
    """A loop_net_t. Raises: InvalidError, TypeError (no such option)."""
    record = LoopNet()
    record.size = ctypes.sizeof(LoopNet)
    record.what = what
    record.type = type
    for name, value in flags.items():
        if name not in FLAGS:
            raise TypeError(f"no option {name!r}")
        if value:
            record.flags |= FLAGS[name]
    if host is not None:
        record.host = host
        record.host_len = len(host)
    record.port = port
    if local_host is not None:
        record.local_host = plain(local_host, "local_host")
    record.local_port = port_of(local_port, "local_port", 0)
    record.fd = fd
    record.backlog = limited(backlog, "backlog", 1, MAX_BYTES)
    record.high_water = limited(high_water, "high_water", 1, MAX_U32)
    record.low_water = limited(low_water, "low_water", 1, MAX_U32)
    if low_water is not None and low_water >= (high_water or MAX_PIECE):
        raise InvalidError(f"low_water {low_water!r}: it must be below high_water")
    record.read_size = limited(read_size, "read_size", 1, MAX_PIECE)
    record.read_budget = limited(read_budget, "read_budget", 1, MAX_U32)
    return record


class NetHandle(Handle):
    """A listener or a stream.

    Attributes:
        on_close: called with the error or None when it has ended and its descriptor is closed.
    """

    __slots__ = ("_address", "_shut", "on_close")

    def __init__(self, loop: "Core", on_close: CloseCallback | None) -> None:
        super().__init__(loop, _nothing, (), None)
        self._address: NetAddress | None = None  # as the library told it
        self._shut = False  # end(), close() or reset() was called
        self.on_close = on_close

    def _make(self, record: LoopNet, timeout_ms: float | None, label: str | None) -> None:
        loop = self._loop
        loop._kept.append(record)
        address = ctypes.addressof(record)
        loop._submit(self, LOOP_OP_NET, data=address, timeout_ms=timeout_ms, label=label)
        if record.what == LOOP_NET_ADOPT:
            # The descriptor is the library's from here on, whatever happens to this process's ops.
            loop._flush()

    # ---- control ------------------------------------------------------------------------------

    def pause(self) -> None:
        """Let nothing more come: no data, no connections. What is in the batch still comes.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_pause
        """
        self._act(LOOP_OP_PAUSE)

    def resume(self) -> None:
        """Go on after pause().  Raises: BadIdError.  Thread: loop.  C: loop_resume"""
        self._act(LOOP_OP_RESUME)

    def close(self, *, timeout_ms: float | None = None) -> None:
        """Let nothing more come, send what was written, then close. Twice is allowed.

        on_close is called with None, or with TimedOutError if that took longer than `timeout_ms`.
        cancel() and clear() close at once.

        Raises:
            BadIdError: it has ended.
        Thread: loop.  C: loop_net_close
        """
        self._close(0, timeout_ms)

    def _close(self, how: int, timeout_ms: float | None = None) -> None:
        timeout_ns = 0 if timeout_ms is None else ns_of(timeout_ms, "timeout_ms") or 1
        self._must_live()
        self._shut = True
        if not self._loop._is_ending(self._id):
            self._queue(LOOP_OP_CLOSE, 0, 0, 0, how, timeout_ns)

    def _act(self, code: int) -> None:
        self._must_live()
        if not self._loop._is_ending(self._id):
            self._loop._control(code, self._id)

    def _queue(self, code: int, flags: int, user: int, data: int, arg: int, timeout: int) -> None:
        """Queues an op that acts on the socket."""
        loop = self._loop
        pos = loop._op_pos
        OP.pack_into(loop._ops, pos, code, flags, 0, 0, self._id, user, 0, data, arg, timeout)
        loop._op_pos = pos = pos + OP_BYTES
        if pos >= loop._op_limit:
            loop._no_room()

    # ---- what it says of itself ---------------------------------------------------------------

    def fileno(self) -> int:
        """The descriptor, which stays the library's.

        Raises:
            BadIdError: it has ended.
            SystemCallError: it has none (yet).
        Thread: loop.  C: loop_fileno
        """
        self._settle()
        return check(self._loop._held.loop_fileno(self._loop._ptr, self._id), "loop_fileno")

    @property
    def local_address(self) -> NetAddress:
        """The address of its own end.

        Raises:
            BadIdError: it has ended.
            SystemCallError: it has none (yet).
        Thread: loop.  C: loop_local_address
        """
        self._settle()
        out = LoopAddress()
        out.size = ctypes.sizeof(LoopAddress)
        code = self._loop._held.loop_local_address(self._loop._ptr, self._id, ctypes.byref(out))
        check(code, "loop_local_address")
        return address_of(bytes(out))

    @property
    def type(self) -> SocketType:
        """What it is: "tcp", "unix", "udp", "unix_dgram", "pipe", "tty" or "file".

        Raises:
            BadIdError: it has ended.
            SystemCallError: its end is on the way.
        Thread: loop.  C: loop_net_type
        """
        self._settle()
        number = check(self._loop._held.loop_net_type(self._loop._ptr, self._id), "loop_net_type")
        return TYPES[number]

    def _must_be(self, datagrams: bool) -> None:
        """After adopting: what it is has to be what the object is for. Raises: InvalidError."""
        number = self._loop._held.loop_net_type(self._loop._ptr, self._id)
        if number >= 0 and (number in (LOOP_NET_UDP, LOOP_NET_UNIX_DGRAM)) is not datagrams:
            self.clear()
            raise InvalidError(f"a descriptor of the type {TYPES[number]!r}")

    def set_option(self, option: Option, value: int) -> None:
        """Set an option of the socket.

        Args:
            option: "nodelay": 1: small pieces are sent at once. "keepalive": seconds of silence
                before the peer is probed, 0: never. "rcvbuf", "sndbuf": bytes of the system's
                buffer, which may take another size. UDP: "broadcast": 1: sending to broadcast
                addresses is allowed. "ttl": hops, 1 to 255. "multicast_ttl": hops of what goes to
                groups, 0 to 255. "multicast_loop": 0: sockets of this machine do not get it.
                "multicast_if": the number of the interface it goes out of, 0: the system's
                choice; with IPv4 it can be set, not read. TCP: "linger": 0: whatever closes the
                socket resets it; -1, the default: the system sends the rest.
            value: 0 to 2^31-1; "linger": 0 or -1.
        Raises:
            BadIdError: it has ended.
            InvalidError: no such option, or a value out of range.
            NotSupportedError: not for this kind of socket.
        Thread: loop.  C: loop_net_set
        """
        number = self._option(option)
        lowest = -1 if option == "linger" else 0
        if not isinstance(value, int) or not lowest <= value <= MAX_BYTES:
            raise InvalidError(f"{option} {value!r}")
        self._settle()
        code = self._loop._held.loop_net_set(self._loop._ptr, self._id, number, value)
        check(code, f"loop_net_set {option}")

    def get_option(self, option: Option) -> int:
        """The value of an option: see set_option.  C: loop_net_get"""
        number = self._option(option)
        self._settle()
        value = ctypes.c_int64()
        code = self._loop._held.loop_net_get(self._loop._ptr, self._id, number, ctypes.byref(value))
        check(code, f"loop_net_get {option}")
        return value.value

    @staticmethod
    def _option(option: str) -> int:
        if option not in OPTIONS:
            raise InvalidError(f"option {option!r}")
        return OPTIONS[option]

    def _settle(self) -> None:
        """Before a question to the library: it has to know what was asked of it so far."""
        self._must_live()
        self._loop._flush()

    def _release(self) -> None:
        super()._release()
        self._shut = True
        self.on_close = None


class SendingHandle(NetHandle):
    """A socket that sends: a stream, or one for datagrams."""

    __slots__ = ()

    def _must_send(self) -> None:
        self._loop._enter()
        if not self.active:
            raise BadIdError(type(self).__name__)
        if self._shut:
            raise PipeClosedError("send")

    @property
    def queued(self) -> int:
        """Bytes that wait to be sent.  Raises: BadIdError.  C: loop_queued"""
        self._settle()
        return check(self._loop._held.loop_queued(self._loop._ptr, self._id), "loop_queued")


def _nothing(*_: object) -> None:
    """No callback."""
