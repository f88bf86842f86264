# SPDX-License-Identifier: MIT
"""What file operations say when something is wrong, and that nothing is left behind."""

import errno
import os
import pickle
from pathlib import Path

import pytest

import libloop
from libloop import Loop, LoopError

from .conftest import descriptors
from .test_fs import ask


def test_what_the_system_calls_invalid_is_an_os_error_too(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError) as caught:
        ask(loop, loop.fs.readlink, file)
    error = caught.value
    assert isinstance(error, libloop.InvalidError) and isinstance(error, ValueError)
    assert (error.errno, error.strerror) == (errno.EINVAL, os.strerror(errno.EINVAL))
    assert error.filename == str(file)


def test_errors_of_files_survive_pickle_with_their_names(loop: Loop, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ask(loop, loop.fs.rename, tmp_path / "missing", b"other")
    twin = pickle.loads(pickle.dumps(caught.value))
    assert type(twin) is libloop.NotFoundError and str(twin) == str(caught.value)
    assert (twin.filename, twin.filename2) == (str(tmp_path / "missing"), b"other")
    assert twin.errno == errno.ENOENT


def test_names_in_errors_are_of_the_type_that_went_in(loop: Loop) -> None:
    for path in ("/no/\udcff", b"/no/\xff"):
        with pytest.raises(FileNotFoundError) as caught:
            ask(loop, loop.fs.stat, path)
        assert caught.value.filename == path


def test_a_descriptor_that_nobody_gets_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = descriptors()
    operations: list[libloop.Handle] = []

    def opened(error: LoopError | None, fd: int | None) -> None:
        assert error is None and fd is not None
        os.close(fd)
        # The results of some wait in this batch, others are under way or have not begun.
        for operation in operations:
            operation.clear()

    with Loop() as loop:
        for _ in range(50):
            operations = [loop.fs.open(tmp_path / "file", opened) for _ in range(16)]
            loop.run()
    assert descriptors() == before


def test_content_that_is_no_text_is_told_to_the_callback(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"gr\xfc\xdf")
    told: list[object] = []
    loop.fs.read_file(file, lambda *args: told.extend(args), encoding="utf-8")
    loop.run()
    assert isinstance(told[0], UnicodeDecodeError) and told[1] is None
    assert ask(loop, loop.fs.read_file, file, encoding="latin-1") == "gr\u00fc\u00df"
    with pytest.raises(libloop.InvalidError):
        loop.fs.read_file(file, print, encoding="no such encoding")


def test_the_end_of_a_scan_is_told_after_an_exception_but_not_after_clear(
    loop: Loop, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    told: list[object] = []

    def failing(error: LoopError | None, entries: list[libloop.DirEntry[str]] | None) -> None:
        told.append(entries and [entry.name for entry in entries])
        if entries:
            raise ZeroDivisionError

    scan = loop.fs.scandir(tmp_path, failing, on_final=told.append)
    with pytest.raises(ZeroDivisionError):
        loop.run()
    assert told == [["file"], None, None] and not scan.active

    def clearing(error: LoopError | None, entries: list[libloop.DirEntry[str]] | None) -> None:
        told.append(entries is not None)
        scan.clear()

    told.clear()
    scan = loop.fs.scandir(tmp_path, clearing, on_final=told.append)
    loop.run()
    assert told == [True]


def test_a_scan_can_be_paused_and_goes_on_where_it_was(loop: Loop, tmp_path: Path) -> None:
    for number in range(5000):
        (tmp_path / f"a name that is long enough for several parts {number}").touch()
    seen = 0

    def part(error: LoopError | None, entries: list[libloop.DirEntry[str]] | None) -> None:
        nonlocal seen
        assert error is None
        seen += len(entries or ())
        if entries and seen < 5000:
            scan.pause()

    scan = loop.fs.scandir(tmp_path, part)
    rounds = 0
    while scan.active:
        loop.run()
        rounds += 1
        if scan.active:
            scan.resume()
    assert seen == 5000 and rounds > 2
