# SPDX-License-Identifier: MIT
"""What file operations say when something is wrong, and that nothing is left behind."""

import errno
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import libloop
from libloop import Loop, LoopError

from .conftest import descriptors
from .support import environment, outputs
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
    with Loop() as first:  # what the library opens once is open from here on
        first.fs.read_file(tmp_path / "file", lambda error, data: None)
        first.run()
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


# Prints what each call ends with, in a folder that the argument names.
REFUSED = """
import errno, os, sys
import libloop

def tell(name, error):
    said = errno.errorcode[error.errno] if isinstance(error, OSError) else "fine"
    print(name, type(error).__name__, said)

def ask(loop, name, *args):
    getattr(loop.fs, name)(*args, lambda error, value: tell(name, error))
    loop.run()
"""
AS_NOBODY = """
folder = sys.argv[1]
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
with libloop.Loop() as loop:
    ask(loop, "read_file", f"{folder}/file")
    ask(loop, "write_file", f"{folder}/file", b"x")
    ask(loop, "append_file", f"{folder}/file", b"x")
    ask(loop, "copy_file", f"{folder}/file", f"{folder}/copy")
    ask(loop, "mkdir", f"{folder}/folder")
"""
WITHOUT_ROOM = """
folder = sys.argv[1]
with libloop.Loop() as loop:
    ask(loop, "write_file", f"{folder}/old", b"old")
    for name in ("write_file", "append_file"):
        ask(loop, name, f"{folder}/{name}", bytes(1 << 20))
    ask(loop, "read_file", f"{folder}/old")
"""


def test_nobody_gets_permission_errors(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir()
    (locked / "file").write_text("secret")
    locked.chmod(0)
    try:
        told = outputs(REFUSED + AS_NOBODY, str(locked))
    finally:
        locked.chmod(0o700)
    names = ("read_file", "write_file", "append_file", "copy_file", "mkdir")
    assert told == [f"{name} AccessError EACCES" for name in names]
    assert (locked / "file").read_text() == "secret"


def test_a_full_file_system_is_an_os_error_with_its_number(tmp_path: Path) -> None:
    alone = ["unshare", "-m", "--propagation", "private"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no mount namespace without root and unshare")
    mount = f'mount -t tmpfs -o size=256k full {tmp_path} && exec "$@"'
    program = [sys.executable, "-c", REFUSED + WITHOUT_ROOM, str(tmp_path)]
    done = subprocess.run(
        [*alone, "sh", "-c", mount, "sh", *program],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "write_file NoneType fine",
        "write_file SystemCallError ENOSPC",
        "append_file SystemCallError ENOSPC",
        "read_file NoneType fine",
    ]
