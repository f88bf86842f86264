# SPDX-License-Identifier: MIT
"""Compares libloop's crypto with Node's on random requests.

Usage: differential.py [--cases N] [--seed S]

Hashes, MACs, derived keys and sealed texts must be equal, also what is an error. Each side makes
pairs of keys, reads the other's, and takes the other's signatures. The library is that of
LIBLOOP_LIBRARY, or build/libloop.so; the last line is `N passed, N failed, N skipped`.
"""

from __future__ import annotations

import argparse
import base64
import collections
import json
import pathlib
import random
import subprocess
import sys
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "bindings" / "python"))

from cases import Case, make_case  # noqa: E402

import libloop  # noqa: E402

BATCH = 100


def coded(value: Any) -> Any:
    """Bytes as base64, for JSON."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [coded(item) for item in value]
    return value


def decoded(text: str) -> bytes:
    return base64.b64decode(text)


class Node:
    """One process that answers all questions."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(HERE / "runner.js")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None and self.process.stdout is not None
        line = json.dumps({key: coded(value) for key, value in question.items()})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        if self.process.wait(timeout=60) != 0:
            raise SystemExit(f"node exited with {self.process.returncode}")


class Ours:
    """Makes the requests of a batch on one loop, all at once."""

    def __init__(self) -> None:
        self.loop = libloop.Loop()
        self.crypto: Any = self.loop.crypto

    def keep(self, case: Case) -> Any:
        def callback(error: Any, value: Any) -> None:
            case.ours = error if error is not None else value

        return callback

    def start(self, case: Case) -> None:
        q, crypto, done = case.question, self.crypto, self.keep(case)
        if case.what == "hash" and len(q["data"]) == 3:
            stream = crypto.create_hash(q["alg"], done)
            for piece in q["data"]:
                stream.write(piece)
            stream.end()
        elif case.what == "hash":
            crypto.hash(q["alg"], q["data"], done)
        elif case.what == "hmac":
            crypto.hmac(q["alg"], q["key"], q["data"], done)
        elif case.what == "pbkdf2":
            crypto.pbkdf2(q["key"], q["salt"], q["iterations"], q["len"], q["alg"], done)
        elif case.what.startswith("scrypt"):
            cost = {"cost": q["n"], "block_size": q["r"], "parallelization": q["p"]}
            crypto.scrypt(q["key"], q["salt"], q["len"], done, maxmem=q["max"], **cost)
        elif case.what == "hkdf":
            crypto.hkdf(q["alg"], q["key"], q["salt"], q["info"], q["len"], done)
        elif case.what in ("seal", "open", "open garbled"):
            crypto.seal(q["alg"], q["key"], q["nonce"], q["data"], done, aad=q["aad"])
        elif case.what == "sign":
            self.make_and_sign(case)
        elif case.what == "agree":
            crypto.generate_key_pair("x25519", done, format=q["format"])

    def make_and_sign(self, case: Case) -> None:
        q, done = case.question, self.keep(case)

        def made(error: Any, pair: Any) -> None:
            if error is not None:
                done(error, None)
                return
            q["private"], q["public"] = pair
            self.crypto.sign(q["alg"], q["data"], pair[0], done)

        self.crypto.generate_key_pair(q["kind"], made, format=q["format"])

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """One request, at once: its value or its error."""
        case = Case(0, name, {})
        getattr(self.crypto, name)(*arguments, self.keep(case), **options)
        self.loop.run()
        return case.ours


def prepare(case: Case, rng: random.Random) -> None:
    """Adds to a question what the other side is to look at."""
    q = case.question
    if case.what == "sign":
        q["signature"] = case.ours
        garbled = bytearray(case.ours)
        garbled[rng.randrange(len(garbled))] ^= 1 << rng.randrange(8)
        q["garbled"] = bytes(garbled)
    elif case.what == "agree":
        q["private"], q["public"] = case.ours
    elif case.what.startswith("open"):
        q["plain"], q["data"] = q["data"], case.ours
        if case.what == "open garbled":
            garbled = bytearray(q["data"])
            garbled[rng.randrange(len(garbled))] ^= 1 << rng.randrange(8)
            q["data"] = bytes(garbled)


def difference(case: Case, ours: Ours) -> str:
    """How a case differs from Node; empty if it does not."""
    q, node = case.question, case.node
    if case.what == "sign":
        return signatures_differ(case, ours)
    if "error" in node:
        wanted = {"open garbled": libloop.AuthError, "scrypt limit": libloop.TooBigError}
        got = case.ours
        if case.what == "open garbled":
            got = ours.call("open_sealed", q["alg"], q["key"], q["nonce"], q["data"], aad=q["aad"])
        good = case.what in wanted and isinstance(got, wanted[case.what])
        return "" if good else f"Node says {node['error']}, libloop {got!r}"
    if case.what == "agree":
        secret = ours.call("x25519", q["private"], decoded(node["public"]))
        return "" if secret == decoded(node["secret"]) else f"another secret: {secret!r}"
    got, want = case.ours, decoded(node["bytes"])
    if case.what == "open":
        if want != q["plain"]:
            return "Node opens it to another text"
        got = ours.call("open_sealed", q["alg"], q["key"], q["nonce"], q["data"], aad=q["aad"])
    return "" if got == want else f"Node gives {want!r}, libloop {got!r}"


def signatures_differ(case: Case, ours: Ours) -> str:
    q, node = case.question, case.node
    if "error" in node:
        return f"Node says {node['error']}"
    alg, data = q["alg"], q["data"]
    if not node["good"]:
        return "Node does not take libloop's signature"
    if node["bad"] != ours.call("verify", alg, data, q["public"], q["garbled"]):
        return "a garbled signature is good for one of the two only"
    if ours.call("public_key", q["private"]) != decoded(node["spki"]):
        return "another public key of libloop's private key"
    if q["kind"] == "ed25519" and decoded(node["again"]) != q["signature"]:
        return "another signature of Ed25519"
    public, signature = decoded(node["public"]), decoded(node["signature"])
    if ours.call("verify", alg, data, public, signature) is not True:
        return "libloop does not take Node's signature"
    again = ours.call("sign", alg, data, decoded(node["private"]))
    if not isinstance(again, bytes) or ours.call("verify", alg, data, public, again) is not True:
        return f"libloop cannot sign with Node's key: {again!r}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description="compare crypto with Node's")
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}", flush=True)
    rng = random.Random(seed)
    cases = [make_case(number, rng) for number in range(args.cases)]
    node, ours = Node(), Ours()
    counts: collections.Counter[str] = collections.Counter()
    failed = 0
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        for case in batch:
            ours.start(case)
        ours.loop.run()
        for case in batch:
            prepare(case, rng)
            case.node = node.ask(case.question)
        for case in batch:
            counts[case.what] += 1
            complaint = difference(case, ours)
            if complaint:
                failed += 1
                if failed <= 3:
                    print(f"{case}: {complaint}"[:3000])
        if (start // BATCH) % 10 == 9:
            print(f"  {start + len(batch)} of {len(cases)} cases", flush=True)
    node.close()
    ours.loop.close()
    print(", ".join(f"{what} {n}" for what, n in sorted(counts.items())))
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
