# SPDX-License-Identifier: MIT
"""Checks tests/libuv-map.tsv: each row names tests of ours that exist and ran, or says why there is
none. With --exist it does not ask whether they ran.

A row has three cells: the name of a test in libuv's list, our tests as `path::name` with a space
between them (a conformance program needs no name), and a sentence, which has to be there when no
test is. "passing" stands for tests of what is being written; such rows are counted as skipped.
"""

from __future__ import annotations

import re
import sys

from named_tests import ROOT, missing, not_run

MAP = ROOT / "tests" / "libuv-map.tsv"
ROWS = 260
TEST = re.compile(r"([\w./+-]+\.(?:c|cpp|py|rs|go))(?:::(\w+))?$")


def complaints(line: str, ask_ran: bool) -> list[str]:
    """What is wrong with one row of the map."""
    cells = line.split("\t")
    if len(cells) != 3 or not re.fullmatch(r"\w+", cells[0]):
        return ["a row has a name, tests and a sentence, with tabs between them"]
    _name, proof, sentence = cells
    if proof == "passing":
        return [] if sentence else ["it does not say what is passing"]
    if not proof:
        return [] if sentence.endswith(".") else ["neither a test nor a sentence why not"]
    wrong = []
    for text in proof.split(" "):
        test = TEST.match(text)
        if test is None:
            wrong.append(f"{text!r} names no test")
            continue
        path, name = test[1], test[2] or ""
        problem = missing(path, name) or (not_run(path, name) if ask_ran else "")
        if not name and not path.startswith("tests/conformance/"):
            problem = problem or f"{path}: which of its tests?"
        if problem:
            wrong.append(problem)
    return wrong


def check(text: str, rows: int, ask_ran: bool) -> tuple[list[str], int, int]:
    """What is wrong with a map, how many rows are right, and how many of them wait."""
    wrong, right, waiting = [], 0, 0
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        name, proof = [*line.split("\t"), ""][:2]
        found = complaints(line, ask_ran)
        if name in seen:
            found.append("it is there twice")
        seen.add(name)
        if found:
            wrong.append(f"line {number}: {name}: {'; '.join(found)}")
        else:
            right += 1
            waiting += proof == "passing"
    if len(seen) != rows:
        wrong.append(f"{len(seen)} names instead of {rows}")
    return wrong, right, waiting


def main() -> int:
    ask_ran = "--exist" not in sys.argv[1:]
    wrong, right, waiting = check(MAP.read_text(), ROWS, ask_ran)
    for text in wrong:
        print(f"not ok {text}")
    print(f"{right - waiting} passed, {len(wrong)} failed, {waiting} skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
