# SPDX-License-Identifier: MIT
"""Every function of crypto whose result is certain gives it."""

from typing import Any

from conformance import run_and_close, say, yes
from crypto import ask, say_result

import libloop

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
    "blake2b256",
    "blake2b384",
    "blake2b512",
    "blake2s256",
    "sha1",
    "md5",
)
CIPHERS = (
    ("aes-128-gcm", 16, 12),
    ("aes-192-gcm", 24, 12),
    ("aes-256-gcm", 32, 12),
    ("chacha20-poly1305", 32, 12),
    ("xchacha20-poly1305", 32, 24),
)
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")

loop = libloop.Loop()
crypto: Any = loop.crypto


def streams() -> None:
    plain = crypto.create_hash("sha256", say_result("hash stream"))
    plain.write(b"a")
    plain.write(b"bc")
    plain.end()
    loop.run()
    keyed = crypto.create_hmac("sha256", b"key", say_result("hmac stream"))
    keyed.write(b"abc")
    keyed.end()
    loop.run()


def told(what: str, call: str, *arguments: Any, **options: Any) -> None:
    getattr(crypto, call)(*arguments, say_result(what), **options)
    loop.run()


for name in HASHES:
    told(name, "hash", name, b"abc")
told("hash of pieces", "hash", "sha256", [b"a", b"bc"])
told("hash of a file", "hash_file", "sha256", "/dev/null")
told("hmac", "hmac", "sha256", b"key", b"abc")
told("hmac of pieces", "hmac", "sha256", b"key", [b"a", b"bc"])
told("hmac of a file", "hmac_file", "sha256", b"key", "/dev/null")
streams()
told("pbkdf2", "pbkdf2", "password", "salt", 4096, 20, "sha1")
told("scrypt", "scrypt", "password", "NaCl", 16, cost=1024, block_size=8, parallelization=16)
argon2: dict[str, Any] = {"passes": 2, "memory_kib": 256, "parallelism": 2}
told("argon2id", "argon2id", "password", "somesalt", 32, **argon2)
told("hkdf", "hkdf", "sha256", "secret", "salt", "info", 42)
for name, key, nonce in CIPHERS:
    sealed = ask(loop, "seal", name, SEED[:key], SEED[:nonce], b"text", aad=b"aad")
    say(f"{name}: {sealed.hex()}")
    told(name, "open_sealed", name, SEED[:key], SEED[:nonce], sealed, aad=b"aad")
public = ask(loop, "public_key", SEED, kind="ed25519", format="raw")
say(f"public key: {public.hex()}")
told("in DER", "public_key", SEED, kind="ed25519")
signature = ask(loop, "sign", None, b"", SEED)
say(f"signature: {signature.hex()}")
told("good", "verify", None, b"", public, signature)
told("good", "verify", None, b"x", public, signature)
mine = ask(loop, "public_key", SEED, kind="x25519", format="raw")
told("x25519", "x25519", SEED, mine)
same, sane = (libloop.timing_safe_equal("same", other) for other in ("same", "sane"))
say(f"equal: {yes(same)}, {yes(sane)}")
run_and_close(loop)
