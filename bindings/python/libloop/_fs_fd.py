# SPDX-License-Identifier: MIT
"""File operations on descriptors, and what sets what is known of a file."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack

from . import _cdef as c
from ._errors import InvalidError, LoopError
from ._fs_ops import Convert, FsOperation, Record, descriptor
from ._lend import Readable, Writable
from ._options import Options, Path

if TYPE_CHECKING:
    from ._core import Core

Done = Callable[[LoopError | None, None], object]
IntDone = Callable[[LoopError | None, int | None], object]
BytesDone = Callable[[LoopError | None, bytes | None], object]

MAX_MODE = 0o7777
MAX_SIZE = (1 << 63) - 1
MAX_READ = 2 << 30
NOBODY = 0xFFFFFFFF

# For times of utimes and its like.
NOW = c.LOOP_TIME_NOW
OMIT = c.LOOP_TIME_OMIT

# The system's flags of open(2) and the library's.
_OPEN = (
    ("O_CREAT", c.LOOP_O_CREAT),
    ("O_EXCL", c.LOOP_O_EXCL),
    ("O_TRUNC", c.LOOP_O_TRUNC),
    ("O_APPEND", c.LOOP_O_APPEND),
    ("O_NOFOLLOW", c.LOOP_O_NOFOLLOW),
    ("O_DIRECTORY", c.LOOP_O_DIRECTORY),
    ("O_SYNC", c.LOOP_O_SYNC),
    ("O_DSYNC", c.LOOP_O_DSYNC),
    ("O_NONBLOCK", c.LOOP_O_NONBLOCK),
    ("O_DIRECT", c.LOOP_O_DIRECT),
    ("O_TMPFILE", c.LOOP_O_TMPFILE),
    ("O_NOATIME", c.LOOP_O_NOATIME),
    ("O_PATH", c.LOOP_O_PATH),
)
_MODES = {
    "r": os.O_RDONLY,
    "r+": os.O_RDWR,
    "rs+": os.O_RDWR | os.O_SYNC,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "w+": os.O_RDWR | os.O_CREAT | os.O_TRUNC,
    "wx": os.O_WRONLY | os.O_CREAT | os.O_EXCL,
    "wx+": os.O_RDWR | os.O_CREAT | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "a+": os.O_RDWR | os.O_CREAT | os.O_APPEND,
    "ax": os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL,
    "ax+": os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL,
    "as": os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_SYNC,
    "as+": os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_SYNC,
}


def open_flags(flags: str | int) -> int:
    """LOOP_O_* for a name as in Node ("r", "w", "wx", "a+" ...) or os.O_*. Raises: InvalidError."""
    if isinstance(flags, str):
        if flags not in _MODES:
            raise InvalidError(f"open mode {flags!r}: use one of {', '.join(_MODES)} or os.O_*")
        flags = _MODES[flags]
    rest = flags & ~(os.O_CLOEXEC | os.O_NOCTTY)  # so is every file that the library opens
    ours = {os.O_RDONLY: 0, os.O_WRONLY: c.LOOP_O_WRONLY, os.O_RDWR: c.LOOP_O_RDWR}.get(rest & 3)
    rest &= ~3
    for name, flag in sorted(_OPEN, key=lambda it: -getattr(os, it[0], 0).bit_count()):
        bits = getattr(os, name, 0)
        if ours is not None and bits and rest & bits == bits:
            ours |= flag
            rest &= ~bits
    if ours is None or rest & ~getattr(os, "O_LARGEFILE", 0):
        raise InvalidError(f"open flags {flags:#o}")
    return ours


def number(value: int, what: str, least: int, most: int) -> int:
    """Raises: InvalidError: it is no int or out of range."""
    if not isinstance(value, int) or not least <= value <= most:
        raise InvalidError(f"{what} {value!r}")
    return value


class Descriptors:
    """The part of Fs that this file has."""

    __slots__ = ("_loop",)

    def __init__(self, loop: "Core") -> None:
        self._loop = loop

    def _start(
        self,
        record: Record,
        callback: Callable[..., object],
        options: Options,
        convert: Convert | None = None,
    ) -> FsOperation:
        self._loop._enter()
        return FsOperation(self._loop, record, callback, convert, **options)

    def _path(
        self,
        what: int,
        path: Path,
        callback: Callable[..., object],
        options: Options,
        convert: Convert | None = None,
        path2: Path | None = None,
    ) -> FsOperation:
        return self._start(Record(what).paths(path, path2), callback, options, convert)

    def _fd(
        self,
        what: int,
        fd: int,
        callback: Callable[..., object],
        options: Options,
        convert: Convert | None = None,
    ) -> FsOperation:
        return self._start(Record(what).fd(fd), callback, options, convert)

    # ---- what is set --------------------------------------------------------------------------

    def _mode(self, record: Record, mode: int, callback: Done, options: Options) -> FsOperation:
        record.raw.mode = number(mode, "mode", 0, MAX_MODE)
        return self._start(record, callback, options)

    def chmod(
        self, path: Path, mode: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the permissions of a file.  C: loop_fs_chmod"""
        return self._mode(Record(c.LOOP_FS_CHMOD).paths(path), mode, callback, options)

    def fchmod(self, fd: int, mode: int, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """Set the permissions of an open file.  C: loop_fs_fchmod"""
        return self._mode(Record(c.LOOP_FS_FCHMOD).fd(fd), mode, callback, options)

    def _owner(
        self, record: Record, uid: int, gid: int, callback: Done, options: Options
    ) -> FsOperation:
        record.raw.uid = number(uid, "uid", -1, NOBODY) & NOBODY
        record.raw.gid = number(gid, "gid", -1, NOBODY) & NOBODY
        return self._start(record, callback, options)

    def chown(
        self, path: Path, uid: int, gid: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the owner of a file; -1: leave it as it is.  C: loop_fs_chown"""
        return self._owner(Record(c.LOOP_FS_CHOWN).paths(path), uid, gid, callback, options)

    def lchown(
        self, path: Path, uid: int, gid: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the owner of a symbolic link itself.  C: loop_fs_lchown"""
        return self._owner(Record(c.LOOP_FS_LCHOWN).paths(path), uid, gid, callback, options)

    def fchown(
        self, fd: int, uid: int, gid: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the owner of an open file.  C: loop_fs_fchown"""
        return self._owner(Record(c.LOOP_FS_FCHOWN).fd(fd), uid, gid, callback, options)

    def _times(
        self, record: Record, atime_ns: int, mtime_ns: int, callback: Done, options: Options
    ) -> FsOperation:
        record.raw.atime_ns = number(atime_ns, "atime_ns", -MAX_SIZE, MAX_SIZE)
        record.raw.mtime_ns = number(mtime_ns, "mtime_ns", -MAX_SIZE, MAX_SIZE)
        return self._start(record, callback, options)

    def utimes(
        self, path: Path, atime_ns: int, mtime_ns: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the times of a file: ns since 1970, or libloop.NOW or OMIT.  C: loop_fs_utimes"""
        record = Record(c.LOOP_FS_UTIMES).paths(path)
        return self._times(record, atime_ns, mtime_ns, callback, options)

    def lutimes(
        self, path: Path, atime_ns: int, mtime_ns: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the times of a symbolic link itself.  C: loop_fs_lutimes"""
        record = Record(c.LOOP_FS_LUTIMES).paths(path)
        return self._times(record, atime_ns, mtime_ns, callback, options)

    def futimes(
        self, fd: int, atime_ns: int, mtime_ns: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Set the times of an open file.  C: loop_fs_futimes"""
        record = Record(c.LOOP_FS_FUTIMES).fd(fd)
        return self._times(record, atime_ns, mtime_ns, callback, options)

    def truncate(
        self, path: Path, length: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Cut a file to so many bytes, or fill it with zeros up to them.  C: loop_fs_truncate"""
        record = Record(c.LOOP_FS_TRUNCATE).paths(path)
        record.raw.len = number(length, "length", 0, MAX_SIZE)
        return self._start(record, callback, options)

    def ftruncate(
        self, fd: int, length: int, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """The same for an open file.  C: loop_fs_ftruncate"""
        record = Record(c.LOOP_FS_FTRUNCATE).fd(fd)
        record.raw.len = number(length, "length", 0, MAX_SIZE)
        return self._start(record, callback, options)

    # ---- descriptors --------------------------------------------------------------------------

    def open(
        self,
        path: Path,
        callback: IntDone,
        *,
        flags: str | int = "r",
        mode: int = 0o666,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Open a file; the value is the descriptor, which is yours and close-on-exec.

        Args:
            flags: as in Node "r", "r+", "w", "w+", "a", "a+", with "x" it must not be there yet,
                with "s" ("rs+", "as") each write is on the disk before it ends; or os.O_*.
            mode: permissions of a new file, less the umask.
        Thread: loop.  C: loop_fs_open
        """
        record = Record(c.LOOP_FS_OPEN).paths(path)
        record.raw.open_flags = open_flags(flags)
        record.raw.mode = number(mode, "mode", 0, MAX_MODE)
        return self._start(record, callback, options)

    def close(self, fd: int, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """Close a descriptor. Once it has begun, it is closed, whatever the callback is told;
        cancelled or too late before that, it stays open.  C: loop_fs_close
        """
        return self._fd(c.LOOP_FS_CLOSE, fd, callback, options)

    def _at(self, record: Record, offset: int | None) -> Record:
        record.raw.offset = -1 if offset is None else number(offset, "offset", 0, MAX_SIZE)
        return record

    def read(
        self,
        fd: int,
        length: int,
        callback: BytesDone,
        *,
        offset: int | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Read at most so many bytes; b"" at the end of the file.

        Args:
            offset: where in the file; None: at the current position, which then moves.
        Thread: loop.  C: loop_fs_read
        """
        record = self._at(Record(c.LOOP_FS_READ).fd(fd), offset)
        record.raw.len = number(length, "length", 0, MAX_READ)
        return self._start(record, callback, options, lambda num, payload: payload)

    def read_into(
        self,
        fd: int,
        buffer: Writable,
        callback: IntDone,
        *,
        offset: int | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Read into a bytearray, memoryview, mmap ..., locked until the final event.

        Thread: loop.  C: loop_fs_read_into
        """
        return self.readv(fd, [buffer], callback, offset=offset, **options)

    def readv(
        self,
        fd: int,
        buffers: Sequence[Writable],
        callback: IntDone,
        *,
        offset: int | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """read_into() for several buffers, filled as one.  C: loop_fs_readv"""
        record = self._at(Record(c.LOOP_FS_READV).fd(fd), offset)
        return self._start(record.buffers(buffers), callback, options)

    def write(
        self,
        fd: int,
        data: Readable,
        callback: IntDone,
        *,
        offset: int | None = None,
        borrow: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Write bytes; the value is how many.

        Args:
            offset: where in the file; None: at the current position, which then moves.
            borrow: a bytearray or memoryview is not copied, but locked until the final event.
        Thread: loop.  C: loop_fs_write
        """
        record = self._at(Record(c.LOOP_FS_WRITE).fd(fd), offset)
        return self._start(record.data(data, borrow), callback, options)

    def writev(
        self,
        fd: int,
        pieces: Sequence[Readable],
        callback: IntDone,
        *,
        offset: int | None = None,
        borrow: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """write() for several pieces, written as one.  C: loop_fs_writev"""
        record = self._at(Record(c.LOOP_FS_WRITEV).fd(fd), offset)
        return self._start(record.bufs(pieces, borrow), callback, options)

    def fsync(self, fd: int, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """Bring what was written to the disk.  C: loop_fs_fsync"""
        return self._fd(c.LOOP_FS_FSYNC, fd, callback, options)

    def fdatasync(self, fd: int, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """The same without what only describes the file.  C: loop_fs_fdatasync"""
        return self._fd(c.LOOP_FS_FDATASYNC, fd, callback, options)

    def sendfile(
        self,
        to_fd: int,
        from_fd: int,
        length: int,
        callback: IntDone,
        *,
        to_offset: int | None = None,
        from_offset: int | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Copy from one open file to another; the value is how many bytes.  C: loop_fs_sendfile"""
        record = self._at(Record(c.LOOP_FS_SENDFILE).fd(to_fd), to_offset)
        record.raw.fd2 = descriptor(from_fd)
        if from_offset is not None:
            record.raw.offset2 = number(from_offset, "from_offset", 0, MAX_SIZE)
        record.raw.len = number(length, "length", 0, MAX_SIZE)
        return self._start(record, callback, options)
