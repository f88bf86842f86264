# SPDX-License-Identifier: MIT
"""Watching files, folders and trees."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import libloop
from libloop import Change, ChangeKind, Loop

from .support import TIMEOUT_S


class Heard:
    """What a watch told; expect() runs the loop until so much of it is there."""

    def __init__(self, loop: Loop, path: Any, **options: Any) -> None:
        self.loop = loop
        self.lines: list[str] = []
        self.changes: list[Change] = []
        self.errors: list[libloop.LoopError] = []
        self.wanted = 1
        self.watch = loop.fs.watch(path, self.hear, **options)

    def hear(self, error: libloop.LoopError | None, change: Change | None) -> None:
        if error is not None:
            self.errors.append(error)
            self.lines.append(error.name)
        else:
            assert change is not None
            self.changes.append(change)
            self.lines.append(line_of(change))
        if len(self.lines) >= self.wanted:
            self.loop.stop()

    def expect(self, *lines: str) -> None:
        self.wanted = len(lines)
        late = self.loop.set_timeout(self.loop.stop, TIMEOUT_S * 1000)
        while len(self.lines) < self.wanted and late.active:
            self.loop.run()  # another watch may have stopped it
        late.clear()
        assert self.lines[: self.wanted] == list(lines)
        del self.lines[: self.wanted]


def line_of(change: Change) -> str:
    kinds = "+".join(kind.name or "" for kind in ChangeKind if change.kind & kind).lower()
    path = os.fsdecode(change.path) + ("/" if change.is_dir else "")
    if change.old_path is not None:
        path = os.fsdecode(change.old_path) + " -> " + path
    return f"{kinds} {path}".rstrip()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "watched"
    path.mkdir()
    yield path


def test_a_folder_tells_what_happens_in_it(loop: Loop, folder: Path) -> None:
    heard = Heard(loop, folder)
    heard.expect("ready")
    (folder / "a").touch()
    with (folder / "a").open("w") as file:
        file.write("text")
    (folder / "a").chmod(0o700)
    (folder / "a").rename(folder / "b")
    (folder / "b").unlink()
    (folder / "sub").mkdir()
    heard.expect(
        "created a",
        "modified a",
        "attributes a",
        "renamed a -> b",
        "deleted b",
        "created sub/",
    )
    renamed = heard.changes[4]
    assert renamed == Change(ChangeKind.RENAMED, "b", "a")
    assert heard.changes[0] == Change(ChangeKind.READY, "", folders=1)


def test_a_tree_covers_folders_to_come(loop: Loop, folder: Path) -> None:
    heard = Heard(loop, str(folder), recursive=True)
    heard.expect("ready")
    (folder / "x" / "y").mkdir(parents=True)
    (folder / "x" / "y" / "f").write_bytes(b"")
    heard.expect("created x/", "created x/y/", "created x/y/f")
    heard.watch.cancel()
    heard.expect("LOOP_ECANCELED")


def test_paths_have_the_type_of_the_watched_one(loop: Loop, folder: Path) -> None:
    raw, text = Heard(loop, os.fsencode(folder)), Heard(loop, folder)
    raw.expect("ready")
    text.expect("ready")
    os.close(os.open(os.fsencode(folder) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    raw.expect("created \udcff")
    text.expect("created \udcff")
    assert raw.changes[-1].path == b"\xff"
    assert text.changes[-1].path == "\udcff"


def test_only_what_is_asked_for_is_told(loop: Loop, folder: Path) -> None:
    heard = Heard(loop, folder, events=ChangeKind.DELETED | ChangeKind.RENAMED)
    heard.expect("ready")
    (folder / "a").write_text("text")
    (folder / "a").rename(folder / "b")
    (folder / "b").unlink()
    heard.expect("renamed a -> b", "deleted b")


def test_a_replaced_file_is_modified_and_a_removed_one_ends(loop: Loop, folder: Path) -> None:
    file = folder / "f"
    file.write_text("one")
    heard = Heard(loop, file)
    heard.expect("ready")
    (folder / "new").write_text("two")
    (folder / "new").rename(file)
    heard.expect("modified")
    file.unlink()
    heard.expect("LOOP_ENOENT")
    assert isinstance(heard.errors[0], FileNotFoundError)
    assert heard.errors[0].filename == str(file)
    assert not heard.watch.active
    loop.run()  # nothing is left


def test_a_missing_path_is_an_error_of_its_watch(loop: Loop, folder: Path) -> None:
    finals: list[Any] = []
    heard = Heard(loop, folder / "missing", on_final=finals.append)
    heard.expect("LOOP_ENOENT")
    assert finals == heard.errors


def test_a_polled_folder_tells_what_changes(loop: Loop, folder: Path) -> None:
    (folder / "old").write_text("text")
    heard = Heard(loop, folder, poll_ms=1, events=ChangeKind.CREATED | ChangeKind.DELETED)
    heard.expect("ready")
    (folder / "a").write_text("text")
    heard.expect("created a")
    (folder / "old").unlink()
    heard.expect("deleted old")


@pytest.mark.parametrize("end", ["clear", "cancel"])
def test_a_watch_may_end_in_its_own_callback(loop: Loop, folder: Path, end: str) -> None:
    told: list[str] = []

    def hear(error: libloop.LoopError | None, change: Change | None) -> None:
        told.append(error.name if error else line_of(change) if change else "")
        if len(told) == 1:
            (folder / "new").mkdir()
        elif len(told) == 2:
            getattr(watch, end)()

    watch = loop.fs.watch(folder, hear)
    loop.run()
    assert told == ["ready", "created new/", *(["LOOP_ECANCELED"] if end == "cancel" else [])]


@pytest.mark.parametrize("end", ["clear", "cancel", "close"])
@pytest.mark.parametrize("stage", ["not taken", "not ready", "ready", "told", "looking"])
def test_a_watch_ends_once_at_every_stage(folder: Path, stage: str, end: str) -> None:
    loop = Loop()
    finals: list[Any] = []
    poll_ms = 1 if stage == "looking" else None
    heard = Heard(loop, folder, recursive=True, poll_ms=poll_ms, on_final=finals.append)
    if stage == "not ready":
        loop.run_nowait()
    elif stage != "not taken":
        heard.expect("ready")
    if stage in ("told", "looking"):
        for number in range(20):
            (folder / str(number)).mkdir()
    heard.wanted = 1000
    if end == "close":
        loop.close()
    else:
        getattr(heard.watch, end)()
        loop.run()
    told = len(heard.lines)
    (folder / "late").touch()
    loop.close()
    assert len(heard.lines) == told
    assert [error.name for error in heard.errors] == ([] if end == "clear" else ["LOOP_ECANCELED"])
    assert finals == heard.errors
    assert not heard.watch.active


def test_what_a_callback_raises_leaves_the_run_and_the_watch_goes_on(
    loop: Loop, folder: Path
) -> None:
    told: list[str] = []

    def hear(error: libloop.LoopError | None, change: Change | None) -> None:
        assert change is not None
        told.append(line_of(change))
        if change.kind == ChangeKind.READY:
            raise RuntimeError("not ready")
        watch.clear()

    watch = loop.fs.watch(folder, hear)
    with pytest.raises(RuntimeError, match="not ready"):
        loop.run()
    (folder / "a").touch()
    loop.run()
    assert told == ["ready", "created a"]


def test_a_watch_has_a_label_in_traces(loop: Loop, folder: Path) -> None:
    reader, writer = os.pipe()
    loop.trace_file(writer)
    heard = Heard(loop, folder, label="eyes")
    heard.expect("ready")
    loop.close()
    os.close(writer)
    with open(reader) as file:
        text = file.read()
    assert '"eyes"' in text


def test_a_relative_path_is_meant_from_where_the_call_was(
    loop: Loop, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    heard = Heard(loop, folder.name, recursive=True)
    heard.expect("ready")
    monkeypatch.chdir("/")
    (folder / "a").mkdir()
    (folder / "a" / "b").mkdir()
    heard.expect("created a/", "created a/b/")


def test_two_watches_on_one_folder_end_one_by_one(loop: Loop, folder: Path) -> None:
    one, two = Heard(loop, folder), Heard(loop, folder, recursive=True)
    one.expect("ready")
    two.expect("ready")
    one.watch.clear()
    (folder / "a").mkdir()
    two.expect("created a/")
    assert one.lines == []


def test_an_unreferenced_watch_does_not_keep_the_loop(loop: Loop, folder: Path) -> None:
    heard = Heard(loop, folder)
    heard.expect("ready")
    heard.watch.unref()
    loop.run()
    assert heard.watch.active


def test_a_deadline_ends_a_watch(loop: Loop, folder: Path) -> None:
    ends: list[Any] = []
    loop.fs.watch(folder, lambda error, change: None, timeout_ms=10, on_final=ends.append)
    loop.run()
    assert isinstance(ends[0], TimeoutError)


def test_closing_the_loop_ends_watches(folder: Path) -> None:
    open_files = []
    for _ in range(2):
        loop = Loop()
        heard = Heard(loop, folder, recursive=True)
        heard.expect("ready")
        loop.close()
        assert heard.lines == ["LOOP_ECANCELED"]
        open_files.append(len(os.listdir("/proc/self/fd")))
    assert open_files[1] <= open_files[0]


def test_very_many_files_are_told_or_their_loss_is(loop: Loop, folder: Path) -> None:
    count = 20_000
    created: set[str | bytes] = set()
    lost: list[Change] = []

    def make() -> None:
        for number in range(count):
            os.close(os.open(folder / str(number), os.O_CREAT | os.O_WRONLY))
        os.mkdir(folder / "end")

    def hear(error: libloop.LoopError | None, change: Change | None) -> None:
        assert change is not None and error is None
        if change.kind == ChangeKind.READY:
            thread.start()
        elif change.kind == ChangeKind.CREATED:
            created.add(change.path)
        else:
            assert change.kind == ChangeKind.OVERFLOW
            lost.append(change)
        if "end" in created or (lost and (folder / "end").exists()):
            watch.clear()

    thread = threading.Thread(target=make)
    watch = loop.fs.watch(folder, hear, events=ChangeKind.CREATED)
    loop.run()
    thread.join()
    assert lost or len(created) == count + 1


@pytest.mark.parametrize(
    "options",
    [{"events": 0}, {"events": ChangeKind.READY}, {"poll_ms": -1}, {"path": "a\0b"}],
)
def test_bad_arguments_are_invalid(loop: Loop, folder: Path, options: dict[str, Any]) -> None:
    options = {"path": folder, **options}
    with pytest.raises(libloop.InvalidError):
        loop.fs.watch(options.pop("path"), print, **options)
    with pytest.raises(TypeError):
        loop.fs.watch(folder, print, persistent=True)  # type: ignore[call-arg]
