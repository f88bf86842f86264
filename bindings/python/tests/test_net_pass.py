# SPDX-License-Identifier: MIT
"""Descriptors over Unix streams, and who is at the other end."""

import array
import errno
import gc
import os
import pathlib
import resource
import socket
import warnings
from collections.abc import Callable
from typing import Any

import pytest

import libloop
from libloop import Loop, ReceivedFd, Stream

from .conftest import descriptors


def pair(loop: Loop, **options: Any) -> tuple[Stream, Stream]:
    """Two streams of one loop; the second takes descriptors."""
    ours, theirs = loop.net.socketpair()
    return loop.net.adopt(ours), loop.net.adopt(theirs, fds=True, **options)


def send_pipe(stream: Stream, data: bytes = b"x") -> int:
    """Sends the end of a pipe that is read, and gives the other one, which is the test's."""
    read_end, write_end = os.pipe()
    stream.send_fd(read_end, data)
    os.close(read_end)
    return write_end


def is_broken(write_end: int) -> bool:
    """Nobody can read it any more. Closes it."""
    try:
        os.write(write_end, b"x")
    except BrokenPipeError:
        return True
    finally:
        os.close(write_end)
    return False


def are_broken(write_ends: list[int]) -> bool:
    """None of them can be read any more. Closes them."""
    broken = [is_broken(end) for end in write_ends]
    return all(broken)


def clear(*streams: Stream) -> None:
    for stream in streams:
        stream.clear()


def test_a_descriptor_comes_before_its_data_and_is_taken(loop: Loop) -> None:
    said: list[Any] = []
    sender, receiver = pair(loop)

    def taken(fd: ReceivedFd) -> None:
        number = fd.fileno()
        assert not os.get_inheritable(number)
        assert fd.detach() == number and fd.fileno() == -1
        said.append("fd")
        pipe = loop.net.adopt(number)
        pipe.start(lambda data: said.append(data), on_close=said.append)

    def heard(data: bytes) -> None:
        said.append(data)
        clear(sender, receiver)
        os.write(write_end, b"through")
        os.close(write_end)

    receiver.start(heard, on_fd=taken)
    write_end = send_pipe(sender, b"a pipe")
    loop.run()
    assert said == ["fd", b"a pipe", b"through", None]


