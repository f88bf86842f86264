# SPDX-License-Identifier: MIT
"""Counts of run_job, as the library keeps them of its own jobs.

All of it is the loop thread's but for what ThreadPool's lock guards.
"""

from collections import Counter
from collections.abc import Iterable

from ._cdef import LOOP_STATS_LABELS

# Times up to 15 ns have a bucket each. Above, the buckets of a power of two are 8 of one width, so
# the middle of a bucket is at most a sixteenth (6.25 %) away from any of its times.
STEP_BITS = 3
STEPS = 1 << STEP_BITS

OTHERS = "(others)"  # what further labels are counted as


def bucket_of(ns: int) -> int:
    """The bucket of a time: its four highest bits, and how many there are below them."""
    shift = max(ns.bit_length() - STEP_BITS - 1, 0)
    return shift * STEPS + (ns >> shift)


def middle(bucket: int) -> int:
    """The time in the middle of a bucket."""
    if bucket < 2 * STEPS:
        return bucket
    shift = bucket // STEPS - 1
    return ((bucket % STEPS + STEPS) << shift) + (1 << shift) // 2


class Histogram:
    """Times in nanoseconds."""

    __slots__ = ("counts", "max_ns", "sum_ns")

    def __init__(self) -> None:
        self.sum_ns = 0
        self.max_ns = 0
        self.counts: dict[int, int] = {}

    def add(self, ns: int) -> None:
        self.sum_ns += ns
        self.max_ns = max(self.max_ns, ns)
        bucket = bucket_of(ns)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1

    def percentile(self, percent: int) -> int:
        """A time that so many of a hundred times do not exceed, to 6.25 %; 0 when there is none."""
        rank = -(-sum(self.counts.values()) * percent // 100)
        for bucket in sorted(self.counts):
            rank -= self.counts[bucket]
            if rank <= 0:
                return min(middle(bucket), self.max_ns)
        return self.max_ns


class JobCounts:
    """What is counted of the jobs of one label. The numbers only grow; see base."""

    __slots__ = ("base", "canceled", "failed", "finished", "queued", "rejected", "run", "wait")

    def __init__(self) -> None:
        self.queued = self.finished = self.failed = self.canceled = self.rejected = 0
        self.wait = Histogram()
        self.run = Histogram()
        self.base = (0, 0, 0, 0, 0, 0)  # what totals() said at the last reset

    def ended(self, wait_ns: int, run_ns: int, failed: bool) -> None:
        """A callable has returned."""
        self.finished += 1
        self.failed += failed
        self.wait.add(max(wait_ns, 0))
        self.run.add(max(run_ns, 0))

    def totals(self, waiting: int) -> tuple[int, int, int, int, int, int]:
        """Jobs queued, started, finished, failed, canceled and rejected ever."""
        started = self.queued - self.canceled - waiting
        return self.queued, started, self.finished, self.failed, self.canceled, self.rejected

    def reset(self, waiting: int) -> None:
        """Counts anew from now."""
        self.base = self.totals(waiting)
        self.wait = Histogram()
        self.run = Histogram()


class JobLabels:
    """The counts of all labels."""

    def __init__(self) -> None:
        self.of: dict[str, JobCounts] = {}

    def find(self, label: str) -> JobCounts:
        """Those of a label; of OTHERS when there are too many."""
        counts = self.of.get(label)
        if counts is None:
            if len(self.of) >= LOOP_STATS_LABELS - 1:
                label = OTHERS
            counts = self.of.setdefault(label, JobCounts())
        return counts

    def look(self, waiting: Iterable[JobCounts]) -> list[tuple[str, JobCounts, int]]:
        """Each label, its counts, and how many of its jobs are among those that wait."""
        found = Counter(waiting)
        return [(label, counts, found[counts]) for label, counts in self.of.items()]
