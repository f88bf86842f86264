# SPDX-License-Identifier: MIT
"""A hash that is fed piece by piece."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING

from ._cdef import LOOP_OP_CRYPTO
from ._crypto_record import Record
from ._flow import Flow
from ._handles import FinalCallback

if TYPE_CHECKING:
    from ._core import Core


class HashStream(Flow):
    """A hash or HMAC as a flow: after end() its callback gets the digest of what was written."""

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
