# SPDX-License-Identifier: MIT
"""Files that are sent over streams."""

import errno
import os
import pathlib
import socket
from typing import Any

import pytest

import libloop
from libloop import Loop, Stream, StreamWrite

from .support import refused_port
from .test_net import in_thread, pair, receive_all, tcp_pair

BIG = bytes(range(256)) * 12_288  # 3 MiB


def file_of(folder: pathlib.Path, content: bytes) -> pathlib.Path:
    path = folder / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("make", [pair, tcp_pair])
def test_a_file_is_sent_between_what_was_written(
    loop: Loop, tmp_path: pathlib.Path, make: Any
) -> None:
    said: list[Any] = []
    stream, peer = make(loop)
    thread, got = in_thread(lambda: receive_all(peer))
    stream.send(b"head ")
    with file_of(tmp_path, BIG).open("rb") as file:
        write = stream.send_file(
            file, lambda *told: said.append(told), on_final=lambda error: said.append("final")
        )
        assert file.tell() == 0
    stream.write(b" tail", lambda *told: said.append(told))  # the file is closed, and yet sent
    stream.close()
    loop.run()
    thread.join()
    peer.close()
    assert isinstance(write, StreamWrite) and write.sent == len(BIG) and write.error is None
    assert said == [(None, len(BIG)), "final", (None, 5)]
    assert got == [b"head " + BIG + b" tail"]


@pytest.mark.parametrize(
    ("offset", "count", "sent"),
    [
        (0, None, b"0123456789"),
        (4, None, b"456789"),
        (4, 3, b"456"),
        (4, 100, b"456789"),  # the file ends before
        (10, None, b""),
        (50, None, b""),
        (50, 5, b""),
        (3, 0, b""),
    ],
)
def test_a_part_of_a_file_is_sent(
    loop: Loop, tmp_path: pathlib.Path, offset: int, count: int | None, sent: bytes
) -> None:
    said: list[Any] = []
    stream, peer = pair(loop)
    with file_of(tmp_path, b"0123456789").open("rb") as file:
        stream.send_file(file, lambda *told: said.append(told), offset=offset, count=count)
    stream.close()
    loop.run()
    assert said == [(None, len(sent))] and receive_all(peer) == sent
    peer.close()


def test_a_cancel_and_a_deadline_end_a_file_that_nobody_reads(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    path = file_of(tmp_path, BIG)
    for timeout_ms, error in ((None, libloop.CanceledError), (5, libloop.TimedOutError)):
        said: list[Any] = []
        stream, peer = pair(loop)
        with path.open("rb") as file:
            write = stream.send_file(
                file, lambda *told, to=said: to.append(told), timeout_ms=timeout_ms
            )
        assert stream.queued == len(BIG) or 0 < stream.queued < len(BIG)
        if timeout_ms is None:
            write.cancel()
        while not said:
            loop.run_once()
        assert type(said[0][0]) is error and 0 <= said[0][1] < len(BIG)
        assert type(write.error) is error
        stream.clear()
        loop.run()
        peer.close()


def test_an_error_of_the_file_leaves_the_stream_as_it_was(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    said: list[Any] = []
    stream, peer = pair(loop)
    folder = os.open(tmp_path, os.O_RDONLY)
    read_end, write_end = os.pipe()
    written = os.open(tmp_path / "written", os.O_WRONLY | os.O_CREAT)
    gone = os.dup(0)
    os.close(gone)
    for fd in (folder, read_end, written, gone):
        stream.send_file(fd, lambda error, sent: said.append((error.errno, sent)), count=9)  # type: ignore[union-attr]
        stream.send_file(fd, lambda error, sent: said.append((error.errno, sent)))  # type: ignore[union-attr]
    stream.send(b"goes on")
    stream.close()
    loop.run()
    for fd in (folder, read_end, write_end, written):
        os.close(fd)
    expected = [errno.EISDIR, errno.ESPIPE, errno.EBADF, errno.EBADF]
    assert said == [(number, 0) for number in expected for _ in range(2)]
    assert receive_all(peer) == b"goes on"
    peer.close()


def test_without_a_callback_the_error_of_a_file_leaves_run(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    stream, peer = pair(loop)
    folder = os.open(tmp_path, os.O_RDONLY)
    stream.send_file(folder)
    os.close(folder)
    with pytest.raises(libloop.IsDirectoryError):
        loop.run()
    stream.clear()
    peer.close()


def test_bad_arguments_of_a_file_are_refused_by_name(loop: Loop, tmp_path: pathlib.Path) -> None:
    stream, peer = pair(loop)
    with file_of(tmp_path, b"x").open("rb") as file:
        bad: list[dict[str, Any]] = [
            {"offset": -1},
            {"offset": 1 << 63},
            {"offset": 0.5},
            {"count": -1},
            {"count": 1 << 63},
            {"count": "1"},
            {"offset": (1 << 63) - 1, "count": 1},
        ]
        for options in bad:
            with pytest.raises(libloop.InvalidError):
                stream.send_file(file, **options)
        with pytest.raises(libloop.InvalidError):
            stream.send_file(-1)
        stream.end()
        with pytest.raises(libloop.PipeClosedError):
            stream.send_file(file)
        stream.clear()
        with pytest.raises(libloop.BadIdError):
            stream.send_file(file)
    peer.close()


def closed_with_linger(loop: Loop, value: int) -> bytes:
    """What the peer of a stream gets that is closed when it has `linger`."""
    stream, peer = tcp_pair(loop)
    stream.set_option("linger", value)
    assert stream.get_option("linger") == value
    stream.write(b"bye", lambda *told: stream.close())
    loop.run()
    with peer:
        return receive_all(peer)


def test_lingering_is_off_or_a_reset(loop: Loop) -> None:
    assert closed_with_linger(loop, -1) == b"bye"
    with pytest.raises(ConnectionResetError):
        closed_with_linger(loop, 0)


def test_lingering_takes_no_seconds_and_no_unix_socket(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    assert stream.get_option("linger") == -1
    bad: list[Any] = [-2, 1, 5, 0.0, None]
    for value in bad:
        with pytest.raises(libloop.InvalidError):
            stream.set_option("linger", value)
    stream.set_option("linger", 0)
    stream.set_option("linger", -1)
    unix, other = pair(loop)
    with pytest.raises(libloop.NotSupportedError):
        unix.set_option("linger", 0)
    with pytest.raises(libloop.NotSupportedError):
        unix.get_option("linger")
    stream.clear()
    unix.clear()
    peer.close()
    other.close()


def test_a_file_on_a_connection_that_does_not_come_about_is_told(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    said: list[Any] = []

    def opened(error: Any, stream: Stream | None) -> None:
        said.append(type(error))

    stream = loop.net.connect("127.0.0.1", refused_port(), opened)
    with file_of(tmp_path, b"x").open("rb") as file:
        stream.send_file(file, lambda error, sent: said.append((type(error), sent)))
    loop.run()
    assert said == [(libloop.CanceledError, 0), libloop.RefusedError]


def test_the_peer_that_has_gone_ends_a_file_and_the_stream(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    said: list[Any] = []
    stream, peer = pair(loop)
    with file_of(tmp_path, BIG).open("rb") as file:
        stream.send_file(file, lambda error, sent: said.append((type(error), sent < len(BIG))))
    stream.on_close = lambda error: said.append(type(error))
    loop.run("nowait")
    peer.shutdown(socket.SHUT_RDWR)
    peer.close()
    loop.run()
    assert said == [(libloop.PipeClosedError, True), libloop.PipeClosedError]
