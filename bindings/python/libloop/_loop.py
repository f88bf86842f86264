# SPDX-License-Identifier: MIT
"""The Loop: everything that a program starts on it."""

import ctypes
from collections.abc import Callable
from functools import cached_property
from threading import get_ident
from time import monotonic_ns
from typing import Any, Literal, TypeVar, TypeVarTuple, overload

from ._cdef import (
    LOOP_BACKEND_AUTO,
    LOOP_BACKEND_EPOLL,
    LOOP_BACKEND_KQUEUE,
    LOOP_BACKEND_POLL,
    LOOP_MOVABLE,
    LOOP_OP_CHECK,
    LOOP_OP_IDLE,
    LOOP_OP_PREPARE,
    LoopOptions,
)
from ._core import limited
from ._crypto import Crypto
from ._dns import Dns
from ._errors import BadIdError, InvalidError, check, error_for
from ._fs import Fs
from ._handles import ErrorCallback, FinalCallback, Handle, Immediate, Watcher
from ._http import HeaderLines, HttpCallback, Request, StreamCallback, plain_text, request_flags
from ._jobs import Job, JobCallback, ThreadPool
from ._net import Net
from ._poll import HasFileno, Poll, PollCallback
from ._statistics import Counted
from ._timers import MAX_NS, Timeout, ns_of
from ._work import Work, WorkCallback, lane_of
from ._zip import Zip

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

BACKENDS = {
    None: LOOP_BACKEND_AUTO,
    "epoll": LOOP_BACKEND_EPOLL,
    "poll": LOOP_BACKEND_POLL,
    "kqueue": LOOP_BACKEND_KQUEUE,
}
Backend = Literal["epoll", "poll", "kqueue"]
Lane = Literal["host", "file", "cpu"]
PollMode = Literal["level", "oneshot", "edge"]

JOB_THREADS = 4
MOST_WORKERS = 1024
MAX_U32 = (1 << 32) - 1
FREE_WAIT_MS = 5000.0
WORKER_IDLE_MS = 10_000.0


