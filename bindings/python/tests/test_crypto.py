# SPDX-License-Identifier: MIT
"""Hashes, keys, ciphers and signatures."""

import hashlib
import hmac
import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

import libloop
from libloop._crypto_record import HASHES

from .support import outputs


def ask(loop: libloop.Loop, call: str, *arguments: Any, **options: Any) -> Any:
    """Makes a call of loop.crypto and returns its value, or raises its error."""
    came: list[tuple[Any, Any]] = []

    def callback(error: Any, value: Any) -> None:
        came.append((error, value))

    getattr(loop.crypto, call)(*arguments, callback, **options)
    loop.run()
    assert len(came) == 1
    if came[0][0] is not None:
        raise came[0][0]
    return came[0][1]


def test_hashes_are_those_of_hashlib(loop: libloop.Loop, tmp_path: pathlib.Path) -> None:
    data = os.urandom(300_000)
    path = tmp_path / "data"
    path.write_bytes(data)
    key = os.urandom(40)
    pythons = {
        "sha512-256": "sha512_256",
        "sha3-224": "sha3_224",
        "sha3-256": "sha3_256",
        "sha3-384": "sha3_384",
        "sha3-512": "sha3_512",
    }
    for name in HASHES:
        if name.startswith("blake2"):
            size = int(name[7:]) // 8
            function = hashlib.blake2b if name.startswith("blake2b") else hashlib.blake2s
            want = function(data, digest_size=size).digest()
        else:
            want = hashlib.new(pythons.get(name, name), data).digest()
            mac = hmac.digest(key, data, pythons.get(name, name))
            assert ask(loop, "hmac", name, key, data) == mac
            assert ask(loop, "hmac_file", name, key, path) == mac
        assert ask(loop, "hash", name, data) == want
        assert ask(loop, "hash", name.upper(), data) == want
        assert ask(loop, "hash", name, [data[:7], b"", data[7:]]) == want
        assert ask(loop, "hash_file", name, str(path)) == want


def test_every_kind_of_bytes_is_taken(loop: libloop.Loop) -> None:
    want = hashlib.sha256("\u00fcber".encode()).digest()
    data = "\u00fcber".encode()
    for it in (data, bytearray(data), memoryview(data), "\u00fcber", [data], (bytearray(data),)):
        assert ask(loop, "hash", "sha256", it) == want
    nothing = hashlib.sha256(b"").digest()
    for empty in (b"", "", [], [b""]):
        assert ask(loop, "hash", "sha256", empty) == nothing


def test_derived_keys_are_those_of_hashlib(loop: libloop.Loop) -> None:
    got = ask(loop, "pbkdf2", "secret", "salt", 1000, 64, "sha512")
    assert got == hashlib.pbkdf2_hmac("sha512", b"secret", b"salt", 1000, 64)
    got = ask(loop, "scrypt", "secret", b"salt", 32)
    assert got == hashlib.scrypt(b"secret", salt=b"salt", n=16384, r=8, p=1, dklen=32)
    got = ask(loop, "argon2id", "password", "somesalt", 32, passes=2, memory_kib=256, parallelism=2)
    assert got.hex() == "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"
    got = ask(loop, "hkdf", "sha256", b"\x0b" * 22, b"", b"", 42)
    assert got.hex().startswith("8da4e775a563c18f715f802a063c5a31")


def test_sealed_texts_open_again(loop: libloop.Loop) -> None:
    for cipher, key_len, nonce_len in (
        ("aes-128-gcm", 16, 12),
        ("aes-192-gcm", 24, 12),
        ("AES-256-GCM", 32, 12),
        ("chacha20-poly1305", 32, 12),
        ("xchacha20-poly1305", 32, 24),
    ):
        key, nonce = os.urandom(key_len), os.urandom(nonce_len)
        sealed = ask(loop, "seal", cipher, key, nonce, "text", aad="aad")
        assert len(sealed) == 4 + 16
        opened = ask(loop, "open_sealed", cipher, key, nonce, sealed, aad="aad")
        assert opened == b"text"
        for wrong in (sealed[:-1], sealed + b"x", b"", bytes(20)):
            with pytest.raises(libloop.AuthError):
                ask(loop, "open_sealed", cipher, key, nonce, wrong, aad="aad")
        with pytest.raises(libloop.AuthError):
            ask(loop, "open_sealed", cipher, key, nonce, sealed)


