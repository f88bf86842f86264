# SPDX-License-Identifier: MIT
"""What an algorithm does not take, a wrong tag and a missing file are errors with a text."""

from typing import Any

from conformance import run_and_close
from crypto import say_result

import libloop

KEY = b"0123456789abcdef0123456789abcdef"

loop = libloop.Loop()


def told(what: str, call: str, *arguments: Any, **options: Any) -> None:
    getattr(loop.crypto, call)(*arguments, say_result(what), **options)
    loop.run()


told("none", "random_bytes", 0)
told("too many", "random_bytes", (1 << 30) + 1)
told("iterations", "pbkdf2", "p", "s", 0, 20, "sha1")
told("cost", "scrypt", "p", "s", 32, cost=1000)
told("memory", "scrypt", "p", "s", 32, cost=1 << 20)
told("memory", "argon2id", "p", "s", 32, passes=1, memory_kib=1 << 20)
told("length", "hkdf", "sha256", "k", "s", "i", 8161)
told("key", "seal", "aes-256-gcm", KEY[:31], KEY[:12], b"a")
told("nonce", "seal", "chacha20-poly1305", KEY, KEY[:24], b"a")
told("tag", "open_sealed", "aes-256-gcm", KEY, KEY[:12], KEY)
told("cut off", "open_sealed", "aes-256-gcm", KEY, KEY[:12], KEY[:15])
told("private key", "sign", "sha256", b"a", "no key")
told("public key", "verify", "sha256", b"a", "no key", b"s")
told("hash", "sign", "sha256", b"a", KEY)
told("form", "generate_key_pair", "p-256", format="raw")
told("zeros", "x25519", KEY, bytes(32))
told("file", "hash_file", "md5", "/no/such/file")
told("folder", "hmac_file", "md5", "k", "/")
run_and_close(loop)
