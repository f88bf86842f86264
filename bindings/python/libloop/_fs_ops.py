# SPDX-License-Identifier: MIT
"""File operations: the record that each points at, and what its events are turned into."""

import ctypes
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ._cdef import LOOP_EV_FD, LOOP_EV_MORE, LOOP_FS_BORROW, LOOP_OP_FS, LoopBuf, LoopFs
from ._errors import InvalidError, LoopError
from ._flow import Flow, Source
from ._handles import FinalCallback, Operation
from ._lend import Readable, Writable, lend, lend_writable
from ._options import Path
from ._stat import DirEntry, entries_of
from ._values import error_of, value_of

if TYPE_CHECKING:
    from ._core import Core

Convert = Callable[[int, bytes], object]


def path_bytes(path: Path) -> bytes:
    """A path as the system takes it. Raises: InvalidError, TypeError."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise InvalidError(f"a NUL in the path {path!r}")
    return encoded


class Record:
    """A loop_fs_t and what it points at."""

    __slots__ = ("kept", "names", "raw")

    def __init__(self, what: int, flags: int = 0) -> None:
        raw = LoopFs()
        raw.size = ctypes.sizeof(LoopFs)
        raw.what = what
        raw.flags = flags
        raw.fd = raw.fd2 = -1
        raw.offset = raw.offset2 = -1
        self.raw = raw
        self.kept: list[object] = []  # until the final event
        self.names: tuple[Path, ...] = ()

    def paths(self, path: Path, path2: Path | None = None) -> "Record":
        """One path or two."""
        self.raw.path = path_bytes(path)
        self.names = (path,)
        if path2 is not None:
            self.raw.path2 = path_bytes(path2)
            self.names = (path, path2)
        return self

    def fd(self, fd: int) -> "Record":
        """A descriptor. Raises: InvalidError."""
        self.raw.fd = descriptor(fd)
        return self

    def data(self, data: Readable, borrow: bool) -> "Record":
        """What is written."""
        address, length, kept = lend(data, borrow)
        self.raw.data, self.raw.len = address, length
        self.raw.flags |= LOOP_FS_BORROW
        self.kept.append(kept)
        return self

    def bufs(self, pieces: Sequence[Readable], borrow: bool) -> "Record":
        """Several pieces that are written as one."""
        self._bufs([lend(piece, borrow) for piece in pieces])
        self.raw.flags |= LOOP_FS_BORROW
        return self

    def buffers(self, pieces: Sequence[Writable]) -> "Record":
        """Several pieces that are filled as one."""
        self._bufs([lend_writable(piece) for piece in pieces])
        return self

    def _bufs(self, lent: list[tuple[int, int, object]]) -> None:
        if not lent:
            raise InvalidError("no buffers")
        array = (LoopBuf * len(lent))()
        for place, (address, length, kept) in zip(array, lent, strict=True):
            place.data, place.len = address, length
            self.kept.append(kept)
        self.raw.bufs = ctypes.addressof(array)
        self.raw.buf_count = len(lent)
        self.kept.append(array)


def descriptor(fd: int) -> int:
    """Raises: InvalidError."""
    if not isinstance(fd, int) or not 0 <= fd < 1 << 31:
        raise InvalidError(f"descriptor {fd!r}")
    return fd


def named(error: LoopError | None, names: tuple[Path, ...]) -> LoopError | None:
    """The error with the file names where Python's own errors have them."""
    if isinstance(error, OSError) and names:
        error.filename = os.fspath(names[0])
        if len(names) > 1:
            error.filename2 = os.fspath(names[1])
        else:
            # "operation path": of remove() it may be a path below that of the call.
            told = error.text.partition(" ")[2]
            if told:
                as_text = isinstance(error.filename, str)
                error.filename = told if as_text else os.fsencode(told)
    return error


def submit(
    loop: "Core", handle: Operation, record: Record, timeout_ms: float | None, label: str | None
) -> None:
    """Queues the op of a record, which must live until the op is taken."""
    address = ctypes.addressof(record.raw)
    loop._submit(handle, LOOP_OP_FS, data=address, timeout_ms=timeout_ms, label=label)


class Named(Operation):
    """What has a Record: its errors have the names of files."""

    __slots__ = ()

    def _error(self, status: int, flags: int, payload: bytes, aux: int) -> LoopError | None:
        error = error_of(status, flags, payload, aux)
        return named(error, self._record.names) if self._record is not None else error


class FsOperation(Named):
    """A file operation. See Fs."""

    __slots__ = ("_convert",)

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: Callable[..., object],
        convert: Convert | None,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._record = record
        self._convert = convert
        submit(loop, self, record, timeout_ms, label)

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        if flags & LOOP_EV_FD and self._decided:
            os.close(num)  # nobody is told of it
        super()._event(status, flags, num, payload, aux)

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        if self._convert is not None:
            return self._convert(num, payload)
        return value_of(flags, num, payload)

    def _release(self) -> None:
        super()._release()
        self._convert = None


class ReadDir(FsOperation, Source):
    """A folder that is listed. See Fs.readdir, Fs.scandir."""

    __slots__ = ("_folder", "_found", "_streams")

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: Callable[..., object],
        folder: str | bytes,
        streams: bool,
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        self._found: list[DirEntry[Any]] = []
        self._folder = folder
        self._streams = streams
        super().__init__(
            loop,
            record,
            callback,
            None,
            timeout_ms=timeout_ms,
            label=label,
            on_final=on_final,
        )

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        if status or self._decided:
            super()._event(status, flags, num, payload, aux)
            return
        entries: list[Any]
        if isinstance(self._folder, str):
            entries = entries_of(self._folder, payload)
        else:
            entries = entries_of(self._folder, payload)
        final = not flags & LOOP_EV_MORE
        if not self._streams:
            self._found.extend(entries)
            if final:
                super()._event(status, flags, num, payload, aux)
            return
        try:
            if entries:
                self._loop._call(self._callback, None, entries)
        finally:
            # The end is told also after an exception, but not when that callback cleared it.
            if final and not self._muted:
                super()._event(status, flags, num, payload, aux)

    def clear(self) -> None:
        super().clear()
        # Between the last entries and the end its id has ended already.
        self._muted = True

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return None if self._streams else self._found


class ReadStream(Named, Source):
    """A file that is read piece by piece. See Fs.read_stream."""

    __slots__ = ()

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: Callable[..., object],
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._record = record
        submit(loop, self, record, timeout_ms, label)

    def _value(self, flags: int, num: int, payload: bytes, aux: int) -> object:
        return payload if flags & LOOP_EV_MORE else None


class WriteStream(Named, Flow):
    """A file that is written piece by piece. See Fs.write_stream."""

    __slots__ = ()

    def __init__(
        self,
        loop: "Core",
        record: Record,
        callback: Callable[..., object],
        *,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> None:
        super().__init__(loop, callback, on_final)
        self._record = record
        submit(loop, self, record, timeout_ms, label)


def as_path(like: Path) -> Convert:
    """Turns a path that comes back into the type of the one that went in."""
    text = isinstance(os.fspath(like), str)
    return lambda num, payload: os.fsdecode(payload) if text else payload
