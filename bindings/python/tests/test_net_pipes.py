# SPDX-License-Identifier: MIT
"""Pipes, FIFOs, files and devices as streams, and the standard streams of programs."""

import errno
import os
import pathlib
import socket
import subprocess
import sys
import textwrap
from typing import Any

import pytest

import libloop
from libloop import Loop

from .support import TIMEOUT_S, environment

BIG = bytes(range(256)) * 4096  # 1 MiB


def test_a_pipe_is_two_streams(loop: Loop) -> None:
    said: list[Any] = []
    read_end, write_end = loop.net.pipe()
    assert not os.get_blocking(read_end) and not os.get_inheritable(write_end)
    reader, writer = loop.net.adopt(read_end), loop.net.adopt(write_end)
    assert reader.type == writer.type == "pipe"
    got = bytearray()
    reader.start(got.extend, on_end=lambda: said.append("end"), on_close=said.append)
    for start in range(0, len(BIG), 100_000):
        writer.send(BIG[start : start + 100_000])
    writer.end()
    loop.run()
    assert got == BIG and said == ["end", None]


def test_a_pipe_has_no_address(loop: Loop) -> None:
    said: list[Any] = []
    read_end, write_end = loop.net.pipe()
    loop.net.adopt(read_end, lambda error, stream: said.append(stream.peer_address)).unref()  # type: ignore[union-attr]
    writer = loop.net.adopt(write_end)
    writer.write(b"x", lambda *told: writer.close())
    loop.run()
    assert [str(address) for address in said] == ["unnamed"]


def test_a_read_end_cannot_be_written(loop: Loop) -> None:
    said: list[Any] = []
    read_end, write_end = loop.net.pipe()
    reader, writer = loop.net.adopt(read_end), loop.net.adopt(write_end)

    def refused(error: Any, sent: int) -> None:
        said.append((error.errno, sent))
        writer.clear()
        reader.clear()

    reader.write(b"x", refused)
    loop.run()
    assert said == [(errno.EBADF, 0)]


def test_a_writer_ends_when_the_readers_are_gone(loop: Loop) -> None:
    said: list[Any] = []
    read_end, write_end = loop.net.pipe()
    writer = loop.net.adopt(write_end, callback=None)
    writer.on_close = said.append
    os.close(read_end)
    loop.run()
    assert len(said) == 1 and isinstance(said[0], libloop.PipeClosedError)


def test_keep_leaves_the_descriptor_open_and_blocking(loop: Loop) -> None:
    read_end, write_end = os.pipe()
    reader = loop.net.adopt(read_end, keep=True)
    said: list[Any] = []
    reader.read_exact(4, lambda error, data: (said.append(data), reader.close()))  # type: ignore[func-returns-value]
    os.write(write_end, b"data")
    loop.run()
    assert said == [b"data"]
    assert os.get_blocking(read_end) and os.get_blocking(write_end)
    os.write(write_end, b"more")
    assert os.read(read_end, 10) == b"more"
    os.close(read_end)
    os.close(write_end)


def test_keep_leaves_a_socket_the_programs(loop: Loop) -> None:
    ours, theirs = socket.socketpair()
    stream = loop.net.adopt(ours, keep=True)
    stream.write(b"x", lambda *told: stream.close())
    loop.run()
    assert theirs.recv(1) == b"x" and ours.fileno() >= 0
    ours.close()
    theirs.close()


def test_without_keep_the_descriptor_is_closed(loop: Loop) -> None:
    read_end, write_end = os.pipe()
    loop.net.adopt(read_end).close()
    loop.run()
    with pytest.raises(OSError):
        os.fstat(read_end)
    os.close(write_end)


def test_a_file_is_read_from_its_offset_to_its_end_and_written(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"skip" + BIG)
    fd = os.open(source, os.O_RDONLY)
    os.lseek(fd, 4, os.SEEK_SET)
    reader = loop.net.adopt(fd)
    writer = loop.net.adopt(os.open(target, os.O_WRONLY | os.O_CREAT))
    assert reader.type == writer.type == "file"
    reader.start(writer.send, on_end=writer.close)
    loop.run()
    assert target.read_bytes() == BIG


