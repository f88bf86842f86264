# SPDX-License-Identifier: MIT
"""Statistics: of the library's jobs, of Python's, of the loop."""

import ctypes
import pathlib
import random
import threading
import time
from dataclasses import FrozenInstanceError

import pytest

from libloop import (
    CanceledError,
    InvalidError,
    LabelStats,
    Loop,
    LoopClosedError,
    LoopFullError,
    NestedRunError,
    Times,
    WrongThreadError,
)
from libloop._counting import Histogram, bucket_of, middle
from libloop._statistics import merged

ZEROS = Times(0, 0, 0, 0, 0)


def counts(stats: LabelStats) -> dict[str, int]:
    """What is not 0 of a label."""
    names = (
        "queued",
        "started",
        "finished",
        "failed",
        "canceled",
        "rejected",
        "at_once",
        "waiting",
        "running",
    )
    return {name: getattr(stats, name) for name in names if getattr(stats, name)}


class Gate:
    """A job that says that it has begun, and waits until it may end."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.open = threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.open.wait(30)


def ignore(error: BaseException | None, value: object) -> None:
    pass


def test_a_fresh_loop_has_done_nothing(loop: Loop) -> None:
    stats = loop.stats()
    assert stats.passes == stats.turns == stats.events == stats.ops == stats.posts == 0
    assert stats.labels == {}
    assert list(stats.lanes) == ["host", "file", "cpu", "python"]
    for lane in stats.lanes.values():
        assert (lane.workers, lane.workers_max, lane.waiting, lane.running) == (0, 4, 0, 0)
    assert stats.elapsed_ms >= 0


def test_a_record_cannot_be_changed(loop: Loop) -> None:
    stats = loop.stats()
    with pytest.raises(FrozenInstanceError):
        stats.passes = 1  # type: ignore[misc]


def test_python_jobs_are_counted_by_their_labels() -> None:
    gate = Gate()
    with Loop(workers=1) as loop:
        loop.run_job(gate, label="gate")
        for _ in range(2):
            loop.run_job(int, "1", label="numbers")
        loop.run_job(int, "x", callback=ignore)
        loop.run_job(int, "2", label="late", callback=ignore).cancel()
        loop.run_job(int, "3", label="late").clear()
        assert gate.begun.wait(30)
        stats = loop.stats()
        assert counts(stats.labels["gate"]) == {"queued": 1, "started": 1, "running": 1}
        assert counts(stats.labels["numbers"]) == {"queued": 2, "waiting": 2}
        assert counts(stats.labels["run_job"]) == {"queued": 1, "waiting": 1}
        assert counts(stats.labels["late"]) == {"queued": 2, "canceled": 2}
        lane = stats.lanes["python"]
        assert (lane.workers, lane.workers_max, lane.running, lane.waiting) == (1, 1, 1, 3)
        assert lane.waiting_peak >= 3
        gate.open.set()
        loop.run()
        labels = loop.stats().labels
        assert counts(labels["gate"]) == {"queued": 1, "started": 1, "finished": 1}
        assert counts(labels["numbers"]) == {"queued": 2, "started": 2, "finished": 2}
        assert counts(labels["run_job"]) == {"queued": 1, "started": 1, "finished": 1, "failed": 1}
        assert counts(labels["late"]) == {"queued": 2, "canceled": 2}
        assert labels["late"].wait == labels["late"].run == ZEROS


def test_times_of_a_python_job_are_possible() -> None:
    gate = Gate()
    with Loop(workers=1) as loop:
        begin = time.monotonic_ns()
        loop.run_job(gate, label="gate")
        for _ in range(5):
            loop.run_job(int, "1", label="behind")
        assert gate.begun.wait(30)
        held = time.monotonic_ns()
        loop.stats()
        held_ms = (time.monotonic_ns() - held) / 1e6  # so long nothing else could begin
        gate.open.set()
        loop.run()
        whole_ms = (time.monotonic_ns() - begin) / 1e6
        labels = loop.stats().labels
    wait = labels["behind"].wait
    assert held_ms <= wait.max_ms <= whole_ms
    assert 5 * held_ms <= wait.sum_ms <= 5 * whole_ms
    assert held_ms * 15 / 16 <= wait.p50_ms <= wait.p90_ms <= wait.p99_ms <= wait.max_ms
    assert labels["gate"].run.max_ms == labels["gate"].run.sum_ms >= held_ms


def test_a_job_that_ends_early_is_finished_when_it_returns(loop: Loop) -> None:
    gates = [Gate(), Gate()]
    jobs = [loop.run_job(gate, label="gate", callback=ignore) for gate in gates]
    for gate in gates:
        assert gate.begun.wait(30)
    jobs[0].cancel()
    jobs[1].clear()
    loop.run_nowait()
    assert counts(loop.stats().labels["gate"]) == {"queued": 2, "started": 2, "running": 2}
    for gate in gates:
        gate.open.set()
    loop.hold()
    while loop.stats().labels["gate"].running:
        loop.run_once()
    loop.unhold()
    assert counts(loop.stats().labels["gate"]) == {"queued": 2, "started": 2, "finished": 2}


def test_a_full_queue_rejects() -> None:
    gate = Gate()
    got: list[object] = []
    with Loop(workers=1, queue_limit=1) as loop:
        loop.run_job(gate, label="gate")
        assert gate.begun.wait(30)
        for _ in range(3):
            loop.run_job(
                int, label="numbers", callback=lambda error, value: got.append(type(error))
            )
        gate.open.set()
        loop.run()
        assert got.count(LoopFullError) == 2
        found = counts(loop.stats().labels["numbers"])
        assert found == {"queued": 1, "started": 1, "finished": 1, "rejected": 2}
        assert loop.stats().lanes["python"].queue_limit == 1


def test_c_jobs_are_counted_by_their_labels(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    for _ in range(3):
        loop.work(c_jobs.give, 2, ignore, label="give")
    loop.work(c_jobs.give, 7, ignore, lane="cpu")
    loop.run()
    stats = loop.stats()
    assert counts(stats.labels["give"]) == {"queued": 3, "started": 3, "finished": 3}
    assert counts(stats.labels["work"]) == {"queued": 1, "started": 1, "finished": 1, "failed": 1}
    assert stats.labels["give"].run.max_ms > 0
    assert stats.lanes["host"].workers == 4
    assert stats.lanes["cpu"].waiting_peak == 1


def test_a_label_of_both_kinds_is_one(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    loop.work(c_jobs.give, 2, ignore, label="both")
    loop.run_job(int, label="both")
    loop.run()
    assert counts(loop.stats().labels["both"]) == {"queued": 2, "started": 2, "finished": 2}


def test_both_together_add_up() -> None:
    one = LabelStats(1, 2, 3, 4, 5, 6, 7, 8, 9, Times(1, 2, 3, 4, 5), Times(5, 4, 3, 2, 1))
    two = LabelStats(9, 8, 7, 6, 5, 4, 3, 2, 1, Times(5, 4, 3, 2, 1), Times(1, 2, 3, 4, 5))
    ten = (10,) * 9
    assert merged(one, two) == LabelStats(*ten, Times(6, 4, 3, 4, 5), Times(6, 4, 3, 4, 5))


def test_files_crypto_and_compression_count_under_their_names(
    loop: Loop, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "file"
    file.write_text("content")
    loop.fs.read_file(file, ignore)
    loop.fs.write_file(tmp_path / "other", b"x", ignore)
    loop.fs.stat(tmp_path / "nothing", ignore)
    loop.crypto.hash("sha256", b"abc", ignore)
    loop.crypto.random_bytes(8, ignore, label="token")
    loop.zip.gzip(b"abc", ignore)
    loop.zip.decompress("zstd", b"abc", ignore)
    loop.run()
    labels = loop.stats().labels
    done = {"queued": 1, "started": 1, "finished": 1}
    for name, failed in {
        "read_file": 0,
        "write_file": 0,
        "stat": 1,
        "hash": 0,
        "token": 0,
        "gzip": 0,
        "zstd_decompress": 1,
    }.items():
        found = counts(labels.pop(name))
        found.pop("at_once", 0)  # either way is right: see the next test
        assert found == done | ({"failed": 1} if failed else {}), name
    assert labels == {}


def test_files_say_how_many_needed_no_worker(loop: Loop, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "file"
    file.write_text("content")
    for start, name in ((loop.fs.stat, "stat"), (loop.fs.read_file, "read_file")):
        for n in range(1, 1001):
            start(file, ignore)
            loop.run()
            label = loop.stats().labels[name]
            assert label.finished == n and label.at_once <= n
            if label.at_once == 2:
                break
        else:
            pytest.skip(f"the system does no {name} in the temporary folder without waiting")
        assert label.run.max_ms > 0
        assert n == 2 or label.wait.max_ms > 0  # the others have waited for a worker
    large = tmp_path / "large"
    large.write_bytes(bytes(100 * 1024))
    for _ in range(3):
        loop.fs.read_file(large, ignore, label="large")
        loop.run()
    found = counts(loop.stats().labels["large"])
    assert found == {"queued": 3, "started": 3, "finished": 3}


def test_the_loop_counts_what_it_does(loop: Loop) -> None:
    far = loop.set_timeout(ignore_all, 3_600_000)
    far.unref()
    loop.set_timeout(loop.post, 0, ignore_all)
    stats = loop.stats()
    assert (stats.ids, stats.timers, stats.ops, stats.alive) == (2, 2, 3, 1)
    loop.run()
    stats = loop.stats()
    assert (stats.events, stats.posts, stats.ids, stats.timers) == (2, 1, 1, 1)
    assert (stats.ids_peak, stats.timers_peak, stats.posts_waiting, stats.alive) == (2, 2, 0, 0)
    assert stats.passes >= 1 and stats.turns >= 1 and stats.ops_refused == 0


def ignore_all() -> None:
    pass


def test_a_reset_counts_anew_and_keeps_what_is_now(c_jobs: ctypes.CDLL) -> None:
    gate = Gate()
    with Loop(workers=1) as loop:
        loop.run_job(int, label="numbers")
        loop.work(c_jobs.give, 2, ignore, label="give")
        loop.run()
        loop.run_job(gate, label="gate")
        loop.run_job(int, label="numbers")
        assert gate.begun.wait(30)
        loop.reset_stats()
        stats = loop.stats()
        assert stats.passes == stats.events == stats.ops == stats.posts == 0
        assert counts(stats.labels["give"]) == {}
        assert counts(stats.labels["gate"]) == {"running": 1}
        assert counts(stats.labels["numbers"]) == {"waiting": 1}
        assert stats.labels["numbers"].run == stats.labels["give"].run == ZEROS
        assert stats.lanes["python"].waiting_peak == 1
        gate.open.set()
        loop.run()
        labels = loop.stats().labels
        assert counts(labels["gate"]) == {"finished": 1}
        assert counts(labels["numbers"]) == {"started": 1, "finished": 1}


def test_many_labels_share_the_last_place(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    for number in range(1500):
        loop.run_job(int, label=f"python {number}")
        loop.work(c_jobs.give, 2, ignore, label=f"c {number}")
    loop.run()
    labels = loop.stats().labels
    assert len(labels) == 2 * 1023 + 1
    assert labels["(others)"].finished == 2 * (1500 - 1023)


def test_bad_labels_are_refused(loop: Loop) -> None:
    for label in ("a\0b", "x" * 4097):
        with pytest.raises(InvalidError):
            loop.run_job(int, label=label)
    assert loop.stats().labels == {}
    loop.run()


def test_other_threads_are_refused(loop: Loop) -> None:
    got: list[type] = []

    def ask() -> None:
        for call in (loop.stats, loop.reset_stats):
            try:
                call()
            except WrongThreadError as error:
                got.append(type(error))

    loop.stats()
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert got == [WrongThreadError] * 2


def test_a_closed_loop_tells_nothing() -> None:
    loop = Loop()
    loop.close()
    with pytest.raises(LoopClosedError):
        loop.stats()
    with pytest.raises(LoopClosedError):
        loop.reset_stats()


def test_a_closing_loop_still_tells() -> None:
    gate = Gate()
    ended: list[tuple[type, dict[str, int]]] = []
    loop = Loop(workers=1)

    def cancelled(error: BaseException | None, value: object) -> None:
        ended.append((type(error), counts(loop.stats().labels["numbers"])))
        gate.open.set()

    loop.run_job(gate, callback=ignore)
    loop.run_job(int, label="numbers", callback=cancelled)
    assert gate.begun.wait(30)
    loop.close()
    assert ended == [(CanceledError, {"queued": 1, "canceled": 1})]


def test_a_callback_may_ask(loop: Loop) -> None:
    got: list[int] = []

    def ask() -> None:
        got.append(loop.stats().events)
        with pytest.raises(NestedRunError):
            loop.run()

    loop.set_timeout(ask, 0)
    loop.run()
    assert got == [1]


# ---- the histogram -----------------------------------------------------------------------------


def near(got: float, want: float) -> bool:
    return abs(got - want) <= want / 16


def test_every_time_is_in_a_bucket_whose_middle_is_near() -> None:
    times = [*range(5000), *(2**n + d for n in range(13, 63) for d in (-1, 0, 1))]
    for ns in times:
        assert near(middle(bucket_of(ns)), ns), ns
    buckets = [bucket_of(ns) for ns in times[:5000]]
    assert buckets == sorted(buckets)


def test_percentiles_are_those_of_the_sorted_times() -> None:
    generator = random.Random(7)
    for _ in range(50):
        histogram = Histogram()
        times = [generator.randrange(1 << generator.randrange(1, 45)) for _ in range(300)]
        for ns in times:
            histogram.add(ns)
        times.sort()
        for percent in (1, 50, 90, 99, 100):
            assert near(histogram.percentile(percent), times[3 * percent - 1])
        assert (histogram.sum_ns, histogram.max_ns) == (sum(times), times[-1])


def test_an_empty_histogram_is_zero() -> None:
    assert Histogram().percentile(99) == 0
