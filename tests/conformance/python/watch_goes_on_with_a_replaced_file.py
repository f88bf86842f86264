# SPDX-License-Identifier: MIT
"""A watched file that another one replaces is modified, and watched further; one that is removed
ends its watch."""

from conformance import run_and_close
from watching import Folder, then

import libloop

loop = libloop.Loop()
folder = Folder()
folder.create("file")


def replace() -> None:
    folder.create("new")
    folder.move("new", "file")


steps = [replace, lambda: folder.append("file"), lambda: folder.erase("file")]
loop.fs.watch(folder.at("file"), then(steps))
run_and_close(loop)
folder.end()
