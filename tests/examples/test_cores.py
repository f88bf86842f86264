#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the example of one port on several loops: test_cores.py [c] [rust] [python]"""

from __future__ import annotations

import socket
import sys

from programs import TIME_LIMIT, Example, main

LOOPS = 4


def read(connection: socket.socket, want: bytes) -> bytes:
    data = b""
    while not data.endswith(want):
        piece = connection.recv(4096)
        assert piece, f"ended after {data!r}"
        data += piece
    return data


def test_each_loop_gets_connections_of_the_same_port(cores: Example) -> None:
    """The system chooses by a hash: that one of 4 gets none of 200 has a chance of 4 x 0.75^200."""
    with cores.listening("127.0.0.1", "0", str(LOOPS)) as (_, port):
        loops = set()
        for number in range(200):
            with socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as connection:
                loops.add(read(connection, b"\n"))
                connection.sendall(b"%d." % number)
                assert read(connection, b".") == b"%d." % number
        assert loops == {b"loop %d\n" % n for n in range(LOOPS)}, loops


def test_one_loop_is_enough(cores: Example) -> None:
    with (
        cores.listening("127.0.0.1", "0", "1") as (_, port),
        socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as connection,
    ):
        assert read(connection, b"\n") == b"loop 0\n"


def test_the_program_has_less_than_150_lines(cores: Example) -> None:
    assert cores.lines() < 150


if __name__ == "__main__":
    sys.exit(main("cores", globals(), sys.argv[1:]))
