# SPDX-License-Identifier: MIT
"""Calls of any thread."""

import threading

import pytest

from libloop import Loop, LoopFullError

THREADS = 8
EACH = 10_000


def test_posts_of_eight_threads_arrive_once_and_in_order(loop: Loop) -> None:
    got: list[list[int]] = [[] for _ in range(THREADS)]
    loop.hold()

    def arrived(thread: int, number: int) -> None:
        got[thread].append(number)

    def send(thread: int) -> None:
        for number in range(EACH):
            loop.post(arrived, thread, number)
        loop.post(done)

    left = THREADS

    def done() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            loop.unhold()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    loop.run()
    for thread in threads:
        thread.join()
    assert got == [list(range(EACH))] * THREADS
    assert loop._posts == {}


def test_full_queue_of_posts_is_an_error() -> None:
    with Loop(post_limit=2) as loop:
        got: list[int] = []
        loop.post(got.append, 1)
        loop.post(got.append, 2)
        with pytest.raises(LoopFullError):
            loop.post(got.append, 3)
        loop.run()
        assert got == [1, 2]
        loop.post(got.append, 4)
        loop.run()
        assert got == [1, 2, 4]


def test_post_keeps_the_loop_alive_until_it_is_delivered(loop: Loop) -> None:
    got: list[str] = []
    loop.post(got.append, "posted")
    assert loop.alive == 1
    assert loop.run() == 0
    assert got == ["posted"]


def test_post_wakes_a_sleeping_loop(loop: Loop) -> None:
    loop.hold()
    thread = threading.Thread(target=loop.post, args=(loop.unhold,))
    loop.set_timeout(thread.start, 2)
    loop.run()
    thread.join()


def test_hold_from_another_thread_keeps_the_loop(loop: Loop) -> None:
    got: list[str] = []
    holding = threading.Event()
    release = threading.Event()

    def other() -> None:
        loop.hold()
        holding.set()
        release.wait()
        loop.post(got.append, "late")
        loop.unhold()

    thread = threading.Thread(target=other)
    thread.start()
    holding.wait()
    loop.set_timeout(release.set, 1)
    loop.run()
    thread.join()
    loop.run()
    assert got == ["late"]


def test_posts_before_close_are_delivered() -> None:
    got: list[int] = []
    loop = Loop()
    for number in range(100):
        loop.post(got.append, number)
    loop.close()
    assert got == list(range(100))
