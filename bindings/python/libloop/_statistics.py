# SPDX-License-Identifier: MIT
"""What a loop has done, and what its jobs waited for. See Loop.stats."""

import ctypes
from dataclasses import dataclass

from ._cdef import (
    LOOP_ENOENT,
    LOOP_STATS_LABELS,
    LoopLabelStats,
    LoopLaneStats,
    LoopOptions,
    LoopStats,
)
from ._core import CLOSED, Core
from ._counting import Histogram, JobCounts
from ._errors import LoopClosedError, check
from ._jobs import ThreadPool
from ._run import Life
from ._work import LANES


@dataclass(frozen=True, slots=True)
class Times:
    """How long the jobs of a label took, in milliseconds.

    A percentile is at most 6.25 % away from that of the exact times; max and sum are exact.
    """

    sum_ms: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class LabelStats:
    """The jobs of one label.

    Attributes:
        queued: jobs accepted.
        started: of those: a worker (or the loop itself: at_once) has begun.
        finished: of those: the loop has their result.
        failed: of those: the result is an error.
        canceled: ended before they began.
        rejected: never queued: the queue was full, there was no memory, or the system lacks
            what is asked.
        at_once: finished by the loop's thread itself, without a worker.
        waiting: now: not begun.
        running: now: begun, the loop does not have the result yet.
        wait: in the queue, of the jobs that finished.
        run: at work, of the jobs that finished.
    """

    queued: int
    started: int
    finished: int
    failed: int
    canceled: int
    rejected: int
    at_once: int
    waiting: int
    running: int
    wait: Times
    run: Times


@dataclass(frozen=True, slots=True)
class LaneStats:
    """A group of workers and its queue.

    Attributes:
        workers: threads that there are.
        workers_max: how many there may be (set_workers).
        queue_limit: how many jobs may wait (set_queue_limit); 0: no limit.
        waiting: jobs that no worker has taken.
        running: jobs that a worker has taken and not given back.
        waiting_peak: the most that waited at once.
    """

    workers: int
    workers_max: int
    queue_limit: int
    waiting: int
    running: int
    waiting_peak: int


@dataclass(frozen=True, slots=True)
class Stats:
    """A loop as a whole, counted since it was made or since the last reset_stats().

    Attributes:
        elapsed_ms: how long has been counted.
        passes: passes begun.
        turns: turns begun.
        steps: steps of the engine: one for each turn, at most one more for each sleep, and
            one for each submission outside of a turn.
        events: events delivered: not immediates, ticks and microtasks.
        ops: ops taken by the library.
        ops_refused: ops refused.
        posts: posts delivered; results of run_job come as posts, too.
        posts_waiting: now.
        alive: now: as Loop.alive.
        ids: now: live ids, but for the package's own.
        ids_peak: the most at once.
        timers: now: timers and deadlines that are to come.
        timers_peak: the most at once.
        retained: now: bytes that C code retains.
        retained_peak: the most at once.
        lanes: "host", "file" and "cpu" of the library's pool; "python": the threads of run_job.
        labels: the jobs of each label, those of run_job among them. There are at most 1,024 of the
            library's and as many of run_job; what comes with further labels is counted as
            "(others)". Where run_job and the library's pool have a label in
            common, its percentiles are the greater ones of the two.
    """

    elapsed_ms: float
    passes: int
    turns: int
    steps: int
    events: int
    ops: int
    ops_refused: int
    posts: int
    posts_waiting: int
    alive: int
    ids: int
    ids_peak: int
    timers: int
    timers_peak: int
    retained: int
    retained_peak: int
    lanes: dict[str, LaneStats]
    labels: dict[str, LabelStats]


class Counted(Life):
    """A loop that tells its statistics."""

    def __init__(self, options: LoopOptions, movable: bool, free_wait_s: float | None) -> None:
        super().__init__(options, movable, free_wait_s)
        self._job_threads = 0  # of run_job, at most
        self._job_limit = 0

    def stats(self) -> Stats:
        """What the loop has done and what its jobs waited for, since it was made or reset_stats().

        Also while the loop closes.  Thread: loop.  C: loop_stats, loop_stats_lane, loop_stats_label
        """
        alive = self.alive
        if self._state == CLOSED:
            raise LoopClosedError()
        pool = self._pool
        threads, waiting, running, peak = (0, 0, 0, 0) if pool is None else pool.lane()
        python = LaneStats(threads, self._job_threads, self._job_limit, waiting, running, peak)
        found = loop_stats(self, alive, {"python": python})
        if pool is not None:
            add_jobs(found.labels, pool)
        return found

    def reset_stats(self) -> None:
        """Count anew from now: counts and times begin at 0, peaks at what is now.

        Thread: loop.  C: loop_stats_reset
        """
        self._own()
        self._flush()
        check(self._held.loop_stats_reset(self._ptr), "loop_stats_reset")
        if self._pool is not None:
            self._pool.reset_counts()


