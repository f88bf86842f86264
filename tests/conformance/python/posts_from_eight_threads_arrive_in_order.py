# SPDX-License-Identifier: MIT
"""8 threads post 100,000 values each: none is lost, those of one thread arrive in their order."""

import threading
import time

from conformance import say

import libloop

THREADS = 8
POSTS = 100_000
loop = libloop.Loop()
following = [0] * THREADS
in_order = True


def arrive(thread: int, number: int) -> None:
    global in_order
    in_order = in_order and number == following[thread]
    following[thread] += 1


def poster(thread: int) -> None:
    for number in range(POSTS):
        while True:
            try:
                loop.post(arrive, thread, number)
                break
            except libloop.LoopFullError:
                time.sleep(0)
    loop.unhold()


threads = [threading.Thread(target=poster, args=(i,)) for i in range(THREADS)]
for thread in threads:
    loop.hold()
    thread.start()
loop.run()
for thread in threads:
    thread.join()
loop.close()
say(f"{sum(following)} posts, {'in order' if in_order else 'out of order'}")