def test_a_fifo_is_a_pipe(loop: Loop, tmp_path: pathlib.Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    reader = loop.net.adopt(os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK))
    writer = loop.net.adopt(os.open(tmp_path / "fifo", os.O_WRONLY))
    said: list[Any] = []
    reader.start(said.append, on_end=lambda: said.append("end"))
    writer.send(b"data")
    writer.close()
    assert reader.type == "pipe"
    loop.run()
    assert said == [b"data", "end"]


def test_a_device_is_read_and_written(loop: Loop) -> None:
    said: list[Any] = []
    null = loop.net.adopt(os.open("/dev/null", os.O_RDWR))
    zero = loop.net.adopt(os.open("/dev/zero", os.O_RDONLY))
    null.start(said.append, on_end=lambda: said.append("end"))
    zero.read_exact(5, lambda error, data: (said.append(data), zero.close()))  # type: ignore[func-returns-value]
    loop.run()
    assert sorted(said, key=str) == [b"\0" * 5, "end"]


def test_a_socketpair_is_connected(loop: Loop) -> None:
    first, second = (loop.net.adopt(fd) for fd in loop.net.socketpair())
    said: list[Any] = []
    second.read_exact(2, lambda error, data: (said.append(data), first.close(), second.close()))  # type: ignore[func-returns-value]
    first.send(b"ab")
    assert first.type == "unix"
    loop.run()
    assert said == [b"ab"]


def test_what_cannot_be_taken_over_is_an_error(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []

    def told(error: Any, stream: Any) -> None:
        said.append((type(error), stream))

    loop.net.adopt(os.open(tmp_path, os.O_RDONLY), told)
    closed = os.dup(0)
    os.close(closed)
    loop.net.adopt(closed, told)
    loop.run()
    assert said[0] == (libloop.IsDirectoryError, None) and said[1][1] is None
    assert issubclass(said[1][0], OSError)
    with pytest.raises(libloop.InvalidError):
        loop.net.adopt(-1, keep=True)
    with pytest.raises(libloop.InvalidError):
        loop.net.adopt("0", keep=True)  # type: ignore[arg-type]


def test_type_of_what_has_ended_is_an_error(loop: Loop) -> None:
    read_end, write_end = loop.net.pipe()
    os.close(write_end)
    reader = loop.net.adopt(read_end)
    reader.close()
    loop.run()
    with pytest.raises(libloop.BadIdError):
        _ = reader.type
    with pytest.raises(libloop.BadIdError):
        reader.tty_size()


# ---- the standard streams ------------------------------------------------------------------------

CAT = """
import libloop
with libloop.Loop() as loop:
    out = loop.net.stdout()
    out.on_close = lambda error: None
    source = loop.net.stdin()
    err = loop.net.stderr()
    err.send(f"{source.type} {out.type}".encode())
    source.start(out.send, on_close=lambda error: (out.close(), err.close()))
    loop.run()
"""


def cat(stdin: Any, stdout: Any, data: bytes | None = None) -> tuple[str, bytes]:
    """Runs it; returns the types that it told and what its standard output got by a pipe."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CAT)],
        env=environment(),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    ) as child:
        out, err = child.communicate(data, timeout=TIMEOUT_S)
    assert child.returncode == 0, err
    return err.decode(), out or b""


def test_a_program_with_pipes_copies_its_input() -> None:
    told, out = cat(subprocess.PIPE, subprocess.PIPE, BIG)
    assert told == "pipe pipe" and out == BIG


def test_a_program_with_files_copies_its_input(tmp_path: pathlib.Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(BIG)
    with source.open("rb") as stdin, target.open("wb") as stdout:
        told, _ = cat(stdin, stdout)
    assert told == "file file" and target.read_bytes() == BIG


def test_a_program_with_dev_null_ends() -> None:
    told, _ = cat(subprocess.DEVNULL, subprocess.DEVNULL)
    assert told == "file file"


def test_a_programs_pipe_is_left_blocking() -> None:
    read_end, write_end = os.pipe()
    stdin, feed = os.pipe()
    os.close(feed)
    told, _ = cat(stdin, write_end)
    assert told == "pipe pipe"
    assert os.get_blocking(write_end) and os.get_blocking(stdin)
    for fd in (read_end, write_end, stdin):
        os.close(fd)