def test_descriptors_keep_the_order_of_all_that_is_sent(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    sender, receiver = pair(loop)
    got = bytearray()
    receiver.start(got.extend, on_fd=lambda fd: said.append(os.pread(fd.fileno(), 9, 0)))
    receiver.on_end = lambda: said.append("end")
    sender.send(b"before ")
    for number in range(5):
        with (tmp_path / f"{number}").open("w+b") as file:
            file.write(b"file %d" % number)
            file.flush()
            sender.send_fd(file, b"%d " % number)
    sender.send(b"after")
    sender.close()
    loop.run()
    assert said == [b"file %d" % number for number in range(5)] + ["end"]
    assert got == b"before 0 1 2 3 4 after"


def test_a_descriptor_that_nobody_takes_is_closed(loop: Loop) -> None:
    sender, receiver = pair(loop)
    loop.run("nowait")  # what the loop opens for itself is open now
    kept: list[ReceivedFd] = []
    for on_fd in (None, kept.append):
        before = descriptors()
        write_end = send_pipe(sender)
        receiver.read_exact(1, lambda *told: loop.stop())
        receiver.on_fd = on_fd
        loop.run()
        assert is_broken(write_end) and descriptors() == before
    assert [fd.fileno() for fd in kept] == [-1]
    with pytest.raises(libloop.InvalidError):
        kept[0].detach()
    kept[0].close()
    clear(sender, receiver)


def test_a_callback_that_raises_leaves_no_descriptor(loop: Loop) -> None:
    said: list[bytes] = []
    sender, receiver = pair(loop)

    def raising(fd: ReceivedFd) -> None:
        raise ZeroDivisionError

    receiver.start(said.append, on_fd=raising)
    write_end = send_pipe(sender)
    with pytest.raises(ZeroDivisionError):
        loop.run()
    assert is_broken(write_end)
    sender.close()
    loop.run()
    assert said == [b"x"]


def test_a_descriptor_closed_by_its_callback_is_not_closed_again(loop: Loop) -> None:
    sender, receiver = pair(loop)
    again: list[int] = []

    def closing(fd: ReceivedFd) -> None:
        number = fd.fileno()
        fd.close()
        again.append(os.dup(0))  # takes the number that is free
        assert again == [number]

    receiver.start(lambda data: clear(sender, receiver), on_fd=closing)
    write_end = send_pipe(sender)
    loop.run()
    assert is_broken(write_end)
    os.close(again[0])


def test_a_clear_in_the_batch_closes_what_waits_there(loop: Loop) -> None:
    sender, receiver = pair(loop)
    said: list[ReceivedFd] = []

    def first(fd: ReceivedFd) -> None:
        said.append(fd)
        clear(sender, receiver)

    receiver.start(lambda data: None, on_fd=first)
    write_ends = [send_pipe(sender) for _ in range(3)]
    loop.run()
    assert len(said) == 1 and are_broken(write_ends)


def two_in_a_batch(loop: Loop) -> tuple[Callable[[], object], list[int]]:
    """A run whose first callback stops it when a second descriptor waits in the same batch."""
    sender, receiver = pair(loop)
    receiver.start(lambda data: None, on_fd=lambda fd: loop.stop())
    peer = socket.socket(fileno=os.dup(sender.fileno()))
    ends = [os.pipe() for _ in range(2)]
    numbers = array.array("i", [read_end for read_end, _ in ends])
    peer.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
    peer.close()
    for read_end, _ in ends:
        os.close(read_end)
    loop.run()
    return (lambda: sender), [write_end for _, write_end in ends]


def test_closing_the_loop_closes_what_waits_in_the_batch() -> None:
    before = descriptors()
    loop = Loop()
    _, write_ends = two_in_a_batch(loop)
    assert any(event[5] & 0x200 for event in loop._events)  # LOOP_EV_FD: the test is what it says
    loop.close()
    assert are_broken(write_ends)
    assert descriptors() == before


def test_a_lost_loop_closes_what_waits_in_the_batch() -> None:
    loop = Loop()
    _, write_ends = two_in_a_batch(loop)
    assert any(event[5] & 0x200 for event in loop._events)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del loop, _
        gc.collect()
    assert are_broken(write_ends)


def test_a_stream_without_fds_gets_the_bytes_alone(loop: Loop) -> None:
    said: list[Any] = []
    ours, theirs = loop.net.socketpair()
    sender, receiver = loop.net.adopt(ours), loop.net.adopt(theirs)
    receiver.start(said.append, on_fd=said.append)
    write_end = send_pipe(sender)
    sender.close()
    loop.run()
    assert said == [b"x"] and is_broken(write_end)


def test_a_listener_with_fds_gives_them_to_its_streams(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []

    class Receiver(libloop.BaseProtocol):
        def fd_received(self, fd: ReceivedFd) -> object:
            said.append(os.read(fd.fileno(), 9))
            return None

        def data_received(self, data: bytes) -> object:
            said.append(data)
            return None

    class Plain:
        """As a protocol of asyncio: it knows nothing of descriptors."""

        def __init__(self) -> None:
            self.eof_received = self.pause_writing = self.resume_writing = lambda: None

        def connection_made(self, stream: Stream) -> object:
            return None

        def data_received(self, data: bytes) -> object:
            said.append(data)
            return None

        def connection_lost(self, error: libloop.LoopError | None) -> object:
            said.append(error)
            return None

    for factory in (Receiver, Plain):
        path = tmp_path / factory.__name__
        server = loop.net.serve_unix(path, factory, fds=True)
        client = loop.net.connect_unix(path, lambda *told: loop.stop(), fds=True)
        loop.run()
        read_end, write_end = os.pipe()
        os.write(write_end, b"content")
        client.send_fd(read_end, b"data")
        os.close(read_end)
        client.close()
        server.close()
        loop.run()
        assert is_broken(write_end)
    assert said == [b"content", b"data", b"data", None]


def test_a_process_without_room_is_told_and_the_stream_goes_on(loop: Loop) -> None:
    said: list[Any] = []
    sender, receiver = pair(loop)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def survived(error: Any) -> None:
        said.append((type(error), error.errno))

    def heard(data: bytes) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        said.append(data)
        sender.close()

    receiver.on_error = survived
    receiver.start(heard, on_fd=said.append)
    loop.run("nowait")
    write_end = send_pipe(sender)
    highest = max(int(name) for name in descriptors())
    free = set(range(highest + 1)) - {int(name) for name in descriptors()}
    fill = [os.dup(0) for _ in free]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(highest, *fill, 0) + 1, hard))
        loop.run()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for fd in fill:
            os.close(fd)
    assert said == [(libloop.SystemCallError, errno.EMFILE), b"x"]
    assert receiver.error is None and is_broken(write_end)


