# SPDX-License-Identifier: MIT
"""Descriptors that come to protocols, and to loops that are lost."""

import array
import gc
import os
import pathlib
import socket
import warnings
from typing import Any

import pytest

import libloop
from libloop import Loop, Stream
from libloop._cdef import LOOP_EV_FD
from libloop._events import FLAGS


def is_broken(write_end: int) -> bool:
    """Nobody can read it any more. Closes it."""
    try:
        os.write(write_end, b"x")
    except BrokenPipeError:
        return True
    finally:
        os.close(write_end)
    return False


class Taker(libloop.BaseProtocol):
    """Says what came, and what the descriptor has."""

    said: list[Any]

    def fd_received(self, error: libloop.LoopError | None, fd: int) -> object:
        self.said.append((error, os.read(fd, 9)))
        os.close(fd)
        return None

    def data_received(self, data: bytes) -> object:
        self.said.append(data)
        return None


class Idle(libloop.BaseProtocol):
    """Does nothing about descriptors."""

    said: list[Any]

    def data_received(self, data: bytes) -> object:
        self.said.append(data)
        return None


class Plain:
    """As a protocol of asyncio: it knows nothing of descriptors."""

    said: list[Any]

    def connection_made(self, stream: Stream) -> object:
        return None

    def data_received(self, data: bytes) -> object:
        self.said.append(data)
        return None

    def eof_received(self) -> object:
        return None

    def pause_writing(self) -> object:
        return None

    def resume_writing(self) -> object:
        return None

    def connection_lost(self, error: libloop.LoopError | None) -> object:
        return None


@pytest.mark.parametrize("kind", [Taker, Idle, Plain])
def test_a_protocol_is_given_descriptors_or_they_are_closed(
    loop: Loop, tmp_path: pathlib.Path, kind: type[Taker | Idle | Plain]
) -> None:
    said: list[Any] = []

    def factory() -> Taker | Idle | Plain:
        made = kind()
        made.said = said
        return made

    server = loop.net.serve_unix(tmp_path / "s", factory, fds=True)
    client = loop.net.connect_unix(tmp_path / "s", lambda *told: loop.stop())
    loop.run()
    read_end, write_end = os.pipe()
    os.write(write_end, b"content")
    client.send_fd(read_end, b"data")
    os.close(read_end)
    client.close()
    server.close()
    loop.run()
    assert is_broken(write_end)
    assert said == ([(None, b"content")] if kind is Taker else []) + [b"data"]


def lose_with_one_in_the_batch() -> list[int]:
    """Loses a loop that was stopped while a descriptor waited in its batch."""
    loop = Loop()
    ours, theirs = loop.net.socketpair()
    receiver = loop.net.adopt(theirs, fds=True)

    def first(error: libloop.LoopError | None, fd: int) -> None:
        os.close(fd)
        loop.stop()

    receiver.on_fd = first
    receiver.start(lambda data: None)
    ends = [os.pipe() for _ in range(2)]
    with socket.socket(fileno=ours) as peer:
        numbers = array.array("i", [read_end for read_end, _ in ends])
        peer.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
        for read_end, _ in ends:
            os.close(read_end)
        loop.run()
    assert any(event[3] & LOOP_EV_FD << FLAGS for event in loop._events)
    return [write_end for _, write_end in ends]


def test_a_lost_loop_closes_what_waits_in_the_batch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        write_ends = lose_with_one_in_the_batch()
        gc.collect()
    broken = [is_broken(write_end) for write_end in write_ends]
    assert broken == [True, True]
