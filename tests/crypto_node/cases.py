# SPDX-License-Identifier: MIT
"""Random requests of crypto for libloop and Node."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

# Node 20 has no BLAKE2b of 256 or 384 bits, no XChaCha20 and no Argon2: those have vectors instead.
HASHES = (
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "sha512-256",
    "sha3-224",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "blake2b512",
    "blake2s256",
    "sha1",
    "md5",
)
SIGNING = ("sha224", "sha256", "sha384", "sha512", "sha3-256", "sha3-512")
CIPHERS = {"aes-128-gcm": 16, "aes-192-gcm": 24, "aes-256-gcm": 32, "chacha20-poly1305": 32}
KINDS = ("ed25519", "p-256", "p-384", "p-521")
WEIGHTS = {
    "hash": 6,
    "hmac": 6,
    "pbkdf2": 3,
    "scrypt": 1,
    "scrypt limit": 1,
    "hkdf": 4,
    "seal": 5,
    "open": 4,
    "open garbled": 2,
    "sign": 2,
    "agree": 2,
}


@dataclass
class Case:
    """One request: what Node is asked, and what it came to on either side."""

    number: int
    what: str
    question: dict[str, Any]
    ours: Any = None  # bytes, a tuple, or an exception
    node: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"case {self.number}, {self.what}: {self.question}"


def some(rng: random.Random, most: int) -> bytes:
    """A random number of random bytes: often few, now and then none or the length of a block."""
    n = rng.choice((0, 1, 16, 32, 64, 128, rng.randint(0, 100), rng.randint(0, most)))
    return rng.randbytes(min(n, most))


def make_case(number: int, rng: random.Random) -> Case:
    what = rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    q: dict[str, Any] = {"what": what.split()[0]}
    if what in ("hash", "hmac"):
        data = [some(rng, 5000) for _ in range(rng.choice((1, 1, 1, 3, 10)))]
        q |= {"alg": rng.choice(HASHES), "data": data}
        if rng.random() < 0.02:
            data.append(rng.randbytes(2_500_000))
    if what == "hmac":
        q["key"] = some(rng, 300)
    elif what == "pbkdf2":
        q |= {"alg": rng.choice(HASHES), "key": some(rng, 300), "salt": some(rng, 300)}
        q |= {"iterations": rng.choice((1, 2, rng.randint(1, 3000))), "len": rng.randint(1, 200)}
    elif what == "scrypt":
        q |= {"key": some(rng, 100), "salt": some(rng, 100), "len": rng.randint(1, 100)}
        q |= {"n": 2 ** rng.randint(1, 10), "r": rng.randint(1, 8), "p": rng.randint(1, 4)}
        q["max"] = 32 << 20
    elif what == "scrypt limit":
        n, r, p = 2 ** rng.randint(1, 12), rng.randint(1, 8), rng.randint(1, 4)
        need = 128 * r * (n + p + 2)
        q |= {"key": b"k", "salt": b"s", "len": 16, "n": n, "r": r, "p": p}
        q["max"] = need + rng.choice((-2, -1, 0, 1))
    elif what == "hkdf":
        q |= {"alg": rng.choice(HASHES), "key": some(rng, 300), "salt": some(rng, 300)}
        q |= {"info": some(rng, 300), "len": rng.randint(1, 600)}
    elif what in ("seal", "open", "open garbled"):
        cipher = rng.choice(list(CIPHERS))
        nonce = 12 if "gcm" not in cipher or rng.random() < 0.7 else rng.randint(1, 64)
        q |= {"alg": cipher, "key": rng.randbytes(CIPHERS[cipher]), "nonce": rng.randbytes(nonce)}
        q |= {"aad": some(rng, 200), "data": some(rng, 10_000)}
    elif what == "sign":
        kind = rng.choice(KINDS)
        q |= {"kind": kind, "format": rng.choice(("der", "pem")), "sec1": rng.random() < 0.3}
        q["alg"] = None if kind == "ed25519" else rng.choice(SIGNING)
        q["data"] = some(rng, 3000)
    elif what == "agree":
        q |= {"kind": "x25519", "format": rng.choice(("der", "pem"))}
    return Case(number, what, q)
