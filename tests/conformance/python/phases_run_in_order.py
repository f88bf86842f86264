# SPDX-License-Identifier: MIT
"""A pass goes through timers, pending, idle, prepare, poll, check (immediates first), closing."""

from conformance import FAR_AWAY_MS, run_and_close, say, say_error, say_status

import libloop

loop = libloop.Loop()
watchers: dict[str, libloop.Watcher] = {}


def once(phase: str) -> None:
    say(phase)
    watchers[phase].clear()


def close_it() -> None:
    say("immediate")
    loop.close_soon()


watchers["check"] = loop.start_check(once, "check")
watchers["prepare"] = loop.start_prepare(once, "prepare")
watchers["idle"] = loop.start_idle(once, "idle")
loop.set_immediate(close_it)
file = open("/proc/self/exe", "rb")  # noqa: SIM115 - readiness means nothing there
loop.poll_fd(file, libloop.READABLE, say_status("pending"))
loop.post(say, "poll")
loop.set_timeout(say, 0, "timers")
loop.set_timeout(say, FAR_AWAY_MS, "never", on_error=say_error("closing"))
run_and_close(loop)
file.close()
