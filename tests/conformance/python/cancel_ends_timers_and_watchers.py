# SPDX-License-Identifier: MIT
"""A cancelled timer, interval or watcher gets one last event, LOOP_ECANCELED."""

from conformance import FAR_AWAY_MS, run_and_close, say, say_error

import libloop

loop = libloop.Loop()
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("timeout")).cancel()
loop.set_interval(say, FAR_AWAY_MS, "never", on_error=say_error("interval")).cancel()
loop.start_idle(say, "never", on_error=say_error("idle")).cancel()
loop.start_prepare(say, "never", on_error=say_error("prepare")).cancel()
loop.start_check(say, "never", on_error=say_error("check")).cancel()
run_and_close(loop)
