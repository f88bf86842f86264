# SPDX-License-Identifier: MIT
"""Builds the third-party modules of this folder, and runs the program that uses each.

    tests/plugin/run.py [c] [python] [rust]

Each program prints a line per fact and a line of counts; this adds the counts up.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "plugin"
TIME_LIMIT = 300  # s, with the build
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-pthread", f"-I{ROOT / 'include'}"]
# Module and program lie in build/plugin.
LIBS = [f"-L{ROOT / 'build'}", "-lloop", "-Wl,-rpath,$ORIGIN/..:$ORIGIN"]


def c() -> list[str]:
    """A shared library, and a program linked with it."""
    BUILD.mkdir(parents=True, exist_ok=True)
    flags = [*CFLAGS, *WARNINGS]
    module, program = BUILD / "libtally.so", BUILD / "uses_tally"
    sources = HERE / "c"
    made = ["cc", *flags, "-fPIC", "-shared", str(sources / "tally.c"), "-o", str(module), *LIBS]
    subprocess.run(made, check=True, timeout=TIME_LIMIT)
    made = ["cc", *flags, str(sources / "uses_tally.c"), "-o", str(program)]
    subprocess.run([*made, f"-L{BUILD}", "-ltally", *LIBS], check=True, timeout=TIME_LIMIT)
    return [str(program)]


def python() -> list[str]:
    """A module beside the program."""
    os.environ["PYTHONPATH"] = str(ROOT / "bindings" / "python")
    os.environ.setdefault("LIBLOOP_LIBRARY", str(ROOT / "build" / "libloop.so"))
    return [sys.executable, "-X", "dev", "-W", "error", str(HERE / "python" / "uses_tally.py")]


def rust() -> list[str]:
    """A crate, and a program of it."""
    os.environ.setdefault("LIBLOOP_LIB_DIR", str(ROOT / "build"))
    os.environ.setdefault("CARGO_TARGET_DIR", str(ROOT / "build" / "rust"))
    cargo = ["cargo", "run", "--quiet", "--locked", "--manifest-path"]
    return [*cargo, str(HERE / "rust" / "Cargo.toml"), "--bin", "uses_tally"]


LANGUAGES = {"c": c, "python": python, "rust": rust}


def run(language: str) -> tuple[int, int, int]:
    """Passed, failed and skipped facts of a language; a crash is a failure."""
    try:
        command = LANGUAGES[language]()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"FAIL plugin {language}: {error}", flush=True)
        return 0, 1, 0
    *facts, counts = done.stdout.splitlines() or [""]
    print("\n".join(facts), flush=True)
    found = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", counts)
    passed, failed, skipped = map(int, found.groups()) if found else (0, 0, 0)
    if found is None or (done.returncode != 0) != (failed != 0) or passed == 0:
        print(f"FAIL plugin {language}: exit code {done.returncode}, last line {counts!r}")
        failed += 1
    return passed, failed, skipped


def main() -> int:
    languages = sys.argv[1:] or list(LANGUAGES)
    if not set(languages) <= set(LANGUAGES):
        print(f"usage: {sys.argv[0]} [{'] ['.join(LANGUAGES)}]", file=sys.stderr)
        return 2
    totals = [sum(column) for column in zip(*map(run, languages), strict=True)]
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
