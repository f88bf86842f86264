#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the grep-like examples on a tree of a few thousand files and compares them with grep(1):
test_grep.py [c] [rust] [python]"""

from __future__ import annotations

import os
import pty
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = {
    "c": [f"{ROOT}/build/examples/grep"],
    "rust": [f"{ROOT}/build/examples/grep_rs"],
    "python": [sys.executable, f"{ROOT}/examples/grep.py"],
}
SOURCES = {
    "c": "examples/grep.c",
    "rust": "examples/grep_rs/src/main.rs",
    "python": "examples/grep.py",
}
TIME_LIMIT = 60  # s; a run that takes longer hangs
FILES = 3000
WORDS = [b"needle", b"needles", b"Needle", b"hay", b"haystack", b"", b"\xff\xfe", "nädel".encode()]
ENVIRONMENT = dict(os.environ, LC_ALL="C", PYTHONPATH=str(ROOT / "bindings" / "python"))

Result = tuple[int, bytes, bytes]


def make_tree(root: Path) -> None:
    """Files with lines of a few words, some without a last newline, binary, empty, or with names
    that are no text; a FIFO and links, which nobody is to follow. The seed, and so the tree, is
    fixed."""
    rng = random.Random(6)
    folders = [os.fsencode(root)]
    for number in range(60):
        name = b"folder %d" % number if number % 7 else b"\xfc\xff%d" % number
        folders.append(os.path.join(rng.choice(folders), name))
        os.mkdir(folders[-1])
    for number in range(FILES):
        path = os.path.join(rng.choice(folders), b"%d.txt" % number)
        lines = [b" ".join(rng.choices(WORDS, k=4)) for _ in range(rng.randrange(30))]
        data = b"\n".join(lines) + (b"\n" if number % 5 else b"")
        if number % 100 == 0:
            data = b"needle\n\0" + data
        with open(path, "wb") as file:
            file.write(data)
    (root / "one long line").write_bytes(b"hay " * 200_000 + b"needle")
    (root / "many lines").write_bytes(b"hay\nneedle\n" * 20_000)
    os.mkfifo(root / "fifo")
    os.symlink(root, root / "round")
    os.symlink("many lines", root / "link")


class Runner:
    """One language's program and the tree it searches."""

    def __init__(self, language: str, tree: Path) -> None:
        self.language = language
        self.tree = tree

    def command(self, *arguments: str) -> list[str]:
        return [*COMMANDS[self.language], *arguments]

    def run(self, *arguments: str) -> Result:
        """Exit status, standard output, standard error."""
        done = subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=TIME_LIMIT,
            env=ENVIRONMENT,
        )
        return done.returncode, done.stdout, done.stderr


def grep(pattern: str, folder: str) -> list[bytes]:
    """What grep(1) finds, sorted."""
    command = ["grep", "-rnIF", "-e", pattern, folder]
    done = subprocess.run(command, capture_output=True, check=False, env=ENVIRONMENT)
    assert done.returncode in (0, 1) and not done.stderr, done
    return sorted(done.stdout.splitlines(keepends=True))


def by_path(line: bytes) -> tuple[bytes, int]:
    path, number, _ = line.split(b":", 2)
    return path, int(number)


def test_the_lines_are_those_of_grep(runner: Runner) -> None:
    folder = str(runner.tree)
    for pattern in ("needle", "n\u00e4del", "hay  ", "s", ""):
        status, out, errors = runner.run(pattern, folder)
        assert (status, errors) == (0, b""), (pattern, status, errors)
        found = sorted(out.splitlines(keepends=True))
        assert found == grep(pattern, folder), f"{pattern!r}: {len(found)} lines"


def test_a_folder_with_a_slash_gives_the_same_paths(runner: Runner) -> None:
    folder = f"{runner.tree}/"
    _, out, _ = runner.run("Needle", folder)
    assert sorted(out.splitlines(keepends=True)) == grep("Needle", folder)


def test_how_many_are_in_flight_changes_nothing(runner: Runner) -> None:
    want = grep("needles", str(runner.tree))
    for count in ("1", "2", "64", "5000"):
        status, out, _ = runner.run("needles", str(runner.tree), "--in-flight", count)
        assert status == 0 and sorted(out.splitlines(keepends=True)) == want, count


def test_sorted_lines_are_sorted_by_path(runner: Runner) -> None:
    status, out, _ = runner.run("needle", str(runner.tree), "--sort")
    lines = out.splitlines(keepends=True)
    assert status == 0 and lines == sorted(lines, key=by_path)
    assert sorted(lines) == grep("needle", str(runner.tree))


def test_nothing_found_is_status_1(runner: Runner) -> None:
    assert runner.run("no such text", str(runner.tree)) == (1, b"", b"")


def test_a_folder_that_is_not_there_is_an_error(runner: Runner) -> None:
    status, out, errors = runner.run("x", str(runner.tree / "nothing"))
    assert (status, out) == (2, b"") and str(runner.tree / "nothing").encode() in errors, errors
    status, out, errors = runner.run("x")
    assert (status, out) == (2, b"") and b"pattern folder" in errors.lower(), errors


def test_the_time_is_told_when_it_is_asked_for(runner: Runner) -> None:
    status, _, errors = runner.run("needle", str(runner.tree), "--time", "--sort")
    want = rb"%d files, \d+ lines, \d+\.\d+ s\n" % (FILES + 2)
    assert status == 0 and re.fullmatch(want, errors), errors


def test_a_terminal_shows_a_bar_that_is_gone_at_the_end(runner: Runner) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        runner.command("needle", str(runner.tree)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=ENVIRONMENT,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 4096):
                shown += data
        except OSError:  # nobody has the other end any more
            pass
        os.close(ours)
        status = process.wait(TIME_LIMIT)
    assert status == 0 and re.search(rb"\[[# ]+\] \d+/\d+", shown), shown
    assert shown.endswith(b"\r\x1b[K"), shown


def test_the_program_has_less_than_150_lines(runner: Runner) -> None:
    lines = (ROOT / SOURCES[runner.language]).read_text().count("\n")
    assert lines < 150, f"{lines} lines"


def main(arguments: list[str]) -> int:
    tests: list[Callable[[Runner], None]] = [
        function for name, function in globals().items() if name.startswith("test_")
    ]
    languages = arguments or [name for name in SOURCES if (ROOT / SOURCES[name]).exists()]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name).resolve()
        make_tree(tree)
        for language in languages:
            runner = Runner(language, tree)
            for test in tests:
                start = time.monotonic()
                problem = ""
                try:
                    test(runner)
                except (AssertionError, OSError, subprocess.SubprocessError) as error:
                    problem = f"{type(error).__name__}: {error}"[:2000]
                word = "not ok" if problem else "ok"
                print(f"{word} {language} {test.__name__} {time.monotonic() - start:.2f} s")
                if problem:
                    print(f"    {problem}")
                passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
