# SPDX-License-Identifier: MIT
"""What the tests with real peers share."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "net_peers"
TIME_LIMIT = 60
SIZE = 4 << 20
BODY = bytes((i * 31 + (i >> 8) * 7) & 255 for i in range(SIZE))


def build(name: str) -> None:
    """One of the C programs of this folder."""
    BUILD.mkdir(parents=True, exist_ok=True)
    flags = f"-std=c11 -O2 -Wall -Wextra -Werror -I{ROOT}/include {ROOT}/tests/net_peers/{name}.c"
    link = f"-L{ROOT}/build -lloop -Wl,-rpath,{ROOT}/build -o {BUILD}/{name}"
    subprocess.run(["cc", *flags.split(), *link.split()], check=True)


def fnv(data: bytes) -> str:
    value = 14695981039346656037
    for byte in data:
        value = ((value ^ byte) * 1099511628211) & (2**64 - 1)
    return f"{value:016x}"


def listening(process: subprocess.Popen[bytes]) -> str:
    """Where a server listens: it prints that first."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    match = re.fullmatch(r"listening on (?:.*:)?(\S+)\n", line)
    assert match, line
    return match[1]


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """A server that prints where it listens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield listening(process)
        finally:
            process.kill()


def run(command: list[str], data: bytes) -> bytes:
    done = subprocess.run(command, input=data, capture_output=True, timeout=TIME_LIMIT, check=False)
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    return done.stdout
