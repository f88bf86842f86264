# SPDX-License-Identifier: MIT
"""Writes what `make bench` has measured into docs/performance.md: the table between its marks, and
docs/performance.svg, a chart of the ratios.

python3 bench/report.py [RUNS]      of how many runs of each case at most, the last ones; default 3
"""

from __future__ import annotations

import datetime
import json
import math
import statistics
import sys
from html import escape
from pathlib import Path
from typing import Any

from cases import CASES, NOISE, Case, slack

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results.jsonl"
PAGE = ROOT / "docs" / "performance.md"
CHART = ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
ROW, LEFT, WIDTH = 18, 170, 360  # pixels of the chart
REACH = 8.0  # a bar ends at so many times better or worse
Runs = list[dict[str, Any]]


def results(most: int) -> dict[str, Runs]:
    """The last runs of each case."""
    found: dict[str, Runs] = {}
    for line in RESULTS.read_text().splitlines():
        run = json.loads(line)
        found.setdefault(run["case"], []).append(run)
    return {name: runs[-most:] for name, runs in found.items()}


def median(runs: Runs, what: str) -> float:
    return statistics.median(float(run[what]) for run in runs)


def holds(values: list[float], limit: float, higher_is_better: bool) -> bool:
    """Whether the median reaches a limit, and no run is more than 3 % beyond it."""
    middle = statistics.median(values)
    if higher_is_better:
        return middle >= limit - slack(limit) and min(values) >= limit * (1 - NOISE)
    return middle <= limit + slack(limit) and max(values) <= limit * (1 + NOISE)


def met(case: Case, runs: Runs) -> str:
    """Whether all parts of a goal hold. Those at 1.0x allow 3 % for the median, too."""
    if not case.goal:
        return ""
    values = [float(run["ours" if case.absolute else "ratio"]) for run in runs]
    good = holds(values, case.limit, case.higher_is_better)
    for name, limit in case.also_limits:
        further = [float(run["also"].get(name, 0.0)) for run in runs]
        good = good and holds(further, limit, False)
    return "met" if good else "missed"


def table(found: dict[str, Runs]) -> list[str]:
    rows = ["| case | unit | ours | peer | whose | ratio, each run | goal | |", "|---" * 8 + "|"]
    for case in CASES:
        runs = found.get(case.name)
        if runs:
            ratios = ", ".join(f"{run['ratio']:.2f}" for run in runs)
            cells = [f"`{case.name}`", f"`{case.unit}`", f"{median(runs, 'ours'):,.4g}"]
            cells += [f"{median(runs, 'peer'):,.4g}", runs[-1]["peer_name"], ratios, case.goal]
            rows.append("| " + " | ".join([*cells, met(case, runs)]) + " |")
    return rows


def chart(found: dict[str, Runs]) -> str:
    """Bars on a scale of powers of two: to the right as many times better than the peer."""
    shown = [(case, found[case.name]) for case in CASES if case.name in found]
    middle, height = LEFT + WIDTH / 2, ROW * (len(shown) + 2)
    step = WIDTH / 2 / math.log2(REACH)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 60}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<text x="{middle}" y="12" text-anchor="middle">worse than the peer | better</text>',
    ]
    for power in range(-3, 4):
        x = middle + power * step
        parts.append(f'<line x1="{x}" y1="16" x2="{x}" y2="{height}" stroke="#ddd"/>')
    for row, (case, runs) in enumerate(shown):
        ratio = median(runs, "ratio")
        better = ratio if case.higher_is_better else 1 / ratio
        y, bar = ROW * (row + 1.3), step * math.log2(min(max(better, 1 / REACH), REACH))
        color = "#2a7" if better >= 1 else "#c63"
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 9}" text-anchor="end">{escape(case.name)}</text>',
            f'<rect x="{min(middle, middle + bar):.1f}" y="{y}" width="{abs(bar):.1f}" '
            f'height="{ROW - 6}" fill="{color}"/>',
            f'<text x="{LEFT + WIDTH + 6}" y="{y + 9}">{better:.2f}x</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    found = results(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    machine = next(iter(found.values()))[-1]["machine"]
    day = datetime.date.today().isoformat()
    head = f"Measured {day} on: {machine}. Medians of the runs whose ratios are listed."
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    body = "\n".join(["", head, "", *table(found), ""])
    PAGE.write_text(f"{before}{BEGIN}{body}{END}{after}")
    CHART.write_text(chart(found))


if __name__ == "__main__":
    main()
