#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the chat examples: several who join, one at a terminal, one that vanishes.
test_chat.py [c] [rust] [python]"""

from __future__ import annotations

import os
import pty
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from programs import ENVIRONMENT, TIME_LIMIT, Example, main


@contextmanager
def guest(port: int) -> Iterator[socket.socket]:
    """A client of the server that is a socket; what it sends comes to all others."""
    with socket.create_connection(("127.0.0.1", port), TIME_LIMIT) as connection:
        yield connection


def read_line(connection: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(1)
        assert piece, f"ended after {data!r}"
        data += piece
    return data


def meet(*guests: socket.socket) -> None:
    """Waits until the server has all of them. It takes them in the order in which they came, so
    that the last one is enough to know."""
    guests[-1].sendall(b"here\n")
    for other in guests[:-1]:
        assert read_line(other) == b"here\n"


def start(chat: Example, port: int, name: str, **files: int) -> subprocess.Popen[bytes]:
    defaults = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = chat.command("join", "127.0.0.1", str(port), name)
    return subprocess.Popen(command, env=ENVIRONMENT, **{**defaults, **files})  # type: ignore[call-overload,no-any-return]


def test_each_line_comes_to_all_others_and_not_back(chat: Example) -> None:
    with (
        chat.listening("serve", "127.0.0.1", "0") as (_, port),
        guest(port) as a,
        guest(port) as b,
        guest(port) as c,
    ):
        meet(a, b, c)
        a.sendall(b"one\ntwo\n")
        b.sendall(b"three\n")
        assert sorted(read_line(c) for _ in range(3)) == [b"one\n", b"three\n", b"two\n"]
        assert read_line(a) == b"three\n"  # and not its own
        assert [read_line(b), read_line(b)] == [b"one\n", b"two\n"]


def test_a_line_that_comes_in_parts_is_passed_on_whole(chat: Example) -> None:
    with (
        chat.listening("serve", "127.0.0.1", "0") as (_, port),
        guest(port) as a,
        guest(port) as b,
        guest(port) as c,
    ):
        meet(a, b, c)
        a.sendall(b"half a ")
        b.sendall(b"between\n")
        assert read_line(c) == b"between\n"
        a.sendall(b"line\n")
        assert read_line(c) == b"half a line\n"


def test_who_joins_says_and_hears_with_names(chat: Example) -> None:
    with chat.listening("serve", "127.0.0.1", "0") as (_, port), guest(port) as other:
        ann = start(chat, port, "ann")
        assert ann.stdin is not None and ann.stdout is not None
        ann.stdin.write(b"hello\nlast without newline")
        ann.stdin.flush()
        assert read_line(other) == b"ann: hello\n"
        other.sendall(b"bob: hi\n")
        assert ann.stdout.readline() == b"bob: hi\n"
        out, errors = ann.communicate(timeout=TIME_LIMIT)
        assert (ann.returncode, out, errors) == (0, b"", b"")
        assert read_line(other) == b"ann: last without newline\n"


def test_one_at_a_terminal_chats(chat: Example) -> None:
    ours, theirs = pty.openpty()
    with chat.listening("serve", "127.0.0.1", "0") as (_, port), guest(port) as other:
        ann = start(chat, port, "ann", stdin=theirs, stdout=theirs)
        os.close(theirs)
        os.write(ours, b"hello\n")
        assert read_line(other) == b"ann: hello\n"
        other.sendall(b"bob: how are you?\n")
        shown = b""
        while b"bob: how are you?\r\n" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, b"\x04")  # the end of what is typed
        assert ann.wait(TIME_LIMIT) == 0
        assert ann.stderr is not None
        assert ann.stderr.read() == b""
        ann.stderr.close()
    os.close(ours)


def test_one_that_vanishes_disturbs_nobody(chat: Example) -> None:
    with (
        chat.listening("serve", "127.0.0.1", "0") as (_, port),
        guest(port) as a,
        guest(port) as b,
    ):
        with guest(port) as gone:
            meet(a, b, gone)
            gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        killed = start(chat, port, "killed")
        assert killed.stdin is not None
        killed.stdin.write(b"x\n")
        killed.stdin.flush()
        assert read_line(a) == read_line(b) == b"killed: x\n"
        killed.kill()
        killed.communicate(timeout=TIME_LIMIT)
        a.sendall(b"still here\n")
        assert read_line(b) == b"still here\n"


def test_who_joins_leaves_when_the_server_goes(chat: Example) -> None:
    with chat.listening("serve", "127.0.0.1", "0") as (_, port), guest(port) as other:
        ann = start(chat, port, "ann")
        assert ann.stdin is not None
        ann.stdin.write(b"hello\n")
        ann.stdin.flush()
        assert read_line(other) == b"ann: hello\n"
    assert ann.wait(TIME_LIMIT) in (0, 1)  # an end or a reset, as the system likes
    ann.communicate()


def test_nobody_there_is_an_error(chat: Example) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        ann = start(chat, closed.getsockname()[1], "ann")
        _, errors = ann.communicate(timeout=TIME_LIMIT)
        assert ann.returncode == 1 and b"127.0.0.1" in errors, errors


def test_the_program_has_less_than_150_lines(chat: Example) -> None:
    assert chat.lines() < 150


if __name__ == "__main__":
    sys.exit(main("chat", globals(), sys.argv[1:]))
