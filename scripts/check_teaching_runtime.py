# SPDX-License-Identifier: MIT
"""Checks docs/teaching-runtime.md: each line names tests that exist and ran, or says what it waits
for. With --exist it does not ask whether they ran."""

from __future__ import annotations

import sys

from named_tests import ROOT, missing, not_run, tests_in

ROWS = 13 + 22


def main() -> int:
    ask_ran = "--exist" not in sys.argv[1:]
    passed = failed = 0
    for line in (ROOT / "docs" / "teaching-runtime.md").read_text().splitlines():
        if not line.startswith(("| A", "| B")):
            continue
        number, _weakness, proof = (cell.strip() for cell in line.strip("|").split("|"))
        tests = tests_in(proof)
        wrong = [text for test in tests if (text := missing(*test))]
        if ask_ran and not wrong:
            wrong = [text for test in tests if (text := not_run(*test))]
        if not tests and "waits for" not in proof:
            wrong.append("neither a test nor what it waits for")
        if wrong:
            failed += 1
            print(f"not ok {number}: {'; '.join(wrong)}")
        else:
            passed += 1
    if passed + failed != ROWS:
        failed += 1
        print(f"not ok: {passed + failed - 1} lines instead of {ROWS}")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
