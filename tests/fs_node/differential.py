# SPDX-License-Identifier: MIT
"""Compares libloop's files with Node's fs on random programs.

Usage: differential.py [--programs N] [--ops N] [--seed S]

Each program is done by both, in a folder of its own: what every op gives, or its error's code, must
be equal, and so must the folders in the end. The library is that of LIBLOOP_LIBRARY, or
build/libloop.so; the last line is `N passed, N failed, N skipped`, of single ops.
"""

from __future__ import annotations

import argparse
import base64
import errno
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))

from programs import Op, coded, make_program  # noqa: E402

import libloop  # noqa: E402

SECOND = 1_000_000_000  # ns
SHOWN = 20


def decoded(text: str) -> bytes:
    return base64.b64decode(text)


def kind(thing: libloop.Stat | libloop.DirEntry[bytes]) -> str:
    if thing.is_file():
        return "file"
    if thing.is_dir():
        return "dir"
    return "link" if thing.is_symlink() else "other"


def known(found: libloop.Stat) -> list[object]:
    file = not found.is_dir()
    size, names = (found.size, found.nlink) if file else (0, 0)
    return [kind(found), found.permissions, size, names]


class Node:
    """One process that does all programs."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(HERE / "runner.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, root: pathlib.Path, program: list[Op]) -> list[Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        line = json.dumps({"root": coded(os.fsencode(root)), "ops": program})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer: list[Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait(timeout=60) != 0:
            raise SystemExit(f"node exited with {self.process.returncode}")


class Ours:
    """Does programs with libloop, one op after the other."""

    def __init__(self) -> None:
        self.loop = libloop.Loop()
        self.root = b""

    def ask(self, name: str, *arguments: Any, **options: Any) -> Any:
        """The value of one operation; raises its error."""
        answers: list[tuple[Any, Any]] = []
        start = getattr(self.loop.fs, name)
        start(*arguments, lambda error, value: answers.append((error, value)), **options)
        self.loop.run()
        ((error, value),) = answers
        if error is not None:
            raise error
        return value

    def run(self, root: pathlib.Path, program: list[Op]) -> list[Any]:
        os.chdir(root)
        self.root = os.fsencode(root)
        return [self.attempt(self.op, op) for op in program]

    def attempt(self, do: Any, *arguments: Any) -> Any:
        try:
            return do(*arguments)
        except libloop.LoopError as error:
            if error.os_errno:
                return {"error": errno.errorcode[error.os_errno]}
            return {"error": error.name.removeprefix("LOOP_")}

    def op(self, op: Op) -> Any:
        what, path = op["what"], decoded(op["path"])
        path2 = decoded(op.get("path2", ""))
        if what in ("write_file", "append_file"):
            options = {name: op[name] for name in ("mode", "exclusive") if name in op}
            self.ask(what, path, decoded(op["data"]), **options)
        elif what == "copy_file":
            self.ask(what, path, path2, exclusive=op["exclusive"])
        elif what in ("rename", "link", "symlink"):
            self.ask(what, path, path2)
        elif what in ("unlink", "rmdir"):
            self.ask(what, path)
        elif what == "remove":
            self.ask(what, path, recursive=True, force=op["force"])
        elif what == "chmod":
            self.ask(what, path, op["mode"])
        elif what == "truncate":
            self.ask(what, path, op["length"])
        elif what == "access":
            self.ask(what, path, mode=op["mode"])
        else:
            return self.telling_op(what, path, op)
        return None

    def telling_op(self, what: str, path: bytes, op: Op) -> Any:
        """An op with a value."""
        if what in ("stat", "lstat"):
            return known(self.ask(what, path))
        if what in ("utimes", "lutimes"):
            self.ask(what, path, op["atime"] * SECOND, op["mtime"] * SECOND)
            return str(self.ask("stat" if what == "utimes" else "lstat", path).mtime_ns)
        if what in ("read_file", "readlink"):
            return coded(self.ask(what, path))
        if what == "realpath":
            return self.inside(self.ask(what, path))
        if what == "mkdir":
            made = self.ask(what, path, mode=op["mode"], recursive=op["recursive"])
            # Node gives it as text, whatever the name is.
            return None if made is None else made.decode("utf-8", "replace")
        if what == "mkdtemp":
            made = self.ask(what, path)
            self.ask("rmdir", made)
            return coded(made[:-6])
        if what == "readdir":
            return sorted([coded(entry.name), kind(entry)] for entry in self.ask(what, path))
        assert what == "with_fd"
        fd = self.ask("open", path, flags=op["flags"], mode=op["mode"])
        try:
            return [self.attempt(self.step, fd, step) for step in op["steps"]]
        finally:
            self.ask("close", fd)

    def step(self, fd: int, step: Op) -> Any:
        what = step["what"]
        if what == "write":
            return self.ask(what, fd, decoded(step["data"]), offset=step["offset"])
        if what == "writev":
            return self.ask(what, fd, [decoded(p) for p in step["pieces"]], offset=step["offset"])
        if what == "read":
            buffer = bytearray(step["length"])
            if step["length"] % 2:
                count = self.ask("read_into", fd, buffer, offset=step["offset"])
                return coded(bytes(buffer[:count]))
            return coded(self.ask(what, fd, step["length"], offset=step["offset"]))
        if what == "readv":
            buffers = [bytearray(length) for length in step["lengths"]]
            count = self.ask(what, fd, buffers, offset=step["offset"])
            return coded(b"".join(buffers)[:count])
        if what == "fstat":
            return known(self.ask(what, fd))
        if what == "ftruncate":
            self.ask(what, fd, step["length"])
        elif what == "fchmod":
            self.ask(what, fd, step["mode"])
        elif what == "futimes":
            self.ask(what, fd, step["atime"] * SECOND, step["mtime"] * SECOND)
        else:
            self.ask(what, fd)
        return None

    def inside(self, path: bytes) -> str:
        return coded(path.removeprefix(self.root))


def picture(root: pathlib.Path) -> list[tuple[bytes, str, int, bytes]]:
    """All that is in a folder."""
    found: list[tuple[bytes, str, int, bytes]] = []
    top = os.fsencode(root)
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            mode = os.lstat(path).st_mode
            content = b""
            if os.path.islink(path):
                content = os.readlink(path)
            elif os.path.isfile(path):
                content = pathlib.Path(os.fsdecode(path)).read_bytes()
            found.append((path.removeprefix(top), oct(mode), len(content), content))
    return sorted(found)


def alike(op: Op, node: Any, ours: Any) -> bool:
    """Whether an op came to the same.

    Several things may be wrong with a copy: each side tells the one that it comes to first. Where
    a link to nowhere has the name of a folder to be made, Node tells what stat says of it, and of
    "a//b" it gives "a/" for the folder made first.
    """
    errors = isinstance(node, dict) and isinstance(ours, dict)
    if node == ours or (errors and (op["what"] == "copy_file" or op.get("recursive"))):
        return True
    return op["what"] == "mkdir" and isinstance(node, str) and node.rstrip("/") == ours


def told(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 300 else f"{text[:300]}... ({len(text)})"


def main() -> int:
    parser = argparse.ArgumentParser(description="compare files with Node")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--ops", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    node, ours = Node(), Ours()
    passed = failed = 0
    wrong: dict[str, int] = {}
    here = pathlib.Path.cwd()
    for number in range(args.programs):
        program = make_program(args.seed + number, args.ops)
        base = pathlib.Path(os.path.realpath(tempfile.mkdtemp(prefix="fs-node-")))
        try:
            roots = [base / "node", base / "ours"]
            for root in roots:
                root.mkdir()
            theirs, mine = node.run(roots[0], program), ours.run(roots[1], program)
            os.chdir(here)
            for at, (op, want, got) in enumerate(zip(program, theirs, mine, strict=True)):
                if alike(op, want, got):
                    passed += 1
                    continue
                failed += 1
                wrong[op["what"]] = wrong.get(op["what"], 0) + 1
                if failed <= SHOWN:
                    print(f"not ok program {args.seed + number}, op {at}: {told(op)}")
                    print(f"  path {decoded(op['path'])!r} {decoded(op.get('path2', ''))!r}")
                    print(f"  node {told(want)}\n  ours {told(got)}", flush=True)
                break  # what follows differs because of it
            else:
                same = picture(roots[0]) == picture(roots[1])
                passed, failed = passed + same, failed + (not same)
                if not same:
                    print(f"not ok program {args.seed + number}: the folders differ", flush=True)
        finally:
            os.chdir(here)
            shutil.rmtree(base)
    node.close()
    ours.loop.close()
    if wrong:
        print(f"different: {wrong}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
