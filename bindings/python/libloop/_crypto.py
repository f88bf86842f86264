# SPDX-License-Identifier: MIT
"""Hashes, keys, ciphers and signatures on the library's workers."""

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ._cdef import (
    LOOP_CRYPTO_ARGON2ID,
    LOOP_CRYPTO_GENERATE_KEY,
    LOOP_CRYPTO_HASH,
    LOOP_CRYPTO_HASH_STREAM,
    LOOP_CRYPTO_HKDF,
    LOOP_CRYPTO_HMAC,
    LOOP_CRYPTO_HMAC_STREAM,
    LOOP_CRYPTO_OPEN_SEALED,
    LOOP_CRYPTO_PBKDF2,
    LOOP_CRYPTO_PUBLIC_KEY,
    LOOP_CRYPTO_RANDOM_BYTES,
    LOOP_CRYPTO_SCRYPT,
    LOOP_CRYPTO_SEAL,
    LOOP_CRYPTO_SIGN,
    LOOP_CRYPTO_VERIFY,
    LOOP_CRYPTO_X25519,
    LOOP_HASH_NONE,
)
from ._crypto_record import (
    CIPHERS,
    FORMATS,
    HASHES,
    KINDS,
    CipherName,
    CryptoJob,
    Data,
    HashName,
    KeyFormat,
    KeyKind,
    KeyPairJob,
    Record,
    count_of,
    number_of,
)
from ._crypto_stream import HashStream
from ._errors import LoopError
from ._lend import bytes_or_text
from ._load import library
from ._options import Options, Path

if TYPE_CHECKING:
    from typing import Unpack

    from ._core import Core

BytesCallback = Callable[[LoopError | None, bytes | None], object]
TruthCallback = Callable[[LoopError | None, bool | None], object]
KeyPairCallback = Callable[[LoopError | None, tuple[bytes, bytes] | None], object]


def timing_safe_equal(a: Data, b: Data) -> bool:
    """Compares bytes in a time that does not depend on what they are; their lengths are no secret.

    Thread: any.  C: loop_timing_safe_equal
    """
    left, right = bytes_or_text(a, "a"), bytes_or_text(b, "b")
    if len(left) != len(right):
        return False
    held = library().held
    one, two = (ctypes.cast(ctypes.c_char_p(it), ctypes.c_void_p) for it in (left, right))
    equal: int = held.loop_timing_safe_equal(one, two, len(left))
    return equal == 1


