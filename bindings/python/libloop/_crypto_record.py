# SPDX-License-Identifier: MIT
"""What the crypto calls of loop.h take, made from Python's values."""

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from ._cdef import (
    LOOP_CIPHER_AES_128_GCM,
    LOOP_CIPHER_AES_192_GCM,
    LOOP_CIPHER_AES_256_GCM,
    LOOP_CIPHER_CHACHA20_POLY1305,
    LOOP_CIPHER_XCHACHA20_POLY1305,
    LOOP_CRYPTO_BORROW,
    LOOP_CRYPTO_PEM,
    LOOP_CRYPTO_RAW,
    LOOP_HASH_BLAKE2B_256,
    LOOP_HASH_BLAKE2B_384,
    LOOP_HASH_BLAKE2B_512,
    LOOP_HASH_BLAKE2S_256,
    LOOP_HASH_MD5,
    LOOP_HASH_SHA1,
    LOOP_HASH_SHA3_224,
    LOOP_HASH_SHA3_256,
    LOOP_HASH_SHA3_384,
    LOOP_HASH_SHA3_512,
    LOOP_HASH_SHA224,
    LOOP_HASH_SHA256,
    LOOP_HASH_SHA384,
    LOOP_HASH_SHA512,
    LOOP_HASH_SHA512_256,
    LOOP_KEY_ED25519,
    LOOP_KEY_P256,
    LOOP_KEY_P384,
    LOOP_KEY_P521,
    LOOP_KEY_X25519,
    LOOP_OP_CRYPTO,
    LoopBuf,
    LoopCrypto,
)
from ._errors import InvalidError
from ._handles import FinalCallback, Operation
from ._lend import Readable, bytes_or_text
from ._options import Path

if TYPE_CHECKING:
    from ._core import Core

# Text stands for its UTF-8 bytes.
Data = Readable | str
HashName = Literal[
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
]
CipherName = Literal[
    "aes-128-gcm", "aes-192-gcm", "aes-256-gcm", "chacha20-poly1305", "xchacha20-poly1305"
]
KeyKind = Literal["ed25519", "p-256", "p-384", "p-521", "x25519"]
KeyFormat = Literal["der", "pem", "raw"]

HASHES: dict[str, int] = {
    "sha224": LOOP_HASH_SHA224,
    "sha256": LOOP_HASH_SHA256,
    "sha384": LOOP_HASH_SHA384,
    "sha512": LOOP_HASH_SHA512,
    "sha512-256": LOOP_HASH_SHA512_256,
    "sha3-224": LOOP_HASH_SHA3_224,
    "sha3-256": LOOP_HASH_SHA3_256,
    "sha3-384": LOOP_HASH_SHA3_384,
    "sha3-512": LOOP_HASH_SHA3_512,
    "blake2b256": LOOP_HASH_BLAKE2B_256,
    "blake2b384": LOOP_HASH_BLAKE2B_384,
    "blake2b512": LOOP_HASH_BLAKE2B_512,
    "blake2s256": LOOP_HASH_BLAKE2S_256,
    "sha1": LOOP_HASH_SHA1,
    "md5": LOOP_HASH_MD5,
}
CIPHERS: dict[str, int] = {
    "aes-128-gcm": LOOP_CIPHER_AES_128_GCM,
    "aes-192-gcm": LOOP_CIPHER_AES_192_GCM,
    "aes-256-gcm": LOOP_CIPHER_AES_256_GCM,
    "chacha20-poly1305": LOOP_CIPHER_CHACHA20_POLY1305,
    "xchacha20-poly1305": LOOP_CIPHER_XCHACHA20_POLY1305,
}
KINDS: dict[str, int] = {
    "ed25519": LOOP_KEY_ED25519,
    "p-256": LOOP_KEY_P256,
    "p-384": LOOP_KEY_P384,
    "p-521": LOOP_KEY_P521,
    "x25519": LOOP_KEY_X25519,
}
FORMATS: dict[str, int] = {"der": 0, "pem": LOOP_CRYPTO_PEM, "raw": LOOP_CRYPTO_RAW}


