# SPDX-License-Identifier: MIT
"""A watched tree covers folders to come, and tells what was in them before it could look."""

from conformance import run_and_close
from watching import Folder, then

import libloop

loop = libloop.Loop()
folder = Folder()
folder.make("old")
steps = [
    lambda: folder.make("new"),
    lambda: folder.make("new/er"),
    lambda: folder.create("new/er/f"),
    lambda: folder.move("new", "old/new"),
    lambda: folder.append("old/new/er/f"),
    lambda: watch.cancel(),
]
watch: libloop.Watch = loop.fs.watch(folder.path, then(steps), recursive=True)
run_and_close(loop)
folder.erase("old/new/er/f", "old/new/er", "old/new", "old")
folder.end()
