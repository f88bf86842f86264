# SPDX-License-Identifier: MIT
"""Descriptors over Unix streams, who is at their other ends, files that are sent, and resets."""

import contextlib
import errno
import os
import pathlib
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest

import libloop
from libloop import Loop, Stream

PATTERN = bytes(i * 7 % 251 for i in range(300_000))


def pair(loop: Loop, **options: Any) -> tuple[Stream, Stream]:
    """Two ends of a Unix stream; the second takes descriptors."""
    loop.run()  # it has its own descriptors from now on
    near, far = loop.net.socketpair()
    return loop.net.adopt(near), loop.net.adopt(far, fds=True, **options)


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))


@contextlib.contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


def test_a_descriptor_comes_before_the_byte_it_was_sent_with(loop: Loop) -> None:
    said: list[Any] = []
    near, far = pair(loop)

    def took(error: libloop.LoopError | None, fd: int) -> None:
        said.append((error, os.read(fd, 9), os.get_inheritable(fd)))
        os.close(fd)

    def got(data: bytes) -> None:
        said.append(data)
        near.close()

    far.on_fd = took
    far.start(got)
    read_end, write_end = os.pipe()
    os.write(write_end, b"behind it")
    near.send_fd(read_end, b"with it")
    os.close(read_end)  # it was duplicated
    loop.run()
    os.close(write_end)
    assert said == [(None, b"behind it", False), b"with it"]


def test_descriptors_and_bytes_keep_their_order(loop: Loop) -> None:
    said: list[Any] = []
    near, far = pair(loop)

    def took(error: libloop.LoopError | None, fd: int) -> None:
        said.append(os.read(fd, 1))
        os.close(fd)

    far.on_fd = took
    total = bytearray()
    far.start(total.extend, on_close=said.append)
    with contextlib.ExitStack() as stack:
        for i in range(20):
            read_end, write_end = stack.enter_context(pipe())
            os.write(write_end, bytes([i]))
            near.send(b"a")
            near.send_fd(read_end, b"b")
        near.close()
        loop.run()
    assert said == [bytes([i]) for i in range(20)] + [None]
    assert total == b"ab" * 20