def loop_stats(loop: Core, alive: int, lanes: dict[str, LaneStats]) -> Stats:
    """Asks the library; alive and lanes: what it does not know."""
    raw = LoopStats(size=ctypes.sizeof(LoopStats))
    check(loop._held.loop_stats(loop._ptr, ctypes.byref(raw)), "loop_stats")
    return Stats(
        elapsed_ms=raw.elapsed_ns / 1e6,
        passes=raw.passes,
        turns=raw.turns,
        steps=raw.steps,
        events=raw.events,
        ops=raw.ops,
        ops_refused=raw.ops_refused,
        posts=raw.posts,
        posts_waiting=raw.posts_waiting,
        alive=alive,
        ids=raw.ids,
        ids_peak=raw.ids_peak,
        timers=raw.timers,
        timers_peak=raw.timers_peak,
        retained=raw.retained,
        retained_peak=raw.retained_peak,
        lanes={name: lane_stats(loop, number) for name, number in LANES.items()} | lanes,
        labels=label_stats(loop),
    )


def lane_stats(loop: Core, number: int) -> LaneStats:
    raw = LoopLaneStats(size=ctypes.sizeof(LoopLaneStats))
    check(loop._held.loop_stats_lane(loop._ptr, number, ctypes.byref(raw)), "loop_stats_lane")
    return LaneStats(
        workers=raw.workers,
        workers_max=raw.workers_max,
        queue_limit=raw.queue_limit,
        waiting=raw.waiting,
        running=raw.running,
        waiting_peak=raw.waiting_peak,
    )


def label_stats(loop: Core) -> dict[str, LabelStats]:
    """The labels that the library knows."""
    found: dict[str, LabelStats] = {}
    raw = LoopLabelStats(size=ctypes.sizeof(LoopLabelStats))
    for index in range(LOOP_STATS_LABELS):
        code = loop._held.loop_stats_label(loop._ptr, index, ctypes.byref(raw))
        if code == LOOP_ENOENT:
            break
        check(code, "loop_stats_label")
        name: bytes = raw.label
        of_label = LabelStats(
            queued=raw.queued,
            started=raw.started,
            finished=raw.finished,
            failed=raw.failed,
            canceled=raw.canceled,
            rejected=raw.rejected,
            at_once=raw.at_once,
            waiting=raw.waiting,
            running=raw.running,
            wait=times_of(raw, "wait"),
            run=times_of(raw, "run"),
        )
        add(found, name.decode(errors="backslashreplace"), of_label)
    return found


def add(labels: dict[str, LabelStats], label: str, of_label: LabelStats) -> None:
    known = labels.get(label)
    labels[label] = of_label if known is None else merged(known, of_label)


def times_of(raw: LoopLabelStats, which: str) -> Times:
    names = ("sum", "p50", "p90", "p99", "max")
    return Times(*(getattr(raw, f"{which}_{name}_ns") / 1e6 for name in names))


def add_jobs(labels: dict[str, LabelStats], pool: ThreadPool) -> None:
    """Adds what run_job has done."""
    for label, counts, waiting in pool.look():
        add(labels, label, job_stats(counts, waiting))


def job_stats(counts: JobCounts, waiting: int) -> LabelStats:
    totals = counts.totals(waiting)
    queued, started, finished, failed, canceled, rejected = (
        now - before for now, before in zip(totals, counts.base, strict=True)
    )
    return LabelStats(
        queued=queued,
        started=started,
        finished=finished,
        failed=failed,
        canceled=canceled,
        rejected=rejected,
        at_once=0,
        waiting=waiting,
        running=totals[1] - totals[2],
        wait=times_in(counts.wait),
        run=times_in(counts.run),
    )


def times_in(histogram: Histogram) -> Times:
    return Times(
        histogram.sum_ns / 1e6,
        histogram.percentile(50) / 1e6,
        histogram.percentile(90) / 1e6,
        histogram.percentile(99) / 1e6,
        histogram.max_ns / 1e6,
    )


def merged(one: LabelStats, other: LabelStats) -> LabelStats:
    """Both together. The percentiles of both lie between those of each."""
    return LabelStats(
        queued=one.queued + other.queued,
        started=one.started + other.started,
        finished=one.finished + other.finished,
        failed=one.failed + other.failed,
        canceled=one.canceled + other.canceled,
        rejected=one.rejected + other.rejected,
        at_once=one.at_once + other.at_once,
        waiting=one.waiting + other.waiting,
        running=one.running + other.running,
        wait=merged_times(one.wait, other.wait),
        run=merged_times(one.run, other.run),
    )


def merged_times(one: Times, other: Times) -> Times:
    return Times(
        one.sum_ms + other.sum_ms,
        max(one.p50_ms, other.p50_ms),
        max(one.p90_ms, other.p90_ms),
        max(one.p99_ms, other.p99_ms),
        max(one.max_ms, other.max_ms),
    )
