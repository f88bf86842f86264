# SPDX-License-Identifier: MIT
"""A held loop waits for posts to come; without a hold there is nothing to give up."""

import threading

from conformance import attempt, say

import libloop

loop = libloop.Loop()


def arrive(number: int) -> None:
    say(f"posted {number}")
    loop.unhold()


loop.hold()
say(f"alive {loop.alive}")
thread = threading.Thread(target=loop.post, args=(arrive, 42))
thread.start()
loop.run()
thread.join()
say(f"unhold: {attempt(loop.unhold)}")
loop.close()
