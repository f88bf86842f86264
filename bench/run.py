#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures libloop beside its peers and prints one table.

    bench/run.py [CASE ...]     run all cases but the grep ones, or those named (a prefix will do)
    bench/run.py --check        run every program with very little work, for correctness only

Every round runs ours, then the peer, so that both see the same machine. A line holds medians over
the rounds and their ratio; it is also appended to bench/results.jsonl. LIBUV_PREFIX=DIR builds the
libuv programs against DIR/include and DIR/lib instead of the system's libuv.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cases import CASES, Case, Program, Workload, slack
from materials import MAKERS, material
from served import FailedError, raise_descriptor_limit, run_served
from touched import touch

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build" / "bench"
RESULTS = BENCH / "results.jsonl"
TIME_LIMIT = 300  # s, of one program
CFLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", "-Wall", "-Wextra", "-Werror"]
# What must be on the machine for a peer; libuv is looked for with pkg-config.
NEEDED = {"node": ("node",), "sha256sum": ("sha256sum",)}
# Peers that are Python packages: in build/venv, of scripts/requirements-dev.txt.
PACKAGES = ("uvloop",)
# The programs of load open their library themselves and must not be linked with it.
LDFLAGS = ["-Wl,--as-needed"]


class MissingError(Exception):
    """A peer, or what it is built with, is not on this machine."""


# ---- Building ------------------------------------------------------------------------------------


