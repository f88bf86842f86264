# SPDX-License-Identifier: MIT
"""A polling watch finds by itself what is new, changed and gone, and tells only what was asked
for."""

import os

from conformance import run_and_close
from watching import Folder, then

import libloop
from libloop import ChangeKind

loop = libloop.Loop()
folder = Folder()


def change_and_erase() -> None:
    os.chmod(folder.at("a"), 0o700)
    folder.erase("a")


steps = [
    lambda: folder.create("a"),
    lambda: folder.append("a"),
    change_and_erase,
    lambda: watch.cancel(),
]
events = ChangeKind.CREATED | ChangeKind.MODIFIED | ChangeKind.DELETED
watch: libloop.Watch = loop.fs.watch(folder.path, then(steps), poll_ms=1, events=events)
run_and_close(loop)
folder.end()
