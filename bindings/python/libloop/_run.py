# SPDX-License-Identifier: MIT
"""The life of a loop: running, stopping, tracing, closing."""

import contextlib
import ctypes
import os
import sys
import warnings
from operator import length_hint
from pathlib import Path
from threading import get_ident
from time import monotonic_ns
from types import TracebackType
from typing import Any, Literal, Self

from . import _load
from ._cdef import (
    LOOP_EV_FD,
    LOOP_TRACE_BOOK,
    LOOP_TRACE_JSON,
    LOOP_TURN_DONE,
    LOOP_TURN_ONCE,
    LOOP_TURN_PASS,
    LOOP_TURN_STOPPED,
    LOOP_TURN_TIMEDOUT,
    LoopOptions,
)
from ._core import CLOSED, CLOSING, FORKED, OPEN, Callback
from ._dispatch import Dispatcher
from ._errors import (
    BusyError,
    InvalidError,
    LoopClosedError,
    NestedRunError,
    PanicError,
    check,
)
from ._events import FLAGS
from ._jobs import ThreadPool
from ._signals import Guard, in_main_thread
from ._timers import ns_of

Mode = Literal["default", "once", "nowait"]
TraceFormat = Literal["json", "book"]

TRACE_FORMATS = {"json": LOOP_TRACE_JSON, "book": LOOP_TRACE_BOOK}


