# SPDX-License-Identifier: MIT
"""A compression that takes long is ended by a cancel and by a deadline; one that was cancelled at
once does not begin; and the loop goes on."""

import random

from conformance import run_and_close, say_status

import libloop

loop = libloop.Loop()
data = random.Random(1).randbytes(1 << 20)

waiting = loop.zip.brotli_compress(data, say_status("waiting"), level=11)
waiting.cancel()
loop.run()
running = loop.zip.brotli_compress(data, say_status("running"), level=11)
loop.set_immediate(running.cancel)
loop.run()
loop.zip.brotli_compress(data, say_status("late"), level=11, timeout_ms=1)
loop.run()
loop.zip.brotli_compress(data, say_status("good"), level=1)
run_and_close(loop)
