# SPDX-License-Identifier: MIT
"""A watch tells only what was asked for, in names that need not be text. Once it is unreferenced
the loop does not go on for its sake; it ends with the loop."""

from conformance import say
from watching import Folder, say_change

import libloop
from libloop import Change, ChangeKind

A, B = "a\udcff", "b\udcff"
loop = libloop.Loop()
folder = Folder()


def plain(name: str | bytes | None) -> str:
    """A name with a question mark for each byte that is not ASCII."""
    return str(name).replace("\udcff", "?")


def change(error: libloop.LoopError | None, change: Change | None) -> None:
    if change is None or change.kind == ChangeKind.READY:
        say_change(error, change)
        if change is not None:
            folder.create(A)
            folder.append(A)
            folder.move(A, B)
            folder.erase(B)
    elif change.kind == ChangeKind.RENAMED:
        say(f"renamed {plain(change.old_path)} -> {plain(change.path)}")
    elif change.kind == ChangeKind.DELETED:
        say(f"deleted {plain(change.path)}")
        watch.unref()


events = ChangeKind.RENAMED | ChangeKind.DELETED
watch: libloop.Watch = loop.fs.watch(folder.path, change, events=events)
loop.run()
say("the run is over")
loop.close()
folder.end()
