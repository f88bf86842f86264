# SPDX-License-Identifier: MIT
"""Changes that come faster than anybody takes them are lost, which is told; what comes after that
is told again."""

from conformance import run_and_close, say
from watching import Folder, say_change, too_many

import libloop
from libloop import Change, ChangeKind

loop = libloop.Loop()
folder = Folder()
folder.make("sub")
after: list[str] = []


def change(error: libloop.LoopError | None, change: Change | None) -> None:
    if change is None or change.kind == ChangeKind.READY:
        say_change(error, change)
    if change is None:
        return
    if change.kind == ChangeKind.READY:
        folder.create("a")
        for _ in range(too_many() // 2):
            folder.move("a", "b")
            folder.move("b", "a")
    elif change.kind == ChangeKind.OVERFLOW:
        if not after:
            say(f"changes were lost; {change.folders} folders")
        after.append(f"after{len(after)}")  # it may fall into the next loss
        folder.create(after[-1])
    elif after and change.kind == ChangeKind.CREATED:
        say("created another")
        watch.cancel()


watch: libloop.Watch = loop.fs.watch(folder.path, change, recursive=True)
run_and_close(loop)
folder.erase("a", "sub", *after)
folder.end()