def test_keys_sign_and_verify_in_every_form(loop: libloop.Loop) -> None:
    for kind, algorithm in (
        ("ed25519", None),
        ("p-256", "sha256"),
        ("p-384", "sha384"),
        ("p-521", "sha512"),
    ):
        for form in ("der", "pem", "raw"):
            if form == "raw" and kind != "ed25519":
                with pytest.raises(libloop.InvalidError, match="raw form"):
                    ask(loop, "generate_key_pair", kind, format=form)
                continue
            private, public = ask(loop, "generate_key_pair", kind, format=form)
            assert form != "pem" or public.startswith(b"-----BEGIN PUBLIC KEY-----")
            again = ask(loop, "public_key", private, kind=kind, format=form)
            assert again == public
            signature = ask(loop, "sign", algorithm, "text", private)
            good = ask(loop, "verify", algorithm, "text", public, signature)
            bad = ask(loop, "verify", algorithm, "test", public, signature)
            assert (good, bad) == (True, False)


def test_both_sides_agree_on_a_secret(loop: libloop.Loop) -> None:
    mine = ask(loop, "generate_key_pair", "x25519", format="raw")
    theirs = ask(loop, "generate_key_pair", "x25519", format="pem")
    one = ask(loop, "x25519", mine[0], theirs[1])
    two = ask(loop, "x25519", theirs[0], mine[1])
    assert len(one) == 32
    assert libloop.timing_safe_equal(one, two)
    with pytest.raises(libloop.InvalidError, match="secret of zeros"):
        ask(loop, "x25519", mine[0], bytes(32))


def test_random_bytes_are_as_many_as_asked_for(loop: libloop.Loop) -> None:
    one = ask(loop, "random_bytes", 3_000_001)
    two = ask(loop, "random_bytes", 3_000_001)
    assert len(one) == 3_000_001
    assert one != two


def test_streams_give_the_digest_of_what_was_written(loop: libloop.Loop) -> None:
    pieces = [os.urandom(n) for n in (0, 1, 1000, 2_000_000, 5)]
    written: list[tuple[Any, Any]] = []
    digests: list[Any] = []
    for _ in range(3):
        digests.clear()
        plain = loop.crypto.create_hash("sha3-256", lambda e, v: digests.append((e, v)))
        keyed = loop.crypto.create_hmac("sha256", b"key", lambda e, v: digests.append((e, v)))
        for piece in pieces:
            plain.write(piece, lambda e, n: written.append((e, n)))
            keyed.write(bytearray(piece))
        plain.end()
        keyed.write(b"the end")
        keyed.end()
        loop.run()
        want = hashlib.sha3_256(b"".join(pieces)).digest()
        mac = hmac.digest(b"key", b"".join(pieces) + b"the end", "sha256")
        assert sorted(digests) == sorted([(None, want), (None, mac)])
        with pytest.raises(libloop.BadIdError):
            plain.write(b"late")
        with pytest.raises(libloop.BadIdError):
            keyed.end()
    assert written == [(None, len(piece)) for piece in pieces] * 3


def test_a_cancelled_stream_ends_its_writes(loop: libloop.Loop) -> None:
    came: list[Any] = []
    stream = loop.crypto.create_hash("md5", lambda error, _: came.append(error))
    stream.write(b"a", lambda error, _: came.append(error))
    stream.cancel()
    loop.run()
    assert [type(error) for error in came] == [libloop.CanceledError] * 2


