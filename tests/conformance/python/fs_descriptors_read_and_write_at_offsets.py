# SPDX-License-Identifier: MIT
"""Descriptors are read and written at offsets and positions, into memory and from pieces."""

import os
from typing import Any

from conformance import say
from fs_common import Work, work

FAR = 5_000_000_000


def main(w: Work, fs: Any) -> None:
    memory, a, b = bytearray(4), bytearray(b"AB"), bytearray(b"CDE")
    fd = w.get(fs.open, "file", flags=os.O_RDWR | os.O_CREAT | os.O_EXCL, mode=0o600)
    w.do("write", fs.write, fd, b"0123456789")
    w.do("write at 2", fs.write, fd, bytearray(b"xyz"), offset=2, borrow=True)
    w.do("read at 0", fs.read, fd, 100, offset=0)
    w.do("read at 8", fs.read, fd, 3, offset=8)
    w.do("read at the end", fs.read, fd, 3)
    w.do("read into memory", fs.read_into, fd, memory, offset=1)
    say(f"memory: {memory.decode()}")
    w.do("writev", fs.writev, fd, [a, b], offset=5)
    w.do("read", fs.read_file, "file")
    w.do("readv", fs.readv, fd, [a, b], offset=0)
    say(f"pieces: {a.decode()} {b.decode()}")
    w.do("ftruncate", fs.ftruncate, fd, 4)
    w.do("fsync", fs.fsync, fd)
    w.do("fdatasync", fs.fdatasync, fd)
    w.do("write far away", fs.write, fd, b"far", offset=FAR)
    w.do("read far away", fs.read, fd, 3, offset=FAR)
    w.do("stat", fs.stat, "file")
    w.do("close", fs.close, fd)
    w.do("read all", fs.read_file, "file")
    fd = w.get(fs.open, "file", flags=os.O_WRONLY | os.O_TRUNC | os.O_APPEND)
    w.do("append", fs.write, fd, b"one")
    w.do("append, whatever the offset", fs.write, fd, b"two", offset=0)
    w.do("close", fs.close, fd)
    w.do("read", fs.read_file, "file")


work(main)
