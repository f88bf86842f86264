# SPDX-License-Identifier: MIT
"""Files: whole ones, what is known of them, folders, names."""

import errno
import os
import stat as modes
import time
from pathlib import Path
from typing import Any

import pytest

import libloop
from libloop import Loop

from .support import TIMEOUT_S

Answer = tuple[Exception | None, Any]


def ask(loop: Loop, start: Any, *args: Any, **options: Any) -> Any:
    """Runs one operation and returns its value, or raises its error."""
    answers: list[Answer] = []
    start(*args, lambda error, value: answers.append((error, value)), **options)
    loop.run()
    ((error, value),) = answers
    if error is not None:
        raise error
    return value


def test_whole_files_are_written_read_appended_and_copied(loop: Loop, tmp_path: Path) -> None:
    file, copy = tmp_path / "file", tmp_path / "copy"
    assert ask(loop, loop.fs.write_file, file, b"\x00\xff binary") == 9
    assert ask(loop, loop.fs.read_file, file) == b"\x00\xff binary"
    assert ask(loop, loop.fs.append_file, str(file), "é") == 2
    assert ask(loop, loop.fs.copy_file, os.fsencode(file), copy) == 11
    assert copy.read_bytes() == b"\x00\xff binary" + "é".encode()
    assert ask(loop, loop.fs.write_file, file, bytearray(b"new"), mode=0o600) == 3
    assert ask(loop, loop.fs.read_file, file, encoding="utf-8") == "new"


def test_a_large_file_is_the_same_after_the_way_there_and_back(loop: Loop, tmp_path: Path) -> None:
    data = os.urandom(5_000_001)
    assert ask(loop, loop.fs.write_file, tmp_path / "large", data, atomic=True) == len(data)
    assert ask(loop, loop.fs.read_file, tmp_path / "large") == data
    assert os.listdir(tmp_path) == ["large"]


def test_files_without_a_size_are_read_to_their_end(loop: Loop) -> None:
    assert ask(loop, loop.fs.read_file, "/proc/self/status").startswith(b"Name:")


