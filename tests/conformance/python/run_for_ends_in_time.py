# SPDX-License-Identifier: MIT
"""A run with a limit ends when it has passed and leaves what is not due."""

from conformance import FAR_AWAY_MS, say, yes

import libloop

loop = libloop.Loop()
loop.set_timeout(say, 2, "in time")
loop.set_timeout(say, FAR_AWAY_MS, "far away")
start = loop.now_ns
say(f"alive {loop.run(max_ms=20)}")
say(f"not early: {yes(loop.now_ns - start >= 20_000_000)}")
loop.close()
