# SPDX-License-Identifier: MIT
"""What an event may cost, counted and not timed: system calls, crossings into Go, wake-ups. That Go
allocates nothing for an event is in libloop/steady_test.go and beside what it is about."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = ROOT / "build" / "guards" / "server"
CONNECTIONS, ROUNDS = 50, 400
MESSAGES = CONNECTIONS * ROUNDS
TIME_LIMIT = 60
WAITS = ("epoll_pwait2", "epoll_wait", "epoll_pwait", "poll", "ppoll")


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    SERVER.parent.mkdir(parents=True, exist_ok=True)
    compiler = os.environ.get("CC", "gcc")
    source = pathlib.Path(__file__).with_name("server.c")
    flags = ["-O1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}/include", f"-L{ROOT}/build"]
    link = ["-o", str(SERVER), "-lloop", f"-Wl,-rpath,{ROOT}/build"]
    subprocess.run(
        [compiler, *flags, str(source), *link],
        check=True,
        timeout=TIME_LIMIT,
    )


class Server:
    """The server's process, and connections to it."""

    def __init__(self, process: subprocess.Popen[str], port: int, stack: ExitStack) -> None:
        self.process, self.port, self.stack = process, port, stack

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), TIME_LIMIT)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.stack.enter_context(connection)

    def counts(self) -> dict[str, int]:
        """What its loop has counted since it was asked last."""
        self.connect().sendall(b"?")
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert len(words) == 6, words
        return {name: int(count) for name, count in zip(words[::2], words[1::2], strict=True)}

    def end(self) -> None:
        self.connect().sendall(b"!")
        assert self.process.wait(TIME_LIMIT) == 0


@contextmanager
def serving(*before: str) -> Iterator[Server]:
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen([*before, str(SERVER)], stdout=subprocess.PIPE, text=True)
        )
        assert process.stdout is not None
        match = re.fullmatch(r"listening on (\d+)\n", process.stdout.readline())
        assert match
        server = Server(process, int(match[1]), stack)
        stack.callback(server.end)  # also under strace, whose end would not be the server's
        yield server


def play(connections: list[socket.socket], rounds: int) -> None:
    """Ping-pong on all connections at once, so that a turn has many events."""
    message = bytes(64)
    for _ in range(rounds):
        for connection in connections:
            connection.sendall(message)
        for connection in connections:
            assert len(connection.recv(len(message), socket.MSG_WAITALL)) == len(message)


def system_calls(summary: str) -> dict[str, int]:
    """The numbers of calls that strace -c has counted."""
    calls = {}
    for line in summary.splitlines():
        fields = line.split()
        if len(fields) >= 5 and re.fullmatch(r"[\d.]+", fields[0]) and fields[3].isdigit():
            calls[fields[-1]] = int(fields[3])
    return calls


def test_a_message_is_one_receive_one_send_and_at_most_one_wait_a_turn(
    tmp_path: pathlib.Path,
) -> None:
    if shutil.which("strace") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("strace is not there")
        pytest.skip("strace is not there")
    summary = tmp_path / "calls"
    # Without -f: the loop's thread alone. The summary is written at the end.
    with serving("strace", "-c", "-o", str(summary)) as server:
        play([server.connect() for _ in range(CONNECTIONS)], ROUNDS)
        counts = server.counts()
    calls = system_calls(summary.read_text())
    total = calls.pop("total")
    waits = sum(calls.get(name, 0) for name in WAITS)
    assert calls["sendto"] == MESSAGES
    assert MESSAGES < calls["recvfrom"] <= MESSAGES + 2 * (CONNECTIONS + 1)
    # A connection that is new is told to be writable, which is no event: its turn waits again.
    assert 0 < waits <= counts["turns"] + CONNECTIONS + 1
    # The rest is the start and a few calls for each connection: nothing grows with the messages.
    rest = total - waits - calls["sendto"] - calls["recvfrom"]
    assert rest < MESSAGES / 10, calls


def test_a_turn_crosses_into_go_at_most_twice() -> None:
    with serving() as server:
        connections = [server.connect() for _ in range(CONNECTIONS)]
        play(connections, 1)
        server.counts()
        play(connections, ROUNDS)
        counts = server.counts()
    assert counts["events"] >= MESSAGES
    # The question has a connection of its own, and two submissions.
    assert counts["turns"] <= counts["steps"] <= 2 * counts["turns"] + 4


def sleeps(pid: int) -> dict[str, int]:
    """How often each thread has gone to sleep: as often as it was woken."""
    found = {}
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = (thread / "status").read_text()
        match = re.search(r"^voluntary_ctxt_switches:\s+(\d+)$", status, re.M)
        assert match
        found[thread.name] = int(match[1])
    return found


def test_nobody_wakes_while_there_is_nothing_to_do() -> None:
    with serving() as server:
        connections = [server.connect() for _ in range(CONNECTIONS)]
        play(connections, 10)
        settled, quiet = sleeps(server.process.pid), 0
        # Go's monitor thread takes some milliseconds to see that there is nothing to watch.
        deadline = time.monotonic() + TIME_LIMIT
        while quiet == 0 and time.monotonic() < deadline:
            time.sleep(1)  # what is counted is a second without work
            now = sleeps(server.process.pid)
            quiet, settled = now == settled, now
        assert quiet
        play(connections, 1)


def test_a_message_now_and_then_wakes_the_thread_of_the_loop_alone() -> None:
    """Go's monitor thread must neither be woken by each step nor look every 10 ms by itself: it
    comes seldom (libloop/cshim/monitor.c). Woken by steps it comes three times for a message."""
    messages = 300
    with serving() as server:
        connection = server.connect()
        play([connection], 10)
        before = sleeps(server.process.pid)
        for _ in range(messages):
            play([connection], 1)
            time.sleep(0.003)  # the distance of the messages is what this is about
        after = sleeps(server.process.pid)
    woken = {name: count - before.get(name, 0) for name, count in after.items()}
    others = sum(woken.values()) - woken[str(server.process.pid)]
    assert woken[str(server.process.pid)] >= messages
    assert others < messages / 10, woken