class Life(Dispatcher):
    """What a Loop does as a whole."""

    def __init__(self, options: LoopOptions, movable: bool, free_wait_s: float | None) -> None:
        super().__init__(options, movable)
        self._guard: Guard | None = None
        self._pool: ThreadPool | None = None
        self._free_wait_s = free_wait_s
        self._trace_fd = -1  # opened by us
        self._result = 0
        self._jobs_ended = False  # by closing
        self.on_error: Callback | None = None
        _load.remember(self)

    def __repr__(self) -> str:
        state = ("open", "closing", "closed", "forked")[self._state]
        return f"<libloop.Loop {'running' if self._running else state}>"

    def __reduce__(self) -> Any:
        raise TypeError("a Loop belongs to its process and cannot be pickled")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # ---- running ------------------------------------------------------------------------------

    def run(self, mode: Mode = "default", *, max_ms: float | None = None) -> int:
        """Run the loop: passes through timers, pending, idle, prepare, poll, check and closing.

        What a callback raises leaves the run, unless `on_error` is set; the rest of the batch comes
        first in the next run.

        Args:
            mode: "default": until nothing referenced is alive, or stop(). "once": one pass, which
                sleeps if nothing is ready. "nowait": one pass that never sleeps.
            max_ms: the longest run, in milliseconds; callbacks are not cut short.
        Returns:
            what `alive` says then.
        Raises:
            NestedRunError: inside a callback of this loop.
            KeyboardInterrupt: Ctrl-C, in the main thread.
        Thread: loop.  C: loop_run, loop_run_for
        """
        if mode not in ("default", "once", "nowait"):
            raise InvalidError(f"mode {mode!r}")
        limit = None if max_ms is None else monotonic_ns() + ns_of(max_ms, "max_ms")
        self._own()
        self._begin()
        try:
            self._guarded(
                0 if mode == "nowait" else -1, 0 if mode == "default" else LOOP_TURN_ONCE, limit
            )
        finally:
            self._running = self._calling = False
        return self.alive

    def run_once(self) -> int:
        """run("once")"""
        return self.run("once")

    def run_nowait(self) -> int:
        """run("nowait")"""
        return self.run("nowait")

    def _begin(self) -> None:
        if self._running or self._in_turn:
            raise NestedRunError()
        self._running = True
        self._calling = False
        self._result = 0
        self._set_phase_ns(monotonic_ns())

    def _guarded(self, timeout_ns: int, flags: int, limit: int | None) -> None:
        """Runs with Ctrl-C cared for, and hands what callbacks raise to on_error."""
        guard = self._guard
        if in_main_thread():
            if guard is None and self._state == OPEN:
                guard = self._guard = Guard(self)
            if guard is not None:
                guard.enter(timeout_ns != 0)
        else:
            guard = None
        try:
            while True:
                try:
                    self._spin(timeout_ns, flags, limit)
                    break
                except Exception as error:
                    self._calling = False
                    handler = self.on_error
                    if handler is None or error is self._fatal:
                        raise
                    self._call(handler, error)
        finally:
            if guard is not None:
                guard.leave()
        self._raise_interrupt()

    def _spin(self, timeout_ns: int, flags: int, limit: int | None) -> None:
        """Dispatches and takes turns until the run is to end."""
        self._collect()
        while True:
            if self._attention:
                if self._heed():
                    return
                continue
            if self._state == CLOSING and not self._jobs_ended:
                self._jobs_ended = True
                if self._pool is not None:
                    self._pool.end_jobs()
            if self._ticks or self._microtasks:
                self._drain()
            if not self._dispatch():
                continue
            # What the last turn said counts when its events are through.
            ends = LOOP_TURN_PASS if timeout_ns else LOOP_TURN_PASS | LOOP_TURN_TIMEDOUT
            if self._result & ends:
                return
            wait_ns = timeout_ns
            if limit is not None and timeout_ns:
                wait_ns = limit - monotonic_ns()
                if wait_ns <= 0:
                    # Time is up: on to the end of this pass, without sleeping.
                    timeout_ns, wait_ns, flags = 0, 0, LOOP_TURN_ONCE
            self._result = result = self._take_turn(wait_ns, flags)
            if result & LOOP_TURN_STOPPED:
                with self._any_thread:
                    self._stopped = False
                return
            if (
                result & LOOP_TURN_DONE
                and not (length_hint(self._rest) or self._immediates_now)
                and (self._state == OPEN or self._jobs_ended)
            ):
                return

    def _heed(self) -> bool:
        """Answers _attention. Returns True when the run is to end."""
        with self._any_thread:
            self._attention = self._stopped
            self._raise_interrupt()
            self._attention = False
            if not self._stopped:
                return False
            self._stopped = False
            # The library has the mark, too: a turn that begins with it does nothing but take ops.
            self._take_turn(0, LOOP_TURN_ONCE)
        return True

    def stop(self) -> None:
        """End the run after the current callback and its ticks; before a run, that run at once.

        Thread: any, also a signal handler.  C: loop_stop
        """
        with self._any_thread:
            if self._state in (CLOSED, FORKED):
                return
            self._stopped = self._attention = True
            check(self._held.loop_stop(self._ptr), "loop_stop")

    def wake(self) -> None:
        """Make a sleeping loop begin another pass.  Thread: any.  C: loop_wake"""
        self._any_thread_call("loop_wake")

    # ---- what it says of itself ---------------------------------------------------------------

    @property
    def alive(self) -> int:
        """The number of referenced live ids, ticks, immediates, posts and holds.  C: loop_alive"""
        if self._state == CLOSED:
            return 0
        self._own()
        self._flush()
        waiting = len(self._ticks) + len(self._microtasks)
        waiting += self._immediate_count - self._immediates_unref
        return check(self._held.loop_alive(self._ptr)) + waiting + self._undelivered()

    @property
    def closed(self) -> bool:
        """True after close()."""
        return self._state == CLOSED

    @property
    def running(self) -> bool:
        """True inside run() and close()."""
        return self._running

    @property
    def backend(self) -> str:
        """ "epoll", "poll" or "kqueue".  C: loop_backend_name"""
        self._own()
        name: bytes = self._held.loop_backend_name(self._ptr)
        return name.decode()

    @property
    def now_ns(self) -> int:
        """The loop's time (CLOCK_MONOTONIC), read once a phase; anew outside a run.  C: loop_now"""
        return self._phase_ns() if self._running else monotonic_ns()

    @property
    def last_panic(self) -> str:
        """The whole text of the bug in the library that ended this loop; "" if none has.

        C: loop_last_panic
        """
        if self._state in (CLOSED, FORKED):
            return ""
        text: bytes = self._held.loop_last_panic(self._ptr) or b""
        return text.decode(errors="replace")

    @property
    def pointer(self) -> int:
        """The address of the loop_t, for C code that is to use this loop.

        From then on no call of the loop holds the GIL, because C callbacks may need it.
        """
        self._own()
        self._gil_needed = True
        self._flush()
        return self._ptr

    def fileno(self) -> int:
        """A descriptor that is readable when the loop has something to do.

        For another loop that embeds this one: when it is readable, or `backend_timeout_ms` has
        passed, call run_nowait().

        Raises:
            NotSupportedError: on the poll backend.
        Thread: loop.  C: loop_backend_fd
        """
        self._own()
        return check(self._held.loop_backend_fd(self._ptr), "loop_backend_fd")

    @property
    def backend_timeout_ms(self) -> float | None:
        """How long another loop that embeds this one may sleep; None: without limit.

        C: loop_backend_timeout
        """
        self._own()
        self._flush()
        if self._ticks or self._microtasks or self._immediate_count or self._events:
            return 0.0
        timeout_ns = ctypes.c_int64()
        check(self._held.loop_backend_timeout(self._ptr, ctypes.byref(timeout_ns)))
        return None if timeout_ns.value < 0 else timeout_ns.value / 1e6

    # ---- tracing ------------------------------------------------------------------------------

    def trace_file(
        self, target: str | os.PathLike[str] | int | None, format: TraceFormat = "json"
    ) -> None:
        """Write every step of the loop as a line to a file; None: stop.

        There is no Python callback for traces: records come from worker threads, too, where Python
        must not run. While tracing is on every op is submitted at its call, so that it appears
        where the program made it.

        Args:
            target: a path (appended to, closed with the loop) or a descriptor, which stays yours.
            format: "json" or "book" (the lines of "The Node Experiment").
        Raises:
            InvalidError: no such format.
        Thread: loop.  C: loop_trace_fd
        """
        if format not in TRACE_FORMATS:
            raise InvalidError(f"format {format!r}")
        self._enter()
        self._flush()
        opened = -1
        if target is None:
            fd = -1
        elif isinstance(target, int):
            fd = target
            if fd < 0:
                raise InvalidError(f"descriptor {fd}")
        else:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            fd = opened = os.open(Path(target), flags, 0o666)
        try:
            check(self._free.loop_trace_fd(self._ptr, fd, TRACE_FORMATS[format]), "loop_trace_fd")
        except BaseException:
            if opened >= 0:
                os.close(opened)
            raise
        self._close_trace()
        self._trace_fd = opened
        self._trace_ops(fd >= 0)

    def _close_trace(self) -> None:
        if self._trace_fd >= 0:
            os.close(self._trace_fd)
            self._trace_fd = -1

    # ---- the end ------------------------------------------------------------------------------

    def detach(self) -> None:
        """Give up ownership, so that another thread may use the loop.

        Raises:
            NestedRunError: inside a callback.
        Thread: loop.  C: loop_detach
        """
        self._enter()
        if self._running:
            raise NestedRunError("detach")
        self._flush()
        check(self._held.loop_detach(self._ptr), "loop_detach")
        self._home = self._owner = 0

    def close_soon(self) -> None:
        """Have everything alive end with CanceledError; a run goes on until all has ended.

        New calls raise LoopClosedError. The loop itself is still to be closed.

        Raises:
            LoopClosedError: it has been called before.
        Thread: any.  C: loop_close
        """
        with self._any_thread:
            if self._state != OPEN:
                raise LoopClosedError("close_soon")
            if self._home in (0, get_ident()) and not self._panicked:
                # A panic that comes to light here has ended everything already.
                with contextlib.suppress(PanicError):
                    self._flush()
            self._state = CLOSING
            self._owner = 0
            if not self._panicked:
                check(self._free.loop_close(self._ptr), "loop_close")

    def close(self) -> None:
        """End everything alive with CanceledError, join the threads, give back all memory.

        Callbacks that take an error are called with it; on_error and on_final, too. What a callback
        raises goes to `on_error`, or the first such exception leaves close() at its end. Closing a
        closed loop does nothing.

        Raises:
            BusyError: a job still runs after `free_wait_ms`; close() may be called again.
            NestedRunError: inside a callback of this loop.
        Thread: loop.  C: loop_free
        """
        if self._state == CLOSED:
            return
        if self._state == FORKED:
            self._forget()
            return
        self._own()
        self._begin()
        try:
            if self._state == OPEN:
                self.close_soon()
            failure = self._end_all()
            check(self._free.loop_free(self._ptr), "loop_free")
        finally:
            self._running = self._calling = False
        self._forget()
        if failure is not None:
            raise failure

    def _end_all(self) -> Exception | None:
        """Runs until every final event is out. Returns what a callback raised first."""
        failure: Exception | None = None
        wait_s = self._free_wait_s
        limit = None if wait_s is None else monotonic_ns() + int(wait_s * 1e9)
        pool = self._pool
        while True:
            try:
                self._guarded(-1, 0, limit)
            except PanicError:
                pass  # its final events are out
            except Exception as error:
                failure = failure or error
                continue
            if self._live:
                if limit is not None and monotonic_ns() >= limit:
                    raise BusyError("a function of work() still runs") from failure
                continue
            if pool is None:
                return failure
            left_s = None if limit is None else (limit - monotonic_ns()) / 1e9
            if not pool.join(left_s):
                raise BusyError("a function of run_job() still runs") from failure
            if not pool.deliver_late():
                return failure

    def _forget(self) -> None:
        """The loop is gone, or belongs to the parent process."""
        with self._any_thread:
            self._state = CLOSED
            self._owner = 0
        self._close_trace()
        if self._guard is not None:
            self._guard.close()
            self._guard = None
        for queue in (self._ticks, self._microtasks, self._immediates, self._immediates_now):
            queue.clear()
        for _, _, _, what, fd, _, _, _ in self._events:
            if what & LOOP_EV_FD << FLAGS:
                os.close(fd)  # nobody is told of it
        self._drop_batch()
        self._posts.clear()
        for handle in list(self._live.values()):
            handle._release()
        self._live.clear()

    def __del__(self) -> None:
        if getattr(self, "_state", CLOSED) in (CLOSED, FORKED) or sys.is_finalizing():
            return
        warnings.warn(f"unclosed loop {self!r}", ResourceWarning, source=self, stacklevel=2)
        # Callbacks may be half collected: none is called. In another thread this is refused, and
        # the loop is lost, which the warning has said.
        self._free.loop_free(self._ptr)
        self._forget()
