# SPDX-License-Identifier: MIT
"""Records of names, and how they lie in an event."""

import socket
import sys
from collections.abc import Iterator
from typing import NamedTuple

from ._cdef import (
    LOOP_DNS_A,
    LOOP_DNS_AAAA,
    LOOP_DNS_ANY,
    LOOP_DNS_CAA,
    LOOP_DNS_CNAME,
    LOOP_DNS_MX,
    LOOP_DNS_NAPTR,
    LOOP_DNS_NS,
    LOOP_DNS_PTR,
    LOOP_DNS_SOA,
    LOOP_DNS_SRV,
    LOOP_DNS_TXT,
    LoopDnsRecord,
)

TYPES: dict[str, int] = {
    "A": LOOP_DNS_A,
    "AAAA": LOOP_DNS_AAAA,
    "ANY": LOOP_DNS_ANY,
    "CAA": LOOP_DNS_CAA,
    "CNAME": LOOP_DNS_CNAME,
    "MX": LOOP_DNS_MX,
    "NAPTR": LOOP_DNS_NAPTR,
    "NS": LOOP_DNS_NS,
    "PTR": LOOP_DNS_PTR,
    "SOA": LOOP_DNS_SOA,
    "SRV": LOOP_DNS_SRV,
    "TXT": LOOP_DNS_TXT,
}
NAMES = {number: name for name, number in TYPES.items()}


class Address(NamedTuple):
    """A or AAAA: an address of a host.

    A link-local one has the number of its interface behind a "%". ttl, in seconds as that of all
    records, is 0 from a lookup.
    """

    address: str
    family: int
    ttl: int = 0


class NameRecord(NamedTuple):
    """NS, CNAME or PTR: another name."""

    type: str
    name: str
    ttl: int


class Mx(NamedTuple):
    """MX: where mail is taken; the lowest priority first."""

    priority: int
    exchange: str
    ttl: int


class Txt(NamedTuple):
    """TXT: strings of bytes."""

    strings: tuple[bytes, ...]
    ttl: int

    @property
    def text(self) -> str:
        """All strings in a row."""
        return b"".join(self.strings).decode("utf-8", "surrogateescape")


class Srv(NamedTuple):
    """SRV: where a service is; the lowest priority first."""

    priority: int
    weight: int
    port: int
    target: str
    ttl: int


class Caa(NamedTuple):
    """CAA: who may issue certificates."""

    flags: int
    tag: str
    value: bytes
    ttl: int


class Soa(NamedTuple):
    """SOA: a zone; times in seconds."""

    primary: str
    mailbox: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int
    ttl: int


class Naptr(NamedTuple):
    """NAPTR: a rule that rewrites a name."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str
    ttl: int


Record = Address | NameRecord | Mx | Txt | Srv | Caa | Soa | Naptr

HEAD_BYTES = LoopDnsRecord.text_count.offset + LoopDnsRecord.text_count.size


def records_of(payload: bytes) -> list[Record]:
    """The records of an event, in its order."""
    return list(_records(payload))


def _records(payload: bytes) -> Iterator[Record]:
    at = 0
    while at < len(payload):
        raw = LoopDnsRecord.from_buffer_copy(payload, at)
        yield _record(raw, list(_texts(payload, at + HEAD_BYTES, raw.text_count)))
        at += raw.size


def _texts(payload: bytes, at: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        start = at + 2
        end = start + int.from_bytes(payload[at:start], sys.byteorder)
        yield payload[start:end]
        at = end + 1


def _address(raw: LoopDnsRecord) -> Address:
    if raw.family == 4:
        return Address(socket.inet_ntop(socket.AF_INET, bytes(raw.ip[:4])), 4, raw.ttl)
    text = socket.inet_ntop(socket.AF_INET6, bytes(raw.ip))
    return Address(f"{text}%{raw.scope}" if raw.scope else text, 6, raw.ttl)


def _record(raw: LoopDnsRecord, texts: list[bytes]) -> Record:
    kind, ttl = raw.type, raw.ttl
    if raw.family:
        return _address(raw)
    if kind == LOOP_DNS_TXT:
        return Txt(tuple(texts), ttl)
    # Names, and what NAPTR and CAA have beside them, are ASCII but for what a server sends amiss.
    names = [text.decode("latin-1") for text in texts]
    if kind == LOOP_DNS_MX:
        return Mx(raw.priority, names[0], ttl)
    if kind == LOOP_DNS_SRV:
        return Srv(raw.priority, raw.weight, raw.port, names[0], ttl)
    if kind == LOOP_DNS_CAA:
        return Caa(raw.flags, names[0], texts[1], ttl)
    if kind == LOOP_DNS_SOA:
        times = raw.serial, raw.refresh, raw.retry, raw.expire, raw.minimum
        return Soa(names[0], names[1], *times, ttl)
    if kind == LOOP_DNS_NAPTR:
        return Naptr(raw.priority, raw.weight, names[0], names[1], names[2], names[3], ttl)
    return NameRecord(NAMES[kind], names[0], ttl)
