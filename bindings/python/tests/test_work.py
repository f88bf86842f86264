# SPDX-License-Identifier: MIT
"""C functions on the library's workers."""

import ctypes
import weakref
from collections.abc import Iterator

import pytest

from libloop import (
    BusyError,
    CanceledError,
    InvalidError,
    Loop,
    LoopError,
    LoopFullError,
    NotFoundError,
    TimedOutError,
)
from libloop._cdef import LOOP_WORK_FN

Got = list[tuple[LoopError | None, object]]


@pytest.fixture
def gate(c_jobs: ctypes.CDLL) -> Iterator[ctypes.c_void_p]:
    made = c_jobs.gate_new()
    yield made
    c_jobs.gate_free(made)


def test_values_of_every_kind_arrive_as_made(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    got: Got = []
    for kind in range(8):
        loop.work(c_jobs.give, kind, lambda *args: got.append(args), label="give")
        loop.run()
    assert got[:7] == [
        (None, None),
        (None, None),
        (None, True),
        (None, -(1 << 63)),
        (None, 0.5),
        (None, b"\0\xff\0"),
        (None, "grü"),
    ]
    assert got[2][1] is True
    error, value = got[7]
    assert value is None
    assert isinstance(error, NotFoundError) and isinstance(error, FileNotFoundError)
    assert (error.name, error.os_errno, error.text) == ("LOOP_ENOENT", 2, "open /nowhere")
    assert error.errno == 2


def test_arguments_of_many_types_reach_the_function(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    text = ctypes.create_string_buffer(b"four")
    address = ctypes.cast(c_jobs.length_of, ctypes.c_void_p).value
    got: list[object] = []
    for function, argument in (
        (c_jobs.length_of, text),
        (c_jobs.length_of, b"four"),
        (c_jobs.length_of, ctypes.c_char_p(b"four")),
        (c_jobs.length_of, ctypes.cast(text, ctypes.POINTER(ctypes.c_char))),
        (address, ctypes.addressof(text)),
    ):
        loop.work(function, argument, lambda error, value: got.append(value))
        loop.run()
    assert got == [4] * 5


def test_bad_functions_and_arguments_are_refused(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    def python(arg: object, out: object) -> int:
        return 0

    wrapped = LOOP_WORK_FN(python)
    for function in (0, None, "name", python, wrapped, -1):
        with pytest.raises(InvalidError):
            loop.work(function, None, print)
    with pytest.raises(InvalidError):
        loop.work(c_jobs.give, "text", print)
    with pytest.raises(InvalidError):
        loop.work(c_jobs.give, 0, print, lane="fast")  # type: ignore[arg-type]
    assert loop.alive == 0


def test_large_value_is_copied_and_released_once(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    got: list[object] = []
    before = c_jobs.release_count()
    loop.work(c_jobs.give_megabyte, None, lambda error, value: got.append(value), lane="cpu")
    loop.run()
    loop.run_nowait()
    assert got == [b"m" * (1 << 20)]
    assert c_jobs.release_count() == before + 1


def test_running_job_gives_its_outcome_at_once_and_its_final_later(
    loop: Loop, c_jobs: ctypes.CDLL, gate: ctypes.c_void_p
) -> None:
    got: list[tuple[str, object]] = []

    def outcome(error: LoopError | None, value: object) -> None:
        got.append(("outcome", type(error)))
        assert loop.alive == 0 and job.active
        loop.hold()
        c_jobs.gate_open(gate)

    def final(error: LoopError | None) -> None:
        got.append(("final", type(error)))
        loop.unhold()

    def cancel() -> None:
        c_jobs.gate_await_start(gate)
        job.cancel()

    job = loop.work(c_jobs.pass_gate, gate, outcome, on_final=final, label="gate")
    loop.set_immediate(cancel)
    loop.run()
    assert got == [("outcome", CanceledError), ("final", CanceledError)]


def test_queued_job_that_is_cancelled_never_runs(
    c_jobs: ctypes.CDLL, gate: ctypes.c_void_p
) -> None:
    got: list[tuple[str, object]] = []
    with Loop(workers=1) as loop:

        def cancelled(error: LoopError | None, value: object) -> None:
            got.append(("second", type(error)))
            c_jobs.gate_open(gate)

        loop.work(c_jobs.pass_gate, gate, lambda error, value: got.append(("first", value)))
        loop.work(c_jobs.length_of, None, cancelled).cancel()
        loop.run()
    assert got == [("second", CanceledError), ("first", 7)]


def test_deadline_of_a_running_job(loop: Loop, c_jobs: ctypes.CDLL, gate: ctypes.c_void_p) -> None:
    got: list[object] = []

    def expired(error: LoopError | None, value: object) -> None:
        got.append(type(error))
        c_jobs.gate_open(gate)

    loop.work(c_jobs.pass_gate, gate, expired, timeout_ms=5)
    loop.run()
    assert got == [TimedOutError]


def test_full_queue_comes_as_an_error(c_jobs: ctypes.CDLL, gate: ctypes.c_void_p) -> None:
    got: list[object] = []
    with Loop(workers=1, queue_limit=2) as loop:

        def full(error: LoopError | None, value: object) -> None:
            got.append(type(error))
            for _ in range(3):
                c_jobs.gate_open(gate)

        def note(error: LoopError | None, value: object) -> None:
            got.append(value)

        loop.work(c_jobs.pass_gate, gate, note)
        loop.run_nowait()
        c_jobs.gate_await_start(gate)
        loop.work(c_jobs.pass_gate, gate, note)
        loop.work(c_jobs.pass_gate, gate, note)
        loop.work(c_jobs.pass_gate, gate, full)
        loop.run()
    assert got == [LoopFullError, 7, 7, 7]


def test_workers_and_limits_change_at_run_time(loop: Loop, c_jobs: ctypes.CDLL) -> None:
    loop.set_workers(1)
    loop.set_workers(8, "file")
    loop.set_queue_limit(1, "cpu")
    loop.set_queue_limit(0)
    got: list[object] = []
    for _ in range(100):
        loop.work(c_jobs.length_of, b"x", lambda error, value: got.append(value))
    loop.run()
    assert got == [1] * 100
    for count in (0, 1025, None):
        with pytest.raises(InvalidError):
            loop.set_workers(count)  # type: ignore[arg-type]
    with pytest.raises(InvalidError):
        loop.set_queue_limit(-1)


def test_argument_lives_until_the_final_event(
    loop: Loop, c_jobs: ctypes.CDLL, gate: ctypes.c_void_p
) -> None:
    class Text(ctypes.Structure):
        _fields_ = (("text", ctypes.c_char * 8),)

    text = Text(b"four")
    alive = weakref.ref(text)
    got: list[object] = []
    loop.work(c_jobs.length_of, text, lambda error, value: got.append((alive() is None, value)))
    del text
    loop.run()
    assert got == [(False, 4)]
    assert alive() is None


def test_cleared_job_is_silent(loop: Loop, c_jobs: ctypes.CDLL, gate: ctypes.c_void_p) -> None:
    got: list[object] = []
    job = loop.work(c_jobs.pass_gate, gate, lambda *args: got.append(args))
    loop.run_nowait()
    c_jobs.gate_await_start(gate)
    job.clear()
    assert loop.run() == 0
    c_jobs.gate_open(gate)
    loop.close()
    assert got == []


@pytest.mark.parametrize("wait_ms", [0, 10])
def test_close_says_busy_while_a_function_runs_and_may_be_called_again(
    c_jobs: ctypes.CDLL, gate: ctypes.c_void_p, wait_ms: int
) -> None:
    loop = Loop(free_wait_ms=wait_ms)
    got: list[object] = []
    loop.work(c_jobs.pass_gate, gate, lambda error, value: got.append(type(error)))
    loop.run_nowait()
    c_jobs.gate_await_start(gate)
    with pytest.raises(BusyError):
        loop.close()
    assert got == [CanceledError] and not loop.closed
    c_jobs.gate_open(gate)
    loop._free_wait_s = None
    loop.close()
    assert loop.closed
