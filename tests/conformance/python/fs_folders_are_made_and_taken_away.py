# SPDX-License-Identifier: MIT
"""Folders are made, also with those above, and taken away, never through links."""

import os
from typing import Any

from conformance import say
from fs_common import Work, work


def say_made(what: str, path: str) -> None:
    mode = os.stat(path).st_mode & 0o7777
    say(f"{what}: {path[:5]} and {len(path) - 5} more, mode {mode:o}")


def main(w: Work, fs: Any) -> None:
    w.do("mkdir", fs.mkdir, "a", mode=0o700)
    w.tell(lambda stat: say(f"stat: mode {stat.permissions:o}"), "stat", fs.stat, "a")
    w.do("mkdir below nothing", fs.mkdir, "a/b/c")
    w.do("mkdir recursive", fs.mkdir, "a/b/c", recursive=True)
    w.do("mkdir recursive again", fs.mkdir, "a/b/c", recursive=True)
    say_made("mkdtemp", w.get(fs.mkdtemp, "temp-"))
    fd, path = w.get(fs.mkstemp, "temp-")
    say(f"written: {os.write(fd, b'x')}")
    os.close(fd)
    say_made("mkstemp", path)
    w.do("unlink", fs.unlink, path)
    w.do("rmdir of a full one", fs.rmdir, "a")
    w.do("rmdir", fs.rmdir, "a/b/c")
    w.do("mkdir", fs.mkdir, "outside")
    w.do("write", fs.write_file, "outside/file", b"kept")
    w.do("write", fs.write_file, "a/b/file", b"x")
    w.do("symlink", fs.symlink, "../outside", "a/link")
    w.do("remove of a full one", fs.remove, "a")
    w.do("remove recursive", fs.remove, "a", recursive=True)
    w.do("remove again", fs.remove, "a", recursive=True)
    w.do("with force", fs.remove, "a", recursive=True, force=True)
    w.do("what the link led to", fs.read_file, "outside/file")
    w.do("remove of a file", fs.remove, "outside/file")


work(main)
