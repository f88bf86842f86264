# SPDX-License-Identifier: MIT
"""Readiness of descriptors."""

import os
import socket
import tempfile
from collections.abc import Iterator

import pytest

from libloop import (
    HANGUP,
    READABLE,
    WRITABLE,
    BadIdError,
    CanceledError,
    InvalidError,
    Loop,
    LoopError,
    NotSupportedError,
    TimedOutError,
)

Got = list[tuple[LoopError | None, int]]


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


def test_level_reports_in_every_pass_while_ready(loop: Loop, pair: Pair) -> None:
    ours, theirs = pair
    got: list[bytes] = []

    def readable(error: LoopError | None, ready: int) -> None:
        assert error is None and ready == READABLE
        got.append(ours.recv(1))
        if len(got) == 3:
            poll.clear()

    poll = loop.poll_fd(ours, READABLE, readable)
    theirs.send(b"abc")
    loop.run()
    assert got == [b"a", b"b", b"c"]


def test_oneshot_ends_with_its_event(loop: Loop, pair: Pair) -> None:
    ours, theirs = pair
    got: Got = []
    final: list[object] = []
    theirs.send(b"abc")
    poll = loop.poll_fd(
        ours.fileno(),
        READABLE,
        lambda *args: got.append(args),
        mode="oneshot",
        on_final=final.append,
    )
    loop.run()
    assert got == [(None, READABLE)]
    assert final == [None]
    assert not poll.active


def test_edge_reports_what_is_new(pair: Pair) -> None:
    ours, theirs = pair
    with Loop(backend="epoll") as loop:
        got: Got = []
        theirs.send(b"a")
        poll = loop.poll_fd(ours, READABLE, lambda *args: got.append(args), mode="edge")
        loop.run(max_ms=5)
        assert got == [(None, READABLE)]
        theirs.send(b"b")
        loop.run(max_ms=5)
        assert got == [(None, READABLE)] * 2
        poll.clear()


def test_edge_is_not_supported_by_the_poll_backend(pair: Pair) -> None:
    with Loop(backend="poll") as loop:
        got: Got = []
        loop.poll_fd(pair[0], READABLE, lambda *args: got.append(args), mode="edge")
        loop.run()
        assert [type(error) for error, _ in got] == [NotSupportedError]


def test_modify_changes_the_interest(loop: Loop, pair: Pair) -> None:
    got: list[int] = []

    def ready(error: LoopError | None, what: int) -> None:
        got.append(what)
        if what == WRITABLE:
            poll.modify(READABLE)
            pair[1].send(b"x")
        else:
            poll.clear()

    poll = loop.poll_fd(pair[0], WRITABLE, ready)
    loop.run()
    assert got == [WRITABLE, READABLE]
    with pytest.raises(BadIdError):
        poll.modify(READABLE)


def test_hangup_is_reported_unasked(loop: Loop, pair: Pair) -> None:
    got: list[int] = []

    def ready(error: LoopError | None, what: int) -> None:
        got.append(what)
        poll.clear()

    poll = loop.poll_fd(pair[0], READABLE, ready)
    pair[1].close()
    loop.run()
    assert len(got) == 1 and got[0] & HANGUP


def test_what_the_system_says_comes_as_an_error(loop: Loop, pair: Pair) -> None:
    errors: list[str] = []

    def note(error: LoopError | None, ready: int) -> None:
        assert error is not None and ready == 0
        errors.append(error.name)

    with tempfile.TemporaryFile() as file:
        loop.poll_fd(file, READABLE, note)
        loop.run()
    loop.poll_fd(1_000_000, READABLE, note)
    first = loop.poll_fd(pair[0], READABLE, note)
    loop.poll_fd(pair[0], READABLE, note)
    first.unref()
    loop.run()
    assert errors == ["LOOP_EPERM", "LOOP_EBADF", "LOOP_EEXIST"]
    first.clear()


def test_bad_arguments_are_refused_at_the_call(loop: Loop, pair: Pair) -> None:
    for fd, interest, mode in (
        (-1, READABLE, "level"),
        (1 << 31, READABLE, "level"),
        (pair[0], 0, "level"),
        (pair[0], 16, "level"),
        (pair[0], READABLE, "both"),
    ):
        with pytest.raises(InvalidError):
            loop.poll_fd(fd, interest, print, mode=mode)  # type: ignore[arg-type]
    poll = loop.poll_fd(pair[0], READABLE, print)
    with pytest.raises(InvalidError):
        poll.modify(0)
    poll.clear()
    assert loop.alive == 0


def test_cancel_and_deadline_end_a_descriptor(loop: Loop, pair: Pair) -> None:
    got: list[type] = []

    def ready(error: LoopError | None, what: int) -> None:
        got.append(type(error))

    loop.poll_fd(pair[0], READABLE, ready).cancel()
    loop.run()
    loop.poll_fd(pair[0], READABLE, ready, timeout_ms=5)
    loop.run()
    assert got == [CanceledError, TimedOutError]


def test_cleared_descriptor_can_be_closed_and_used_again(loop: Loop) -> None:
    got: list[int] = []
    for number in range(3):
        reader, writer = os.pipe()
        os.write(writer, b"x")

        poll = loop.poll_fd(reader, READABLE, lambda error, ready: loop.stop())
        loop.run()
        poll.clear()
        loop.run()
        got.append(number)
        os.close(reader)
        os.close(writer)
    assert got == [0, 1, 2]
