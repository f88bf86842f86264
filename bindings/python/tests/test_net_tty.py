# SPDX-License-Identifier: MIT
"""Terminals: modes that are put back, sizes. The terminals are pseudo-terminals of the tests."""

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

import libloop
from libloop import Loop, TtySize

from .support import TIMEOUT_S, environment

Terminal = tuple[int, int]


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Both sides of a pseudo-terminal: the master and the program's."""
    master, slave = os.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def local_modes(fd: int) -> int:
    mode: int = termios.tcgetattr(fd)[3]
    return mode & (termios.ECHO | termios.ICANON | termios.ISIG)


def is_raw(fd: int) -> bool:
    return local_modes(fd) == 0


def resize(fd: int, columns: int, rows: int) -> None:
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def test_a_raw_terminal_gives_each_key_and_is_put_back(loop: Loop, terminal: Terminal) -> None:
    master, slave = terminal
    before = termios.tcgetattr(slave)
    said: list[Any] = []
    stream = loop.net.adopt(slave, keep=True)
    assert stream.type == "tty"
    stream.tty_mode("raw")
    assert is_raw(slave)

    def key(data: bytes) -> None:
        said.append(data)
        stream.tty_mode("normal")
        said.append(termios.tcgetattr(slave) == before)
        stream.tty_mode("io")
        stream.close()

    stream.start(key, on_close=lambda error: said.append(termios.tcgetattr(slave) == before))
    os.write(master, b"k")
    loop.run()
    assert said == [b"k", True, True]
    assert termios.tcgetattr(slave) == before and os.get_blocking(slave)


def test_tty_reset_puts_all_terminals_back(loop: Loop, terminal: Terminal) -> None:
    _, slave = terminal
    before = termios.tcgetattr(slave)
    stream = loop.net.adopt(slave, keep=True)
    for reset in (libloop.tty_reset, loop.net.tty_reset):
        stream.tty_mode("raw")
        assert is_raw(slave)
        reset()
        assert termios.tcgetattr(slave) == before
    stream.clear()
    loop.run()


def test_a_cleared_terminal_and_a_closed_loop_put_it_back(terminal: Terminal) -> None:
    _, slave = terminal
    before = termios.tcgetattr(slave)
    with Loop() as loop:
        stream = loop.net.adopt(slave, keep=True)
        stream.tty_mode("raw")
        stream.clear()
        loop.run()
        assert termios.tcgetattr(slave) == before
        loop.net.adopt(slave, keep=True).tty_mode("raw")
        assert is_raw(slave)
    assert termios.tcgetattr(slave) == before


def test_the_size_of_a_terminal_and_its_changes_are_told(loop: Loop, terminal: Terminal) -> None:
    master, slave = terminal
    resize(master, 80, 24)
    said: list[Any] = []
    stream = loop.net.adopt(slave, keep=True)
    before = signal.signal(signal.SIGWINCH, lambda *_: said.append("own"))
    try:
        assert stream.tty_size() == (80, 24) == TtySize(columns=80, rows=24)

        def resized(size: TtySize) -> None:
            said.append(size)
            assert stream.tty_size() == size
            stream.close()

        stream.on_resize = resized
        resize(master, 132, 50)
        os.kill(os.getpid(), signal.SIGWINCH)
        loop.run()
        assert TtySize(132, 50) in said and said.count(TtySize(132, 50)) == 1
        assert "own" in said
    finally:
        loop.close()
        signal.signal(signal.SIGWINCH, before)


def test_what_is_no_terminal_has_no_mode_and_no_size(loop: Loop) -> None:
    read_end, write_end = loop.net.pipe()
    os.close(write_end)
    reader = loop.net.adopt(read_end)
    with pytest.raises(libloop.NotSupportedError):
        reader.tty_mode("raw")
    with pytest.raises(libloop.NotSupportedError):
        reader.tty_size()
    with pytest.raises(libloop.InvalidError):
        reader.tty_mode("cooked")  # type: ignore[arg-type]
    reader.clear()
    with pytest.raises(libloop.BadIdError):
        reader.tty_mode("raw")
    loop.run()


def test_a_hangup_is_the_end(loop: Loop) -> None:
    master, slave = os.openpty()
    said: list[Any] = []
    stream = loop.net.adopt(slave)
    stream.start(said.append, on_end=lambda: said.append("end"), on_close=lambda _: None)
    loop.set_timeout(os.close, 1, master)
    loop.run()
    assert said == ["end"]


# ---- programs with a terminal --------------------------------------------------------------------

CHILD = """
import os, sys, libloop
loop = libloop.Loop()
terminal = loop.net.stdin()
out = loop.net.stdout()
terminal.tty_mode("raw")
out.send(b"ready " + terminal.type.encode() + out.type.encode() + b".")
def key(data):
    HOW
terminal.start(key)
loop.run()
"""


def until(master: int, mark: bytes) -> bytes:
    """What the program writes to the terminal, up to a mark."""
    got = b""
    while not got.endswith(mark):
        got += os.read(master, 1)
    return got


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("terminal.close(); out.close()", 0),
        ("sys.exit(3)", 3),
        ("raise ValueError(data)", 1),
    ],
)
def test_the_mode_is_put_back_when_a_program_exits(terminal: Terminal, how: str, code: int) -> None:
    master, slave = terminal
    before = termios.tcgetattr(slave)
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD).replace("HOW", how)],
        env=environment(),
        stdin=slave,
        stdout=slave,
        stderr=subprocess.DEVNULL,
    )
    with child:
        assert until(master, b".") == b"ready ttytty."
        assert is_raw(slave)
        os.write(master, b"q")
        assert child.wait(TIMEOUT_S) == code
    assert termios.tcgetattr(slave) == before
    assert os.get_blocking(slave)
