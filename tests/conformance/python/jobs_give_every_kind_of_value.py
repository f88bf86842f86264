# SPDX-License-Identifier: MIT
"""A job's value arrives as it was made: nothing, bool, int, double, bytes, string, error."""

import ctypes

from conformance import from_environment, run_and_close, say

import libloop

jobs = ctypes.CDLL(from_environment("CONFORMANCE_JOBS"))
loop = libloop.Loop(workers=1)


def show(error: libloop.LoopError | None, value: object) -> None:
    if error is not None:
        say(f"error {error.name}, errno {error.os_errno}: {error.text}")
    elif value is None:
        say("nothing")
    elif isinstance(value, bool):
        say(f"bool {str(value).lower()}")
    elif isinstance(value, int):
        say(f"int {value}")
    elif isinstance(value, float):
        say(f"double {value}")
    elif isinstance(value, bytes):
        say(f"bytes {len(value)}: {value.hex(' ')}")
    elif isinstance(value, str):
        say(f"string {len(value.encode())}: {value}")


for kind in range(8):
    loop.work(jobs.conformance_make_value, kind, show)
run_and_close(loop)
