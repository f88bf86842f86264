# SPDX-License-Identifier: MIT
"""An error has a code, the errno, and what was done to which path."""

import os
from typing import Any

from fs_common import Work, work


def main(w: Work, fs: Any) -> None:
    w.do("mkdir", fs.mkdir, "folder")
    w.do("write", fs.write_file, "file", b"12345")
    w.do("symlink", fs.symlink, "circle", "circle")
    w.do("missing", fs.read_file, "missing")
    w.do("a folder", fs.read_file, "folder")
    w.do("below a file", fs.read_file, "file/x")
    w.do("a circle", fs.read_file, "circle")
    w.do("over the limit", fs.read_file, "file", limit=4)
    w.do("stat", fs.stat, "missing")
    w.do("atomic", fs.write_file, "no/file", b"x", atomic=True)
    w.do("mkdir over a file", fs.mkdir, "file")
    w.do("rmdir of a file", fs.rmdir, "file")
    w.do("unlink of a folder", fs.unlink, "folder")
    w.do("readdir of a file", fs.readdir, "file")
    w.do("readlink of a file", fs.readlink, "file")
    w.do("rename", fs.rename, "missing", "other")
    w.do("copy of a folder", fs.copy_file, "folder", "other")
    w.do("link", fs.link, "file", "folder")
    w.do("access", fs.access, "missing")
    w.do("open", fs.open, "circle", flags=os.O_RDONLY | os.O_NOFOLLOW)
    w.do("fstat", fs.fstat, 9999)
    w.do("read", fs.read, 9999, 1, offset=0)
    w.do("close", fs.close, 9999)


work(main)
