# SPDX-License-Identifier: MIT
"""After loop_close posts and new ops are refused, and what was alive ends once."""

from conformance import FAR_AWAY_MS, attempt, say, say_error

import libloop

loop = libloop.Loop()
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("timer"))
loop.close_soon()
say(f"post: {attempt(lambda: loop.post(say, 'never'))}")
say(f"timer: {attempt(lambda: loop.set_timeout(say, 0, 'never'))}")
say(f"close: {attempt(loop.close_soon)}")
loop.close()
