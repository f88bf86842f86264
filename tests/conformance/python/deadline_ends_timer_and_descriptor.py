# SPDX-License-Identifier: MIT
"""The deadline of an op ends a timer and a descriptor with LOOP_ETIMEDOUT."""

import os

from conformance import FAR_AWAY_MS, run_and_close, say, say_error, say_status

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
loop.set_timeout(say, FAR_AWAY_MS, "never", timeout_ms=5, on_error=say_error("timer"))
loop.run()
loop.poll_fd(reader, libloop.READABLE, say_status("descriptor"), timeout_ms=5)
run_and_close(loop)
os.close(reader)
os.close(writer)
