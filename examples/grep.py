# SPDX-License-Identifier: MIT
"""Prints the lines that have a text as `path:line number:line`, from all files of a tree.

    grep.py PATTERN FOLDER [--in-flight N] [--time] [--sort]

Many files are read at a time. Links are not followed; files with a NUL are left out. A bar on
standard error shows how far it is, if that is a terminal. Exits with 0 if there was such a line, 1
if not, 2 after an error.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable

import libloop

BAR = 40  # characters
EVERY_MS = 100


class Grep:
    """One search."""

    def __init__(self, loop: libloop.Loop, pattern: bytes, in_flight: int, sort: bool) -> None:
        self.loop = loop
        self.pattern = pattern
        self.limit = in_flight
        self.sort = sort
        self.lines: list[bytes] = []  # to be sorted
        self.todo: list[tuple[Callable[[bytes], object], bytes]] = []
        self.in_flight = self.found = self.done = self.files = self.matches = 0
        self.failed = self.bar_shown = False

    def add(self, start: Callable[[bytes], object], path: bytes) -> None:
        self.found += 1
        self.todo.append((start, path))

    def go_on(self) -> None:
        """Starts as much as may be under way."""
        while self.todo and self.in_flight < self.limit:
            self.in_flight += 1
            start, path = self.todo.pop()
            start(path)

    def ended(self) -> None:
        self.done += 1
        self.in_flight -= 1
        self.go_on()

    def list_folder(self, path: bytes) -> None:
        def listed(
            error: libloop.LoopError | None, entries: list[libloop.DirEntry[bytes]] | None
        ) -> None:
            if error is not None:
                self.complain(path, error)
            for entry in entries or ():
                if entry.is_dir():
                    self.add(self.list_folder, entry.path)
                elif entry.is_file():
                    self.add(self.read, entry.path)
            self.ended()

        self.loop.fs.readdir(path, listed)

    def read(self, path: bytes) -> None:
        def arrived(error: libloop.LoopError | None, content: bytes | None) -> None:
            if content is None:
                self.complain(path, error)
            else:
                self.files += 1
                if self.pattern in content and b"\0" not in content:
                    self.print_lines(path, content)
            self.ended()

        self.loop.fs.read_file(path, arrived)

    def print_lines(self, path: bytes, content: bytes) -> None:
        lines = content.removesuffix(b"\n").split(b"\n") if content else []
        for number, line in enumerate(lines, 1):
            if self.pattern in line:
                self.matches += 1
                self.lines.append(b"%s:%d:%s\n" % (path, number, line))
        if not self.sort:
            self.hide_bar()
            self.write()

    def write(self) -> None:
        sys.stdout.buffer.write(b"".join(self.lines))
        self.lines.clear()

    def complain(self, path: bytes, error: libloop.LoopError | None) -> None:
        self.failed = True
        self.hide_bar()
        print(f"grep: {os.fsdecode(path)!r}: {error}", file=sys.stderr)

    def hide_bar(self) -> None:
        if self.bar_shown:
            sys.stderr.write("\r\x1b[K")
        self.bar_shown = False

    def show_bar(self) -> None:
        full = BAR * self.done // max(self.found, 1)
        self.hide_bar()
        sys.stdout.flush()
        sys.stderr.write(f"[{'#' * full:{BAR}}] {self.done}/{self.found}")
        sys.stderr.flush()
        self.bar_shown = True


def main() -> int:
    parser = argparse.ArgumentParser(description="print the lines that have a text")
    parser.add_argument("pattern", type=os.fsencode)
    parser.add_argument("folder", type=os.fsencode)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--time", action="store_true", help="say how long it took")
    parser.add_argument("--sort", action="store_true", help="by path")
    args = parser.parse_args()
    if args.in_flight < 1 or b"\n" in args.pattern:
        parser.error("--in-flight below 1, or a pattern of several lines")
    begin = time.monotonic()
    with libloop.Loop() as loop:
        grep = Grep(loop, args.pattern, args.in_flight, args.sort)
        grep.add(grep.list_folder, args.folder)
        if sys.stderr.isatty():
            grep.show_bar()
            loop.set_interval(grep.show_bar, EVERY_MS).unref()
        grep.go_on()
        loop.run()
    grep.hide_bar()
    if args.sort:
        # Lines of one file are in their order already, and sorting keeps it.
        grep.lines.sort(key=lambda line: line.partition(b":")[0])
    grep.write()
    sys.stdout.flush()
    if args.time:
        spent = time.monotonic() - begin
        print(f"{grep.files} files, {grep.matches} lines, {spent:.3f} s", file=sys.stderr)
    return 2 if grep.failed else 0 if grep.matches else 1


if __name__ == "__main__":
    sys.exit(main())
