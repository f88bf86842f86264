# SPDX-License-Identifier: MIT
"""Compares libloop's answers about names with dig's and Node's, of a dnsmasq that this starts.

What the three say of every record, of names that are missing, and of servers that fail must be
the same. The library is that of LIBLOOP_LIBRARY, or of build/. Without dnsmasq, dig or node the
comparisons with them are skipped, or fail with CI=true."""

from __future__ import annotations

import contextlib
import getpass
import importlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bindings" / "python"), str(ROOT / "tests" / "conformance")]

import libloop  # noqa: E402
from libloop import DnsDetail, DnsError, LoopError, TimedOutError  # noqa: E402

Server: Any = importlib.import_module("dns_server").Server

TIMEOUT_S = 60
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
CONFIG = """
no-resolv
no-hosts
no-dhcp-interface=
keep-in-foreground
bind-interfaces
listen-address=127.0.0.1
local=/peer.test/
local-ttl=77
host-record=a.peer.test,192.0.2.1,2001:db8::1
host-record=b.peer.test,192.0.2.2
cname=www.peer.test,a.peer.test
cname=deep.peer.test,www.peer.test
mx-host=peer.test,mail.peer.test,10
mx-host=peer.test,backup.peer.test,20
txt-record=peer.test,one,two words
txt-record=spf.peer.test,"v=spf1 -all"
srv-host=_x._tcp.peer.test,a.peer.test,8080,1,2
naptr-record=peer.test,100,10,s,SIP+D2U,!^.*$!sip:x@peer.test!,
ptr-record=1.2.0.192.in-addr.arpa,a.peer.test
caa-record=peer.test,128,issue,ca.peer.test
dns-rr=peer.test,2,026e730470656572047465737400
dns-rr=zone.peer.test,6,026e73000561646d696e0000000001000000020000000300000004000000ff
"""
LONG = "".join(f"txt-record=long.peer.test,{number:0200}\n" for number in range(60))

# What is asked of dnsmasq.
QUESTIONS = [
    ("a.peer.test", "A"),
    ("A.PEER.test.", "A"),
    ("a.peer.test", "AAAA"),
    ("www.peer.test", "A"),
    ("www.peer.test", "CNAME"),
    ("deep.peer.test", "AAAA"),
    ("peer.test", "MX"),
    ("peer.test", "TXT"),
    ("spf.peer.test", "TXT"),
    ("long.peer.test", "TXT"),
    ("_x._tcp.peer.test", "SRV"),
    ("peer.test", "NAPTR"),
    ("peer.test", "CAA"),
    ("peer.test", "NS"),
    ("zone.peer.test", "SOA"),
    ("1.2.0.192.in-addr.arpa", "PTR"),
    ("missing.peer.test", "A"),
    ("missing.peer.test", "MX"),
    ("b.peer.test", "AAAA"),
    ("b.peer.test", "MX"),
    ("elsewhere.example", "A"),
]
# What is asked of a server that does as the name says.
FAILURES = [(f"{word}.test", "MX") for word in ("missing", "nothing", "failing", "refused")]

NODE_PROGRAM = """
const { Resolver } = require('dns');
const [server, questions] = JSON.parse(process.argv[1]);
const resolver = new Resolver({ tries: 1, timeout: 30000 });
resolver.setServers([server]);
const answers = questions.map(([name, type]) => new Promise((resolve) => {
  const ttl = type === 'A' || type === 'AAAA';
  const done = (error, value) => resolve(error ? error.code : value);
  if (type === 'A') resolver.resolve4(name, { ttl }, done);
  else if (type === 'AAAA') resolver.resolve6(name, { ttl }, done);
  else resolver.resolve(name, type, done);
}));
Promise.all(answers).then((all) => console.log(JSON.stringify(all)));
"""
NODE_CODES = {
    DnsDetail.NOT_FOUND: "ENOTFOUND",
    DnsDetail.NO_DATA: "ENODATA",
    DnsDetail.SERVER_FAILURE: "ESERVFAIL",
    DnsDetail.REFUSED: "EREFUSED",
}
DIG_CODES = {
    DnsDetail.NOT_FOUND: "NXDOMAIN",
    DnsDetail.NO_DATA: "NOERROR",
    DnsDetail.SERVER_FAILURE: "SERVFAIL",
    DnsDetail.REFUSED: "REFUSED",
}


