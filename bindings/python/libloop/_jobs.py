# SPDX-License-Identifier: MIT
"""Python callables on Python's own threads.

Nothing Python runs on a worker of the library: CPython ends foreign threads at its exit in the
middle of whatever they do. So run_job has a pool of Python threads, whose results reach the loop as
posts.
"""

import contextlib
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._counting import JobCounts, JobLabels
from ._errors import BadIdError, CanceledError, LoopFullError, TimedOutError
from ._timers import Timeout, ns_of

if TYPE_CHECKING:
    from ._core import Core

OPEN = 0  # as in _core.py, which imports this module's users

JobCallback = Callable[[BaseException | None, Any], object]

# How long a thread waits before it offers its result again to a loop whose post queue is full.
RETRY_S = 0.002

QUEUED, RUNNING, FINISHED = range(3)

LABEL = "run_job"  # of jobs without one


class Job:
    """A Python callable on a thread. See Loop.run_job.

    Attributes:
        error: what it ended with instead of a value; None before and after success.
    """

    __slots__ = (
        "__weakref__",
        "_args",
        "_callback",
        "_counts",
        "_deadline",
        "_decided",
        "_ended_ns",
        "_function",
        "_loop",
        "_muted",
        "_on_final",
        "_pool",
        "_queued_ns",
        "_referenced",
        "_started_ns",
        "_state",
        "error",
    )

    def __init__(
        self,
        loop: "Core",
        pool: "ThreadPool",
        function: Callable[..., Any],
        args: tuple[Any, ...],
        callback: JobCallback | None,
        on_final: Callable[[BaseException | None], object] | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        self._loop = loop
        self._pool = pool
        self._function: Callable[..., Any] | None = function
        self._args = args
        self._callback = callback
        self._on_final = on_final
        self._state = QUEUED
        self._decided = False  # its callback has been called, or will never be
        self._muted = False
        self._referenced = True
        self._deadline: Timeout | None = None
        self.error: BaseException | None = None
        if timeout_ms is not None:
            ns_of(timeout_ms, "timeout_ms")
        if label is not None:
            loop._label_text(label)
        self._counts: JobCounts = pool.counts_of(LABEL if label is None else label)
        self._started_ns = self._ended_ns = 0  # 0: no thread has taken it
        self._queued_ns = time.monotonic_ns()
        loop.hold()
        if not pool.submit(self):
            self._state = FINISHED
            self._counts.rejected += 1
            loop._later(self._deliver, LoopFullError("run_job"), None, True)
            return
        self._counts.queued += 1
        if timeout_ms is not None:
            delay_ns = ns_of(timeout_ms, "timeout_ms")
            self._deadline = Timeout.quiet(loop, self._expired, delay_ns)

    def __repr__(self) -> str:
        return f"<libloop.Job {'active' if self.active else 'ended'}>"

    @property
    def active(self) -> bool:
        """True until its callback is called or it is cleared."""
        return not self._decided

    def cancel(self) -> None:
        """End it with CanceledError. If its function runs already, what it returns is dropped.

        A result that exists already is delivered instead.

        Raises:
            BadIdError: it has ended.
        Thread: loop.
        """
        self._loop._enter_closing()
        if self._decided:
            raise BadIdError("Job")
        self._end_with(CanceledError("run_job"))

    def clear(self) -> None:
        """End it silently: its callback will not run. Nothing happens when it has ended.

        Thread: loop.
        """
        if self._decided:
            return
        self._loop._enter_closing()
        self._muted = True
        final = self._pool.forget(self)
        self._decide()
        if final:
            self._release()

    def ref(self) -> None:
        """Let it keep the loop alive (the default).  Raises: BadIdError.  Thread: loop."""
        self._reference(True)

    def unref(self) -> None:
        """Do not let it keep the loop alive.  Raises: BadIdError.  Thread: loop."""
        self._reference(False)

    def has_ref(self) -> bool:
        """Says whether it keeps the loop alive."""
        return self._referenced and not self._decided

    def _reference(self, referenced: bool) -> None:
        self._loop._enter_closing()
        if self._decided:
            raise BadIdError("Job")
        if referenced != self._referenced:
            self._referenced = referenced
            if referenced:
                self._loop.hold()
            else:
                self._loop.unhold()

    def _run(self) -> None:
        """Thread: a pool's."""
        error: BaseException | None = None
        value: Any = None
        function, args = self._function, self._args
        try:
            if function is not None:
                value = function(*args)
        except BaseException as caught:
            error = caught
        self._ended_ns = time.monotonic_ns()
        self._function = None
        self._args = ()
        self._pool.finished(self, error, value)

    def _expired(self) -> None:
        self._deadline = None
        if not self._decided:
            self._end_with(TimedOutError("run_job"), now=True)

    def _end_with(self, error: BaseException, now: bool = False) -> None:
        """An outcome before the function has returned, or instead of calling it."""
        if self._state == FINISHED:
            return
        final = self._pool.forget(self)
        if now:
            self._deliver(error, None, final)
        else:
            self._state = FINISHED if final else self._state
            self._loop._later(self._deliver, error, None, final)

    def _decide(self) -> None:
        self._decided = True
        if self._deadline is not None:
            self._deadline.clear()
            self._deadline = None
        if self._referenced:
            self._loop._unhold()

    def _deliver(self, error: BaseException | None, value: Any, final: bool) -> None:
        """Thread: loop."""
        loop = self._loop
        loop._calling = False  # the queues call this as if it were the program's
        callback, on_final = self._callback, self._on_final
        if final:
            if self._started_ns:
                run_ns = self._ended_ns - self._started_ns
                self._counts.ended(self._started_ns - self._queued_ns, run_ns, error is not None)
            self._release()
        try:
            if not self._decided:
                self._decide()
                self.error = error
                if callback is not None:
                    loop._call(callback, error, value)
                elif error is not None and not isinstance(error, CanceledError):
                    raise error
        finally:
            if final and on_final is not None and not self._muted:
                loop._call(on_final, self.error)

    def _release(self) -> None:
        self._state = FINISHED
        self._function = None
        self._args = ()
        self._callback = None
        self._on_final = None


class ThreadPool:
    """Threads for run_job: started when needed, first in first out, gone when idle for long.

    They are no daemons: Python waits for a function that runs at its exit.
    """

    def __init__(self, loop: "Core", size: int, limit: int, idle_s: float | None) -> None:
        self._loop = weakref.ref(loop)
        # Reentrant, as Condition makes it: a signal handler may start a job. Guards all below.
        self._ready = threading.Condition()
        self._size = size
        self._limit = limit
        self._idle_s = idle_s
        self._queue: deque[Job] = deque()
        self._threads: set[threading.Thread] = set()
        self._running: dict[Job, None] = {}  # in the order of their start
        self._started = 0
        self._labels = JobLabels()
        self._waiting_peak = 0
        self._closing = False
        self._late: deque[tuple[Job, BaseException | None, Any]] = deque()
        _pools.add(self)
        _close_pools_at_exit()

    def submit(self, job: Job) -> bool:
        """Queues a job. Returns False when the queue is full."""
        with self._ready:
            # What a free thread is about to take does not wait.
            free = max(0, self._size - len(self._running))
            if self._limit and len(self._queue) >= self._limit + free:
                return False
            self._queue.append(job)
            self._waiting_peak = max(self._waiting_peak, len(self._queue))
            self._serve_queue()
            return True

    def _serve_queue(self) -> None:
        while len(self._threads) < min(self._size, len(self._running) + len(self._queue)):
            thread = threading.Thread(
                target=_serve, args=(self,), name=f"libloop-job{self._started}", daemon=False
            )
            try:
                thread.start()
            except RuntimeError:
                if not self._threads:
                    self._queue.pop()
                    raise
                break  # the system has no more threads; those that run will come to it
            self._started += 1
            self._threads.add(thread)
        self._ready.notify(len(self._queue))

    def resize(self, size: int) -> None:
        """Sets the number of threads; surplus ones leave after their job."""
        with self._ready:
            self._size = size
            self._serve_queue()
            self._ready.notify_all()

    def limit(self, limit: int) -> None:
        """Sets how many jobs may wait (0: no limit); those that wait already stay."""
        with self._ready:
            self._limit = limit

    def counts_of(self, label: str) -> JobCounts:
        """Where the jobs of a label are counted.  Thread: loop."""
        return self._labels.find(label)

    def look(self) -> list[tuple[str, JobCounts, int]]:
        """Each label, its counts, and how many of its jobs wait.  Thread: loop."""
        with self._ready:
            waiting = [job._counts for job in self._queue]
        return self._labels.look(waiting)

    def lane(self) -> tuple[int, int, int, int]:
        """Threads, jobs that wait, that run, and the most that waited at once."""
        with self._ready:
            threads, waiting, running = len(self._threads), len(self._queue), len(self._running)
            return threads, waiting, running, self._waiting_peak

    def reset_counts(self) -> None:
        """Counts anew from now.  Thread: loop."""
        for _, counts, waiting in self.look():
            counts.reset(waiting)
        with self._ready:
            self._waiting_peak = len(self._queue)

    def forget(self, job: Job) -> bool:
        """Takes a job that waits out of the queue. Returns False when it does not wait."""
        with self._ready:
            if job not in self._queue:
                return False
            self._queue.remove(job)
            job._counts.canceled += 1
            return True

    def take(self) -> Job | None:
        """Waits for a job; None: the thread is to end.  Thread: a pool's."""
        with self._ready:
            while True:
                surplus = self._closing or len(self._threads) > self._size
                if self._queue and not surplus:
                    break
                if surplus or not (self._ready.wait(self._idle_s) or self._queue):
                    self._threads.discard(threading.current_thread())
                    return None
            job = self._queue.popleft()
            job._started_ns = time.monotonic_ns()
            job._state = RUNNING
            self._running[job] = None
            return job

    def finished(self, job: Job, error: BaseException | None, value: Any) -> None:
        """Hands a result to the loop.  Thread: a pool's."""
        with self._ready:
            del self._running[job]
            loop = self._loop()
            if loop is None:
                return
            job._state = FINISHED
            while loop._post(job._deliver, (error, value, True)) < 0:
                if self._closing or loop._state != OPEN:
                    # close() waits for this thread and then delivers itself.
                    self._late.append((job, error, value))
                    return
                self._ready.wait(RETRY_S)

    def shut(self) -> None:
        """Lets every thread end after its job, without waiting.  Thread: any."""
        with self._ready:
            self._closing = True
            self._ready.notify_all()

    def end_jobs(self) -> None:
        """The loop closes: whatever waits or runs ends with CanceledError.  Thread: loop."""
        self.shut()
        with self._ready:
            running, waiting = list(self._running), list(self._queue)
            self._queue.clear()
        for job in running:
            job._loop._later(job._deliver, CanceledError("run_job"), None, False)
        for job in waiting:
            job._counts.canceled += 1
            job._state = FINISHED
            job._loop._later(job._deliver, CanceledError("run_job"), None, True)

    def join(self, wait_s: float | None) -> bool:
        """Waits for the threads (None: for ever). Returns False when something still runs.

        Thread: loop.
        """
        with self._ready:
            threads = list(self._threads)
        end = None if wait_s is None else time.monotonic() + wait_s
        for thread in threads:
            thread.join(None if end is None else max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def deliver_late(self) -> bool:
        """Delivers what came after the loop took no more posts. Returns False: nothing has.

        Thread: loop.
        """
        found = False
        while self._late:
            job, error, value = self._late.popleft()
            job._loop._later(job._deliver, error, value, True)
            found = True
        return found


def _serve(pool: ThreadPool) -> None:
    """What a thread of a pool does."""
    while True:
        job = pool.take()
        if job is None:
            return
        job._run()
        # Keep nothing of the program alive while waiting for the next job.
        del job


_pools: "weakref.WeakSet[ThreadPool]" = weakref.WeakSet()
_registered = False


def _close_pools_at_exit() -> None:
    """Has idle threads end when the interpreter does, which waits for them before it runs atexit.

    concurrent.futures does the same by the same means; without it (another Python) a forgotten
    loop delays the exit by its threads' idle time.
    """
    global _registered
    register = getattr(threading, "_register_atexit", None)
    if _registered or register is None:
        return
    _registered = True
    with contextlib.suppress(RuntimeError):  # the interpreter is ending already
        register(_shut_all)


def _shut_all() -> None:
    for pool in list(_pools):
        pool.shut()
