# SPDX-License-Identifier: MIT
"""A regular file gives LOOP_EPERM, a closed descriptor LOOP_EBADF, a second id for one descriptor
LOOP_EEXIST."""

import os
import tempfile

from conformance import attempt, run_and_close, say, say_status

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
with tempfile.TemporaryFile() as file:
    loop.poll_fd(file, libloop.READABLE, say_status("file"))
    loop.poll_fd(1_000_000, libloop.READABLE, say_status("closed"))
    first = loop.poll_fd(reader, libloop.READABLE, say_status("first"))
    loop.poll_fd(reader, libloop.READABLE, say_status("second"))
    first.unref()
    say(f"no interest: {attempt(lambda: loop.poll_fd(reader, 0, say_status('none')))}")
    run_and_close(loop)
os.close(reader)
os.close(writer)
