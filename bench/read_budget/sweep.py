# SPDX-License-Identifier: MIT
"""Runs sweep.c for several budgets and sizes of pieces, interleaved; prints a table of medians.

python3 bench/read_budget/sweep.py [ROUNDS]
"""

import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bench" / "read_budget" / "sweep"
BUDGETS = (1, 2, 4, 8, 16, 64)
SIZES = (65536, 16384, 1024)
COLUMNS = ("flood_mb_s", "polite_us_p50", "polite_us_p99", "timer_us_p99")


def build() -> None:
    PROGRAM.parent.mkdir(parents=True, exist_ok=True)
    source = pathlib.Path(__file__).with_name("sweep.c")
    link = [f"-L{ROOT}/build", "-lloop", f"-Wl,-rpath,{ROOT}/build"]
    subprocess.run(
        ["gcc", "-O2", f"-I{ROOT}/include", str(source), "-o", str(PROGRAM), *link],
        check=True,
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    build()
    found: dict[tuple[int, int], list[dict[str, float]]] = {}
    for number in range(rounds):
        for size in SIZES:
            for budget in BUDGETS:
                print(f"  round {number + 1}/{rounds}: {size} {budget}", file=sys.stderr)
                command = [str(PROGRAM), str(budget), str(size)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                found.setdefault((size, budget), []).append(json.loads(done.stdout))
    print("| read_size | read_budget | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 2) + "|")
    for (size, budget), runs in found.items():
        medians = (f"{statistics.median(run[name] for run in runs):,.0f}" for name in COLUMNS)
        print(f"| {size:,} | {budget} | " + " | ".join(medians) + " |")


if __name__ == "__main__":
    main()
