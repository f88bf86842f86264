# SPDX-License-Identifier: MIT
"""Our datagrams beside those of Node, socat and Python."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rig import BODY, BUILD, TIME_LIMIT, run, serving

PEER = str(BUILD / "datagram_peer")
# As in datagram_peer.c.
SIZES = (1, 0, 1000, 60000, 7, 0)
LONG = "65536"

NODE_SERVER = """
const s = require('dgram').createSocket('udp4');
s.on('message', (m, from) => s.send(m, from.port, from.address));
s.bind(0, '127.0.0.1', () => console.log('listening on ' + s.address().port));"""
NODE_CLIENT = """
const [port, ...sizes] = process.argv.slice(1).map(Number);
const s = require('dgram').createSocket('udp4');
const body = Buffer.from(Array.from({length: 60000}, (_, i) => (i * 31 + (i >> 8) * 7) & 255));
let at = 0;
const next = () => at < sizes.length ? s.send(body.subarray(0, sizes[at])) : s.close();
s.on('message', (m) => {
  if (!m.equals(body.subarray(0, sizes[at++]))) throw new Error('other bytes');
  next();
});
s.connect(port, '127.0.0.1', next);
s.on('close', () => console.log(at));"""


@contextmanager
def echoing(host: str, port: str, read_size: str = LONG) -> Iterator[str]:
    with serving(PEER, "echo", host, port, read_size) as at:
        yield at


def node_hears_its_datagrams(folder: str) -> None:
    with echoing("127.0.0.1", "0") as port:
        got = run(["node", "-e", NODE_CLIENT, port, *map(str, SIZES)], b"")
        assert got.decode() == f"{len(SIZES)}\n", got


def we_hear_our_datagrams_from_node(folder: str) -> None:
    with serving("node", "-e", NODE_SERVER) as port:
        assert run([PEER, "send", "127.0.0.1", port, "-"], b"").decode() == f"{sum(SIZES)}\n"


def through_socat(data: bytes, *address: str) -> bytes:
    """One datagram there and back. socat would wait after the end of its input, so that is held."""
    command = ["socat", "-b", LONG, "-", *address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None and process.stdout is not None
            os.write(process.stdin.fileno(), data)  # in one piece: one datagram
            got = b""
            while len(got) < len(data):
                piece = os.read(process.stdout.fileno(), 1 << 16)
                assert piece, got
                got += piece
            return got
        finally:
            process.kill()


def socat_hears_its_datagrams(folder: str) -> None:
    with echoing("127.0.0.1", "0") as port:
        for size in (1, 1000, 60000):
            assert through_socat(BODY[:size], f"UDP:127.0.0.1:{port}") == BODY[:size]
    with echoing(f"{folder}/here", "-"):
        sending = f"UNIX-SENDTO:{folder}/here,bind={folder}/own"
        assert through_socat(BODY[:1000], sending) == BODY[:1000]


def python_hears_its_datagrams(folder: str) -> None:
    with echoing("127.0.0.1", "0") as port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.settimeout(TIME_LIMIT)
            ours.connect(("127.0.0.1", int(port)))
            for size in SIZES:
                ours.send(BODY[:size])
                assert ours.recv(1 << 16) == BODY[:size]
    with echoing(f"{folder}/there", "-"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.settimeout(TIME_LIMIT)
            ours.bind(f"{folder}/mine")
            for size in SIZES:
                ours.sendto(BODY[:size], f"{folder}/there")
                assert ours.recvfrom(1 << 16) == (BODY[:size], f"{folder}/there")


def echo_in_python(ours: socket.socket, command: list[str]) -> None:
    """Sends back what comes until the other side has all it wants."""
    ours.settimeout(TIME_LIMIT)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            for size in SIZES:
                data, sender = ours.recvfrom(1 << 16)
                assert data == BODY[:size]
                ours.sendto(data, sender)
            out = process.communicate(timeout=TIME_LIMIT)[0]
            assert (out.decode(), process.returncode) == (f"{sum(SIZES)}\n", 0)
        finally:
            process.kill()


def we_hear_our_datagrams_from_python(folder: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", 0))
        port = str(ours.getsockname()[1])
        echo_in_python(ours, [PEER, "send", "127.0.0.1", port, "-"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        ours.bind(f"{folder}/python")
        echo_in_python(ours, [PEER, "send", f"{folder}/python", "-", f"{folder}/libloop"])


def a_datagram_that_is_cut_says_how_long_it_was(folder: str) -> None:
    with echoing("127.0.0.1", "0", "100") as port:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.settimeout(TIME_LIMIT)
            ours.connect(("127.0.0.1", int(port)))
            for size, answer in ((100, BODY[:100]), (101, b"cut 101"), (60000, b"cut 60000")):
                ours.send(BODY[:size])
                assert ours.recv(1 << 16) == answer


TESTS: list[tuple[str, Callable[[str], None]]] = [
    ("node", node_hears_its_datagrams),
    ("node", we_hear_our_datagrams_from_node),
    ("socat", socat_hears_its_datagrams),
    ("python3", python_hears_its_datagrams),
    ("python3", we_hear_our_datagrams_from_python),
    ("python3", a_datagram_that_is_cut_says_how_long_it_was),
]
