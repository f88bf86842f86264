# SPDX-License-Identifier: MIT
"""What is known of a file is told and can be set."""

import os
from typing import Any

from conformance import say
from fs_common import Work, work

import libloop


def main(w: Work, fs: Any) -> None:
    def times(what: str, start: Any, path: str) -> None:
        w.tell(lambda s: say(f"{what}: read {s.atime_ns}, changed {s.mtime_ns}"), what, start, path)

    def owner(what: str, path: str) -> None:
        ours = (os.geteuid(), os.getegid())
        w.tell(
            lambda s: say(f"{what}: {'ours' if (s.uid, s.gid) == ours else 'somebody else'}"),
            what,
            fs.stat,
            path,
        )

    w.do("write", fs.write_file, "file", b"12345")
    w.do("symlink", fs.symlink, "file", "link")
    fd = w.get(fs.open, "file", flags="r+")
    w.do("stat", fs.stat, "link")
    w.do("lstat", fs.lstat, "file")
    w.do("fstat", fs.fstat, fd)
    owner("the folder", ".")
    w.do("chmod", fs.chmod, "file", 0o640)
    w.do("stat", fs.stat, "file")
    w.do("fchmod", fs.fchmod, fd, 0o4755)
    w.do("stat", fs.stat, "file")
    w.do("utimes", fs.utimes, "link", 1000000001, -1)
    times("times", fs.stat, "file")
    w.do("futimes", fs.futimes, fd, libloop.OMIT, 1700000000123456789)
    times("times", fs.stat, "file")
    w.do("lutimes", fs.lutimes, "link", 5, 6)
    times("times of the link", fs.lstat, "link")
    times("times of the file", fs.stat, "file")
    w.do("chown", fs.chown, "file", os.geteuid(), os.getegid())
    w.do("lchown", fs.lchown, "link", -1, -1)
    w.do("fchown", fs.fchown, fd, os.geteuid(), -1)
    owner("owner", "file")
    w.do("access", fs.access, "file", mode=os.R_OK | os.W_OK)
    w.tell(
        lambda s: say(f"statfs: {'' if s.name_max >= 14 and s.block_size else 'not '}plausible"),
        "statfs",
        fs.statfs,
        "file",
    )
    w.do("close", fs.close, fd)


work(main)
