# SPDX-License-Identifier: MIT
"""A watched folder tells what happens in it, in order, and nothing of what happens below."""

import os

from conformance import run_and_close
from watching import Folder, say_change

import libloop
from libloop import Change, ChangeKind

loop = libloop.Loop()
folder = Folder()


def change(error: libloop.LoopError | None, change: Change | None) -> None:
    say_change(error, change)
    if change is not None and change.kind == ChangeKind.READY:
        folder.create("a")
        folder.append("a")
        os.chmod(folder.at("a"), 0o700)
        folder.move("a", "b")
        folder.make("sub")
        folder.create("sub/unseen")
        folder.erase("b")
    elif change is not None and change.kind == ChangeKind.DELETED:
        watch.cancel()


watch: libloop.Watch = loop.fs.watch(folder.path, change)
run_and_close(loop)
folder.erase("sub/unseen", "sub")
folder.end()
