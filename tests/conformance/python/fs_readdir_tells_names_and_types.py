# SPDX-License-Identifier: MIT
"""A folder's entries come with names and types; a large one comes in parts."""

from typing import Any

from conformance import say
from fs_common import TYPES, Work, work

MANY = 2000


def main(w: Work, fs: Any) -> None:
    entries: list[Any] = []
    parts = 0

    def collect(error: object, part: list[Any] | None) -> None:
        nonlocal parts
        assert error is None
        if part is not None:
            parts += 1
            entries.extend(part)

    w.tell(entries.extend, "readdir", fs.readdir, ".")
    say(f"empty: {len(entries)} entries, 1 event")
    w.do("write", fs.write_file, "file", b"x")
    w.do("mkdir", fs.mkdir, "folder")
    w.do("symlink", fs.symlink, "nowhere", "link")
    w.do("write", fs.write_file, b"caf\xc3\xa9", b"x")
    w.tell(entries.extend, "readdir", fs.readdir, b".")
    for entry in sorted(entries):
        say(f"{entry.name.decode()}: {TYPES[entry.type]}")
    entries.clear()
    for i in range(MANY):
        name = f"folder/an entry with a long name {i:06}"
        fs.write_file(name, b"", lambda error, count: None)
    w.loop.run()
    fs.scandir("folder", collect)
    w.loop.run()
    say(f"many: {len(entries)} entries, {'several events' if parts > 1 else 'one event'}")


work(main)
