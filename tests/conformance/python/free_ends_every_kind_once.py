# SPDX-License-Identifier: MIT
"""Freeing a loop with every kind of id alive ends each once with LOOP_ECANCELED, in the order of
starting."""

import os

from conformance import FAR_AWAY_MS, from_environment, say, say_error, say_status

import libloop

loop = libloop.Loop()
reader, writer = os.pipe()
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("timeout"))
loop.set_interval(say, FAR_AWAY_MS, "never", on_error=say_error("interval"))
loop.start_idle(say, "never", on_error=say_error("idle"))
loop.start_prepare(say, "never", on_error=say_error("prepare"))
loop.start_check(say, "never", on_error=say_error("check"))
loop.poll_fd(reader, libloop.READABLE, say_status("descriptor"))
loop.http_get(from_environment("CONFORMANCE_STALL"), say_status("http"))
loop.close()
os.close(reader)
os.close(writer)
