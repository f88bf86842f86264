# SPDX-License-Identifier: MIT
"""pathlib_grep.py PATTERN FOLDER: what examples/grep.* do, one file after the other: prints the
lines that have a text as `path:line number:line`, from all files of a tree."""

import os
import sys
from pathlib import Path


def look(path: Path, pattern: bytes) -> None:
    """Prints the lines of one file."""
    content = path.read_bytes()
    if pattern not in content or b"\0" in content:
        return
    name = os.fsencode(path)
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
        if pattern in line:
            sys.stdout.buffer.write(b"%s:%d:%s\n" % (name, number, line))


def search(folder: Path, pattern: bytes) -> None:
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir():
            search(path, pattern)
        elif path.is_file():
            look(path, pattern)


if __name__ == "__main__":
    search(Path(sys.argv[2]), os.fsencode(sys.argv[1]))