class Tally:
    """What the comparisons came to."""

    def __init__(self) -> None:
        self.passed = self.failed = self.skipped = 0

    def compare(self, what: str, ours: object, theirs: object) -> None:
        if ours == theirs:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}\n    ours   {ours}\n    theirs {theirs}")

    def missing(self, tool: str, count: int) -> None:
        if os.environ.get("CI") == "true":
            self.failed += count
        else:
            self.skipped += count
        print(f"{tool} is not there")

    def end(self) -> int:
        """Prints the sum; gives the exit status."""
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0


def ours(server: str, questions: list[tuple[str, str]]) -> list[Any]:
    """For each question the list of records, or the error."""
    answers: list[Any] = [None] * len(questions)

    def keep(at: int) -> Callable[[LoopError | None, list[Any] | None], None]:
        def heard(error: LoopError | None, records: list[Any] | None) -> None:
            answers[at] = error if error is not None else records

        return heard

    with libloop.Loop() as loop:
        dns: Any = loop.dns  # kinds are of type str here
        for at, (name, kind) in enumerate(questions):
            dns.resolve(
                name,
                kind,
                keep(at),
                servers=[server],
                tries=1,
                try_ms=30_000,
            )
        loop.run()
    return answers


# ---- dig ----------------------------------------------------------------------------------------


def dotted(name: str) -> str:
    return name + "."


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_dig(kind: str, record: Any) -> str:
    """A record as dig +short prints it."""
    if kind in ("A", "AAAA"):
        return str(record.address)
    if kind in ("CNAME", "NS", "PTR"):
        return dotted(record.name)
    if kind == "MX":
        return f"{record.priority} {dotted(record.exchange)}"
    if kind == "TXT":
        return " ".join(quoted(text.decode()) for text in record.strings)
    if kind == "SRV":
        return f"{record.priority} {record.weight} {record.port} {dotted(record.target)}"
    if kind == "CAA":
        return f"{record.flags} {record.tag} {quoted(record.value.decode())}"
    if kind == "SOA":
        names = f"{dotted(record.primary)} {dotted(record.mailbox)}"
        times = record.serial, record.refresh, record.retry, record.expire, record.minimum
        return " ".join([names, *map(str, times)])
    texts = " ".join(quoted(text) for text in (record.flags, record.service, record.regexp))
    return f"{record.order} {record.preference} {texts} {dotted(record.replacement)}"


