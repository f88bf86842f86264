# SPDX-License-Identifier: MIT
"""The example grep.py beside grep(1)."""

import os
import pathlib
import random
import subprocess
import sys

import pytest

from .support import PACKAGE_ROOT, environment

EXAMPLE = PACKAGE_ROOT.parent.parent / "examples" / "grep.py"
FILES = 3000


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Some thousand small files; a needle in some, a few that are no text, a link to all of it."""
    chance = random.Random(7)
    root = tmp_path_factory.mktemp("tree")
    for number in range(FILES):
        folder = root / f"d{number % 37}" / f"e{number % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [chance.randbytes(chance.randrange(9)).hex() for _ in range(chance.randrange(40))]
        if number % 7 == 0:
            lines.insert(chance.randrange(len(lines) + 1), "a needle, and another needle")
        content = "\n".join(lines).encode() + b"\n" * chance.randrange(2)
        if number % 50 == 0:
            content = b"needle\0" + content
        (folder / f"f{number}").write_bytes(content)
    (root / "again").symlink_to(root)
    (root / os.fsdecode(b"name \xff")).write_bytes(b"\xff needle \xfe\n")
    return root


def run(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, str(EXAMPLE), *map(str, arguments)]
    return subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=100)


@pytest.mark.parametrize("in_flight", [1, 64])
def test_grep_finds_what_grep_finds(tree: pathlib.Path, in_flight: int) -> None:
    command = ["grep", "-rnIF", "--", "needle", str(tree)]
    theirs = subprocess.run(
        command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=True
    )
    ours = run("needle", tree, "--in-flight", in_flight)
    assert ours.returncode == 0 and ours.stderr == b""
    assert sorted(ours.stdout.splitlines()) == sorted(theirs.stdout.splitlines())
    assert len(ours.stdout.splitlines()) > FILES // 10


def test_grep_sorts_says_its_time_and_its_outcome(tree: pathlib.Path) -> None:
    ours = run("needle", tree, "--sort", "--time")
    paths = [line.partition(b":")[0] for line in ours.stdout.splitlines()]
    assert paths == sorted(paths)
    assert ours.stderr.startswith(b"%d files, " % (FILES + 1))
    assert run("no such text", tree).returncode == 1
    missing = run("needle", tree / "missing")
    assert missing.returncode == 2 and b"LOOP_ENOENT" in missing.stderr
