# SPDX-License-Identifier: MIT
"""Our sockets beside those of curl, netcat, socat, Node and Python: every byte, both ways, over
TCP, paths and abstract names. A peer that is missing is skipped; with CI=true it is a failure."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / "build" / "net_peers" / "peer"
TIME_LIMIT = 60
SIZE = 4 << 20
BODY = bytes((i * 31 + (i >> 8) * 7) & 255 for i in range(SIZE))
NODE_CLIENT = """
const s = require('net').connect({...JSON.parse(process.argv[1]), allowHalfOpen: true});
process.stdin.pipe(s); s.pipe(process.stdout);"""
NODE_SERVER = """
const s = require('net').createServer({allowHalfOpen: true}, c => c.pipe(c));
s.listen(JSON.parse(process.argv[1]), () => console.log('listening on ' + s.address().port));"""


def fnv(data: bytes) -> str:
    value = 14695981039346656037
    for byte in data:
        value = ((value ^ byte) * 1099511628211) & (2**64 - 1)
    return f"{value:016x}"


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """A server that prints where it listens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            match = re.fullmatch(r"listening on (?:.*:)?(\S+)\n", line)
            assert match, line
            yield match[1]
        finally:
            process.kill()


def run(command: list[str], data: bytes) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT, check=False)
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    return done.stdout


def curl_gets_our_bytes(folder: str) -> None:
    with serving(str(PEER), "http", "127.0.0.1", "0") as port:
        assert run(["curl", "-sS", "-0", f"http://127.0.0.1:{port}/"], b"") == BODY
    with serving(str(PEER), "http", f"{folder}/http", "-"):
        assert run(["curl", "-sS", "--unix-socket", f"{folder}/http", "http://x/"], b"") == BODY


def nc_hears_its_echo(folder: str) -> None:
    with serving(str(PEER), "echo", "127.0.0.1", "0") as port:
        assert run(["nc", "-N", "127.0.0.1", port], BODY) == BODY
    with serving(str(PEER), "echo", f"{folder}/nc", "-"):
        assert run(["nc", "-N", "-U", f"{folder}/nc"], BODY) == BODY


def socat_hears_its_echo(folder: str) -> None:
    name = f"libloop-peers-{os.getpid()}"
    with serving(str(PEER), "echo", "127.0.0.1", "0") as port:
        assert run(["socat", "-t60", "-", f"TCP:127.0.0.1:{port}"], BODY) == BODY
    with serving(str(PEER), "echo", f"{folder}/socat", "-"):
        assert run(["socat", "-t60", "-", f"UNIX:{folder}/socat"], BODY) == BODY
    with serving(str(PEER), "echo", f"@{name}", "-"):
        assert run(["socat", "-t60", "-", f"ABSTRACT:{name}"], BODY) == BODY


def node_hears_its_echo(folder: str) -> None:
    with serving(str(PEER), "echo", "127.0.0.1", "0") as port:
        got = run(["node", "-e", NODE_CLIENT, f'{{"port":{port},"host":"127.0.0.1"}}'], BODY)
        assert got == BODY, len(got)
    with serving(str(PEER), "echo", f"{folder}/node", "-"):
        assert run(["node", "-e", NODE_CLIENT, f'{{"path":"{folder}/node"}}'], BODY) == BODY


def we_hear_the_echo_of_node(folder: str) -> None:
    with serving("node", "-e", NODE_SERVER, '{"port":0,"host":"127.0.0.1"}') as port:
        assert run([str(PEER), "send", "127.0.0.1", port], b"").decode() == f"{SIZE} {fnv(BODY)}\n"


def python_hears_its_echo(folder: str) -> None:
    with (
        serving(str(PEER), "echo", "127.0.0.1", "0") as port,
        socket.create_connection(("127.0.0.1", int(port)), TIME_LIMIT) as ours,
    ):
        sender = threading.Thread(target=lambda: (ours.sendall(BODY), ours.shutdown(1)))
        sender.start()
        got = bytearray()
        while piece := ours.recv(1 << 16):
            got += piece
        sender.join()
        assert bytes(got) == BODY


def main() -> int:
    PEER.parent.mkdir(parents=True, exist_ok=True)
    flags = f"-std=c11 -O2 -Wall -Wextra -Werror -I{ROOT}/include {ROOT}/tests/net_peers/peer.c"
    link = f"-L{ROOT}/build -lloop -Wl,-rpath,{ROOT}/build -o {PEER}"
    subprocess.run(["cc", *flags.split(), *link.split()], check=True)
    tests: list[tuple[str, Callable[[str], None]]] = [
        ("curl", curl_gets_our_bytes),
        ("nc", nc_hears_its_echo),
        ("socat", socat_hears_its_echo),
        ("node", node_hears_its_echo),
        ("node", we_hear_the_echo_of_node),
        ("python3", python_hears_its_echo),
    ]
    passed = failed = skipped = 0
    for tool, test in tests:
        if shutil.which(tool) is None and os.environ.get("CI") != "true":
            skipped += 1
            print(f"skipped {test.__name__}: no {tool}")
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                test(folder)
            passed += 1
            print(f"ok {test.__name__}")
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok {test.__name__}: {type(error).__name__} {error}"[:500])
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