def libuv_flags() -> list[str]:
    """Compiler flags for libuv: of LIBUV_PREFIX, else what pkg-config says."""
    prefix = os.environ.get("LIBUV_PREFIX")
    if prefix:
        include, lib = (Path(prefix, name).resolve() for name in ("include", "lib"))
        return [f"-I{include}", f"-L{lib}", f"-Wl,-rpath,{lib}", "-luv", "-ldl"]
    asked = ["pkg-config", "--cflags", "--libs", "libuv"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise MissingError("libuv: not found (install libuv1-dev, or set LIBUV_PREFIX)") from None
    return [*found.stdout.split(), "-ldl"]


def our_flags() -> list[str]:
    """Compiler flags for libloop as built in build/."""
    library = ROOT / "build"
    if not (library / "libloop.so").exists():
        raise FailedError("build/libloop.so is not built: run make")
    return [
        f"-I{ROOT / 'include'}",
        f"-L{library}",
        "-lloop",
        "-Wl,-rpath,$ORIGIN/../..",  # programs lie in build/bench/FOLDER
        "-ldl",
    ]


def build(workload: Workload, program: Program) -> list[str]:
    """Build a program if need be; returns the command that runs it, without its arguments."""
    folder = workload.folder
    source = BENCH / folder / program.source
    for tool in NEEDED.get(program.peer, ()):
        if shutil.which(tool) is None:
            raise MissingError(f"{tool}: not found")
    if source.suffix == ".js":
        return ["node", str(source)]
    if source.suffix == ".py":
        python = venv_python(program.peer) if workload.venv else sys.executable
        return [python, "-B", str(source)]
    if source.suffix == ".rs":
        return [build_rust(folder, source.stem)]
    flags = {"ours": our_flags, "libuv": libuv_flags}.get(program.peer, list)()
    return [build_c(source, BUILD / folder / program.peer, flags)]


def build_c(source: Path, output: Path, flags: list[str]) -> str:
    """Compile one source; returns the program's path."""
    output.parent.mkdir(parents=True, exist_ok=True)
    command = ["cc", *CFLAGS, str(source), "-o", str(output), *LDFLAGS, *flags]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise FailedError(f"{source.relative_to(ROOT)} does not compile:\n{done.stderr}")
    return str(output)


def build_rust(folder: str, name: str) -> str:
    """Build a cargo project with optimization, ours and the peer's programs at once, each crate as
    its lock file says; returns the path of one of its programs."""
    our_flags()  # the library is there
    if shutil.which("cargo") is None:
        raise MissingError(f"{folder}: no cargo")
    project, target = BENCH / folder, BUILD / "cargo"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--target-dir", str(target)]
    environment = {**os.environ, "LIBLOOP_LIB_DIR": str(ROOT / "build")}
    # What cannot be had is a peer that is missing; what does not compile is a failure.
    fetch = ["cargo", "fetch", "--quiet", "--locked"]
    fetched = subprocess.run(fetch, cwd=project, capture_output=True, text=True)
    if fetched.returncode != 0:
        why = fetched.stderr.strip().splitlines() or ["cargo fetch fails"]
        raise MissingError(f"{folder}: crates cannot be had ({why[-1].strip()})")
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise FailedError(f"bench/{folder} does not compile:\n{done.stderr}")
    output = BUILD / folder / name
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(target / "release" / name, output)
    return str(output)


def venv_python(peer: str) -> str:
    """The interpreter for all programs of a case where one needs a package: build/venv's."""
    own = ROOT / "build" / "venv" / "bin" / "python"
    chosen = str(own) if own.exists() else sys.executable
    if peer in PACKAGES:
        found = subprocess.run([chosen, "-c", f"import {peer}"], capture_output=True)
        if found.returncode != 0:
            raise MissingError(f"{peer}: not in build/venv (make tools)")
    return chosen


def library_of(program: Program) -> Path:
    """The shared library that a program opens by itself."""
    if program.peer == "ours":
        return (ROOT / "build" / "libloop.so").resolve()
    prefix = os.environ.get("LIBUV_PREFIX")
    if prefix:
        return Path(prefix, "lib", "libuv.so.1").resolve()
    asked = ["pkg-config", "--variable=libdir", "libuv"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True)
    return Path(found.stdout.strip(), "libuv.so.1").resolve()


# ---- Running -------------------------------------------------------------------------------------

Figures = dict[str, Any]


def run_program(command: list[str], args: Iterable[str]) -> Figures:
    """Run a program once; returns the object it prints."""
    line = [*command, *args]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise FailedError(f"{' '.join(line)}: no end after {TIME_LIMIT} s") from None
    if done.returncode != 0:
        raise FailedError(f"{' '.join(line)}: exit code {done.returncode}\n{done.stderr}")
    figures: Figures = json.loads(done.stdout)
    return figures


@dataclass
class Runner:
    """Runs workloads, once each, however many cases share them."""

    check: bool
    notes: list[str] = field(default_factory=list)
    finished: dict[int, dict[Program, list[Figures]]] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[str] | MissingError] = field(default_factory=dict)
    clients: dict[str, str] = field(default_factory=dict)  # source to program

    def command(self, workload: Workload, program: Program) -> list[str] | None:
        """How to run a program; None, with a note, if it cannot be had."""
        key = (workload.folder, program.source)
        if key not in self.commands:
            try:
                if workload.descriptors and not raise_descriptor_limit(workload.descriptors):
                    needed = f"{workload.descriptors:,} descriptors"
                    raise MissingError(f"{workload.folder}: a process cannot have {needed}")
                self.commands[key] = build(workload, program)
            except MissingError as why:
                self.commands[key] = why
        found = self.commands[key]
        if isinstance(found, MissingError):
            if str(found) not in self.notes:
                self.notes.append(str(found))
            return None
        return found

    def args(self, program: Program) -> list[str]:
        """A program's arguments; the materials among them are made and in the system's cache."""
        args = []
        for arg in program.args:
            if arg == "{library}":
                arg = str(library_of(program))
            elif arg in MAKERS:
                arg = str(material(arg, BUILD, self.check))
            args.append(arg)
        return [*args, "--check"] if self.check else args

    def once(self, workload: Workload, program: Program, command: list[str]) -> Figures:
        """One run of a program: all by itself, or of a server with its client."""
        args = self.args(program)
        if not workload.client:
            return run_program(command, args)
        if workload.client not in self.clients:
            source = BENCH / workload.client
            output = BUILD / workload.client.removesuffix(".c")
            self.clients[workload.client] = build_c(source, output, [])
        return run_served(command, self.clients[workload.client], args, TIME_LIMIT)

    def run(self, workload: Workload) -> dict[Program, list[Figures]]:
        """All figures of a workload: a list per program, one entry per round."""
        if id(workload) not in self.finished:
            self.finished[id(workload)] = self.measure(workload)
        return self.finished[id(workload)]

    def measure(self, workload: Workload) -> dict[Program, list[Figures]]:
        programs = [*workload.programs, *(p for v in workload.variants.values() for p in v)]
        commands: dict[Program, list[str]] = {}
        for program in programs:
            command = self.command(workload, program)
            if command is not None:
                self.args(program)  # materials are made before the rounds
                commands[program] = command
        if workload.memory and not self.check:
            touch(workload.memory)
        result: str | None = None  # what the programs say came out; it is the same for all
        rounds = 1 if self.check else workload.rounds
        figures: dict[Program, list[Figures]] = {program: [] for program in programs}
        for number in range(1, rounds + 1):
            for program, command in commands.items():
                what = " ".join((workload.folder, program.peer, *program.args))
                print(f"  round {number}/{rounds}: {what}", file=sys.stderr, flush=True)
                begin = time.monotonic()
                said = self.once(workload, program, command)
                said["wall_s"] = time.monotonic() - begin
                if "{library}" in program.args:
                    said["load_so"] = library_of(program).stat().st_size
                result = said.get("result", result) if result is None else result
                if said.get("result", result) != result:
                    raise FailedError(f"{what}: another result than the others'")
                figures[program].append(said)
        return figures