def test_errors_are_os_errors_with_number_and_names(loop: Loop, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(FileNotFoundError) as caught:
        ask(loop, loop.fs.read_file, missing)
    error = caught.value
    assert (error.errno, error.filename, error.filename2) == (errno.ENOENT, missing, None)
    assert isinstance(error, libloop.NotFoundError)
    assert error.text == f"read_file {missing}"
    with pytest.raises(FileNotFoundError) as caught:
        ask(loop, loop.fs.rename, missing, b"/other")
    assert (caught.value.filename, caught.value.filename2) == (missing, b"/other")
    with pytest.raises(IsADirectoryError):
        ask(loop, loop.fs.read_file, tmp_path)
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(NotADirectoryError):
        ask(loop, loop.fs.readdir, tmp_path / "file")
    with pytest.raises(FileExistsError):
        ask(loop, loop.fs.write_file, tmp_path / "file", b"", exclusive=True)
    with pytest.raises(libloop.TooBigError):
        ask(loop, loop.fs.read_file, "/proc/self/status", limit=1)
    with pytest.raises(OSError) as other:
        os.symlink("loop", tmp_path / "loop")
        ask(loop, loop.fs.stat, tmp_path / "loop")
    assert other.value.errno == errno.ELOOP


def test_arguments_that_make_no_sense_are_refused_at_once(loop: Loop, tmp_path: Path) -> None:
    def never(*args: object) -> None:
        raise AssertionError(args)

    for start in (
        lambda: loop.fs.read_file("a\0b", never),
        lambda: loop.fs.read_file("a", never, limit=-1),
        lambda: loop.fs.chmod("a", 0o10000, never),
        lambda: loop.fs.close(-1, never),
        lambda: loop.fs.open("a", never, flags="q"),
        lambda: loop.fs.open("a", never, flags=1 << 40),
        lambda: loop.fs.read(0, -1, never),
        lambda: loop.fs.read_into(0, b"read-only", never),
        lambda: loop.fs.readv(0, [], never),
        lambda: loop.fs.write(0, 7, never),  # type: ignore[arg-type]
        lambda: loop.fs.write_stream("a", never, append=True, atomic=True),
    ):
        with pytest.raises(libloop.InvalidError):
            start()
    with pytest.raises(TypeError):
        loop.fs.stat(7, never)  # type: ignore[arg-type]
    loop.run()


def test_stat_says_what_the_system_says(loop: Loop, tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"12345")
    os.utime(file, ns=(1_000_000_001, -5_000_000_003))
    link.symlink_to("file")
    known, system = ask(loop, loop.fs.stat, link), os.stat(file)
    assert known.size == 5 and known.is_file() and not known.is_dir()
    assert (known.ino, known.dev, known.mode) == (system.st_ino, system.st_dev, system.st_mode)
    assert (known.atime_ns, known.mtime_ns) == (1_000_000_001, -5_000_000_003)
    assert (known.uid, known.gid, known.nlink) == (system.st_uid, system.st_gid, 1)
    assert known.permissions == modes.S_IMODE(system.st_mode)
    assert ask(loop, loop.fs.lstat, link).is_symlink()
    with file.open("rb") as opened:
        assert ask(loop, loop.fs.fstat, opened.fileno()) == known
    system_fs = os.statvfs(tmp_path)
    assert ask(loop, loop.fs.statfs, tmp_path).blocks == system_fs.f_blocks


def test_folders_are_made_listed_and_removed(loop: Loop, tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    assert ask(loop, loop.fs.mkdir, str(deep), recursive=True) == str(tmp_path / "a")
    assert ask(loop, loop.fs.mkdir, str(deep), recursive=True) is None
    names = {f"file{i}" for i in range(3000)} | {
        "sub",
        b"\xff\xfe".decode(errors="surrogateescape"),
    }
    for name in names - {"sub"}:
        (deep / name).touch()
    ask(loop, loop.fs.mkdir, deep / "sub")
    entries = ask(loop, loop.fs.readdir, str(deep))
    assert {entry.name for entry in entries} == names
    assert [entry.name for entry in entries if entry.is_dir()] == ["sub"]
    assert entries[0].path == os.path.join(str(deep), entries[0].name)
    raw = ask(loop, loop.fs.readdir, os.fsencode(deep))
    assert {entry.name for entry in raw} == {os.fsencode(name) for name in names}
    parts: list[Any] = []
    loop.fs.scandir(deep, lambda error, part: parts.append(part))
    loop.run()
    assert len(parts) > 2 and parts[-1] is None
    assert {entry.name for part in parts[:-1] for entry in part} == names
    assert ask(loop, loop.fs.remove, tmp_path / "a", recursive=True) == len(names) + 3
    assert ask(loop, loop.fs.remove, tmp_path / "a", force=True) == 0
    assert os.listdir(tmp_path) == []


def test_names_and_links(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    ask(loop, loop.fs.link, file, tmp_path / "hard")
    ask(loop, loop.fs.symlink, "hard", tmp_path / "soft")
    assert ask(loop, loop.fs.readlink, str(tmp_path / "soft")) == "hard"
    assert ask(loop, loop.fs.readlink, os.fsencode(tmp_path / "soft")) == b"hard"
    assert ask(loop, loop.fs.realpath, str(tmp_path / "soft")) == os.path.realpath(
        tmp_path / "hard"
    )
    ask(loop, loop.fs.rename, file, tmp_path / "moved")
    ask(loop, loop.fs.unlink, tmp_path / "hard")
    ask(loop, loop.fs.mkdir, tmp_path / "folder")
    ask(loop, loop.fs.rmdir, tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["moved", "soft"]
    ask(loop, loop.fs.access, tmp_path / "moved", mode=os.R_OK | os.W_OK)
    with pytest.raises(FileNotFoundError):
        ask(loop, loop.fs.access, tmp_path / "soft")


def test_temporary_names_are_new(loop: Loop, tmp_path: Path) -> None:
    folder = ask(loop, loop.fs.mkdtemp, str(tmp_path / "d-"))
    assert os.path.isdir(folder) and len(folder) == len(str(tmp_path / "d-")) + 6
    fd, path = ask(loop, loop.fs.mkstemp, os.fsencode(tmp_path / "f-"))
    try:
        assert isinstance(path, bytes) and os.path.samestat(os.fstat(fd), os.stat(path))
        assert not os.get_inheritable(fd)
    finally:
        os.close(fd)


def test_what_is_known_can_be_set(loop: Loop, tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"12345")
    link.symlink_to("file")
    ask(loop, loop.fs.chmod, file, 0o640)
    ask(loop, loop.fs.utimes, link, 1, 2)
    ask(loop, loop.fs.lutimes, link, 3, libloop.OMIT)
    ask(loop, loop.fs.chown, file, -1, -1)
    ask(loop, loop.fs.lchown, link, os.getuid(), os.getgid())
    system = os.stat(file)
    assert (modes.S_IMODE(system.st_mode), system.st_mtime_ns) == (0o640, 2)
    ask(loop, loop.fs.truncate, file, 3)
    assert os.stat(file).st_size == 3
    assert os.lstat(link).st_atime_ns == 3
    with file.open("r+b") as opened:
        fd = opened.fileno()
        ask(loop, loop.fs.ftruncate, fd, 10)
        ask(loop, loop.fs.fchmod, fd, 0o600)
        ask(loop, loop.fs.fchown, fd, -1, -1)
        ask(loop, loop.fs.futimes, fd, 7, 8)
    system = os.stat(file)
    assert (modes.S_IMODE(system.st_mode), system.st_mtime_ns, system.st_size) == (0o600, 8, 10)
    assert file.read_bytes() == b"123" + bytes(7)


# ---- descriptors ------------------------------------------------------------------------------


def test_a_descriptor_is_opened_used_and_closed(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    fd = ask(loop, loop.fs.open, file, flags="w+")
    assert not os.get_inheritable(fd)
    assert ask(loop, loop.fs.write, fd, b"hello world") == 11
    assert ask(loop, loop.fs.write, fd, bytearray(b"HE"), offset=0, borrow=True) == 2
    assert ask(loop, loop.fs.writev, fd, [b"a", memoryview(b"bc")], offset=20) == 3
    assert ask(loop, loop.fs.read, fd, 5, offset=0) == b"HEllo"
    assert ask(loop, loop.fs.read, fd, 100, offset=23) == b""
    one, two = bytearray(3), bytearray(4)
    assert ask(loop, loop.fs.readv, fd, [one, two], offset=0) == 7
    assert bytes(one + two) == b"HEllo w"
    buffer = bytearray(11)
    assert ask(loop, loop.fs.read_into, fd, buffer, offset=0) == 11
    assert buffer == b"HEllo world"
    ask(loop, loop.fs.fsync, fd)
    ask(loop, loop.fs.fdatasync, fd)
    with (tmp_path / "other").open("wb") as other:
        assert ask(loop, loop.fs.sendfile, other.fileno(), fd, 5, from_offset=6) == 5
    assert (tmp_path / "other").read_bytes() == b"world"
    ask(loop, loop.fs.close, fd)
    with pytest.raises(OSError) as caught:
        ask(loop, loop.fs.read, fd, 1)
    assert caught.value.errno == errno.EBADF


def test_a_buffer_is_locked_until_the_final_event(loop: Loop) -> None:
    reader, writer = os.pipe()
    try:
        buffer = bytearray(4)
        got: list[Any] = []
        loop.fs.read_into(reader, buffer, lambda error, count: got.append((error, count)))
        loop.run_nowait()
        with pytest.raises(BufferError):
            buffer.extend(b"more")
        os.write(writer, b"data")
        loop.run()
        assert got == [(None, 4)] and buffer == b"data"
        buffer.extend(b"more")
    finally:
        os.close(reader)
        os.close(writer)


def test_an_open_that_is_cleared_leaves_no_descriptor(loop: Loop, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    ask(loop, loop.fs.stat, file)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(50):
        handle = loop.fs.open(file, lambda error, fd: pytest.fail("called"))
        loop.run_nowait()
        handle.clear()
        loop.run()
    # A thread may have the last ones under way still: what is cleared does not keep a loop running.
    end = time.monotonic() + TIMEOUT_S
    while len(os.listdir("/proc/self/fd")) != before:
        assert time.monotonic() < end
        loop.run_nowait()


def test_cancel_and_deadline_are_told_once(loop: Loop) -> None:
    reader, writer = os.pipe()
    errors: list[Exception | None] = []
    finals: list[Exception | None] = []
    try:
        handle = loop.fs.read(reader, 1, lambda error, data: errors.append(error))
        loop.fs.read(
            reader,
            1,
            lambda error, data: errors.append(error),
            timeout_ms=1,
            on_final=finals.append,
        )
        loop.run_nowait()
        handle.cancel()
        loop.run()
        assert sorted(type(error).__name__ for error in errors) == [
            "CanceledError",
            "TimedOutError",
        ]
    finally:
        os.close(writer)
        loop.close()
        os.close(reader)
    assert [type(error).__name__ for error in finals] == ["TimedOutError"]


def test_an_exception_in_a_callback_leaves_run_and_the_rest_goes_on(
    loop: Loop, tmp_path: Path
) -> None:
    seen: list[str] = []

    def stumble(error: object, value: object) -> None:
        raise KeyError("mine")

    loop.fs.stat(tmp_path, stumble)
    loop.fs.stat(tmp_path, lambda error, value: seen.append("second"))
    with pytest.raises(KeyError, match="mine"):
        loop.run()
    loop.run()
    assert seen == ["second"]


def test_ten_thousand_files_with_64_in_flight(loop: Loop, tmp_path: Path) -> None:
    count, seen = 10_000, 0
    names = [str(tmp_path / f"{i:05}") for i in range(100)]
    for i, name in enumerate(names):
        Path(name).write_bytes(b"%d" % i)
    left = iter(range(count))

    def start() -> None:
        i = next(left, None)
        if i is not None:
            loop.fs.read_file(names[i % 100], lambda error, data: done(i, error, data))

    def done(i: int, error: object, data: bytes | None) -> None:
        nonlocal seen
        assert error is None and data == b"%d" % (i % 100)
        seen += 1
        start()

    for _ in range(64):
        start()
    loop.run()
    assert seen == count
