# SPDX-License-Identifier: MIT
"""Names: `loop.dns`."""

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, Unpack

from ._cdef import (
    LOOP_DNS_IPV4_FIRST,
    LOOP_DNS_IPV6_FIRST,
    LOOP_DNS_LOOKUP,
    LOOP_DNS_QUERY,
    LOOP_DNS_REVERSE,
    LOOP_EDNS,
    LOOP_OP_DNS,
    LoopDns,
)
from ._core import limited
from ._dns_records import (
    TYPES,
    Address,
    Caa,
    Mx,
    NameRecord,
    Naptr,
    Record,
    Soa,
    Srv,
    Txt,
    records_of,
)
from ._errors import DnsDetail, DnsError, InvalidError, LoopError
from ._handles import FinalCallback, Operation
from ._timers import ns_of
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core

RecordType = Literal[
    "A", "AAAA", "ANY", "CAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "TXT"
]
Order = Literal["verbatim", "ipv4first", "ipv6first"]
T = TypeVar("T")
DnsCallback = Callable[[LoopError | None, list[T] | None], object]

ORDERS = {"verbatim": 0, "ipv4first": LOOP_DNS_IPV4_FIRST, "ipv6first": LOOP_DNS_IPV6_FIRST}
FAMILIES = (0, 4, 6)
MOST_TRIES = 100


class Options(TypedDict, total=False):
    """What every call takes."""

    timeout_ms: float | None
    label: str | None
    on_final: FinalCallback | None


class QueryOptions(Options, total=False):
    """What asking servers takes.

    servers: addresses, "192.0.2.1" or "192.0.2.1:5353" or "[2001:db8::1]:5353"; default: the
        system's.
    tries: how often each is asked, 1 to 100.
    try_ms: how long to wait for an answer before the next is asked.
    """

    servers: Sequence[str] | None
    tries: int | None
    try_ms: float | None


