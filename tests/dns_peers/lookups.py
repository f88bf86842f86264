# SPDX-License-Identifier: MIT
"""Compares libloop's lookups with those of getaddrinfo and of Node, in a network of its own.

In there lie a hosts file, a resolv.conf with a search list, and a dnsmasq. That takes the rights
to make namespaces; without them, or without a program, the comparisons are skipped, or fail with
CI=true. The library is that of LIBLOOP_LIBRARY, or of build/."""

from __future__ import annotations

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from compare import PATH, TIMEOUT_S, Tally, dnsmasq

import libloop
from libloop import Address, DnsDetail, DnsError, LoopError

HOSTS = """127.0.0.1 localhost
::1 localhost
192.0.2.77 fromhosts Alias.of.it
2001:db8::77 fromhosts
"""
RESOLV_CONF = """nameserver 127.0.0.1
search nowhere.test peer.test
options ndots:2 timeout:30
"""
NAMES = [
    "a",
    "www",
    "deep.peer.test",
    "a.peer.test.",
    "A.Peer.Test",
    "b",
    "a.",
    "missing",
    "missing.peer.test",
    "fromhosts",
    "alias.of.it",
    "localhost",
    "192.0.2.1",
    "2001:db8::1",
]
# Nothing else is known anywhere.
LOCAL = "local=/#/"
FAMILIES = (0, 4, 6)
NODE_PROGRAM = """
const { lookup } = require('dns');
const questions = JSON.parse(process.argv[1]);
const answers = questions.map(([name, family]) => new Promise((resolve) => {
  lookup(name, { family, all: true, verbatim: true }, (error, all) =>
    resolve(error ? error.code : all.map((it) => it.address)));
}));
Promise.all(answers).then((all) => console.log(JSON.stringify(all)));
"""
NONE = "ENOTFOUND"

Answer = str | list[str]


def ours(questions: list[tuple[str, int]]) -> list[Answer]:
    answers: list[Answer] = ["?"] * len(questions)

    def keep(at: int) -> Callable[[LoopError | None, list[Address] | None], None]:
        def heard(error: LoopError | None, found: list[Address] | None) -> None:
            if isinstance(error, DnsError) and error.detail is DnsDetail.NOT_FOUND:
                answers[at] = NONE
            else:
                answers[at] = str(error) if error else sorted(it.address for it in found or [])

        return heard

    with libloop.Loop() as loop:
        for at, (name, family) in enumerate(questions):
            loop.dns.lookup(name, keep(at), family=family)
        loop.run()
    return answers


def system(name: str, family: int) -> Answer:
    """What getaddrinfo says."""
    number = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}[family]
    try:
        found = socket.getaddrinfo(name, None, number, socket.SOCK_STREAM)
    except socket.gaierror as error:
        nothing = {socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY}
        return NONE if error.errno in nothing else str(error)
    return sorted({str(it[4][0]) for it in found})


def node(questions: list[tuple[str, int]]) -> list[Answer]:
    done = subprocess.run(
        ["node", "-e", NODE_PROGRAM, json.dumps(questions)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return [it if isinstance(it, str) else sorted(set(it)) for it in answers]


def inside(program: str) -> int:
    """The comparisons, in the namespaces."""
    tally = Tally()
    questions = [(name, family) for name in NAMES for family in FAMILIES]
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as folder, dnsmasq(program, 53, LOCAL):
        for name, text in {"hosts": HOSTS, "resolv.conf": RESOLV_CONF}.items():
            path = pathlib.Path(folder, name)
            path.write_text(text)
            path.chmod(0o644)
            subprocess.run(["mount", "--bind", str(path), f"/etc/{name}"], check=True)
        answers = ours(questions)
        for (name, family), answer in zip(questions, answers, strict=True):
            tally.compare(f"getaddrinfo {name} {family}", answer, system(name, family))
        if shutil.which("node") is None:
            tally.missing("node", len(questions))
        else:
            for (name, family), answer, theirs in zip(
                questions, answers, node(questions), strict=True
            ):
                # Node gives an address whatever family is asked for.
                if not (answer == NONE and theirs == [name]):
                    tally.compare(f"node {name} {family}", answer, theirs)
        for name in ("hosts", "resolv.conf"):
            subprocess.run(["umount", f"/etc/{name}"], check=True)
    return tally.end()


def main() -> int:
    program = shutil.which("dnsmasq", path=PATH)
    if program is not None and sys.argv[1:] == ["--inside"]:
        return inside(program)
    own = ["unshare", "--mount", "--net"]
    allowed = subprocess.run([*own, "true"], capture_output=True, check=False).returncode == 0
    if program is None or not allowed:
        tally = Tally()
        tally.missing("dnsmasq, or a network of its own,", len(NAMES))
        return tally.end()
    return subprocess.run([*own, sys.executable, __file__, "--inside"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