class Crypto:
    """Crypto on the "cpu" lane of the loop's pool: `loop.crypto`.

    Every call returns a CryptoJob, a handle to cancel or clear, and then calls
    callback(error, value) once. Text stands for its UTF-8 bytes. Messages are read where they lie;
    keys are copied, and the library's copy is wiped (yours cannot be: Python's bytes stay).

    What an algorithm does not take (a key of a wrong length, no iterations) comes to the callback
    as an InvalidError that says what is wrong; AuthError: a sealed text, or what belongs to it, is
    not the same; TooBigError: a limit; and those of files and of every operation.
    """

    __slots__ = ("_loop",)

    def __init__(self, loop: "Core") -> None:
        self._loop = loop

    def _start(
        self, record: Record, callback: Callable[..., object], options: Options
    ) -> CryptoJob:
        self._loop._enter()
        return CryptoJob(self._loop, record, callback, **options)

    def random_bytes(
        self, size: int, callback: BytesCallback, **options: "Unpack[Options]"
    ) -> CryptoJob:
        """Make 1 .. 1 GiB bytes that nobody can guess.  Thread: loop.  C: loop_random_bytes"""
        record = Record(LOOP_CRYPTO_RANDOM_BYTES)
        record.raw.out_len = count_of(size, "size")
        return self._start(record, callback, options)

    # ---- hashes -------------------------------------------------------------------------------

    def hash(
        self,
        algorithm: HashName,
        data: Data | Sequence[Data],
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Hash bytes, or a list or tuple of them as if they were one.

        Args:
            algorithm: a name as in Node: "sha256", "sha3-512", "blake2b512", "md5" ...
        Thread: loop.  C: loop_hash, loop_hash_bufs
        """
        record = Record(LOOP_CRYPTO_HASH, number_of(algorithm, HASHES, "hash"))
        return self._start(record.message(data), callback, options)

    def hash_file(
        self,
        algorithm: HashName,
        path: Path,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Hash what a file has, read in pieces to its end.  Thread: loop.  C: loop_hash_file"""
        record = Record(LOOP_CRYPTO_HASH, number_of(algorithm, HASHES, "hash"))
        return self._start(record.path(path), callback, options)

    def hmac(
        self,
        algorithm: HashName,
        key: Data,
        data: Data | Sequence[Data],
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """hash() with a key.  Thread: loop.  C: loop_hmac, loop_hmac_bufs"""
        record = Record(LOOP_CRYPTO_HMAC, number_of(algorithm, HASHES, "hash")).key(key)
        return self._start(record.message(data), callback, options)

    def hmac_file(
        self,
        algorithm: HashName,
        key: Data,
        path: Path,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """hash_file() with a key.  Thread: loop.  C: loop_hmac_file"""
        record = Record(LOOP_CRYPTO_HMAC, number_of(algorithm, HASHES, "hash")).key(key)
        return self._start(record.path(path), callback, options)

    def create_hash(
        self, algorithm: HashName, callback: BytesCallback, **options: "Unpack[Options]"
    ) -> HashStream:
        """Make a hash that is fed with write() and end().  Thread: loop.  C: loop_hash_stream"""
        record = Record(LOOP_CRYPTO_HASH_STREAM, number_of(algorithm, HASHES, "hash"))
        self._loop._enter()
        return HashStream(self._loop, record, callback, **options)

    def create_hmac(
        self,
        algorithm: HashName,
        key: Data,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> HashStream:
        """create_hash() with a key.  Thread: loop.  C: loop_hmac_stream"""
        record = Record(LOOP_CRYPTO_HMAC_STREAM, number_of(algorithm, HASHES, "hash")).key(key)
        self._loop._enter()
        return HashStream(self._loop, record, callback, **options)

    # ---- derived keys -------------------------------------------------------------------------

    def pbkdf2(
        self,
        password: Data,
        salt: Data,
        iterations: int,
        keylen: int,
        digest: HashName,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Derive a key from a password with PBKDF2.  Thread: loop.  C: loop_pbkdf2"""
        record = Record(LOOP_CRYPTO_PBKDF2, number_of(digest, HASHES, "digest"))
        record.key(password, "password").salt(salt)
        record.raw.iterations = count_of(iterations, "iterations")
        record.raw.out_len = count_of(keylen, "keylen")
        return self._start(record, callback, options)

    def scrypt(
        self,
        password: Data,
        salt: Data,
        keylen: int,
        callback: BytesCallback,
        *,
        cost: int = 16384,
        block_size: int = 8,
        parallelization: int = 1,
        maxmem: int = 32 << 20,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Derive a key from a password with scrypt.

        Args:
            cost: N, a power of 2.
            block_size: r.
            parallelization: p.
            maxmem: bytes; if 128 * r * (N + p + 2) is more: TooBigError.
        Thread: loop.  C: loop_scrypt
        """
        record = Record(LOOP_CRYPTO_SCRYPT).key(password, "password").salt(salt)
        record.raw.cost = count_of(cost, "cost")
        record.raw.block_size = count_of(block_size, "block_size")
        record.raw.parallelism = count_of(parallelization, "parallelization")
        record.raw.max_memory = count_of(maxmem, "maxmem")
        record.raw.out_len = count_of(keylen, "keylen")
        return self._start(record, callback, options)

    def argon2id(
        self,
        password: Data,
        salt: Data,
        keylen: int,
        callback: BytesCallback,
        *,
        passes: int = 3,
        memory_kib: int = 65536,
        parallelism: int = 4,
        max_memory: int = 256 << 20,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Derive a key from a password with Argon2id; the defaults are RFC 9106's second choice.

        Args:
            passes: how often the memory is gone through.
            memory_kib: KiB of memory, at least 8 for each lane.
            parallelism: lanes, 1..255.
            max_memory: bytes; if memory_kib is more: TooBigError.
        Thread: loop.  C: loop_argon2id
        """
        record = Record(LOOP_CRYPTO_ARGON2ID).key(password, "password").salt(salt)
        record.raw.iterations = count_of(passes, "passes")
        record.raw.memory_kib = count_of(memory_kib, "memory_kib")
        record.raw.parallelism = count_of(parallelism, "parallelism")
        record.raw.max_memory = count_of(max_memory, "max_memory")
        record.raw.out_len = count_of(keylen, "keylen")
        return self._start(record, callback, options)

    def hkdf(
        self,
        digest: HashName,
        key: Data,
        salt: Data,
        info: Data,
        keylen: int,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Derive a key from a good secret with HKDF.  Thread: loop.  C: loop_hkdf"""
        record = Record(LOOP_CRYPTO_HKDF, number_of(digest, HASHES, "digest"))
        record.key(key).salt(salt).info(info)
        record.raw.out_len = count_of(keylen, "keylen")
        return self._start(record, callback, options)

    # ---- ciphers ------------------------------------------------------------------------------

    def seal(
        self,
        cipher: CipherName,
        key: Data,
        nonce: Data,
        data: Data,
        callback: BytesCallback,
        *,
        aad: Data = b"",
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Encrypt and authenticate: the callback gets the encrypted text and its tag of 16 bytes.

        Never use a nonce twice with the same key.

        Args:
            cipher: a name as in Node: "aes-256-gcm", "chacha20-poly1305" ...
            aad: additional data that the tag covers.
        Thread: loop.  C: loop_seal
        """
        record = Record(LOOP_CRYPTO_SEAL, number_of(cipher, CIPHERS, "cipher"))
        record.key(key).salt(nonce, "nonce").info(aad, "aad").message(bytes_or_text(data, "data"))
        return self._start(record, callback, options)

    def open_sealed(
        self,
        cipher: CipherName,
        key: Data,
        nonce: Data,
        data: Data,
        callback: BytesCallback,
        *,
        aad: Data = b"",
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Decrypt what seal() made; AuthError if anything is not the same.

        Thread: loop.  C: loop_open_sealed
        """
        record = Record(LOOP_CRYPTO_OPEN_SEALED, number_of(cipher, CIPHERS, "cipher"))
        record.key(key).salt(nonce, "nonce").info(aad, "aad").message(bytes_or_text(data, "data"))
        return self._start(record, callback, options)

    # ---- keys and signatures ------------------------------------------------------------------

    def generate_key_pair(
        self,
        kind: KeyKind,
        callback: KeyPairCallback,
        *,
        format: KeyFormat = "der",
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Make a pair of keys: callback(error, (private, public)).

        Args:
            kind: "ed25519", "p-256", "p-384", "p-521" or "x25519".
            format: "der", "pem", or "raw" (32 bytes each, of Ed25519 and X25519).
        Thread: loop.  C: loop_generate_key
        """
        flags = number_of(format, FORMATS, "format")
        record = Record(LOOP_CRYPTO_GENERATE_KEY, number_of(kind, KINDS, "kind"), flags)
        self._loop._enter()
        return KeyPairJob(self._loop, record, callback, **options)

    def public_key(
        self,
        key: Data,
        callback: BytesCallback,
        *,
        kind: KeyKind | None = None,
        format: KeyFormat = "der",
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Give the public key of a private key, or a public key in another form.

        Args:
            key: PKCS#8, SEC 1 or SPKI, in DER or PEM; or a raw private key.
            kind: what the key must be; a raw one needs it.
        Thread: loop.  C: loop_public_key
        """
        alg = 0 if kind is None else number_of(kind, KINDS, "kind")
        record = Record(LOOP_CRYPTO_PUBLIC_KEY, alg, number_of(format, FORMATS, "format"))
        return self._start(record.key(key), callback, options)

    def sign(
        self,
        algorithm: HashName | None,
        data: Data,
        key: Data,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Sign with ECDSA (the signature is DER) or Ed25519, as the private key says.

        Args:
            algorithm: the hash of ECDSA; None for Ed25519, which hashes by itself.
        Thread: loop.  C: loop_sign
        """
        alg = LOOP_HASH_NONE if algorithm is None else number_of(algorithm, HASHES, "hash")
        record = Record(LOOP_CRYPTO_SIGN, alg).key(key).message(bytes_or_text(data, "data"))
        return self._start(record, callback, options)

    def verify(
        self,
        algorithm: HashName | None,
        data: Data,
        key: Data,
        signature: Data,
        callback: TruthCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Say whether a signature is of this message and this public key; a wrong one is no error.

        Thread: loop.  C: loop_verify
        """
        alg = LOOP_HASH_NONE if algorithm is None else number_of(algorithm, HASHES, "hash")
        record = Record(LOOP_CRYPTO_VERIFY, alg).key(key).message(bytes_or_text(data, "data"))
        return self._start(record.signature(signature), callback, options)

    def x25519(
        self,
        private_key: Data,
        public_key: Data,
        callback: BytesCallback,
        **options: "Unpack[Options]",
    ) -> CryptoJob:
        """Agree on the secret of 32 bytes that both sides get.  Thread: loop.  C: loop_x25519"""
        record = Record(LOOP_CRYPTO_X25519).key(private_key, "private key").peer(public_key)
        return self._start(record, callback, options)
