# SPDX-License-Identifier: MIT
"""Watching files, folders and trees."""

import ctypes
import enum
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._cdef import (
    LOOP_OP_WATCH,
    LOOP_WATCH_ATTRIBUTES,
    LOOP_WATCH_CREATED,
    LOOP_WATCH_DELETED,
    LOOP_WATCH_MODIFIED,
    LOOP_WATCH_OVERFLOW,
    LOOP_WATCH_READY,
    LOOP_WATCH_RECURSIVE,
    LOOP_WATCH_RENAMED,
    LOOP_WATCH_UNWATCHED,
    LoopWatch,
)
from ._errors import InvalidError, LoopError
from ._fs_ops import path_bytes
from ._handles import FinalCallback, Operation
from ._options import Path
from ._timers import ns_of
from ._values import error_of

if TYPE_CHECKING:
    from ._core import Core


class ChangeKind(enum.IntFlag):
    """What a Change tells. The first five may be asked for with `events`."""

    CREATED = LOOP_WATCH_CREATED
    DELETED = LOOP_WATCH_DELETED
    MODIFIED = LOOP_WATCH_MODIFIED
    ATTRIBUTES = LOOP_WATCH_ATTRIBUTES
    RENAMED = LOOP_WATCH_RENAMED
    READY = LOOP_WATCH_READY
    OVERFLOW = LOOP_WATCH_OVERFLOW
    UNWATCHED = LOOP_WATCH_UNWATCHED


EVENTS = (
    ChangeKind.CREATED
    | ChangeKind.DELETED
    | ChangeKind.MODIFIED
    | ChangeKind.ATTRIBUTES
    | ChangeKind.RENAMED
)


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a watch.

    Attributes:
        kind: CREATED, DELETED, RENAMED; MODIFIED and ATTRIBUTES, perhaps both; READY: from now on
            everything is told; OVERFLOW: changes were lost, look for yourself; UNWATCHED: this
            folder cannot be watched.
        path: below what is watched; empty for that itself. bytes if the watched path was.
        old_path: with RENAMED what it was called before; else None.
        is_dir: it is a folder.
        folders: with READY and OVERFLOW how many folders are watched; else 0.
    """

    kind: ChangeKind
    path: str | bytes
    old_path: str | bytes | None = None
    is_dir: bool = False
    folders: int = 0


WatchCallback = Callable[[LoopError | None, Change | None], object]


class Watch(Operation):
    """A watched file, folder or tree. See Fs.watch."""

    __slots__ = ("_path",)

    def __init__(
        self,
        loop: "Core",
        path: Path,
        callback: WatchCallback,
        recursive: bool,
        events: int | None,
        poll_ms: float | None,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        record = LoopWatch()
        record.size = ctypes.sizeof(LoopWatch)
        record.flags = LOOP_WATCH_RECURSIVE if recursive else 0
        record.path = path_bytes(path)
        if events is not None:
            if not isinstance(events, int) or not events or events & ~EVENTS:
                raise InvalidError(f"events {events!r}")
            record.events = events
        if poll_ms is not None:
            record.poll_ns = ns_of(poll_ms, "poll_ms") or 1
        self._path: Path | None = path
        self._record = record
        loop._submit(
            self,
            LOOP_OP_WATCH,
            data=ctypes.addressof(record),
            timeout_ms=timeout_ms,
            label=label,
        )

    def _error(self, status: int, flags: int, payload: bytes, aux: int) -> LoopError | None:
        error = error_of(status, flags, payload, aux)
        if isinstance(error, OSError) and self._path is not None:
            error.filename = os.fspath(self._path)  # the text may also say what helps
        return error

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        if num & (LOOP_WATCH_READY | LOOP_WATCH_OVERFLOW):
            return Change(ChangeKind(num), self._name(b""), folders=aux)
        old, nul, new = payload.rpartition(b"\0")
        before = self._name(old) if nul else None
        return Change(ChangeKind(num), self._name(new), before, aux == 1)

    def _name(self, raw: bytes) -> str | bytes:
        """A path as the program writes them."""
        is_bytes = self._path is not None and isinstance(os.fspath(self._path), bytes)
        return raw if is_bytes else os.fsdecode(raw)

    def _release(self) -> None:
        super()._release()
        self._path = None
