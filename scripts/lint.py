# SPDX-License-Identifier: MIT
"""Runs every static check: formatters, linters, type checkers and the project's own gates.

    scripts/lint.py             all
    scripts/lint.py --quick     those that need only Go and Python, a few seconds
    scripts/lint.py NAME...     the ones named

A check is one line of CHECKS. One whose tool is missing is skipped by name, or fails with CI=true.
The last line is `N passed, N failed, N skipped`."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"

# Warnings for all C of the project; the same in CONTRIBUTING.md.
C_WARNINGS = "-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
CLANG_FORMAT = "clang-format-14"
CARGO = "--manifest-path bindings/rust/Cargo.toml"


@dataclass(frozen=True)
class Check:
    """command runs in bash at the root; {c} and the like stand for file lists, see `lists`."""

    name: str
    command: str
    tool: str
    quick: bool = False
    when_named: bool = False  # not part of "all"


# Each costs a build of Go's library for its platform. darwin/amd64 has the same files as arm64:
# only `make cross` vets it.
GO_PLATFORMS = ["darwin/arm64", "freebsd/amd64", "linux/arm64", "darwin/amd64"]
CROSS = [
    Check(
        f"vet-{platform.replace('/', '-')}",
        f"CGO_ENABLED=0 GOOS={platform.split('/')[0]} GOARCH={platform.split('/')[1]}"
        " go vet {engine}",
        "go",
        when_named=platform == "darwin/amd64",
    )
    for platform in GO_PLATFORMS
]

CHECKS = [
    Check("gofmt", 'out=$(gofmt -l {go}); echo "$out"; [ -z "$out" ]', "go", quick=True),
    Check("go-vet", "go vet ./...", "go", quick=True),
    Check("go-vet-faults", "CGO_CFLAGS=-DLOOP_FAULTS go vet -tags faults ./...", "go"),
    Check("go-mod", "go mod verify && go mod tidy -diff", "go"),
    Check("staticcheck", "staticcheck ./...", "staticcheck"),
    *CROSS,
    Check("c-format", f"{CLANG_FORMAT} --dry-run -Werror {{c}}", CLANG_FORMAT),
    Check(
        "c-warnings",
        f"bad=0; for f in {{shim}}; do gcc {C_WARNINGS} -fsyntax-only $f || bad=1; done;"
        " [ $bad = 0 ]",
        "gcc",
    ),
    Check("ruff", "ruff check . && ruff format --check .", "ruff"),
    Check(
        "mypy",
        "bad=0; for d in {pydirs}; do mypy --strict --no-error-summary $d/*.py || bad=1; done;"
        " [ $bad = 0 ]",
        "mypy",
    ),
    Check("mypy-python", "cd bindings/python && mypy", "mypy"),
    Check("rustfmt", f"cargo fmt {CARGO} --all --check", "cargo"),
    Check(
        "clippy", f"cargo clippy --locked {CARGO} --workspace --all-targets -- -D warnings", "cargo"
    ),
    Check("shell-syntax", "for f in {sh}; do bash -n $f || exit 1; done", "bash", quick=True),
    Check("tree", "python3 scripts/check_tree.py", "python3", quick=True),
    Check("header-docs", "python3 scripts/check_header.py", "python3", quick=True),
    Check("loop-map-fresh", "python3 scripts/gen_map.py --check", "python3", quick=True),
    Check("python-cdef-fresh", "python3 bindings/python/tools/gen_cdef.py --check", "python3"),
    Check("rust-bindings-fresh", "bindings/rust/tools/check_bindings.sh", "cargo"),
    Check("errors-md-fresh", "python3 scripts/gen_errors.py --check", "python3", quick=True),
]


def tracked(*suffixes: str) -> list[str]:
    """The project's files with one of these endings, committed or about to be."""
    patterns = [f"*{suffix}" for suffix in suffixes]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).exists())


def engine_packages() -> list[str]:
    """The packages below libloop/ that use no cgo: what must vet on every platform."""
    listed = subprocess.run(
        ["go", "list", "-f", "{{if not .CgoFiles}}{{.ImportPath}}{{end}}", "./libloop/..."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return listed.split()


def python_folders() -> list[str]:
    """Folders with Python files; the package checks itself with its own settings."""
    folders = {str(pathlib.PurePath(name).parent) for name in tracked(".py")}
    return sorted(name for name in folders if not name.startswith("bindings/"))


def lists() -> dict[str, str]:
    c_files = tracked(".c", ".h", ".cpp")
    return {
        "{go}": " ".join(tracked(".go")),
        "{c}": " ".join(c_files),
        "{shim}": " ".join(name for name in c_files if re.match(r"libloop/.*\.c$", name)),
        "{pydirs}": " ".join(python_folders()),
        "{sh}": " ".join([*tracked(".sh"), ".ci/run"]),
        "{engine}": " ".join(engine_packages()),
    }


def run(check: Check, words: dict[str, str]) -> str:
    """Runs one check and says "passed", "failed" or "skipped"."""
    start = time.monotonic()
    if shutil.which(check.tool) is None:
        if CI:
            print(f"FAILED  {check.name}: {check.tool} is not installed", flush=True)
            return "failed"
        print(f"skipped {check.name}: {check.tool} is not installed", flush=True)
        return "skipped"
    command = check.command
    for word, files in words.items():
        command = command.replace(word, files)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    if done.returncode == 0:
        print(f"ok      {check.name:20} {seconds:6.1f} s", flush=True)
        return "passed"
    print(f"FAILED  {check.name:20} {seconds:6.1f} s", flush=True)
    for text in done.stdout.splitlines()[-60:]:
        print(f"    {text}")
    return "failed"


def main(arguments: list[str]) -> int:
    for folder in ("venv/bin", "bin"):
        os.environ["PATH"] = f"{ROOT}/build/{folder}:{os.environ['PATH']}"
    os.environ.setdefault("CARGO_TARGET_DIR", f"{ROOT}/build/rust")
    os.environ.setdefault("LIBLOOP_LIB_DIR", f"{ROOT}/build")
    os.environ["MYPYPATH"] = f"{ROOT}/scripts:{ROOT}/bench:{ROOT}/bindings/python"
    names = [check.name for check in CHECKS]
    unknown = [name for name in arguments if name != "--quick" and name not in names]
    if unknown:
        print(f"lint.py: no check {unknown[0]!r}; known: {' '.join(names)}")
        return 2
    chosen = [
        check
        for check in CHECKS
        if check.name in arguments
        or (not arguments and not check.when_named)
        or ("--quick" in arguments and check.quick)
    ]
    words = lists()
    tally = {"passed": 0, "failed": 0, "skipped": 0}
    for check in chosen:
        tally[run(check, words)] += 1
    print(f"{tally['passed']} passed, {tally['failed']} failed, {tally['skipped']} skipped")
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
