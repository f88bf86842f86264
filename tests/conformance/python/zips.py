# SPDX-License-Identifier: MIT
"""What the programs about compression share."""

from collections.abc import Callable
from typing import Any

import libloop

FORMATS: list[Any] = ["gzip", "deflate", "deflate_raw", "zstd", "brotli"]


def repeated(n: int) -> bytes:
    return b"one way, the other way, " * n


def result(loop: libloop.Loop, start: Callable[[Callable[..., None]], object]) -> bytes:
    """Starts something, runs the loop, returns what it gave."""
    got: list[bytes] = []

    def keep(error: BaseException | None, data: bytes | None) -> None:
        assert error is None and data is not None, error
        got.append(data)

    start(keep)
    loop.run()
    return got[0]


def packed(loop: libloop.Loop, format: Any, data: bytes, **options: Any) -> bytes:
    return result(loop, lambda cb: loop.zip.compress(format, data, cb, **options))


def unpacked(loop: libloop.Loop, format: Any, data: bytes, **options: Any) -> bytes:
    return result(loop, lambda cb: loop.zip.decompress(format, data, cb, **options))
