# SPDX-License-Identifier: MIT
"""Random programs of file operations. Both sides do the same in a folder of their own.

No path has a "..": with links it could lead out of the folder.
"""

from __future__ import annotations

import base64
import random
from typing import Any

Op = dict[str, Any]

NAMES = [b"a", b"b", b"c", "\u00e9".encode(), b"\xff\xfe"]
ODD = [b"", b"a/", b"./b", b"a//c", b"x" * 255, b"x" * 256, b"y/" * 2200 + b"z", b"c/./a"]
ONLY_LOOKED_AT = [b".", b"./", b"a/."]
MODES = [0o600, 0o644, 0o755, 0o700, 0o444, 0o777]
FLAGS = ["r", "r+", "w", "wx", "w+", "wx+", "a", "ax", "a+", "ax+", "as", "rs+"]
SIZES = [0, 1, 5, 100, 4096, 70_000]


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Maker:
    """Makes the ops of one program."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def path(self) -> str:
        chance = self.chance
        if chance.random() < 0.06:
            return coded(chance.choice(ODD))
        depth = chance.choice([1, 1, 1, 2, 2, 3])
        return coded(b"/".join(chance.choice(NAMES) for _ in range(depth)))

    def looked_at(self) -> str:
        if self.chance.random() < 0.05:
            return coded(self.chance.choice(ONLY_LOOKED_AT))
        return self.path()

    def data(self) -> str:
        return coded(self.chance.randbytes(self.chance.choice(SIZES)))

    def offset(self) -> int | None:
        return self.chance.choice([None, None, 0, 1, 50, 5000])

    def times(self) -> Op:
        # Whole seconds, because Node takes a double; a negative one is the present time there.
        return {name: self.chance.randrange(4_000_000_000) for name in ("atime", "mtime")}

    def step(self) -> Op:
        chance = self.chance
        what = chance.choice(
            [
                *["write", "write", "writev", "read", "read", "readv"],
                *["ftruncate", "fstat", "fchmod", "futimes", "fsync", "fdatasync"],
            ]
        )
        step: Op = {"what": what}
        if what in ("write", "writev", "read", "readv"):
            step["offset"] = self.offset()
        if what == "write":
            step["data"] = self.data()
        elif what == "writev":
            step["pieces"] = [self.data() for _ in range(chance.randrange(1, 4))]
        elif what == "read":
            step["length"] = chance.choice(SIZES[1:])  # Node does not ask the system for nothing
        elif what == "readv":
            step["lengths"] = [chance.choice(SIZES[1:]) for _ in range(chance.randrange(1, 4))]
        elif what == "ftruncate":
            step["length"] = chance.choice(SIZES)
        elif what == "fchmod":
            step["mode"] = chance.choice(MODES)
        elif what == "futimes":
            step |= self.times()
        return step

    def op(self) -> Op:
        chance = self.chance
        what = chance.choice(
            ["write_file"] * 4
            + ["mkdir"] * 4
            + ["with_fd"] * 3
            + ["read_file", "append_file", "copy_file", "stat", "lstat", "readdir"] * 2
            + ["rename", "symlink", "link", "unlink", "rmdir", "remove", "readlink", "realpath"]
            + ["chmod", "truncate", "access", "utimes", "lutimes", "mkdtemp"]
        )
        only_looks = what in ("stat", "lstat", "readdir", "readlink", "realpath", "access")
        op: Op = {"what": what, "path": self.looked_at() if only_looks else self.path()}
        if what in ("copy_file", "rename", "link", "symlink"):
            op["path2"] = self.path()
        if what in ("write_file", "append_file"):
            op |= {"data": self.data(), "mode": chance.choice(MODES)}
        if what in ("write_file", "copy_file"):
            op["exclusive"] = chance.random() < 0.2
        if what == "mkdtemp" and not op["path"]:
            op["path"] = coded(b"t")  # Node takes no empty prefix
        if what == "mkdir":
            op |= {"mode": chance.choice(MODES), "recursive": chance.random() < 0.4}
        elif what == "remove":
            op["force"] = chance.random() < 0.5
        elif what == "chmod":
            op["mode"] = chance.choice(MODES)
        elif what == "truncate":
            op["length"] = chance.choice(SIZES)
        elif what == "access":
            op["mode"] = chance.randrange(8)
        elif what in ("utimes", "lutimes"):
            op |= self.times()
        elif what == "with_fd":
            op |= {"flags": chance.choice(FLAGS), "mode": chance.choice(MODES)}
            op["steps"] = [self.step() for _ in range(chance.randrange(1, 7))]
        return op


def make_program(seed: int, ops: int) -> list[Op]:
    """The program of a seed."""
    maker = Maker(random.Random(seed))
    return [maker.op() for _ in range(ops)]
