# SPDX-License-Identifier: MIT
"""Data that was retained stays after the event, after the loop, and is given back once."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop()
kept: list[str] = []
loop.run_job(lambda: "to be kept", callback=lambda _error, value: kept.append(str(value)))
run_and_close(loop)
say(f"{len(kept[0])} bytes: {kept[0]}")