# ---- Figures to lines ----------------------------------------------------------------------------


def quantile(samples: list[float], q: float) -> float:
    """The smallest sample that is not below a share q of all."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def late_ms(rounds: list[Figures], q: float) -> float:
    """A quantile of lateness over the samples of some rounds, in ms."""
    return quantile([ns / 1e6 for figures in rounds for ns in figures["samples_ns"]], q)


def per_round(case: Case, rounds: list[Figures]) -> list[float]:
    """The case's figure in each round."""
    if case.quantile:
        return [late_ms([figures], case.quantile) for figures in rounds]
    return [float(figures[case.figure or case.name]) for figures in rounds]


def overall(case: Case, rounds: list[Figures]) -> float:
    """The case's figure over all rounds."""
    if case.quantile:
        return late_ms(rounds, case.quantile)
    return statistics.median(per_round(case, rounds))


# Further figures of programs, and the case that they are of ("": of all that print them).
EXTRAS = {
    "cpu_us_per_roundtrip": "",
    "cpu_ns_per_job": "",
    "wakeups_per_s": "",
    "idle_cpu_us_per_s": "",
    "rss_grown": "load_rss",
    "size_out": "gzip",
    "hashes": "",
    "keys": "",
    "zips": "",
}


def further(case: Case, figures: dict[Program, list[Figures]]) -> dict[str, float]:
    """What else is known about a case: other peers, other quantiles, variants."""
    also: dict[str, float] = {}
    workload = case.workload
    pair = (workload.programs[0], workload.programs[case.against])
    for program in pair:
        name = program.label
        if case.quantile:
            also[f"{name}_p50"] = late_ms(figures[program], 0.5)
        for extra, of in EXTRAS.items():
            values = [f[extra] for f in figures[program] if extra in f]
            if values and of in ("", case.name):
                also[f"{name}_{extra}"] = statistics.median(values)
    for program in workload.programs:
        if program not in pair and figures[program] and not case.alone:
            theirs = overall(case, figures[program])
            also[program.label] = theirs
            also[f"{program.label}_ratio"] = overall(case, figures[pair[0]]) / theirs
    for variant, programs in workload.variants.items():
        for program in programs:
            if figures[program]:
                name = f"{variant}_{program.peer}"
                also[f"{name}_p99"] = late_ms(figures[program], 0.99)
                also[f"{name}_p50"] = late_ms(figures[program], 0.5)
    return {name: round(value, 4) for name, value in also.items()}


def line_of(case: Case, figures: dict[Program, list[Figures]]) -> dict[str, Any] | None:
    """The result of a case; None if its peer is not there."""
    peer_program = case.workload.programs[case.against]
    ours, peer = figures[case.workload.programs[0]], figures[peer_program]
    if not ours or not peer:
        return None
    ratios = [
        a / b for a, b in zip(per_round(case, ours), per_round(case, peer), strict=True) if b > 0
    ]
    ratio = overall(case, ours) / max(overall(case, peer), 1e-9)
    return {
        "case": case.name,
        "unit": case.unit,
        "ours": round(overall(case, ours), 4),
        "peer": round(overall(case, peer), 4),
        "peer_name": peer[0]["version"] + (f", {peer_program.note}" if peer_program.note else ""),
        "ratio": round(ratio, 4),
        # How far the rounds' own ratios lie apart, as a share of their median.
        "spread": round((max(ratios) - min(ratios)) / statistics.median(ratios), 4)
        if ratios
        else 0.0,
        "machine": machine(),
        "also": further(case, figures),
    }


