# SPDX-License-Identifier: MIT
"""What the programs about watching share."""

import os
import tempfile
from collections.abc import Callable, Sequence

from conformance import name_of, say

import libloop
from libloop import Change, ChangeKind

Step = Callable[[], object]


class Folder:
    """A folder of the program's own, and what is done in it."""

    def __init__(self) -> None:
        self.path = tempfile.mkdtemp(prefix="watching")

    def at(self, name: str) -> str:
        return os.path.join(self.path, name)

    def make(self, name: str) -> None:
        os.mkdir(self.at(name))

    def create(self, name: str) -> None:
        os.close(os.open(self.at(name), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def append(self, name: str) -> None:
        with open(self.at(name), "ab", buffering=0) as file:
            file.write(b"text")

    def move(self, old: str, new: str) -> None:
        os.rename(self.at(old), self.at(new))

    def erase(self, *names: str) -> None:
        for name in names:
            path = self.at(name)
            if os.path.isdir(path):
                os.rmdir(path)
            else:
                os.unlink(path)

    def end(self) -> None:
        os.rmdir(self.path)


def too_many() -> int:
    """So many renames overflow the system's queue and the library's, while nobody takes what is
    told."""
    with open("/proc/sys/fs/inotify/max_queued_events") as limit:
        return int(limit.read()) + 40_000


def say_change(error: libloop.LoopError | None, change: Change | None) -> None:
    if change is None:
        say(name_of(error))
    elif change.kind == ChangeKind.READY:
        say(f"ready, {change.folders} folders")
    else:
        old = "" if change.old_path is None else f"{change.old_path!s} -> "
        slash = "/" if change.is_dir else ""
        path = change.path or "itself"
        say(f"{(change.kind.name or '').lower()} {old}{path!s}{slash}")


def then(
    steps: Sequence[Step],
) -> Callable[[libloop.LoopError | None, Change | None], None]:
    """A callback that says each change and then takes the next step."""
    left = list(steps)

    def hear(error: libloop.LoopError | None, change: Change | None) -> None:
        say_change(error, change)
        if left:
            left.pop(0)()

    return hear
