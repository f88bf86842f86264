#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the proxy examples between sockets: bytes by checksum, ends, resets, one that does not read.
test_proxy.py [c] [rust] [python]"""

from __future__ import annotations

import hashlib
import random
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from programs import TIME_LIMIT, Example, descriptors, main

MUCH = random.Random(7).randbytes(8 << 20)
DIGEST = hashlib.sha256(MUCH).hexdigest()


@contextmanager
def through(port: int, server: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection through the proxy: the client's end and the server's."""
    with socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as near:
        far, _ = server.accept()
        with far:
            far.settimeout(TIME_LIMIT)
            yield near, far


@contextmanager
def proxied(proxy: Example) -> Iterator[tuple[int, socket.socket, object]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIME_LIMIT)
        to = str(server.getsockname()[1])
        with proxy.listening("0", "127.0.0.1", to) as (process, port):
            yield port, server, process


def drain(connection: socket.socket) -> bytes:
    data = bytearray()
    while piece := connection.recv(1 << 16):
        data += piece
    return bytes(data)


def send_all(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def test_every_byte_passes_in_both_directions(proxy: Example) -> None:
    with proxied(proxy) as (port, server, _), through(port, server) as (near, far):
        senders = [threading.Thread(target=send_all, args=(end, MUCH)) for end in (near, far)]
        got: dict[str, bytes] = {}
        readers = [
            threading.Thread(target=lambda n=name, e=end: got.__setitem__(n, drain(e)))  # type: ignore[misc]
            for name, end in (("near", near), ("far", far))
        ]
        for thread in senders + readers:
            thread.start()
        for thread in senders + readers:
            thread.join(TIME_LIMIT)
        for name in ("near", "far"):
            assert hashlib.sha256(got[name]).hexdigest() == DIGEST, f"{name}: {len(got[name])}"


def test_an_end_in_one_direction_leaves_the_other(proxy: Example) -> None:
    with proxied(proxy) as (port, server, _), through(port, server) as (near, far):
        send_all(near, b"question")
        assert drain(far) == b"question"
        send_all(far, b"answer")
        assert drain(near) == b"answer"


def test_who_does_not_read_holds_the_other_back(proxy: Example) -> None:
    with proxied(proxy) as (port, server, _), through(port, server) as (near, far):
        near.settimeout(1)
        sent = 0
        try:
            while True:  # until the system's buffers and the proxy's are full
                sent += near.send(MUCH[sent % len(MUCH) :][: 1 << 16])
                assert sent < 200 << 20, "the proxy takes everything"
        except TimeoutError:
            pass
        near.shutdown(socket.SHUT_WR)
        got = drain(far)
        assert len(got) == sent
        times = sent // len(MUCH)
        assert got == MUCH * times + MUCH[: sent % len(MUCH)]


def test_a_reset_is_passed_on(proxy: Example) -> None:
    with proxied(proxy) as (port, server, _), through(port, server) as (near, far):
        near.sendall(b"x")
        assert far.recv(1) == b"x"
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        near.close()
        with suppress(ConnectionResetError):
            assert far.recv(1) == b"unreachable"


def test_a_server_that_refuses_ends_the_client(proxy: Example) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        to = str(closed.getsockname()[1])
        with (
            proxy.listening("0", "127.0.0.1", to) as (_, port),
            suppress(ConnectionResetError),  # already of the connect, when the proxy is quick
            socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as near,
        ):
            assert near.recv(1) == b"unreachable"


def test_descriptors_stay_level(proxy: Example) -> None:
    with proxied(proxy) as (port, server, process):
        counts = []
        for _ in range(2):
            for number in range(50):
                with through(port, server) as (near, far):
                    send_all(near, b"%d" % number)
                    assert drain(far) == b"%d" % number
                    send_all(far, b"")
                    assert drain(near) == b""
            with through(port, server) as (near, far):  # those before have ended by then
                near.sendall(b"x")
                assert far.recv(1) == b"x"
                counts.append(descriptors(process))  # type: ignore[arg-type]
        assert counts[1] <= counts[0] + 2, counts


def test_the_program_has_less_than_150_lines(proxy: Example) -> None:
    assert proxy.lines() < 150


if __name__ == "__main__":
    sys.exit(main("proxy", globals(), sys.argv[1:]))