def dig(server: str, name: str, kind: str) -> tuple[str, list[tuple[str, int]]]:
    """The code of the answer, and the records of that type with their ttl."""
    host, port = server.split(":")
    command = ["dig", f"@{host}", "-p", port, "+tries=1", "+time=30", "+noall", "+comments"]
    done = subprocess.run(
        [*command, "+answer", name, kind],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    code = done.stdout.partition("status: ")[2].partition(",")[0]
    records = []
    for line in done.stdout.splitlines():
        fields = line.split(None, 4)
        if len(fields) == 5 and not line.startswith(";") and fields[3] == kind:
            records.append((fields[4], int(fields[1])))
    return code, sorted(records)


def compare_with_dig(tally: Tally, server: str, questions: list[tuple[str, str]]) -> None:
    if shutil.which("dig") is None:
        tally.missing("dig", len(questions))
        return
    mine: tuple[str, list[tuple[str, int]]]
    for (name, kind), answer in zip(questions, ours(server, questions), strict=True):
        if isinstance(answer, DnsError) and answer.detail is not None:
            mine = DIG_CODES.get(answer.detail, str(answer)), []
        elif isinstance(answer, LoopError):
            mine = str(answer), []
        else:
            mine = "NOERROR", sorted((as_dig(kind, it), it.ttl) for it in answer)
        tally.compare(f"dig {name} {kind}", mine, dig(server, name, kind))


# ---- Node ---------------------------------------------------------------------------------------


def as_node(kind: str, record: Any) -> Any:
    """A record as node:dns gives it."""
    if kind in ("A", "AAAA"):
        return {"address": record.address, "ttl": record.ttl}
    if kind in ("CNAME", "NS", "PTR"):
        return record.name
    if kind == "MX":
        return {"exchange": record.exchange, "priority": record.priority}
    if kind == "TXT":
        return [text.decode() for text in record.strings]
    if kind == "SRV":
        return {
            "name": record.target,
            "port": record.port,
            "priority": record.priority,
            "weight": record.weight,
        }
    if kind == "CAA":
        return {"critical": record.flags, record.tag: record.value.decode()}
    if kind == "SOA":
        return {
            "nsname": record.primary,
            "hostmaster": record.mailbox,
            "serial": record.serial,
            "refresh": record.refresh,
            "retry": record.retry,
            "expire": record.expire,
            "minttl": record.minimum,
        }
    return {
        "flags": record.flags,
        "service": record.service,
        "regexp": record.regexp,
        "replacement": record.replacement,
        "order": record.order,
        "preference": record.preference,
    }


def in_order(value: Any) -> Any:
    """dnsmasq turns its records round from answer to answer."""
    if not isinstance(value, list):
        return value
    return sorted(value, key=lambda it: json.dumps(it, sort_keys=True))


def compare_with_node(tally: Tally, server: str, questions: list[tuple[str, str]]) -> None:
    if shutil.which("node") is None:
        tally.missing("node", len(questions))
        return
    done = subprocess.run(
        ["node", "-e", NODE_PROGRAM, json.dumps([server, questions])],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    answers = zip(questions, ours(server, questions), json.loads(done.stdout), strict=True)
    for (name, kind), answer, theirs in answers:
        mine: Any
        if isinstance(answer, DnsError) and answer.detail is not None:
            mine = NODE_CODES.get(answer.detail, str(answer))
        elif isinstance(answer, TimedOutError):
            mine = "ETIMEOUT"
        elif isinstance(answer, LoopError):
            mine = str(answer)
        else:
            mine = [as_node(kind, it) for it in answer]
        if kind == "SOA" and isinstance(mine, list):
            mine = mine[0]  # Node gives the one
        tally.compare(f"node {name} {kind}", in_order(mine), in_order(theirs))


# ---- dnsmasq ------------------------------------------------------------------------------------


@contextlib.contextmanager
def dnsmasq(program: str, fixed_port: int = 0, more: str = "") -> Iterator[str]:
    """A dnsmasq with a folder and, unless one is given, a port of its own: gives its address.

    more: further lines of its configuration.
    """
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "dnsmasq.conf")
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.bind(("127.0.0.1", 0))
                port = fixed_port or probe.getsockname()[1]
            config.write_text(
                f"{CONFIG}{LONG}{more}\nport={port}\npid-file={folder}/pid\nuser={getpass.getuser()}\n"
            )
            with subprocess.Popen([program, "-C", str(config)], stderr=subprocess.PIPE) as process:
                try:
                    if answers(process, port):
                        yield f"127.0.0.1:{port}"
                        return
                finally:
                    process.terminate()
                assert process.stderr is not None
                complaint = process.stderr.read().decode()
            # Somebody may have taken the port meanwhile.
            if fixed_port or "in use" not in complaint:
                raise SystemExit(f"dnsmasq: {complaint}")


# A question for the root's servers, of number 1: what it is answered with does not matter.
PROBE = bytes.fromhex("000100000001000000000000") + b"\0" + bytes.fromhex("00020001")


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until it answers a question. False: it has ended.

    A connection would not do for this: one to a port of the ephemeral range at which nobody
    listens yet may get that very port as its own, and be connected to itself.
    """
    until = time.monotonic() + TIMEOUT_S
    while process.poll() is None and time.monotonic() < until:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.1)
            with contextlib.suppress(OSError):
                probe.connect(("127.0.0.1", port))
                probe.send(PROBE)
                answer = probe.recv(512)
                if len(answer) > 2 and answer[2] & 0x80:  # an answer, and not our own question
                    return True
    return False


def main() -> int:
    tally = Tally()
    program = shutil.which("dnsmasq", path=PATH)
    if program is None:
        tally.missing("dnsmasq", 2 * len(QUESTIONS))
    else:
        with dnsmasq(program) as server:
            compare_with_dig(tally, server, QUESTIONS)
            compare_with_node(tally, server, QUESTIONS)
    with Server() as fake:
        compare_with_dig(tally, fake.address, FAILURES)
        compare_with_node(tally, fake.address, FAILURES)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