def test_what_makes_no_sense_is_an_error_of_the_call(loop: libloop.Loop) -> None:
    crypto: Any = loop.crypto
    compare: Any = libloop.timing_safe_equal
    calls: list[Callable[[], object]] = [
        lambda: crypto.hash("sha0", b"", print),
        lambda: crypto.hash(None, b"", print),
        lambda: crypto.hash("md5", 5, print),
        lambda: crypto.hash("md5", [5], print),
        lambda: crypto.hash("md5", None, print),
        lambda: crypto.hash_file("md5", "a\0b", print),
        lambda: crypto.hash_file("md5", 5, print),
        lambda: crypto.hmac("md5", None, b"", print),
        lambda: crypto.random_bytes(-1, print),
        lambda: crypto.random_bytes(1 << 64, print),
        lambda: crypto.random_bytes(1.5, print),
        lambda: crypto.pbkdf2(b"", b"", "many", 1, "md5", print),
        lambda: crypto.seal("rot13", b"", b"", b"", print),
        lambda: crypto.seal("aes-128-gcm", b"", b"", [b""], print),
        lambda: crypto.generate_key_pair("rsa", print),
        lambda: crypto.generate_key_pair("p-256", print, format="jwk"),
        lambda: crypto.public_key(b"", print, kind="dsa"),
        lambda: compare(1, b""),
    ]
    for call in calls:
        with pytest.raises(libloop.InvalidError):
            call()
    assert loop.alive == 0


def test_what_an_algorithm_does_not_take_says_what_is_wrong(loop: libloop.Loop) -> None:
    def check(kind: type[libloop.LoopError], text: str, *call: Any, **options: Any) -> None:
        with pytest.raises(kind) as caught:
            ask(loop, *call, **options)
        assert caught.value.text == text

    invalid, big = libloop.InvalidError, libloop.TooBigError
    check(invalid, "random_bytes: 0 bytes", "random_bytes", 0)
    iterations = "pbkdf2: 0 iterations, not 1 to 2147483647"
    check(invalid, iterations, "pbkdf2", "", "", 0, 1, "md5")
    key = "seal: a key of 5 bytes, not 32"
    check(invalid, key, "seal", "aes-256-gcm", b"short", bytes(12), b"")
    memory = "scrypt: needs 1073744896 bytes of memory, more than 33554432"
    check(big, memory, "scrypt", "", "", 32, cost=1 << 20)
    memory = "argon2id: needs 1073741824 bytes of memory, more than 268435456"
    check(big, memory, "argon2id", "", "", 32, memory_kib=1 << 20)
    check(invalid, "sign: no private key in PKCS#8 or SEC 1", "sign", None, b"", "no key")


def test_errors_of_files_are_those_of_the_system(
    loop: libloop.Loop, tmp_path: pathlib.Path
) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError) as caught:
        ask(loop, "hash_file", "sha256", missing)
    error = caught.value
    assert isinstance(error, libloop.NotFoundError)
    assert error.text == f"hash_file {missing}"
    with pytest.raises(IsADirectoryError):
        ask(loop, "hmac_file", "sha256", b"k", os.fsencode(tmp_path))


def test_cancel_and_deadline_end_work_that_would_take_ages(loop: libloop.Loop) -> None:
    came: list[Any] = []
    finals: list[Any] = []
    crypto = loop.crypto

    def start(**options: Any) -> libloop.CryptoJob:
        return crypto.pbkdf2(
            "p",
            "s",
            2**31 - 1,
            64,
            "sha512",
            lambda error, _: came.append(type(error)),
            on_final=lambda error: finals.append(type(error)),
            **options,
        )

    job = start()
    loop.set_timeout(job.cancel, 5)
    start(timeout_ms=5, label="late")
    cleared = start()
    loop.set_timeout(cleared.clear, 5)
    loop.run()
    loop.close()
    assert sorted(came, key=str) == [libloop.CanceledError, libloop.TimedOutError]
    assert sorted(finals, key=str) == [libloop.CanceledError, libloop.TimedOutError]


def test_timing_safe_equal_compares() -> None:
    assert libloop.timing_safe_equal(b"same", "same")
    assert libloop.timing_safe_equal(b"", b"")
    assert not libloop.timing_safe_equal(b"same", b"sane")
    assert not libloop.timing_safe_equal(b"same", b"same longer")


def test_lent_data_lives_as_long_as_the_library_reads_it() -> None:
    lines = outputs(
        """
import gc, libloop
loop = libloop.Loop(workers=1)
print_it = lambda error, value: print(error or value.hex()[:8])
for n in range(3):
    loop.crypto.hash("sha1", [bytes([n]) * 3_000_000, b"x" * n], print_it)
gc.collect()
loop.run()
loop.close()
"""
    )
    want = [hashlib.sha1(bytes([n]) * 3_000_000 + b"x" * n).hexdigest()[:8] for n in range(3)]
    assert lines == want
