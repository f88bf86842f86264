# SPDX-License-Identifier: MIT
"""Checks that every test which README.md of this folder names exists, and that no cell is empty.

A cell names tests as `path::name`; the path is a file of the tree (a conformance program stands for
its whole file and needs no name). "cannot happen: why" is allowed instead, and
"waits for what", which is counted as skipped.
"""

from __future__ import annotations

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
NAMED = re.compile(r"`([^`:]+)(?:::([^`]+))?`")


def problem(path: str, name: str | None) -> str:
    """What is wrong with a test's name, or an empty string."""
    file = ROOT / path
    if not file.is_file():
        return f"{path}: no such file"
    if name is None:
        return ""
    if re.search(rf"\b{re.escape(name)}\b", file.read_text()) is None:
        return f"{path}: no test named {name}"
    return ""


def main() -> int:
    passed = failed = waiting = 0
    for number, line in enumerate((HERE / "README.md").read_text().splitlines(), 1):
        if not line.startswith("| ") or line.startswith(("| bad day", "| guest")):
            continue
        day, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        for language, cell in zip(("C", "Python", "Rust"), cells, strict=True):
            tests = NAMED.findall(cell)
            wrong = [text for path, name in tests if (text := problem(path, name or None))]
            if not tests and cell.startswith("waits for "):
                waiting += 1
                continue
            if not tests and not cell.startswith("cannot happen: "):
                wrong.append("neither a test nor a reason")
            if wrong:
                failed += 1
                print(f"not ok README.md:{number}: {day} in {language}: {'; '.join(wrong)}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed, {waiting} skipped")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
