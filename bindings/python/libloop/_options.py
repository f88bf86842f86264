# SPDX-License-Identifier: MIT
"""Types that the calls for files, crypto and compression share."""

import os
from typing import TypedDict

from ._handles import FinalCallback

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class Options(TypedDict, total=False):
    """What every call takes."""

    timeout_ms: float | None
    label: str | None
    on_final: FinalCallback | None
