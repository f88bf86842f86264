# SPDX-License-Identifier: MIT
"""Cancel ends a descriptor with an error, clear silently; then it can be watched again."""

import os

from conformance import run_and_close, say_status

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
os.write(writer, b"x")
loop.poll_fd(reader, libloop.READABLE, say_status("cancelled")).cancel()
loop.poll_fd(reader, libloop.READABLE, say_status("cleared")).clear()
loop.poll_fd(reader, libloop.READABLE, say_status("again"), mode="oneshot")
run_and_close(loop)
os.close(reader)
os.close(writer)