def test_what_comes_can_be_adopted(loop: Loop) -> None:
    """A connection is handed to who serves it."""
    said: list[Any] = []
    near, far = pair(loop)

    def took(error: libloop.LoopError | None, fd: int) -> None:
        guest = loop.net.adopt(fd)
        guest.start(lambda data: guest.send(data.upper()))

    far.on_fd = took
    far.start(lambda data: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        near.send_fd(theirs, b"!")
        theirs.close()
        near.close()
        client = loop.net.adopt(ours)
        client.send(b"served")
        client.read_exact(6, lambda error, data: (said.append(data), client.close()))  # type: ignore[func-returns-value]
        loop.run()
    assert said == [b"SERVED"]


def test_descriptors_that_nobody_takes_are_closed(loop: Loop) -> None:
    near, far = pair(loop)
    got = bytearray()
    far.start(got.extend)
    before = open_fds()
    with pipe() as (read_end, _):
        for _ in range(10):
            near.send_fd(read_end, b"x")
        near.write(b"end", lambda *told: near.close())
        loop.run()
    assert got == b"x" * 10 + b"end"
    assert open_fds() <= before


def test_without_fds_only_the_bytes_come(loop: Loop) -> None:
    said: list[Any] = []
    near, far = map(loop.net.adopt, loop.net.socketpair())
    far.on_fd = lambda error, fd: said.append(fd)
    far.start(said.append)
    before = open_fds()
    with pipe() as (read_end, _):
        near.send_fd(read_end, b"bytes")
        near.close()
        loop.run()
    assert said == [b"bytes"]
    assert open_fds() <= before


def test_what_a_cleared_stream_had_in_the_batch_is_closed(loop: Loop) -> None:
    said: list[int] = []
    near, far = pair(loop)
    before = open_fds()

    def took(error: libloop.LoopError | None, fd: int) -> None:
        said.append(fd)
        os.close(fd)
        far.clear()
        near.clear()

    far.on_fd = took
    far.start(lambda data: None)
    with pipe() as (read_end, _):
        for _ in range(10):
            near.send_fd(read_end, b"x")
        loop.run()
    assert len(said) == 1
    assert open_fds() <= before


def test_what_a_closed_loop_had_in_the_batch_is_closed() -> None:
    before = open_fds()
    said: list[int] = []
    with libloop.Loop() as loop:
        near, far = pair(loop)

        def took(error: libloop.LoopError | None, fd: int) -> None:
            said.append(fd)
            os.close(fd)
            raise ZeroDivisionError

        far.on_fd = took
        far.start(lambda data: None)
        with pipe() as (read_end, _):
            for _ in range(10):
                near.send_fd(read_end, b"x")
            with pytest.raises(ZeroDivisionError):
                loop.run()
            far.on_fd = None
    assert len(said) == 1
    assert open_fds() == before


def test_descriptors_without_room_are_told_as_emfile(loop: Loop) -> None:
    said: list[Any] = []
    near, far = pair(loop)

    def took(error: libloop.LoopError | None, fd: int) -> None:
        said.append(error.errno if error else fd)  # type: ignore[attr-defined]

    far.on_fd = took
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    def sent(*_: object) -> None:
        """The descriptor is on its way, and nothing else of the library is open."""
        spare = os.dup(0)
        os.close(spare)
        resource.setrlimit(resource.RLIMIT_NOFILE, (spare, hard))
        far.start(arrived)

    def arrived(data: bytes) -> None:
        got.extend(data)
        if len(got) == 2:
            near.close()

    got = bytearray()
    with pipe() as (read_end, _):
        near.send_fd(read_end, b"x")
        near.write(b"y", sent)
        try:
            loop.run()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert said == [errno.EMFILE] and got == b"xy"


def test_only_open_descriptors_go_and_only_over_unix_streams(loop: Loop) -> None:
    near, far = pair(loop)
    read_end, write_end = loop.net.pipe()
    plain = loop.net.adopt(write_end)
    with pytest.raises(libloop.LoopError) as bad:
        near.send_fd(1 << 20, b"x")
    assert bad.value.errno == errno.EBADF  # type: ignore[attr-defined]
    with pytest.raises(libloop.NotSupportedError):
        plain.send_fd(0, b"x")
    for fd, data in ((-1, b"x"), (0, b""), (0, "text")):
        with pytest.raises(libloop.InvalidError):
            near.send_fd(fd, data)  # type: ignore[arg-type]
    near.close()
    with pytest.raises(libloop.PipeClosedError):
        near.send_fd(0, b"x")
    for stream in (near, far, plain):
        stream.clear()
    with pytest.raises(libloop.BadIdError):
        near.send_fd(0, b"x")
    loop.run()
    os.close(read_end)


def test_a_listener_gives_its_streams_the_option(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []

    def accepted(stream: Stream) -> None:
        def took(error: libloop.LoopError | None, fd: int) -> None:
            said.append(os.get_inheritable(fd))
            os.close(fd)
            stream.close()
            listener.close()

        stream.on_fd = took
        stream.start(lambda data: None)

    listener = loop.net.listen_unix(str(tmp_path / "socket"), accepted, fds=True)
    client = loop.net.connect_unix(str(tmp_path / "socket"))
    client.start(lambda data: None)
    client.send_fd(0, b"x")  # it goes when the connection is open
    loop.run()
    assert said == [False]


# ---- Credentials ---------------------------------------------------------------------------------


def test_the_peer_of_a_unix_stream_is_known(loop: Loop) -> None:
    near, far = pair(loop)
    assert near.peer_credentials == (os.getpid(), os.geteuid(), os.getegid())
    assert near.peer_credentials.pid == os.getpid()
    read_end, write_end = loop.net.pipe()
    plain = loop.net.adopt(write_end)
    with pytest.raises(libloop.NotSupportedError):
        _ = plain.peer_credentials
    for stream in (near, far, plain):
        stream.clear()
    with pytest.raises(libloop.BadIdError):
        _ = near.peer_credentials
    os.close(read_end)


# ---- Files ---------------------------------------------------------------------------------------


def test_a_file_goes_between_what_is_sent_before_and_after(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    said: list[Any] = []
    near, far = pair(loop)
    got = bytearray()
    path = tmp_path / "file"
    path.write_bytes(PATTERN)
    far.start(got.extend)
    with path.open("rb") as file:
        near.send(b"<head>")
        near.send_file(file, lambda *told: said.append(told))
        near.send(b"<middle>")
        near.send_file(file.fileno(), lambda *told: said.append(told), offset=1000, count=5)
        near.send(b"<tail>")
    near.close()
    loop.run()
    assert said == [(None, len(PATTERN)), (None, 5)]
    assert got == b"<head>" + PATTERN + b"<middle>" + PATTERN[1000:1005] + b"<tail>"


def test_a_file_that_ends_early_is_no_error(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    near, far = pair(loop)
    got = bytearray()
    far.start(got.extend)
    (tmp_path / "file").write_bytes(b"short")
    with (tmp_path / "file").open("rb") as file:
        near.send_file(file, lambda *told: said.append(told), count=1000)
        near.send_file(file, lambda *told: said.append(told), offset=50)
    near.close()
    loop.run()
    assert said == [(None, 5), (None, 0)] and got == b"short"


def test_what_is_no_file_is_refused_by_the_final_event(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    near, far = pair(loop)
    far.start(said.append)

    def told(error: Any, sent: int) -> None:
        said.append((error.errno, sent))

    folder = os.open(tmp_path, os.O_RDONLY)
    with pipe() as (read_end, _):
        near.send_file(1 << 20, told, count=1)
        near.send_file(folder, told, count=1)
        near.send_file(read_end, told, count=1)
        near.send(b"goes on")
        near.close()
        loop.run()
    os.close(folder)
    assert said[:3] == [(errno.EBADF, 0), (errno.EISDIR, 0), (errno.ESPIPE, 0)]
    assert said[3] == b"goes on"


def test_a_file_without_a_callback_raises_what_went_wrong(loop: Loop) -> None:
    near, far = pair(loop)
    far.start(lambda data: None)
    near.send_file(1 << 20, count=1)
    with pytest.raises(libloop.LoopError, match="send_file"):
        loop.run()
    near.close()
    loop.run()


def test_numbers_out_of_range_are_refused(loop: Loop, tmp_path: pathlib.Path) -> None:
    near, far = pair(loop)
    for offset, count in ((-1, 0), (0, -1), (1 << 63, 0), (2, (1 << 63) - 2)):
        with pytest.raises(libloop.InvalidError):
            near.send_file(0, offset=offset, count=count)
    near.clear()
    far.clear()


def test_a_cancelled_file_that_never_began_leaves_the_rest_whole(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    said: list[Any] = []
    near, far = pair(loop)
    got = bytearray()
    (tmp_path / "file").write_bytes(PATTERN)
    with (tmp_path / "file").open("rb") as file:
        near.send(PATTERN * 4)  # more than the system takes
        sending = near.send_file(file, lambda *told: said.append(told))
        near.send(b"tail")
        loop._flush()
        sending.cancel()
    far.start(got.extend)
    near.close()
    loop.run()
    assert len(said) == 1 and isinstance(said[0][0], libloop.CanceledError) and said[0][1] == 0
    assert got == PATTERN * 4 + b"tail"


# ---- Resets --------------------------------------------------------------------------------------


def test_linger_0_makes_every_close_a_reset(loop: Loop) -> None:
    said: list[Any] = []
    streams: list[Stream] = []

    def accepted(stream: Stream) -> None:
        assert stream.get_option("linger") == -1
        stream.set_option("linger", 0)
        assert stream.get_option("linger") == 0
        for bad in (1, -2):
            with pytest.raises(libloop.InvalidError):
                stream.set_option("linger", bad)
        streams.append(stream)
        stream.clear()
        listener.close()

    listener = loop.net.listen("127.0.0.1", 0, accepted)
    client = loop.net.connect("127.0.0.1", listener.address.port)
    client.start(lambda data: None, on_close=said.append)
    loop.run()
    assert len(said) == 1 and said[0].errno == errno.ECONNRESET


def test_linger_is_for_tcp(loop: Loop) -> None:
    near, far = pair(loop)
    with pytest.raises(libloop.NotSupportedError):
        near.set_option("linger", 0)
    near.clear()
    far.clear()
