# SPDX-License-Identifier: MIT
"""Records of every kind have their fields; addresses have names, and are their own answer."""

from typing import Any

from conformance import FAR_AWAY_MS, from_environment, run_and_close, say

import libloop
from libloop import Address, Caa, Mx, NameRecord, Naptr, Soa, Srv, Txt

loop = libloop.Loop()
ask: dict[str, Any] = {
    "servers": [from_environment("CONFORMANCE_DNS")],
    "tries": 1,
    "try_ms": FAR_AWAY_MS,
}


def say_record(record: Any) -> None:
    match record:
        case Address(address, _, ttl):
            say(f"address {address}, ttl {ttl}")
        case Mx(priority, exchange, ttl):
            say(f"mx {priority} {exchange}, ttl {ttl}")
        case Srv(priority, weight, port, target, _):
            say(f"srv {priority} {weight} {port} {target}")
        case Soa():
            say("soa " + " ".join(map(str, record[:-1])))
        case Caa(flags, tag, value, _):
            say(f"caa {flags} {tag} {value.decode()}")
        case Naptr():
            say("naptr " + " ".join(map(str, record[:-1])))
        case Txt(strings, _):
            for text in strings:
                say(f"txt of {len(text)} bytes")
        case NameRecord(_, name, _):
            say(f"name {name}")


def say_records(_error: libloop.LoopError | None, records: list[Any] | None) -> None:
    for record in records or []:
        say_record(record)


def say_names(_error: libloop.LoopError | None, names: list[str] | None) -> None:
    for name in names or []:
        say(f"name {name}")


for kind in ("A", "AAAA", "MX", "SRV", "SOA", "CAA", "NAPTR", "TXT", "NS", "CNAME"):
    loop.dns.resolve("a.test", kind, say_records, **ask)
    loop.run()
loop.dns.resolve_txt("long.test", lambda _, all_: say(f"{len(all_ or [])} texts over TCP"), **ask)
loop.run()
loop.dns.reverse("192.0.2.1", say_names, **ask)
loop.run()
loop.dns.lookup("2001:DB8::1", say_records)
loop.run()
loop.dns.lookup("any.localhost", say_records, order="ipv4first")
run_and_close(loop)
