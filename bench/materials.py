# SPDX-License-Identifier: MIT
"""What some benchmarks work on: made once in build/bench and kept there, the same every time."""

from __future__ import annotations

import gzip
import itertools
import random
import shutil
from collections.abc import Callable
from pathlib import Path

MIB = 1 << 20
TEXTS = 16  # texts of 1 MiB
FILES_OF_FOLDER = 100
NEEDLE = "a needle in the hay"


def large_file(path: Path, check: bool) -> None:
    """Noise: 1 GiB of it, 3 MiB and a bit to check."""
    chance = random.Random(1)
    with path.open("wb") as file:
        for _ in range(3 if check else 1024):
            file.write(chance.randbytes(MIB))
        if check:
            file.write(b"a bit")


def words(chance: random.Random) -> tuple[list[str], list[float]]:
    """Words, and how often each comes: the n-th as often as 1/n says, as in real languages."""
    parts = ["an", "be", "ci", "do", "el", "fa", "go", "hi", "in", "ka", "lo", "mu", "ne", "or"]
    made = ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(5000)]
    return made, list(itertools.accumulate(1 / n for n in range(1, len(made) + 1)))


def lines(chance: random.Random, size: int) -> str:
    """Text of that many characters."""
    vocabulary, weights = words(chance)
    text = ""
    while len(text) < size:
        row = chance.choices(vocabulary, cum_weights=weights, k=size // 4 + 12)
        text += "".join(" ".join(row[at : at + 12]) + "\n" for at in range(0, len(row), 12))
    return text[:size]


def texts(path: Path, check: bool) -> None:
    """Files 0, 1, ... of 1 MiB of text, and 0.gz, 1.gz, ... as zlib makes them at level 6."""
    path.mkdir()
    for number in range(2 if check else TEXTS):
        text = lines(random.Random(number), MIB).encode()
        (path / str(number)).write_bytes(text)
        (path / f"{number}.gz").write_bytes(gzip.compress(text, 6, mtime=0))


def tree(path: Path, check: bool) -> None:
    """A tree of 100,000 files of 0.2 to 4 KB, 300 to check; every tenth has the needle once."""
    chance = random.Random(1)
    text = lines(chance, MIB)
    for number in range(300 if check else 100_000):
        folder = path / f"{number // 10_000}" / f"{number // FILES_OF_FOLDER % 100}"
        if number % FILES_OF_FOLDER == 0:
            folder.mkdir(parents=True)
        begin = chance.randrange(MIB - 4000)
        content = text[begin : begin + chance.randrange(200, 4000)]
        if number % 10 == 0:
            content += f"\n{NEEDLE} {number}\n"
        (folder / f"{number}.txt").write_text(content)


MAKERS: dict[str, Callable[[Path, bool], None]] = {
    "{large_file}": large_file,
    "{texts}": texts,
    "{tree}": tree,
}


def warm(path: Path) -> None:
    """Read all of it, so that the system has it in its cache."""
    for file in [path] if path.is_file() else path.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                while opened.read(MIB):
                    pass


def material(name: str, home: Path, check: bool) -> Path:
    """Where a material is; it is made if it is not there."""
    path = home / (name.strip("{}") + ("_check" if check else ""))
    if not path.exists():
        half = path.with_name(path.name + ".half")  # what an interrupted run leaves
        if half.is_dir():
            shutil.rmtree(half)
        home.mkdir(parents=True, exist_ok=True)
        MAKERS[name](half, check)
        half.rename(path)
    warm(path)
    return path