def number_of(name: str, table: dict[str, int], what: str) -> int:
    """The number of a name, in any case as in Node. Raises: InvalidError."""
    number = table.get(name.lower()) if isinstance(name, str) else None
    if number is None:
        raise InvalidError(f"{what} {name!r}")
    return number


def path_of(path: Path) -> bytes:
    """A path as the system takes it. Raises: InvalidError."""
    try:
        name = os.fsencode(path)
    except TypeError as error:
        raise InvalidError(str(error)) from None
    if 0 in name:
        raise InvalidError(f"path {path!r}")
    return name


def count_of(value: int, what: str) -> int:
    """A number that fits the record; its range is the library's to say. Raises: InvalidError."""
    if not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise InvalidError(f"{what} {value!r}")
    return value


class Record:
    """A loop_crypto_t with everything it points at. Objects live as long as it does."""

    __slots__ = ("_kept", "raw")

    def __init__(self, what: int, alg: int = 0, flags: int = 0) -> None:
        self.raw = LoopCrypto()
        self.raw.size = ctypes.sizeof(LoopCrypto)
        self.raw.what = what
        self.raw.alg = alg
        self.raw.flags = flags
        self._kept: list[object] = []

    def _lend(self, data: Data, what: str) -> tuple[ctypes.c_void_p, int]:
        source = bytes_or_text(data, what)
        self._kept.append(source)
        return ctypes.cast(ctypes.c_char_p(source), ctypes.c_void_p), len(source)

    def key(self, data: Data, what: str = "key") -> "Record":
        self.raw.key, self.raw.key_len = self._lend(data, what)
        return self

    def salt(self, data: Data, what: str = "salt") -> "Record":
        self.raw.salt, self.raw.salt_len = self._lend(data, what)
        return self

    def info(self, data: Data, what: str = "info") -> "Record":
        self.raw.info, self.raw.info_len = self._lend(data, what)
        return self

    def signature(self, data: Data) -> "Record":
        self.raw.signature, self.raw.signature_len = self._lend(data, "signature")
        return self

    def path(self, path: Path) -> "Record":
        name = path_of(path)
        self._kept.append(name)
        self.raw.path = name
        return self

    def peer(self, data: Data) -> "Record":
        """Data that is not a message, and is copied."""
        self.raw.data, self.raw.data_len = self._lend(data, "public key")
        return self

    def message(self, data: Data | Sequence[Data]) -> "Record":
        """A message in one piece or in several; the library reads it where it lies."""
        self.raw.flags |= LOOP_CRYPTO_BORROW
        if isinstance(data, list | tuple):
            bufs = (LoopBuf * len(data))()
            for buf, piece in zip(bufs, data, strict=True):
                buf.data, buf.len = self._lend(piece, "data")
            self._kept.append(bufs)
            self.raw.bufs = ctypes.addressof(bufs) if data else None
            self.raw.buf_count = len(data)
        elif isinstance(data, bytes | bytearray | memoryview | str):
            self.raw.data, self.raw.data_len = self._lend(data, "data")
        else:
            raise InvalidError(f"data is {type(data).__name__}")
        return self


class CryptoJob(Operation):
    """Work of crypto on its way. See Crypto."""

    __slots__ = ("_record",)

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: Callable[..., object],
        on_final: FinalCallback | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        # What the library reads lives in it until the final event.
        self._record: Record | None = record
        loop._submit(
            self,
            LOOP_OP_CRYPTO,
            data=ctypes.addressof(record.raw),
            timeout_ms=timeout_ms,
            label=label,
        )

    def _release(self) -> None:
        super()._release()
        self._record = None


class KeyPairJob(CryptoJob):
    """A pair of keys on its way. See Crypto.generate_key_pair."""

    __slots__ = ()

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return payload[:aux], payload[aux:]
