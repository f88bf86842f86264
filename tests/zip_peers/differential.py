# SPDX-License-Identifier: MIT
"""Compares libloop's compression with Node's zlib, gzip(1) and zstd(1), both ways.

Usage: differential.py [--cases N] [--seed S]

Cases are made from the seed, which is printed first. The library is that of LIBLOOP_LIBRARY, or of
build/. Half of the cases are about Node, which is one process for all of them; the rest start a
program each."""

from __future__ import annotations

import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))

import cases  # noqa: E402
from peers import Node, Ours, tool  # noqa: E402

Case = Callable[[random.Random], str]


def trained_dictionary(
    rng: random.Random, ours: Ours, folder: pathlib.Path
) -> list[tuple[str, str]]:
    """A dictionary that `zstd --train` makes works both ways. Returns (name, complaint) pairs."""
    samples = []
    for number in range(300):
        words = [rng.choice(cases.WORDS) for _ in range(60)]
        sample = folder / f"sample{number}"
        sample.write_text(f'{{"id": {number}, "text": "{" ".join(words)}", "kind": "sample"}}')
        samples.append(str(sample))
    made = folder / "trained"
    train = ["zstd", "-q", "--train", "--maxdict=4000", "-o", str(made), *samples]
    subprocess.run(train, check=True, capture_output=True)
    dictionary, data = made.read_bytes(), pathlib.Path(samples[0]).read_bytes()
    found = []
    for level in (1, 3, 7, 19):
        packed = ours.compress("zstd", data, level=level, dictionary=dictionary)
        back = tool(["zstd", "-dqc", "-D", str(made)], packed.data)
        found.append((f"ours, level {level}", cases.unequal("read by zstd(1)", back, data)))
        packed = tool(["zstd", "-qc", f"-{level}", "-D", str(made)], data)
        back = ours.decompress("zstd", packed.data, dictionary=dictionary)
        found.append((f"zstd -{level}", cases.unequal("read by us", back, data)))
        without = ours.decompress("zstd", packed.data)
        found.append((f"zstd -{level}", "" if without.what == "bad" else f"without: {without}"))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="compare compression with its peers")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    missing = [name for name in ("node", "gzip", "zstd") if shutil.which(name) is None]
    if missing:
        print(f"not installed: {' '.join(missing)}")
        print("0 passed, 1 failed, 0 skipped")
        return 1

    ours, node = Ours(), Node()
    passed = failed = 0

    def count(name: str, number: int, complaint: str) -> None:
        nonlocal passed, failed
        if complaint:
            failed += 1
            print(f"not ok {name} {number} (seed {seed}): {complaint}", flush=True)
        else:
            passed += 1

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # What is compared, and its share of the cases.
        table: list[tuple[str, float, Case]] = [
            ("node_reads_ours", 0.12, lambda r: cases.node_reads_ours(r, ours, node)),
            ("node_reads_our_streams", 0.1, lambda r: cases.node_reads_our_streams(r, ours, node)),
            ("we_read_nodes", 0.15, lambda r: cases.we_read_nodes(r, ours, node)),
            (
                "bad_data_is_the_same_to_node",
                0.35,
                lambda r: cases.bad_data_is_the_same_to_node(r, ours, node),
            ),
            ("gzip_reads_ours", 0.05, lambda r: cases.gzip_reads_ours(r, ours)),
            ("we_read_gzips", 0.05, lambda r: cases.we_read_gzips(r, ours)),
            ("zstd_reads_ours", 0.07, lambda r: cases.zstd_reads_ours(r, ours, folder)),
            ("we_read_zstds", 0.06, lambda r: cases.we_read_zstds(r, ours, folder)),
            (
                "bad_data_is_the_same_to_zstd",
                0.05,
                lambda r: cases.bad_data_is_the_same_to_zstd(r, ours),
            ),
        ]
        for what, share, case in table:
            for number in range(max(1, round(args.cases * share))):
                # A case has a seed of its own, so that it is the same whatever came before it.
                count(what, number, case(random.Random(f"{seed} {what} {number}")))
            print(f"  {what}: {passed} passed, {failed} failed so far", flush=True)
        for number, (text, complaint) in enumerate(
            trained_dictionary(random.Random(seed), ours, folder)
        ):
            count(f"trained_dictionary, {text}", number, complaint)
    ours.close()
    node.close()
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
