# SPDX-License-Identifier: MIT
"""Runs random programs in Node and in libloop and compares the order of their callbacks.

Usage: differential.py [--programs N] [--seed S] [--library DIR] [--expect-difference-within N]

The library is DIR/libloop.so. With --expect-difference-within N the run passes only if the library
(one with a planted fault) differs from Node within the first N programs.
"""

from __future__ import annotations

import argparse
import pathlib
import random
import subprocess
import sys
import tempfile

from programs import Program, make_program

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BATCH = 50
# A program that differs is run again: only one that differs each time counts, because a machine
# that stalls for longer than the 5 ms between two delays may swap them in either runtime.
TRIES = 3


def build_runner(library: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """Compiles runner.c against a library and returns the command that runs it."""
    runner = folder / "runner"
    command = ["cc", "-std=c11", "-O1", "-Wall", "-Werror", f"-I{ROOT / 'include'}"]
    command += [str(HERE / "runner.c"), f"-L{library}", "-lloop", f"-Wl,-rpath,{library}"]
    subprocess.run([*command, "-o", str(runner)], check=True)
    return [str(runner)]


def run(
    command: list[str], programs: dict[int, Program], folder: pathlib.Path
) -> dict[int, list[int]]:
    """Runs programs with one runner; returns the order of callbacks of each."""
    file = folder / "programs.txt"
    file.write_text("".join(p.text(i) for i, p in programs.items()))
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} exited with {done.returncode}: {done.stderr}")
    orders = {}
    for line in done.stdout.splitlines():
        index, _, order = line.partition(":")
        orders[int(index)] = [int(word) for word in order.split()]
    if orders.keys() != programs.keys():
        raise SystemExit(f"{command[0]} ran {len(orders)} of {len(programs)} programs")
    return orders


def difference(program: Program, node: list[int], ours: list[int]) -> str:
    """The first way in which two orders differ, or an empty string."""
    for what, where in (("Node", node), ("libloop", ours)):
        missing = sorted(set(node + ours) - set(where))
        if missing:
            return f"callbacks {missing} did not run in {what}"
    if sorted(node) != sorted(ours):
        return "an interval did not run the same number of times"
    at_node = {n: i for i, n in enumerate(node)}
    at_ours = {n: i for i, n in enumerate(ours)}
    for a, b in program.pairs():
        if a not in at_node or b not in at_node:
            continue
        if (at_node[a] < at_node[b]) != (at_ours[a] < at_ours[b]):
            first, second = (a, b) if at_node[a] < at_node[b] else (b, a)
            return f"{first} before {second} in Node, after it in libloop"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description="compare the order of callbacks with Node's")
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--library", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--expect-difference-within", type=int, default=0)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(2**32)
    rng = random.Random(seed)
    wanted = args.expect_difference_within or args.programs
    print(f"seed {seed}", flush=True)
    programs = {i: make_program(rng) for i in range(wanted)}

    found: list[str] = []
    pairs = callbacks = compared = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        ours_command = build_runner(args.library.resolve(), folder)
        node_command = ["node", str(HERE / "runner.js")]
        for start in range(0, wanted, BATCH):
            batch = {i: programs[i] for i in range(start, min(start + BATCH, wanted))}
            differing = dict(batch)
            texts: dict[int, str] = {}
            for attempt in range(TRIES):
                node = run(node_command, differing, folder)
                ours = run(ours_command, differing, folder)
                if attempt == 0:
                    for i, p in batch.items():
                        ran = set(node[i])
                        both = [(a, b) for a, b in p.pairs() if a in ran and b in ran]
                        pairs += len(both)
                        callbacks += len(ran)
                        compared += len({n for pair in both for n in pair})
                texts = {i: difference(p, node[i], ours[i]) for i, p in differing.items()}
                differing = {i: p for i, p in differing.items() if texts[i]}
                if not differing:
                    break
            found += [f"program {i}: {texts[i]}\n{programs[i].text(i)}" for i in differing]
            if found and args.expect_difference_within:
                break
            print(f"  {min(start + BATCH, wanted)} of {wanted} programs", flush=True)

    share = compared / max(callbacks, 1)
    print(f"{pairs} pairs compared; {share:.0%} of {callbacks} callbacks are in one")
    if args.expect_difference_within:
        good = bool(found)
        print(f"planted fault {'caught' if good else 'NOT caught'} within {wanted} programs")
    else:
        good = not found and share >= 0.6
        for text in found[:3]:
            print(text)
        if share < 0.6:
            print("fewer than 60 % of the callbacks are compared")
    print(f"{int(good)} passed, {int(not good)} failed, 0 skipped")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
