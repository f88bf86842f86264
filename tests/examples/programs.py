# SPDX-License-Identifier: MIT
"""What the tests of the socket examples share: their programs in every language that has them, one
that listens, and the runner."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 60  # s; what takes longer hangs
ENVIRONMENT = dict(os.environ, PYTHONPATH=str(ROOT / "bindings" / "python"))


class Example:
    """One program in one language."""

    def __init__(self, name: str, language: str) -> None:
        self.source = {
            "c": ROOT / f"examples/{name}.c",
            "rust": ROOT / f"examples/{name}_rs/src/main.rs",
            "python": ROOT / f"examples/{name}.py",
        }[language]
        self.start = {
            "c": [f"{ROOT}/build/examples/{name}"],
            "rust": [f"{ROOT}/build/examples/{name}_rs"],
            "python": [sys.executable, str(self.source)],
        }[language]

    def command(self, *arguments: str) -> list[str]:
        return [*self.start, *arguments]

    def lines(self) -> int:
        return self.source.read_text().count("\n")

    @contextmanager
    def listening(self, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
        """The program, once it listens, and its port; it must be alive at the end, and is ended."""
        with subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        ) as process:
            try:
                assert process.stdout is not None and process.stderr is not None
                line = process.stdout.readline().decode()
                match = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", line)
                assert match, f"{line!r}"
                yield process, int(match[1])
                assert process.poll() is None, f"it ended: {process.stderr.read()!r}"
            finally:
                process.kill()


def descriptors(process: subprocess.Popen[bytes]) -> int:
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def main(name: str, tests: dict[str, object], arguments: list[str]) -> int:
    """Runs the functions named test_ for the languages, or all that have the program."""
    there = [x for x in ("c", "rust", "python") if Example(name, x).source.exists()]
    passed = failed = 0
    for language in arguments or there:
        for test_name, test in tests.items():
            if not test_name.startswith("test_"):
                continue
            start, problem = time.monotonic(), ""
            run: Callable[[Example], None] = test  # type: ignore[assignment]
            try:
                run(Example(name, language))
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                problem = f"{type(error).__name__}: {error}"[:2000]
            word = "not ok" if problem else "ok"
            print(f"{word} {language} {test_name} {time.monotonic() - start:.2f} s")
            if problem:
                print(f"    {problem}")
            passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0
