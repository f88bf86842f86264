# SPDX-License-Identifier: MIT
"""One loop on each core: processes that share a port."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.context import ForkProcess
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, NoReturn

from ._core import limited
from ._errors import ForkError
from ._load import is_loaded

MOST_PROCESSES = 1024


def run_processes(main: Callable[[int], object], count: int | None = None) -> list[int]:
    """Call main(number) in so many processes and wait until all have ended.

    The way to use all cores: `main` makes a Loop and listens with reuseport=True, and the system
    shares the connections out. When a process ends with an exception, a status other than 0 or by a
    signal, the others get SIGTERM; they get it, too, when this process is interrupted, or gets
    SIGTERM (in the main thread, unless the program has a handler of its own).

    Args:
        main: called with 0, 1, ... in a forked child, so it sees all that this process has.
        count: 1 to 1024; default: the cores that this process may use.
    Returns:
        the exit status of each; negative: the signal that ended it.
    Raises:
        InvalidError: no such count.
        ForkError: this process has loaded the library; a loop must not be made before.
    Thread: any; not inside a loop.
    """
    number = limited(count, "count", 1, MOST_PROCESSES) or len(os.sched_getaffinity(0))
    if is_loaded():
        raise ForkError("run_processes: this process has used a Loop before")
    context = multiprocessing.get_context("fork")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    processes = [context.Process(target=_child, args=(main, i, mask)) for i in range(number)]
    hears = current_thread() is main_thread()
    hears = hears and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if hears:
        signal.signal(signal.SIGTERM, _leave)
    try:
        # A child must not run this process's handler: it unblocks the signal when that is gone.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        try:
            for process in processes:
                process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        waiting: dict[Any, ForkProcess] = {process.sentinel: process for process in processes}
        while waiting:
            for sentinel in connection.wait(list(waiting)):
                process = waiting.pop(sentinel)
                process.join()
                if process.exitcode:
                    for other in waiting.values():
                        other.terminate()
    finally:
        for process in processes:
            if process.pid is not None:
                process.terminate()  # nothing for one that has ended
                process.join()
        if hears:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
    return [process.exitcode or 0 for process in processes]


def _child(main: Callable[[int], object], number: int, mask: set[signal.Signals | int]) -> None:
    if signal.getsignal(signal.SIGTERM) is _leave:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    main(number)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
