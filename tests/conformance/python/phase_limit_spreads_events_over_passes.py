# SPDX-License-Identifier: MIT
"""With phase_limit a phase delivers so many events, and the rest waits for the next pass."""

from conformance import run_and_close, say

import libloop

loop = libloop.Loop(phase_limit=2)
for n in (1, 2, 3):
    loop.set_immediate(say, f"immediate {n}")
    loop.post(say, f"post {n}")
    loop.set_timeout(say, 0, f"timer {n}")
run_and_close(loop)
