# SPDX-License-Identifier: MIT
"""Whole files are written, added to, replaced in one step, and read."""

from typing import Any

from fs_common import Work, work


def main(w: Work, fs: Any) -> None:
    w.do("write", fs.write_file, "file", b"hello")
    w.do("append", fs.append_file, "file", b", world")
    w.do("read", fs.read_file, "file")
    w.do("read again", fs.read_file, "file")
    w.do("write over", fs.write_file, "file", b"short")
    w.do("read", fs.read_file, "file")
    w.do("exclusive", fs.write_file, "file", b"x", exclusive=True)
    options: Any = {"mode": 0o600, "exclusive": True, "sync": True}
    w.do("append to a new one", fs.append_file, "new", b"added", **options)
    w.do("stat", fs.stat, "new")
    w.do("atomic", fs.write_file, "new", b"atomic", atomic=True)
    w.do("read", fs.read_file, "new")
    w.do("its mode is kept", fs.stat, "new")
    w.do("atomic and exclusive", fs.write_file, "new", b"x", atomic=True, exclusive=True)
    w.do("borrowed", fs.write_file, "lent", b"lent")
    w.do("read", fs.read_file, "lent")
    w.do("nothing", fs.write_file, "empty", b"")
    w.do("read", fs.read_file, "empty")
    w.do("truncate", fs.truncate, "file", 2)
    w.do("read", fs.read_file, "file")


work(main)
