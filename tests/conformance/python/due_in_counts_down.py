# SPDX-License-Identifier: MIT
"""A timer says how long until it is due: never more than its delay, 0 or less of it once it is
late."""

from conformance import attempt, run_and_close, say, yes

import libloop

loop = libloop.Loop()
timer = loop.set_timeout(say, 50, "fired")
say(f"within its delay: {yes(0 < timer.due_in_ms <= 50)}")
past = loop.set_timer_at(say, 0, "late one fired")
say(f"late one: {past.due_in_ms:.0f}")
timer.clear()
say(f"cleared: {attempt(lambda: timer.due_in_ms)}")
run_and_close(loop)