def test_what_cannot_be_passed_is_refused_by_name(loop: Loop) -> None:
    sender, receiver = pair(loop)
    gone = os.dup(0)
    os.close(gone)
    with pytest.raises(libloop.SystemCallError) as caught:
        sender.send_fd(gone, b"x")
    assert caught.value.errno == errno.EBADF
    bad: list[tuple[Any, Any]] = [(-1, b"x"), (1 << 31, b"x"), (0, b""), (0, "text"), (0, 7)]
    for fd, data in bad:
        with pytest.raises((libloop.InvalidError, TypeError)):
            sender.send_fd(fd, data)
    sender.close()
    with pytest.raises(libloop.PipeClosedError):
        sender.send_fd(0, b"x")
    clear(sender, receiver)
    with pytest.raises(libloop.BadIdError):
        sender.send_fd(0, b"x")
    read_end, write_end = loop.net.pipe()
    writer = loop.net.adopt(write_end)
    with pytest.raises(libloop.NotSupportedError):
        writer.send_fd(0, b"x")
    writer.clear()
    os.close(read_end)


def test_descriptors_are_wanted_of_unix_streams_only(loop: Loop) -> None:
    said: list[Any] = []
    read_end, write_end = os.pipe()
    os.close(write_end)
    loop.net.adopt(read_end, lambda error, stream: said.append(type(error)), fds=True)
    with pytest.raises(libloop.InvalidError):
        loop.net.listen("127.0.0.1", 0, said.append, fds=True)  # type: ignore[call-arg]
        loop.run()
    loop.run()
    assert said == [libloop.NotSupportedError]


def test_the_peer_of_a_unix_stream_is_known(loop: Loop, tmp_path: pathlib.Path) -> None:
    me = (os.getpid(), os.geteuid(), os.getegid())
    said: list[Any] = []

    def accepted(stream: Stream) -> None:
        said.append(stream.peer_credentials)
        stream.clear()

    server = loop.net.listen_unix(tmp_path / "s", accepted)

    def opened(error: Any, stream: Stream | None) -> None:
        assert stream is not None
        said.append(stream.peer_credentials)
        stream.clear()
        server.close()

    loop.net.connect_unix(tmp_path / "s", opened)
    loop.run()
    assert said == [me, me] and said[0].pid == os.getpid()


def test_nobody_is_known_where_there_is_no_unix_peer(loop: Loop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = loop.net.connect("127.0.0.1", server.getsockname()[1], lambda *told: loop.stop())
        loop.run()
        with pytest.raises(libloop.NotSupportedError):
            _ = client.peer_credentials
        client.clear()
        with pytest.raises(libloop.BadIdError):
            _ = client.peer_credentials
