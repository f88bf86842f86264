# SPDX-License-Identifier: MIT
"""The targets that people and packagers rely on."""

import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGETS = {
    "bench",
    "check",
    "clean",
    "demo",
    "demo-c",
    "demo-python",
    "demo-rust",
    "help",
    "install",
    "lint",
    "soak",
    "test",
    "test-ffi",
}


def make(*words: str) -> str:
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    done = subprocess.run(
        ["make", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_help_names_every_target_with_what_it_does() -> None:
    rows = [re.fullmatch(r"  ([a-z-]+) +(\S.*)", line) for line in make("help").splitlines()]
    assert all(rows)
    assert {row.group(1) for row in rows if row} >= TARGETS


def test_nothing_is_written_outside_of_the_build_folder_when_cleaning() -> None:
    assert make("-n", "clean") == "rm -rf build\n"


def test_tests_run_the_groups_of_their_names() -> None:
    for target, group in (
        ("check", "check"),
        ("test", "test"),
        ("test-ffi", "ffi"),
        ("soak", "soak"),
    ):
        assert make("-n", target).splitlines()[-1] == f"python3 scripts/run_tests.py {group}"