class Question(Operation):
    """A question about a name. See Dns."""

    __slots__ = ("_convert",)

    def __init__(
        self,
        loop: "Core",
        what: int,
        name: str,
        callback: DnsCallback[Any],
        convert: Callable[[list[Record]], object] = list,
        *,
        type: int = 0,
        family: int = 0,
        flags: int = 0,
        servers: Sequence[str] | None = None,
        tries: int | None = None,
        try_ms: float | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._convert = convert
        record = LoopDns()
        record.size = ctypes.sizeof(LoopDns)
        record.what = what
        record.type = type
        record.family = family
        record.flags = flags
        record.name = plain(name, "name")
        if servers is not None:
            if isinstance(servers, str) or not servers:
                raise InvalidError(f"servers {servers!r}")
            record.servers = b",".join(plain(server, "server") for server in servers)
        record.tries = limited(tries, "tries", 1, MOST_TRIES)
        if try_ms is not None:
            record.try_ns = ns_of(try_ms, "try_ms") or 1
            if record.try_ns > 3600 * 10**9:
                raise InvalidError(f"try_ms {try_ms!r}")
        self._record = record
        loop._submit(
            self, LOOP_OP_DNS, data=ctypes.addressof(record), timeout_ms=timeout_ms, label=label
        )

    def _error(self, status: int, flags: int, payload: bytes, aux: int) -> LoopError | None:
        if status != LOOP_EDNS:
            return error_of(status, flags, payload, aux)
        error = error_of(status, flags, payload, 0)
        if isinstance(error, DnsError):
            error.detail = DnsDetail(aux)
        return error

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return self._convert(records_of(payload))


def plain(text: str, what: str) -> bytes:
    """UTF-8 without a NUL. Raises: InvalidError."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise InvalidError(f"{what} {text!r}") from None
    if b"\0" in data:
        raise InvalidError(f"{what} {text!r}")
    return data


def names_of(records: list[Record]) -> list[str]:
    """The names of PTR records."""
    return [record.name for record in records if isinstance(record, NameRecord)]


class Dns:
    """Names of one loop: `loop.dns`.

    Each call starts one question and returns its handle; callback(error, list) is called once.
    A question takes no worker, and a cancel or deadline ends the asking itself. There is no answer:
    DnsError, whose `detail` says why. No server answered: TimedOutError.

    Names that are not ASCII are asked for in their IDNA form. Names in answers have no dot at their
    end. Every call also takes timeout_ms, label and on_final; those that ask servers servers, tries
    and try_ms, see QueryOptions.
    """

    def __init__(self, loop: "Core") -> None:
        self._loop = loop

    def lookup(
        self,
        name: str,
        callback: DnsCallback[Address],
        *,
        family: int = 0,
        order: Order = "verbatim",
        **options: Unpack[Options],
    ) -> Question:
        """Find the addresses of a host, as other programs do: hosts file, resolv.conf.

        An address is its own answer. localhost is never asked for.

        Args:
            family: 4 or 6: only such addresses; 0: both.
            order: "verbatim": that of RFC 6724, as getaddrinfo has it.
        Thread: loop.  C: loop_dns_lookup
        """
        if family not in FAMILIES:
            raise InvalidError(f"family {family!r}")
        if order not in ORDERS:
            raise InvalidError(f"order {order!r}")
        self._loop._enter()
        flags = ORDERS[order]
        return Question(
            self._loop, LOOP_DNS_LOOKUP, name, callback, family=family, flags=flags, **options
        )

    def reverse(
        self, address: str, callback: DnsCallback[str], **options: Unpack[QueryOptions]
    ) -> Question:
        """Find the names of an address: hosts file, PTR records.  C: loop_dns_reverse"""
        self._loop._enter()
        return Question(self._loop, LOOP_DNS_REVERSE, address, callback, names_of, **options)

    def resolve(
        self,
        name: str,
        type: RecordType,
        callback: DnsCallback[Any],
        **options: Unpack[QueryOptions],
    ) -> Question:
        """Ask DNS servers for the records of a name; neither hosts file nor search list count.

        Thread: loop.  C: loop_dns_query
        """
        if type not in TYPES:
            raise InvalidError(f"type {type!r}")
        self._loop._enter()
        number = TYPES[type]
        return Question(self._loop, LOOP_DNS_QUERY, name, callback, type=number, **options)

    def resolve4(
        self, name: str, callback: DnsCallback[Address], **options: Unpack[QueryOptions]
    ) -> Question:
        """The A records of a name.  C: loop_dns_query"""
        return self.resolve(name, "A", callback, **options)

    def resolve6(
        self, name: str, callback: DnsCallback[Address], **options: Unpack[QueryOptions]
    ) -> Question:
        """The AAAA records of a name.  C: loop_dns_query"""
        return self.resolve(name, "AAAA", callback, **options)

    def resolve_any(
        self, name: str, callback: DnsCallback[Record], **options: Unpack[QueryOptions]
    ) -> Question:
        """All records of a name that a server tells; many tell none.  C: loop_dns_query"""
        return self.resolve(name, "ANY", callback, **options)

    def resolve_caa(
        self, name: str, callback: DnsCallback[Caa], **options: Unpack[QueryOptions]
    ) -> Question:
        """The CAA records of a name.  C: loop_dns_query"""
        return self.resolve(name, "CAA", callback, **options)

    def resolve_cname(
        self, name: str, callback: DnsCallback[NameRecord], **options: Unpack[QueryOptions]
    ) -> Question:
        """What a name is an alias of.  C: loop_dns_query"""
        return self.resolve(name, "CNAME", callback, **options)

    def resolve_mx(
        self, name: str, callback: DnsCallback[Mx], **options: Unpack[QueryOptions]
    ) -> Question:
        """The MX records of a name.  C: loop_dns_query"""
        return self.resolve(name, "MX", callback, **options)

    def resolve_naptr(
        self, name: str, callback: DnsCallback[Naptr], **options: Unpack[QueryOptions]
    ) -> Question:
        """The NAPTR records of a name.  C: loop_dns_query"""
        return self.resolve(name, "NAPTR", callback, **options)

    def resolve_ns(
        self, name: str, callback: DnsCallback[NameRecord], **options: Unpack[QueryOptions]
    ) -> Question:
        """The NS records of a name.  C: loop_dns_query"""
        return self.resolve(name, "NS", callback, **options)

    def resolve_ptr(
        self, name: str, callback: DnsCallback[NameRecord], **options: Unpack[QueryOptions]
    ) -> Question:
        """The PTR records of a name; see reverse for an address.  C: loop_dns_query"""
        return self.resolve(name, "PTR", callback, **options)

    def resolve_soa(
        self, name: str, callback: DnsCallback[Soa], **options: Unpack[QueryOptions]
    ) -> Question:
        """The SOA record of a zone.  C: loop_dns_query"""
        return self.resolve(name, "SOA", callback, **options)

    def resolve_srv(
        self, name: str, callback: DnsCallback[Srv], **options: Unpack[QueryOptions]
    ) -> Question:
        """The SRV records of a name.  C: loop_dns_query"""
        return self.resolve(name, "SRV", callback, **options)

    def resolve_txt(
        self, name: str, callback: DnsCallback[Txt], **options: Unpack[QueryOptions]
    ) -> Question:
        """The TXT records of a name.  C: loop_dns_query"""
        return self.resolve(name, "TXT", callback, **options)
