# SPDX-License-Identifier: MIT
"""Traces into files."""

import ctypes
import json
import os
import pathlib

import pytest

from libloop import InvalidError, Loop

FAR_MS = 3_600_000.0


def records(path: pathlib.Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_registration_is_traced_at_its_call(loop: Loop, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "trace"
    loop.trace_file(path)
    timeout = loop.set_timeout(print, FAR_MS, label="my timer")
    text = path.read_text()
    assert text.count("\n") >= 1 and "my timer" in text
    before = len(text)
    timeout.clear()
    assert len(path.read_text()) > before
    loop.run()


def test_numbers_count_the_programs_registrations_only(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "trace"
    with Loop() as loop:
        loop.trace_file(str(path))
        loop.set_timeout(lambda: loop.set_timeout(lambda: None, label="third"), 0, label="first")
        loop.set_timeout(lambda: None, 0, label="second")
        loop.run()  # the binding's own descriptor is registered here
    seqs = [
        (record["label"], record["seq"])
        for record in records(path)
        if record.get("kind") in ("register", "REGISTER", 1)
    ]
    assert seqs == [("first", 1), ("second", 2), ("third", 3)], records(path)


def test_book_format_goes_to_a_descriptor_of_the_program(
    c_jobs: ctypes.CDLL, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "book"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    with Loop(workers=1) as loop:
        loop.trace_file(fd, "book")
        loop.work(c_jobs.length_of, b"x", lambda error, value: None, label="Measure")
        loop.run()
    os.close(fd)  # still the program's
    text = path.read_text()
    assert "Measure" in text and text.endswith("FINISHED\n")


def test_trace_stops_when_told(loop: Loop, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "trace"
    loop.trace_file(path)
    loop.set_timeout(lambda: None)
    loop.trace_file(None)
    size = path.stat().st_size
    loop.set_timeout(lambda: None)
    loop.run()
    assert path.stat().st_size == size > 0


def test_bad_targets_are_refused(loop: Loop, tmp_path: pathlib.Path) -> None:
    with pytest.raises(InvalidError):
        loop.trace_file(1, "xml")  # type: ignore[arg-type]
    with pytest.raises(InvalidError):
        loop.trace_file(-1)
    with pytest.raises(FileNotFoundError):
        loop.trace_file(tmp_path / "none" / "trace")


def test_trace_into_a_pipe_that_python_reads_does_not_deadlock(loop: Loop) -> None:
    """Writing into a full pipe blocks the turn; the reader needs the GIL meanwhile."""
    import threading

    reader, writer = os.pipe()
    read: list[int] = []

    def drain() -> None:
        while data := os.read(reader, 65536):
            read.append(len(data))

    thread = threading.Thread(target=drain)
    thread.start()
    loop.trace_file(writer)
    for _ in range(3000):
        loop.set_immediate(lambda: None)
        loop.set_timeout(lambda: None)
    loop.run()
    loop.trace_file(None)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert sum(read) > 200_000