class Loop(Counted):
    """One event loop, with the calls of Node.

    A Loop belongs to the thread that first uses it. Only post(), stop(), wake(), hold(), unhold()
    and close_soon() may come from other threads.

    Every call that starts something takes these keywords where it makes sense:

      timeout_ms  a deadline in milliseconds; what has not ended by then ends with TimedOutError.
                  For intervals, watchers and descriptors it counts anew from each event.
      label       a name for traces.
      on_error    for calls whose callback has no error argument: called with the LoopError when it
                  ends with one (cancel(), timeout_ms, close()).
      on_final    for the others: called with the error or None when the library holds nothing of it
                  any more. After a cancel or a deadline that is when a running function returns.

    Delays are in milliseconds and may be fractions; a negative one raises InvalidError.

    Attributes:
        on_error: called with every exception that a callback raises; None (the default) lets it
            leave run(). KeyboardInterrupt and SystemExit always leave it.
    """

    def __init__(
        self,
        *,
        backend: Backend | None = None,
        workers: int | None = None,
        queue_limit: int | None = None,
        phase_limit: int | None = None,
        post_limit: int | None = None,
        movable: bool = False,
        worker_idle_ms: float | None = None,
        free_wait_ms: float | None = FREE_WAIT_MS,
        retain_limit: int | None = None,
        http_proxy: str | None = None,
        ca_pem: str | bytes | None = None,
    ) -> None:
        """Make a loop.

        Args:
            backend: "epoll", "poll" or "kqueue"; None: LOOP_BACKEND from the environment, else the
                best one here.
            workers: threads for each lane of work() and for run_job(), 1..1024; default 4.
            queue_limit: jobs that may wait, for each lane and for run_job(); default: no limit.
            phase_limit: events of one phase in one pass; default: no limit.
            post_limit: posts that may wait; default 1,048,576.
            movable: the loop may be used by one thread after the other without detach().
            worker_idle_ms: an idle worker leaves after this; default 10 s.
            free_wait_ms: how long close() waits for running functions; None: for ever.
            retain_limit: bytes of responses that C code may retain before more are read.
            http_proxy: URL of a proxy for requests.
            ca_pem: PEM roots that replace the system's.
        Raises:
            LoadError: the library is missing or cannot work here.
            InvalidError: an option is out of range.
            NotSupportedError: no such backend here.
            ForkError: in a child made by fork after the library was loaded.
        C: loop_new
        """
        if backend not in BACKENDS:
            raise InvalidError(f"backend {backend!r}")
        options = LoopOptions()
        options.size = ctypes.sizeof(LoopOptions)
        options.flags = LOOP_MOVABLE if movable else 0
        options.backend = BACKENDS[backend]
        options.workers = limited(workers, "workers", 1, MOST_WORKERS)
        options.queue_limit = limited(queue_limit, "queue_limit", 1, MAX_U32)
        options.phase_limit = limited(phase_limit, "phase_limit", 1, MAX_U32)
        options.post_limit = limited(post_limit, "post_limit", 1, MAX_U32)
        options.retain_limit = limited(retain_limit, "retain_limit", 1, MAX_NS)
        if worker_idle_ms is not None:
            options.worker_idle_ns = ns_of(worker_idle_ms, "worker_idle_ms") or 1
        options.free_wait_ns = -1
        if free_wait_ms is not None:
            options.free_wait_ns = ns_of(free_wait_ms, "free_wait_ms") or 1
        if http_proxy is not None:
            options.http_proxy = plain_text(http_proxy, "http_proxy")
        pem = ca_pem.encode() if isinstance(ca_pem, str) else ca_pem
        if pem:
            options.ca_pem = ctypes.cast(ctypes.c_char_p(pem), ctypes.c_void_p)
            options.ca_pem_len = len(pem)
        super().__init__(options, movable, None if free_wait_ms is None else free_wait_ms / 1e3)
        self._job_threads = workers or JOB_THREADS
        self._job_limit = queue_limit or 0
        idle_ms = WORKER_IDLE_MS if worker_idle_ms is None else worker_idle_ms
        self._job_idle_s = idle_ms / 1e3

    # ---- timers -------------------------------------------------------------------------------

    def set_timeout(
        self,
        callback: Callable[[*Ts], object],
        delay_ms: float = 0,
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Timeout:
        """Call back once, `delay_ms` after this call; never early.

        Timers come in the order of (deadline, start).  Thread: loop.  C: loop_set_timeout
        """
        now = monotonic_ns()
        if get_ident() != self._owner:
            self._claim()
        delay_ns = ns_of(delay_ms, "delay_ms")
        deadline = min(now + delay_ns, MAX_NS)
        return Timeout(self, callback, args, on_error, deadline, delay_ns, False, timeout_ms, label)

    def set_interval(
        self,
        callback: Callable[[*Ts], object],
        period_ms: float,
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Timeout:
        """Call back every `period_ms` (> 0) until it is cleared.

        The next deadline is the last one plus the period, so it does not drift; periods that pass
        unseen are counted in `missed` and not called for.  Thread: loop.  C: loop_set_interval
        """
        now = monotonic_ns()
        self._enter()
        period_ns = ns_of(period_ms, "period_ms")
        if period_ns == 0:
            raise InvalidError(f"period_ms {period_ms!r}")
        deadline = min(now + period_ns, MAX_NS)
        return Timeout(self, callback, args, on_error, deadline, period_ns, True, timeout_ms, label)

    def set_timer_at(
        self,
        callback: Callable[[*Ts], object],
        deadline_ns: int,
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Timeout:
        """Call back once at an absolute loop time (see `now_ns`); one that has passed: at once.

        Thread: loop.  C: loop_set_timer_at
        """
        self._enter()
        if not isinstance(deadline_ns, int) or abs(deadline_ns) > MAX_NS:
            raise InvalidError(f"deadline_ns {deadline_ns!r}")
        return Timeout(self, callback, args, on_error, deadline_ns, -1, False, timeout_ms, label)

    def clear_timeout(self, timeout: Timeout | None) -> None:
        """timeout.clear(); nothing for None and for one that has ended.  C: loop_clear_timer"""
        if timeout is not None:
            self._own_handle(timeout).clear()

    def clear_interval(self, interval: Timeout | None) -> None:
        """The same as clear_timeout."""
        self.clear_timeout(interval)

    # ---- immediates, ticks, watchers ----------------------------------------------------------

    def set_immediate(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        timeout_ms: float | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Immediate:
        """Call back in the check phase of this pass; from an immediate, of the next pass.

        One whose check phase comes after its deadline, or after the loop was closed, ends with an
        error.  Thread: loop.  C: loop_set_immediate
        """
        self._enter()
        immediate = Immediate(self, callback, args, on_error)
        if timeout_ms is not None:
            immediate._expire(monotonic_ns() + ns_of(timeout_ms, "timeout_ms"))
        self._immediates.append(immediate)
        self._immediate_count += 1
        return immediate

    def clear_immediate(self, immediate: Immediate | None) -> None:
        """immediate.clear(); nothing for None and for one that has run."""
        if immediate is not None:
            self._own_handle(immediate).clear()

    def next_tick(self, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call back after the present callback, before microtasks and before anything else.

        Also while the loop closes.
        Thread: loop.  C: loop_next_tick
        """
        self._enter_sound()
        self._ticks.append((callback, args))

    def queue_microtask(self, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call back after the present callback and all ticks.

        Also while the loop closes.
        Thread: loop.  C: loop_queue_microtask
        """
        self._enter_sound()
        self._microtasks.append((callback, args))

    def start_idle(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Watcher:
        """Call back once in the idle phase of every pass; keeps the loop from sleeping.

        Thread: loop.  C: loop_start_idle
        """
        return self._watch(LOOP_OP_IDLE, callback, args, timeout_ms, label, on_error)

    def start_prepare(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Watcher:
        """Call back once in the prepare phase of every pass, before the loop sleeps.

        Thread: loop.  C: loop_start_prepare
        """
        return self._watch(LOOP_OP_PREPARE, callback, args, timeout_ms, label, on_error)

    def start_check(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_error: ErrorCallback | None = None,
    ) -> Watcher:
        """Call back once in the check phase of every pass, after immediates.

        Thread: loop.  C: loop_start_check
        """
        return self._watch(LOOP_OP_CHECK, callback, args, timeout_ms, label, on_error)

    def _watch(
        self,
        code: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        timeout_ms: float | None,
        label: str | None,
        on_error: ErrorCallback | None,
    ) -> Watcher:
        self._enter()
        watcher = Watcher(self, callback, args, on_error)
        self._submit(watcher, code, timeout_ms=timeout_ms, label=label)
        return watcher

    # ---- descriptors --------------------------------------------------------------------------

    def poll_fd(
        self,
        fd: int | HasFileno,
        interest: int,
        callback: PollCallback,
        *,
        mode: PollMode = "level",
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> Poll:
        """Call callback(error, ready) when a descriptor is ready.

        The descriptor stays yours; clear the Poll before you close it.

        Args:
            fd: a number, or an object with fileno().
            interest: READABLE, WRITABLE or both.
            callback: its `ready` may also have HANGUP and ERROR.
            mode: "level": in every pass while it is ready; "oneshot": one event, which ends it;
                "edge": when it becomes ready.
        Thread: loop.  C: loop_poll_fd
        """
        self._enter()
        return Poll(self, fd, interest, callback, mode, on_final, timeout_ms, label)

    # ---- jobs ---------------------------------------------------------------------------------

    def post(self, callback: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call back on the loop's thread: exactly once, those of one thread in their order.

        Raises:
            LoopFullError: `post_limit` posts wait.
            LoopClosedError: the loop is closed.
        Thread: any, also a signal handler.  C: loop_post
        """
        code = self._post(callback, args)
        if code < 0:
            raise error_for(code, "post")

    def work(
        self,
        function: Any,
        argument: Any,
        callback: WorkCallback,
        *,
        lane: Lane = "host",
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> Work:
        """Run a C function on a worker of the library, then callback(error, value) here.

        Args:
            function: a function of a ctypes library, or its address: loop_work_fn of loop.h. Not a
                CFUNCTYPE around Python code, which cannot run there: see run_job.
            argument: what it is given: None, an address, bytes, or a ctypes object; kept alive
                until the final event.
            lane: "host", "file" or "cpu".
        Thread: loop.  C: loop_work_lane
        """
        self._enter()
        return Work(self, function, argument, callback, label, lane, on_final, timeout_ms)

    def run_job(
        self,
        function: Callable[[*Ts], T],
        *args: *Ts,
        callback: JobCallback | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: Callable[[BaseException | None], object] | None = None,
    ) -> Job:
        """Run a Python callable on a Python thread, then callback(error, value) here.

        Jobs start in order, on as many threads as the loop has `workers`. `error` is what the
        callable raised, or a LoopError; without a callback it leaves run(). `label` is what stats()
        counts it as ("run_job").

        Thread: loop.
        """
        self._enter()
        if self._pool is None:
            self._pool = ThreadPool(self, self._job_threads, self._job_limit, self._job_idle_s)
        return Job(self, self._pool, function, args, callback, on_final, timeout_ms, label)

    def set_workers(self, count: int, lane: Lane | Literal["python"] = "host") -> None:
        """Set the number of workers of a lane, or of the threads of run_job ("python"): 1..1024.

        Thread: loop.  C: loop_set_workers
        """
        self._enter()
        if not limited(count, "workers", 1, MOST_WORKERS):
            raise InvalidError("workers None")
        if lane == "python":
            self._job_threads = count
            if self._pool is not None:
                self._pool.resize(count)
            return
        self._flush()
        check(self._held.loop_set_workers(self._ptr, lane_of(lane), count), "loop_set_workers")

    def set_queue_limit(self, limit: int, lane: Lane | Literal["python"] = "host") -> None:
        """Set how many jobs may wait in a lane, or for run_job ("python"); 0: no limit.

        Thread: loop.  C: loop_set_queue_limit
        """
        self._enter()
        limited(limit, "limit", 0, MAX_U32)
        if lane == "python":
            self._job_limit = limit
            if self._pool is not None:
                self._pool.limit(limit)
            return
        self._flush()
        check(self._held.loop_set_queue_limit(self._ptr, lane_of(lane), limit), "set_queue_limit")

    # ---- HTTP ---------------------------------------------------------------------------------

    @overload
    def http(
        self,
        url: str,
        callback: HttpCallback,
        *,
        method: str = ...,
        headers: HeaderLines | None = ...,
        body: bytes | bytearray | memoryview | None = ...,
        stream: Literal[False] = ...,
        follow: bool = ...,
        keep_alive: bool = ...,
        insecure: bool = ...,
        max_body: int | None = ...,
        max_header: int | None = ...,
        max_redirects: int | None = ...,
        timeout_ms: float | None = ...,
        label: str | None = ...,
        on_final: FinalCallback | None = ...,
    ) -> Request: ...

    @overload
    def http(
        self,
        url: str,
        callback: StreamCallback,
        *,
        method: str = ...,
        headers: HeaderLines | None = ...,
        body: bytes | bytearray | memoryview | None = ...,
        stream: bool,
        follow: bool = ...,
        keep_alive: bool = ...,
        insecure: bool = ...,
        max_body: int | None = ...,
        max_header: int | None = ...,
        max_redirects: int | None = ...,
        timeout_ms: float | None = ...,
        label: str | None = ...,
        on_final: FinalCallback | None = ...,
    ) -> Request: ...

    def http(
        self,
        url: str,
        callback: HttpCallback | StreamCallback,
        *,
        method: str = "GET",
        headers: HeaderLines | None = None,
        body: bytes | bytearray | memoryview | None = None,
        stream: bool = False,
        follow: bool = False,
        keep_alive: bool = True,
        insecure: bool = False,
        max_body: int | None = None,
        max_header: int | None = None,
        max_redirects: int | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> Request:
        """Make an HTTP(S) request, then callback(error, response). A status of 404 is a response.

        Args:
            url: http:// or https://
            headers: a mapping or (name, value) pairs.
            stream: callback(None, head), then callback(None, chunk) for each piece of the body,
                then callback(None, None).
            follow: follow redirects, at most `max_redirects` (10).
            keep_alive: let the connection serve the next request, too.
            insecure: accept any certificate.
            max_body: bytes of body, else TooBigError; default 64 MiB, of a stream no limit.
            max_header: bytes of head, else TooBigError; default 1 MiB.
        Thread: loop.  C: loop_http
        """
        self._enter()
        return Request(
            self,
            url,
            callback,
            method,
            headers,
            body,
            request_flags(stream, follow, keep_alive, insecure),
            limited(max_body, "max_body", 1, MAX_NS),
            limited(max_header, "max_header", 1, MAX_U32),
            limited(max_redirects, "max_redirects", 1, MAX_U32),
            on_final,
            timeout_ms,
            label,
        )

    def http_get(
        self,
        url: str,
        callback: HttpCallback,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
    ) -> Request:
        """http() with GET and defaults.  C: loop_http_get"""
        return self.http(url, callback, timeout_ms=timeout_ms, label=label)

    # ---- files --------------------------------------------------------------------------------

    @cached_property
    def fs(self) -> Fs:
        """Files, on the "file" lane: see Fs."""
        return Fs(self)

    # ---- crypto -------------------------------------------------------------------------------

    @cached_property
    def crypto(self) -> Crypto:
        """Hashes, keys, ciphers and signatures on the "cpu" lane: see Crypto."""
        return Crypto(self)

    # ---- compression --------------------------------------------------------------------------

    @cached_property
    def zip(self) -> Zip:
        """gzip, deflate, zstd and brotli on the "cpu" lane: see Zip."""
        return Zip(self)

    # ---- names --------------------------------------------------------------------------------

    @cached_property
    def dns(self) -> Dns:
        """Addresses and records of names: see Dns."""
        return Dns(self)

    # ---- sockets ------------------------------------------------------------------------------

    @cached_property
    def net(self) -> Net:
        """TCP and Unix sockets: see Net."""
        return Net(self)

    # ---- ids ----------------------------------------------------------------------------------

    def handle_of(self, ident: int) -> Handle:
        """The handle that lives under an id.

        Raises:
            BadIdError: none: it is stale, forged or another loop's.
        Thread: loop.
        """
        self._enter()
        handle = self._live.get(ident)
        if handle is None or handle._muted:
            raise BadIdError(f"id {ident}")
        return handle

    def _own_handle(self, handle: Any) -> Any:
        if getattr(handle, "_loop", None) is not self:
            raise BadIdError("a handle of another loop")
        return handle
