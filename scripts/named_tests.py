# SPDX-License-Identifier: MIT
"""Tests that documents name: whether they exist, and whether they ran.

A document names a test as `path::name`; a program that is one test as a whole, such as a
conformance program, needs no name. Whether a test ran is read from the logs that `make test` leaves
in build/test-logs.
"""

from __future__ import annotations

import functools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test-logs"
NAMED = re.compile(r"`([\w./+-]+\.(?:c|cpp|py|rs|go))(?:::(\w+))?`")

# Beginning of a test's path, the log of the part that runs it, and the line there that says it
# passed. {stem}: the file's name without its ending; {folder}: its folder; {name}: the test's name.
RUNS = (
    ("tests/conformance/", "conformance", r"^  (c|python|rust): (\d+) of \2 "),
    ("tests/faults/", "faults", r"^ok +{stem} "),
    ("tests/cshim/", "cshim", r"^\d+ passed, 0 failed"),
    ("tests/fuzz/", "fuzz", r"^\d+ passed, 0 failed"),
    ("tests/demo/", "demo", r"^ok demo .*{name}"),
    ("tests/", "c-plain", r"^ok +{stem} "),
    ("bindings/python/", "python", r"^(\d+ \w+, )*\d+ passed"),
    ("bindings/rust/", "rust", r"^test (\w+::)*{name} \.\.\. ok"),
    ("libloop/", "go-race", r"^ok\s+libloop.dev/libloop/{folder}\s"),
)


@functools.cache
def log(part: str) -> str | None:
    """What a part printed the last time it ran, or None."""
    file = LOGS / f"{part}.log"
    return file.read_text(errors="replace") if file.is_file() else None


def missing(path: str, name: str) -> str:
    """Why a test does not exist, or an empty string."""
    file = ROOT / path
    if not file.is_file():
        return f"{path}: no such file"
    if name and re.search(rf"\b{re.escape(name)}\b", file.read_text()) is None:
        return f"{path}: no test named {name}"
    return ""


def not_run(path: str, name: str) -> str:
    """Why a test cannot be said to have run and passed, or an empty string."""
    file = pathlib.PurePosixPath(path)
    for start, part, pattern in RUNS:
        if path.startswith(start):
            text = log(part)
            if text is None:
                return f"{path}: part {part} has not run"
            for word, value in (("stem", file.stem), ("folder", file.parent), ("name", name)):
                pattern = pattern.replace("{" + word + "}", re.escape(str(value)))
            if re.search(pattern, text, re.MULTILINE) is None:
                return f"{path}: part {part} does not say that it passed"
            return ""
    return f"{path}: no part of make test runs it"


def tests_in(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: path, and name or an empty string."""
    return [(path, name) for path, name in NAMED.findall(text)]
