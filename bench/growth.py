# SPDX-License-Identifier: MIT
"""How cost grows: CPU time for a message at 10 to 10,000 connections, for a timer at 10^3 to 10^7,
for a job at 1 to 1,000 in flight; memory for a timer and a connection. Prints tables in Markdown.

python3 bench/growth.py [ROUNDS]        after `make bench`, which builds the programs
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from served import raise_descriptor_limit, run_served

BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"
SIDES = ("ours", "libuv")
CONNECTIONS = (10, 100, 1_000, 10_000)
MESSAGES = 60_000
TIME_LIMIT = 120.0  # s, of one server
TIMERS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
JOBS = (1, 8, 64, 256, 1_000)


def run(program: str, *args: str) -> tuple[dict[str, Any], int]:
    """What a program prints, and the most memory it had (bytes)."""
    with subprocess.Popen([str(BUILD / program), *args], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{program} {' '.join(args)} failed")
    return json.loads(text), usage.ru_maxrss * 1024


def table(title: str, head: str, rows: dict[str, dict[str, float]], columns: list[str]) -> None:
    print(f"\n{title}\n\n| {head} | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(f"{row[c]:,.4g}" for c in columns) + " |")


def progress(text: str) -> None:
    print(f"  {text}", file=sys.stderr)


def echo(rounds: int) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for count in CONNECTIONS:
        found: dict[str, list[float]] = {side: [] for side in SIDES}
        for number in range(rounds):
            for side in SIDES:
                progress(f"echo, {count} connections, {side}, {number + 1}/{rounds}")
                client = str(BUILD / "echo" / "client")
                args = ["pingpong", "64", str(count), str(max(MESSAGES, 6 * count))]
                figures = run_served([str(BUILD / "echo" / side)], client, args, TIME_LIMIT)
                found[side].append(float(figures["us_cpu_per_msg"]))
        rows[f"{count:,}"] = {side: statistics.median(found[side]) for side in SIDES}
    return rows


def timers(rounds: int) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Nanoseconds of CPU of the three steps together, for a timer; and bytes for one."""
    rows: dict[str, dict[str, float]] = {}
    memory: dict[str, list[int]] = {side: [] for side in SIDES}
    for count in TIMERS:
        found: dict[str, list[float]] = {side: [] for side in SIDES}
        for number in range(rounds):
            for side in SIDES:
                progress(f"{count} timers, {side}, {number + 1}/{rounds}")
                figures, rss = run(f"timers_1m/{side}", str(count))
                half = figures["timers_1m_stop"] + figures["timers_1m_fire"]
                found[side].append(figures["timers_1m_start"] + half / 2)
        for side in SIDES:
            memory[side].append(
                rss if side == SIDES[-1] else run(f"timers_1m/{side}", str(count))[1]
            )
        rows[f"{count:,}"] = {side: statistics.median(found[side]) for side in SIDES}
    grown = {s: (memory[s][-1] - memory[s][0]) / (TIMERS[-1] - TIMERS[0]) for s in SIDES}
    return rows, grown


def jobs(rounds: int) -> dict[str, dict[str, float]]:
    rows: dict[str, dict[str, float]] = {}
    for count in JOBS:
        found: dict[str, list[float]] = {side: [] for side in SIDES}
        for number in range(rounds):
            for side in SIDES:
                progress(f"{count} jobs in flight, {side}, {number + 1}/{rounds}")
                found[side].append(float(run(f"work/{side}", str(count))[0]["cpu_ns_per_job"]))
        rows[f"{count:,}"] = {side: statistics.median(found[side]) for side in SIDES}
    return rows


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    if not raise_descriptor_limit(2 * CONNECTIONS[-1]):
        raise SystemExit("10,000 connections need 20,000 descriptors: ulimit -n")
    columns = list(SIDES)
    table("Microseconds of CPU for a message of 64 bytes:", "connections", echo(rounds), columns)
    rows, grown = timers(rounds)
    table(
        "Nanoseconds of CPU for a timer that is started, and stopped or fired:",
        "timers",
        rows,
        columns,
    )
    bytes_each = ", ".join(f"{side} {grown[side]:,.0f}" for side in SIDES)
    print(f"\nBytes for a timer, what the program itself keeps of it included: {bytes_each}.")
    table("Nanoseconds of CPU for an empty job:", "in flight", jobs(rounds), columns)


if __name__ == "__main__":
    main()
