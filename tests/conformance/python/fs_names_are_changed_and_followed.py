# SPDX-License-Identifier: MIT
"""Names are changed, added, followed and taken away."""

import os
from typing import Any

from conformance import say
from fs_common import Work, work


def main(w: Work, fs: Any) -> None:
    def below(what: str, path: str) -> None:
        def told(value: str) -> None:
            here = os.getcwd()
            say(f"{what}: {value[len(here) :] if value.startswith(here) else 'elsewhere'}")

        w.tell(told, what, fs.realpath, path)

    w.do("write", fs.write_file, "one", b"first")
    w.do("write", fs.write_file, "two", b"second")
    w.do("rename", fs.rename, "one", "two")
    w.do("read", fs.read_file, "two")
    w.do("read the old name", fs.read_file, "one")
    w.do("link", fs.link, "two", "three")
    w.tell(lambda stat: say(f"stat: {stat.nlink} names"), "stat", fs.stat, "two")
    w.do("mkdir", fs.mkdir, "folder/inner", recursive=True)
    w.do("symlink", fs.symlink, "../two", "folder/link")
    w.do("readlink", fs.readlink, "folder/link")
    below("realpath", "folder/inner/.././link")
    below("realpath of a folder", "folder//inner/")
    w.do("unlink", fs.unlink, "two")
    below("realpath of what leads nowhere", "folder/link")
    w.do("read the other name", fs.read_file, "three")


work(main)
