# SPDX-License-Identifier: MIT
"""A thread that does not own the loop is refused; after loop_detach it may take over."""

import threading
from collections.abc import Callable

from conformance import attempt, run_and_close, say

import libloop

loop = libloop.Loop()


def other() -> None:
    say(f"before detach: {attempt(lambda: loop.set_timeout(say, 0, 'never'))}")


def taker() -> None:
    loop.set_timeout(say, 0, "fired on the other thread")
    run_and_close(loop)


def in_a_thread(target: Callable[[], None]) -> None:
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()


loop.set_timeout(say, 0, "fired on the first thread")
in_a_thread(other)
loop.run()
loop.detach()
in_a_thread(taker)
