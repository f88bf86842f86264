# SPDX-License-Identifier: MIT
"""Reads include/loop.h for the generators and gates in this folder."""

import pathlib
import re
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADER = ROOT / "include" / "loop.h"


@dataclass(frozen=True)
class Function:
    """One LOOP_API declaration and the comment that belongs to it.

    Declarations without a blank line between them share the comment above the first."""

    name: str
    comment: str
    line: int


@dataclass(frozen=True)
class ErrorCode:
    """One LOOP_E* number; text is its comment in the header, if it has one."""

    name: str
    number: int
    text: str


def text() -> str:
    return HEADER.read_text(encoding="utf-8")


def functions(source: str = "") -> list[Function]:
    """All public functions in the order of the header (or of another text)."""
    found: list[Function] = []
    comment = ""
    lines = (source or text()).split("\n")
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("/*"):
            start = index
            while "*/" not in lines[index]:
                index += 1
            comment = "\n".join(lines[start : index + 1])
        elif line.startswith("LOOP_API"):
            start = index
            while ";" not in lines[index]:
                index += 1
            declaration = " ".join(lines[start : index + 1])
            match = re.search(r"(\bloop_\w+)\(", declaration)
            if match is None:
                raise ValueError(f"loop.h:{start + 1}: LOOP_API without a function name")
            found.append(Function(match.group(1), comment, start + 1))
        elif not line.strip():
            comment = ""
        index += 1
    return found


def macros() -> dict[str, str]:
    """Every object-like macro with a value; continued lines are joined, comments removed."""
    source = re.sub(r"\\\n", " ", text())
    source = re.sub(r"/\*.*?\*/", " ", source, flags=re.S)
    found: dict[str, str] = {}
    for match in re.finditer(r"^#define (LOOP_\w+)[ \t]+(\S.*)$", source, flags=re.M):
        found[match.group(1)] = match.group(2).strip()
    return found


def errors() -> list[ErrorCode]:
    """LOOP_OK and every LOOP_E* code in the order of the header."""
    found: list[ErrorCode] = []
    pattern = r"^#define (LOOP_OK|LOOP_E[A-Z]+) (\(?-?\d+\)?)(?:[ \t]*/\*\s*(.*?)\s*\*/)?$"
    for match in re.finditer(pattern, text(), flags=re.M):
        number = int(match.group(2).strip("()"))
        if number <= 0:
            found.append(ErrorCode(match.group(1), number, match.group(3) or ""))
    return found


def version() -> str:
    return macros()["LOOP_VERSION_STRING"].strip('"')


def write_or_check(path: pathlib.Path, content: str, arguments: list[str]) -> int:
    """Writes a generated file, or with --check says whether it is fresh. Returns an exit code."""
    if arguments == ["--check"]:
        if path.exists() and path.read_text(encoding="utf-8") == content:
            return 0
        print(f"{path.relative_to(ROOT)} is stale: run make generate")
        return 1
    if arguments:
        print("usage: [--check]")
        return 2
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        path.write_text(content, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0
