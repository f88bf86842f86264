# SPDX-License-Identifier: MIT
"""Compression on the library's workers: `loop.zip`."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Unpack

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_OP_ZIP,
    LOOP_ZIP_BORROW,
    LOOP_ZIP_BROTLI,
    LOOP_ZIP_COMPRESS,
    LOOP_ZIP_COMPRESS_STREAM,
    LOOP_ZIP_DECOMPRESS,
    LOOP_ZIP_DECOMPRESS_STREAM,
    LOOP_ZIP_DEFLATE,
    LOOP_ZIP_DEFLATE_RAW,
    LOOP_ZIP_GZIP,
    LOOP_ZIP_STORE,
    LOOP_ZIP_ZSTD,
    LoopZip,
)
from ._core import limited
from ._errors import InvalidError, LoopError
from ._flow import Flow
from ._handles import FinalCallback, Operation
from ._lend import Readable, lend
from ._options import Options
from ._timers import MAX_NS

if TYPE_CHECKING:
    from ._core import Core

Format = Literal["gzip", "deflate", "deflate_raw", "zstd", "brotli"]
# Of a stream: bytes for each piece, then None.
ZipCallback = Callable[[LoopError | None, bytes | None], object]

# The number of each format, its highest level, whether it stores, whether it has dictionaries.
FORMATS: dict[str, tuple[int, int, bool, bool]] = {
    "gzip": (LOOP_ZIP_GZIP, 9, True, False),
    "deflate": (LOOP_ZIP_DEFLATE, 9, True, True),
    "deflate_raw": (LOOP_ZIP_DEFLATE_RAW, 9, True, True),
    "zstd": (LOOP_ZIP_ZSTD, 22, False, True),
    "brotli": (LOOP_ZIP_BROTLI, 11, False, False),
}
MOST_DICTIONARY = (1 << 32) - 1


class DecompressOptions(Options, total=False):
    """What decompressing takes: see Zip.decompress."""

    dictionary: Readable | None
    max_out: int | None
    borrow: bool


class CompressOptions(DecompressOptions, total=False):
    """What compressing takes: see Zip.compress."""

    level: int | None


def level_of(format: Format, level: int | None) -> int:
    """The level as the library takes it. Raises: InvalidError."""
    if level is None:
        return 0
    _, highest, stores, _ = FORMATS[format]
    if not isinstance(level, int) or not (0 if stores else 1) <= level <= highest:
        raise InvalidError(f"{format} level {level!r}")
    return level or LOOP_ZIP_STORE


class Record:
    """A loop_zip_t, and what it points at: kept until the final event, so nothing is copied."""

    def __init__(
        self,
        what: int,
        format: Format,
        *,
        level: int | None = None,
        data: Readable = b"",
        dictionary: Readable | None = None,
        max_out: int | None = None,
        borrow: bool = False,
    ) -> None:
        if format not in FORMATS:
            raise InvalidError(f"format {format!r}")
        number, _, _, has_dictionaries = FORMATS[format]
        self.raw = raw = LoopZip()
        raw.size = ctypes.sizeof(LoopZip)
        raw.flags = LOOP_ZIP_BORROW
        raw.what = what
        raw.format = number
        raw.level = level_of(format, level)
        raw.max_out = limited(max_out, "max_out", 1, MAX_NS)
        raw.data, raw.len, self.data = lend(data, borrow)
        if dictionary is not None:
            address, length, self.dictionary = lend(dictionary)
            if length > 0 and (not has_dictionaries or length > MOST_DICTIONARY):
                raise InvalidError(f"{format} with a dictionary of {length} bytes")
            raw.dictionary, raw.dictionary_len = address, length


def submit(
    loop: "Core",
    operation: Operation,
    record: Record,
    timeout_ms: float | None,
    label: str | None,
) -> None:
    """Queues the op that a record describes."""
    address = ctypes.addressof(record.raw)
    loop._submit(operation, LOOP_OP_ZIP, data=address, timeout_ms=timeout_ms, label=label)


class Compression(Operation):
    """A compression or decompression. See Zip."""

    __slots__ = ("_record",)

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: ZipCallback,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._record: Record | None = record
        submit(loop, self, record, timeout_ms, label)

    def _release(self) -> None:
        super()._release()
        self._record = None


class CompressionStream(Flow):
    """A compression or decompression piece by piece. See Zip.compress_stream."""

    __slots__ = ("_record",)

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: ZipCallback,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._record: Record | None = record
        submit(loop, self, record, timeout_ms, label)

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return payload if flags & LOOP_EV_MORE else None

    def _release(self) -> None:
        super()._release()
        self._record = None


class Zip:
    """Compression on the "cpu" lane of the loop's pool.

    Calls that compress in one shot return a Compression, a handle to cancel or clear, and then call
    callback(error, data) once. Streams return a CompressionStream, a Flow that is written to.

    The errors are TooBigError (more than `max_out`), EndedEarlyError (the data ends too soon),
    DataError (it is corrupt, or of another format), NoMemoryError, and those of every operation.
    All calls take timeout_ms, label and on_final.
    """

    __slots__ = ("_loop",)

    def __init__(self, loop: "Core") -> None:
        self._loop = loop

    def compress(
        self,
        format: Format,
        data: Readable,
        callback: ZipCallback,
        *,
        level: int | None = None,
        dictionary: Readable | None = None,
        max_out: int | None = None,
        borrow: bool = False,
        **options: Unpack[Options],
    ) -> Compression:
        """Compress.

        Args:
            format: "gzip", "deflate" (zlib's), "deflate_raw", "zstd" or "brotli".
            data: bytes are read where they lie; a copy is made of anything else.
            level: gzip and both deflates 0..9 (0: only stored; default 6), zstd 1..22 (default 3),
                brotli 1..11 (default 6).
            dictionary: what the other side knows already; both deflates and zstd have it.
            max_out: bytes of output, else TooBigError; default: no limit.
            borrow: no copy: `data` is locked, and not to be changed, until the final event.
        Raises:
            InvalidError: an argument is out of range or of another type.
        Thread: loop.  C: loop_zip
        """
        self._loop._enter()
        record = Record(
            LOOP_ZIP_COMPRESS,
            format,
            level=level,
            data=data,
            dictionary=dictionary,
            max_out=max_out,
            borrow=borrow,
        )
        return Compression(self._loop, record, callback, **options)

    def decompress(
        self,
        format: Format,
        data: Readable,
        callback: ZipCallback,
        *,
        dictionary: Readable | None = None,
        max_out: int | None = None,
        borrow: bool = False,
        **options: Unpack[Options],
    ) -> Compression:
        """Decompress.

        Args:
            format, data, borrow: as for compress().
            dictionary: the one that it was compressed with.
            max_out: bytes of output, else TooBigError; default: 1 GiB.
        Raises:
            InvalidError: an argument is out of range or of another type.
        Thread: loop.  C: loop_zip
        """
        self._loop._enter()
        record = Record(
            LOOP_ZIP_DECOMPRESS,
            format,
            data=data,
            dictionary=dictionary,
            max_out=max_out,
            borrow=borrow,
        )
        return Compression(self._loop, record, callback, **options)

    def compress_stream(
        self,
        format: Format,
        callback: ZipCallback,
        *,
        level: int | None = None,
        dictionary: Readable | None = None,
        max_out: int | None = None,
        **options: Unpack[Options],
    ) -> CompressionStream:
        """Compress piece by piece what its write() is given, until its end().

        The output comes as callback(None, bytes), at most 256 KiB each, and then
        callback(None, None). Writing no bytes lets out all that was written before. A write's own
        callback is called behind the output that it led to.

        Args: as for compress().
        Thread: loop.  C: loop_compress_stream, loop_zip
        """
        self._loop._enter()
        record = Record(
            LOOP_ZIP_COMPRESS_STREAM, format, level=level, dictionary=dictionary, max_out=max_out
        )
        return CompressionStream(self._loop, record, callback, **options)

    def decompress_stream(
        self,
        format: Format,
        callback: ZipCallback,
        *,
        dictionary: Readable | None = None,
        max_out: int | None = None,
        **options: Unpack[Options],
    ) -> CompressionStream:
        """Decompress piece by piece, as compress_stream() compresses.

        Both deflates end with their data, the others when there is no more input.

        Args: as for decompress(), but that max_out is by default no limit.
        Thread: loop.  C: loop_decompress_stream, loop_zip
        """
        self._loop._enter()
        record = Record(LOOP_ZIP_DECOMPRESS_STREAM, format, dictionary=dictionary, max_out=max_out)
        return CompressionStream(self._loop, record, callback, **options)

    def gzip(
        self, data: Readable, callback: ZipCallback, **options: Unpack[CompressOptions]
    ) -> Compression:
        """compress("gzip", ...).  Thread: loop.  C: loop_compress"""
        return self.compress("gzip", data, callback, **options)

    def gunzip(
        self, data: Readable, callback: ZipCallback, **options: Unpack[DecompressOptions]
    ) -> Compression:
        """decompress("gzip", ...): all members, as gzip(1).  Thread: loop.  C: loop_decompress"""
        return self.decompress("gzip", data, callback, **options)

    def deflate(
        self, data: Readable, callback: ZipCallback, **options: Unpack[CompressOptions]
    ) -> Compression:
        """compress("deflate", ...), zlib's format.  Thread: loop.  C: loop_compress"""
        return self.compress("deflate", data, callback, **options)

    def inflate(
        self, data: Readable, callback: ZipCallback, **options: Unpack[DecompressOptions]
    ) -> Compression:
        """decompress("deflate", ...), zlib's format.  Thread: loop.  C: loop_decompress"""
        return self.decompress("deflate", data, callback, **options)

    def deflate_raw(
        self, data: Readable, callback: ZipCallback, **options: Unpack[CompressOptions]
    ) -> Compression:
        """compress("deflate_raw", ...): no head, no checksum.  Thread: loop.  C: loop_compress"""
        return self.compress("deflate_raw", data, callback, **options)

    def inflate_raw(
        self, data: Readable, callback: ZipCallback, **options: Unpack[DecompressOptions]
    ) -> Compression:
        """decompress("deflate_raw", ...).  Thread: loop.  C: loop_decompress"""
        return self.decompress("deflate_raw", data, callback, **options)

    def zstd_compress(
        self, data: Readable, callback: ZipCallback, **options: Unpack[CompressOptions]
    ) -> Compression:
        """compress("zstd", ...).  Thread: loop.  C: loop_compress"""
        return self.compress("zstd", data, callback, **options)

    def zstd_decompress(
        self, data: Readable, callback: ZipCallback, **options: Unpack[DecompressOptions]
    ) -> Compression:
        """decompress("zstd", ...): all frames, as zstd(1).  Thread: loop.  C: loop_decompress"""
        return self.decompress("zstd", data, callback, **options)

    def brotli_compress(
        self, data: Readable, callback: ZipCallback, **options: Unpack[CompressOptions]
    ) -> Compression:
        """compress("brotli", ...).  Thread: loop.  C: loop_compress"""
        return self.compress("brotli", data, callback, **options)

    def brotli_decompress(
        self, data: Readable, callback: ZipCallback, **options: Unpack[DecompressOptions]
    ) -> Compression:
        """decompress("brotli", ...).  Thread: loop.  C: loop_decompress"""
        return self.decompress("brotli", data, callback, **options)
