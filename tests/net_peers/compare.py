# SPDX-License-Identifier: MIT
"""Our sockets beside those of curl, netcat, socat, Node and Python: every byte, both ways, over
TCP, UDP, paths and abstract names; and resets. A peer that is missing is skipped; with CI=true it
is a failure."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import datagrams
from rig import BODY, BUILD, SIZE, TIME_LIMIT, build, fnv, listening, run, serving

PEER = BUILD / "peer"
NODE_CLIENT = """
const s = require('net').connect({...JSON.parse(process.argv[1]), allowHalfOpen: true});
process.stdin.pipe(s); s.pipe(process.stdout);"""
NODE_SERVER = """
const s = require('net').createServer({allowHalfOpen: true}, c => c.pipe(c));
s.listen(JSON.parse(process.argv[1]), () => console.log('listening on ' + s.address().port));"""


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

        def send() -> None:
            ours.sendall(BODY)
            ours.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        got = bytearray()
        while piece := ours.recv(1 << 16):
            got += piece
        sender.join()
        assert bytes(got) == BODY


# ---- Resets --------------------------------------------------------------------------------------

NODE_RESETS = """
const s = require('net').connect(+process.argv[1], '127.0.0.1', () => s.write('x'));
s.on('data', () => s.resetAndDestroy());"""
NODE_IS_RESET = """
const s = require('net').connect(+process.argv[1], '127.0.0.1', () => s.write('reset'));
s.on('error', (error) => console.log(error.code));"""


@contextmanager
def ending() -> Iterator[tuple[str, Callable[[], str]]]:
    """A server that tells how its one connection ended: its port, and what it said."""
    with subprocess.Popen([str(PEER), "end", "127.0.0.1", "0"], stdout=subprocess.PIPE) as process:
        try:
            yield listening(process), lambda: process.communicate(timeout=TIME_LIMIT)[0].decode()
        finally:
            process.kill()


def a_reset_of_node_is_told(folder: str) -> None:
    with ending() as (port, said):
        assert run(["node", "-e", NODE_RESETS, port], b"") == b""
        assert said() == "LOOP_ECONNRESET\n"


def node_is_told_of_our_reset(folder: str) -> None:
    with ending() as (port, said):
        assert run(["node", "-e", NODE_IS_RESET, port], b"") == b"ECONNRESET\n"
        assert said() == "LOOP_OK\n"


def a_reset_of_python_is_told(folder: str) -> None:
    with ending() as (port, said):
        with socket.create_connection(("127.0.0.1", int(port)), TIME_LIMIT) as ours:
            ours.sendall(b"x")
            assert ours.recv(1) == b"x"
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert said() == "LOOP_ECONNRESET\n"


def python_is_told_of_our_reset(folder: str) -> None:
    with ending() as (port, said):
        with socket.create_connection(("127.0.0.1", int(port)), TIME_LIMIT) as ours:
            ours.sendall(b"reset")
            try:
                raise AssertionError(f"it came to an end: {ours.recv(1)!r}")
            except ConnectionResetError:
                pass
        assert said() == "LOOP_OK\n"


def main() -> int:
    build("peer")
    build("datagram_peer")
    tests: list[tuple[str, Callable[[str], None]]] = [
        ("curl", curl_gets_our_bytes),
        ("nc", nc_hears_its_echo),
        ("socat", socat_hears_its_echo),
        ("node", node_hears_its_echo),
        ("node", we_hear_the_echo_of_node),
        ("python3", python_hears_its_echo),
        ("node", a_reset_of_node_is_told),
        ("node", node_is_told_of_our_reset),
        ("python3", a_reset_of_python_is_told),
        ("python3", python_is_told_of_our_reset),
        *datagrams.TESTS,
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
