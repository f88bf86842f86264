# SPDX-License-Identifier: MIT
"""A missing path, the removal of the folder, a deadline and the end of the loop each end a watch
with one error; a cleared one says nothing more."""

from collections.abc import Callable

from conformance import name_of, say
from watching import Folder

import libloop
from libloop import Change

loop = libloop.Loop()
folder = Folder()
folder.make("sub")


def ended(what: str, ready: Callable[[], object] = lambda: None) -> Callable[..., None]:
    def hear(error: libloop.LoopError | None, change: Change | None) -> None:
        if error is not None:
            say(f"{what}: {name_of(error)}")
        else:
            ready()

    return hear


loop.fs.watch(folder.at("missing"), ended("missing"))
loop.run()
loop.fs.watch(folder.at("sub"), ended("removed", lambda: folder.erase("sub")), recursive=True)
loop.run()
loop.fs.watch(folder.path, ended("too late"), timeout_ms=1)
loop.run()
watch: libloop.Watch = loop.fs.watch(folder.path, ended("cleared", lambda: watch.clear()))
loop.run()
loop.fs.watch(folder.path, ended("closed", loop.stop))
loop.run()
loop.close()
folder.end()
