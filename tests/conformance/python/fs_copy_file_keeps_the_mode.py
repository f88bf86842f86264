# SPDX-License-Identifier: MIT
"""Copying keeps the permissions, replaces unless told otherwise, and shares blocks if asked to."""

from typing import Any

from conformance import say
from fs_common import Work, work

import libloop


def main(w: Work, fs: Any) -> None:
    w.do("write", fs.write_file, "from", b"content")
    w.do("chmod", fs.chmod, "from", 0o750)
    w.do("copy", fs.copy_file, "from", "to", reflink=False)
    w.do("stat", fs.stat, "to")
    w.do("read", fs.read_file, "to")
    w.do("write", fs.write_file, "from", b"new")
    w.do("exclusive", fs.copy_file, "from", "to", exclusive=True)
    w.do("copy, shared if possible", fs.copy_file, "from", "to")
    w.do("read", fs.read_file, "to")

    def shared(error: libloop.LoopError | None, count: int | None) -> None:
        fine = error is None or isinstance(error, libloop.NotSupportedError)
        say(f"only shared: {'shared or not supported' if fine else error}")

    fs.copy_file("from", "shared", shared, reflink=True)
    w.loop.run()
    w.do("onto itself", fs.copy_file, "from", "from", reflink=False)
    w.do("read", fs.read_file, "from")


work(main)