def reaches(case: Case, line: dict[str, Any]) -> bool:
    """Whether a line reaches its case's goal."""
    if case.absolute:
        return bool(line["ours"] < case.limit)
    ratio = float(line["ratio"])
    if case.higher_is_better:
        return ratio >= case.limit - slack(case.limit)
    further_ones = ((line["also"].get(name, 0.0), limit) for name, limit in case.also_limits)
    return all(
        value <= limit + slack(limit) for value, limit in ((ratio, case.limit), *further_ones)
    )


def machine() -> str:
    """The machine in a few words."""
    model = platform.machine()
    for text in Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            model = text.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}"


def shown(value: float) -> str:
    """A figure with four significant digits, thousands apart."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def print_table(results: list[tuple[Case, dict[str, Any] | None]]) -> None:
    """The table: one line per case that has a peer."""
    rows = [("case", "unit", "ours", "peer", "whose", "ratio", "spread", "goal", "")]
    for case, line in results:
        if line is None:
            missing = f"no {case.workload.programs[case.against].peer}"
            rows.append((case.name, case.unit, "-", "-", missing, "-", "-", case.goal, ""))
            continue
        rows.append(
            (
                case.name,
                case.unit,
                shown(line["ours"]),
                shown(line["peer"]),
                line["peer_name"],
                f"{line['ratio']:.3f}",
                f"{line['spread'] * 100:.0f} %",
                case.goal,
                "reached" if reaches(case, line) else "missed",
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (
            cell.rjust(width) if i in (2, 3, 5, 6) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells).rstrip())
    for case, line in results:
        if line is not None and line["also"]:
            print(
                f"{case.name} also: "
                + ", ".join(f"{k} {shown(v)}" for k, v in line["also"].items())
            )


# ---- The two ways to run -------------------------------------------------------------------------


def bench(chosen: list[Case]) -> int:
    runner = Runner(check=False)
    results: list[tuple[Case, dict[str, Any] | None]] = []
    print(f"machine: {machine()}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    for case in chosen:
        line = line_of(case, runner.run(case.workload))
        results.append((case, line))
        if line is not None:
            with RESULTS.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(f"{case.name}: ratio {line['ratio']:.3f}", file=sys.stderr, flush=True)
    print_table(results)
    for note in runner.notes:
        print(f"note: {note}")
    return 0


def checked(workload: Workload, program: Program, figures: list[Figures]) -> None:
    """Every case of a workload has a figure above 0 (lateness: not below)."""
    for case in CASES:
        if case.workload is workload:
            value = overall(case, figures)
            # So little work may cost no tick of CPU time, and so few connections no page.
            may_be_0 = case.quantile or "cpu" in case.unit or case.unit == "bytes_per_conn"
            if value < 0 or (value == 0 and not may_be_0):
                raise FailedError(f"{case.name}: {program.peer} gives {value}")


def check(chosen: list[Case]) -> int:
    runner = Runner(check=True)
    passed = failed = skipped = 0
    workloads = list({id(case.workload): case.workload for case in chosen}.values())
    for workload in workloads:
        args = (arg for arg in workload.programs[0].args if not arg.startswith("{"))
        name = " ".join((workload.folder, *args))
        try:
            figures = runner.run(workload)
            for program in workload.programs:
                if figures[program]:
                    checked(workload, program, figures[program])
                    passed += 1
                    print(f"ok bench {name}: {program.label} does its work", flush=True)
                else:
                    skipped += 1
                    print(f"skip bench {name}: no {program.label}", flush=True)
        except FailedError as why:
            failed += 1
            print(f"FAIL bench {name}: {why}", flush=True)
    for note in runner.notes:
        print(f"note: {note}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="measures libloop beside its peers")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="a case, or the start of its name")
    parser.add_argument("--check", action="store_true", help="little work, for correctness only")
    options = parser.parse_args()
    chosen = [
        case
        for case in CASES
        if any(case.name.startswith(name) for name in options.cases)
        or not (options.cases or case.asked_only)
    ]
    if not chosen:
        parser.error(f"no such case; there are: {', '.join(case.name for case in CASES)}")
    # The package of the checkout, for programs in Python.
    os.environ["PYTHONPATH"] = str(ROOT / "bindings" / "python")
    way: Callable[[list[Case]], int] = check if options.check else bench
    try:
        return way(chosen)
    except FailedError as why:
        print(why, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
