# SPDX-License-Identifier: MIT
"""timed.py c|rust|python|node|pathlib FOLDER: how long a program takes to search a tree.

The whole program is measured, from its start to its end. Prints the seconds, and a digest of the
lines, sorted, because the order in which files come is nobody's.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = [sys.executable, "-B"]
COMMANDS = {
    "c": [f"{ROOT}/build/examples/grep"],
    "rust": [f"{ROOT}/build/examples/grep_rs"],
    "python": [*PYTHON, f"{ROOT}/examples/grep.py"],
    "node": ["node", f"{HERE}/node.js"],
    "pathlib": [*PYTHON, f"{HERE}/pathlib_grep.py"],
}
ENVIRONMENT = dict(os.environ, PYTHONPATH=str(ROOT / "bindings" / "python"))


def version(which: str) -> str:
    """Whom the figure is of."""
    if which == "node":
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
        return f"node {said.stdout.strip().removeprefix('v')}"
    if which == "pathlib":
        return f"pathlib {platform.python_version()}"
    return f"libloop {which}"


def main() -> int:
    which, folder = sys.argv[1:3]
    command = [*COMMANDS[which], "a needle in the hay", folder]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, check=False, env=ENVIRONMENT)
    spent = time.monotonic() - begin
    lines = sorted(done.stdout.splitlines())
    if done.returncode != 0 or done.stderr or not lines:
        print(f"{command}: {done.returncode}, {len(lines)} lines\n{done.stderr!r}", file=sys.stderr)
        return 1
    result = hashlib.sha256(b"\n".join(lines)).hexdigest()
    print(json.dumps({"grep_s": spent, "result": result, "version": version(which)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
