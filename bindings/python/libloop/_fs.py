# SPDX-License-Identifier: MIT
"""Files, on the "file" lane of the loop's pool: `loop.fs`."""

import codecs
import functools
import os
from collections.abc import Callable
from typing import AnyStr, Unpack, cast, overload

from . import _cdef as c
from ._errors import InvalidError, LoopError
from ._fs_fd import MAX_MODE, MAX_SIZE, BytesDone, Descriptors, Done, IntDone, number
from ._fs_ops import (
    FsOperation,
    ReadDir,
    ReadStream,
    Record,
    WriteStream,
    as_path,
)
from ._lend import Readable
from ._options import Options, Path
from ._stat import DirEntry, Stat, StatFs, stat_of, statfs_of
from ._watch import Watch, WatchCallback

TextDone = Callable[[LoopError | UnicodeDecodeError | None, str | None], object]

MAX_PIECE = 1 << 20

_ACCESS = (
    (os.R_OK, c.LOOP_ACCESS_READ),
    (os.W_OK, c.LOOP_ACCESS_WRITE),
    (os.X_OK, c.LOOP_ACCESS_EXECUTE),
)


class Fs(Descriptors):
    """Operations on files. Each returns a handle and calls callback(error, value) once.

    Paths are str, bytes or os.PathLike; paths that come back have the type of the one that went
    in. Descriptors are plain numbers that are yours, as in Node and os.open. Errors are OSErrors
    with errno, filename and filename2. All take timeout_ms, label and on_final.
    """

    __slots__ = ()

    # ---- whole files --------------------------------------------------------------------------

    @overload
    def read_file(
        self,
        path: Path,
        callback: BytesDone,
        *,
        limit: int = ...,
        encoding: None = ...,
        **options: Unpack[Options],
    ) -> FsOperation: ...

    @overload
    def read_file(
        self,
        path: Path,
        callback: TextDone,
        *,
        limit: int = ...,
        encoding: str,
        **options: Unpack[Options],
    ) -> FsOperation: ...

    def read_file(
        self,
        path: Path,
        callback: BytesDone | TextDone,
        *,
        limit: int = 0,
        encoding: str | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Read a whole file: bytes, or with an encoding str.

        Args:
            limit: bytes, else TooBigError; 0: 2 GiB.
            encoding: of content that is not so encoded the error is a UnicodeDecodeError.
        Thread: loop.  C: loop_fs_read_file
        """
        record = Record(c.LOOP_FS_READ_FILE).paths(path)
        record.raw.limit = number(limit, "limit", 0, MAX_SIZE)
        if encoding is not None:
            try:
                codecs.lookup(encoding)
            except LookupError:
                raise InvalidError(f"encoding {encoding!r}") from None
            callback = functools.partial(_tell_text, cast("TextDone", callback), encoding)
        return self._start(record, callback, options, lambda num, payload: payload)

    def _write_file(
        self,
        what: int,
        path: Path,
        data: Readable | str,
        callback: IntDone,
        mode: int,
        flags: int,
        options: Options,
    ) -> FsOperation:
        record = Record(what, flags).paths(path)
        record.data(data.encode() if isinstance(data, str) else data, False)
        record.raw.mode = number(mode, "mode", 0, MAX_MODE)
        return self._start(record, callback, options)

    def write_file(
        self,
        path: Path,
        data: Readable | str,
        callback: IntDone,
        *,
        mode: int = 0o666,
        exclusive: bool = False,
        atomic: bool = False,
        sync: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Write a whole file; the value is the number of bytes. str is written as UTF-8.

        Args:
            mode: permissions of a new file, less the umask.
            exclusive: ExistsError if it is there.
            atomic: a new file takes the place of the old one when all is written and on the disk;
                on any error the old one stays as it was.
            sync: the data is on the disk when it ends.
        Thread: loop.  C: loop_fs_write_file
        """
        flags = (
            (c.LOOP_FS_EXCL if exclusive else 0)
            | (c.LOOP_FS_ATOMIC if atomic else 0)
            | (c.LOOP_FS_SYNC if sync else 0)
        )
        what = c.LOOP_FS_WRITE_FILE
        return self._write_file(what, path, data, callback, mode, flags, options)

    def append_file(
        self,
        path: Path,
        data: Readable | str,
        callback: IntDone,
        *,
        mode: int = 0o666,
        exclusive: bool = False,
        sync: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Add to the end of a file, made if it is not there.  C: loop_fs_append_file"""
        flags = (c.LOOP_FS_EXCL if exclusive else 0) | (c.LOOP_FS_SYNC if sync else 0)
        what = c.LOOP_FS_APPEND_FILE
        return self._write_file(what, path, data, callback, mode, flags, options)

    def copy_file(
        self,
        path: Path,
        path2: Path,
        callback: IntDone,
        *,
        exclusive: bool = False,
        reflink: bool | None = None,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Copy a file with its permissions; the value is the number of bytes.

        Args:
            exclusive: ExistsError if path2 is there.
            reflink: True: share the blocks or fail with NotSupportedError; None: share them if the
                file system can; False: copy them.
        Thread: loop.  C: loop_fs_copy_file
        """
        flags = c.LOOP_FS_EXCL if exclusive else 0
        if reflink is not False:
            flags |= c.LOOP_FS_REFLINK_ONLY if reflink else c.LOOP_FS_REFLINK
        record = Record(c.LOOP_FS_COPY_FILE, flags).paths(path, path2)
        return self._start(record, callback, options)

    def read_stream(
        self,
        path: Path,
        callback: BytesDone,
        *,
        offset: int = 0,
        length: int = 0,
        piece: int = 0,
        **options: Unpack[Options],
    ) -> ReadStream:
        """Read a file piece by piece: callback(None, bytes) for each, then callback(None, None).

        The handle has pause() and resume().

        Args:
            length: bytes at most; 0: to the end.
            piece: bytes in one piece at most, up to 1 MiB; 0: 64 KiB.
        Thread: loop.  C: loop_fs_read_stream
        """
        record = Record(c.LOOP_FS_READ_STREAM).paths(path)
        record.raw.offset = number(offset, "offset", 0, MAX_SIZE)
        record.raw.len = number(length, "length", 0, MAX_SIZE - offset)
        record.raw.limit = number(piece, "piece", 0, MAX_PIECE)
        self._loop._enter()
        return ReadStream(self._loop, record, callback, **options)

    def write_stream(
        self,
        path: Path,
        callback: IntDone,
        *,
        mode: int = 0o666,
        exclusive: bool = False,
        append: bool = False,
        atomic: bool = False,
        sync: bool = False,
        **options: Unpack[Options],
    ) -> WriteStream:
        """Write a file piece by piece: the handle is a Flow with write() and end().

        The callback gets the number of bytes in the end. The other arguments are those of
        write_file; append, which atomic excludes, adds to the end.
        Thread: loop.  C: loop_fs_write_stream
        """
        flags = (
            (c.LOOP_FS_EXCL if exclusive else 0)
            | (c.LOOP_FS_APPEND if append else 0)
            | (c.LOOP_FS_ATOMIC if atomic else 0)
            | (c.LOOP_FS_SYNC if sync else 0)
        )
        if append and atomic:
            raise InvalidError("append and atomic")
        record = Record(c.LOOP_FS_WRITE_STREAM, flags).paths(path)
        record.raw.mode = number(mode, "mode", 0, MAX_MODE)
        self._loop._enter()
        return WriteStream(self._loop, record, callback, **options)

    # ---- what is known ------------------------------------------------------------------------

    def stat(
        self,
        path: Path,
        callback: Callable[[LoopError | None, Stat | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """What is known of a file; a symbolic link is followed.  C: loop_fs_stat"""
        return self._path(c.LOOP_FS_STAT, path, callback, options, stat_of)

    def lstat(
        self,
        path: Path,
        callback: Callable[[LoopError | None, Stat | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """What is known of a file or symbolic link.  C: loop_fs_lstat"""
        return self._path(c.LOOP_FS_LSTAT, path, callback, options, stat_of)

    def fstat(
        self,
        fd: int,
        callback: Callable[[LoopError | None, Stat | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """What is known of an open file.  C: loop_fs_fstat"""
        return self._fd(c.LOOP_FS_FSTAT, fd, callback, options, stat_of)

    def statfs(
        self,
        path: Path,
        callback: Callable[[LoopError | None, StatFs | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """What is known of the file system of a path.  C: loop_fs_statfs"""
        return self._path(c.LOOP_FS_STATFS, path, callback, options, statfs_of)

    def access(
        self, path: Path, callback: Done, *, mode: int = os.F_OK, **options: Unpack[Options]
    ) -> FsOperation:
        """Whether this process may use a file: no error is a yes.

        Args:
            mode: os.F_OK, or os.R_OK, os.W_OK and os.X_OK together.
        Thread: loop.  C: loop_fs_access
        """
        record = Record(c.LOOP_FS_ACCESS).paths(path)
        number(mode, "mode", 0, os.R_OK | os.W_OK | os.X_OK)
        record.raw.mode = sum(ours for bit, ours in _ACCESS if mode & bit)
        return self._start(record, callback, options)

    # ---- folders ------------------------------------------------------------------------------

    def _list(
        self,
        path: AnyStr | os.PathLike[AnyStr],
        callback: Callable[..., object],
        streams: bool,
        options: Options,
    ) -> ReadDir:
        record = Record(c.LOOP_FS_READDIR).paths(path)
        self._loop._enter()
        return ReadDir(self._loop, record, callback, os.fspath(path), streams, **options)

    def readdir(
        self,
        path: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, list[DirEntry[AnyStr]] | None], object],
        **options: Unpack[Options],
    ) -> ReadDir:
        """The entries of a folder, in no order.  C: loop_fs_readdir"""
        return self._list(path, callback, False, options)

    def scandir(
        self,
        path: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, list[DirEntry[AnyStr]] | None], object],
        **options: Unpack[Options],
    ) -> ReadDir:
        """The same in parts: callback(None, entries) several times, then callback(None, None)."""
        return self._list(path, callback, True, options)

    def mkdir(
        self,
        path: Path,
        callback: Callable[[LoopError | None, str | bytes | None], object],
        *,
        mode: int = 0o777,
        recursive: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Make a folder; recursive: those above it, too, and the value is the first one made.

        Thread: loop.  C: loop_fs_mkdir
        """
        record = Record(c.LOOP_FS_MKDIR, c.LOOP_FS_RECURSIVE if recursive else 0).paths(path)
        record.raw.mode = number(mode, "mode", 0, MAX_MODE)
        made = as_path(path)
        return self._start(
            record, callback, options, lambda num, payload: made(num, payload) if payload else None
        )

    def mkdtemp(
        self,
        prefix: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, AnyStr | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """Make a folder named prefix and six random characters.  C: loop_fs_mkdtemp"""
        return self._path(c.LOOP_FS_MKDTEMP, prefix, callback, options, as_path(prefix))

    def mkstemp(
        self,
        prefix: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, tuple[int, AnyStr] | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """Make and open such a file: callback(None, (fd, path)).  C: loop_fs_mkstemp"""
        path = as_path(prefix)
        return self._path(
            c.LOOP_FS_MKSTEMP,
            prefix,
            callback,
            options,
            lambda num, payload: (num, path(num, payload)),
        )

    # ---- names --------------------------------------------------------------------------------

    def unlink(self, path: Path, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """Take the name of a file or link away.  C: loop_fs_unlink"""
        return self._path(c.LOOP_FS_UNLINK, path, callback, options)

    def rmdir(self, path: Path, callback: Done, **options: Unpack[Options]) -> FsOperation:
        """Take an empty folder away.  C: loop_fs_rmdir"""
        return self._path(c.LOOP_FS_RMDIR, path, callback, options)

    def remove(
        self,
        path: Path,
        callback: IntDone,
        *,
        recursive: bool = False,
        force: bool = False,
        **options: Unpack[Options],
    ) -> FsOperation:
        """Take a file, link or folder away; the value says how many. Links are never followed.

        Args:
            recursive: a folder with all that is in it.
            force: no error if path is not there.
        Thread: loop.  C: loop_fs_remove
        """
        flags = (c.LOOP_FS_RECURSIVE if recursive else 0) | (c.LOOP_FS_FORCE if force else 0)
        return self._start(Record(c.LOOP_FS_REMOVE, flags).paths(path), callback, options)

    def rename(
        self, path: Path, path2: Path, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Give a file another name; what has that name is replaced.  C: loop_fs_rename"""
        return self._path(c.LOOP_FS_RENAME, path, callback, options, None, path2)

    def link(
        self, path: Path, path2: Path, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Give the file at path the further name path2.  C: loop_fs_link"""
        return self._path(c.LOOP_FS_LINK, path, callback, options, None, path2)

    def symlink(
        self, target: Path, path: Path, callback: Done, **options: Unpack[Options]
    ) -> FsOperation:
        """Make path a symbolic link that says target.  C: loop_fs_symlink"""
        return self._path(c.LOOP_FS_SYMLINK, target, callback, options, None, path)

    def readlink(
        self,
        path: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, AnyStr | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """What a symbolic link says.  C: loop_fs_readlink"""
        return self._path(c.LOOP_FS_READLINK, path, callback, options, as_path(path))

    def realpath(
        self,
        path: AnyStr | os.PathLike[AnyStr],
        callback: Callable[[LoopError | None, AnyStr | None], object],
        **options: Unpack[Options],
    ) -> FsOperation:
        """The absolute path without links, "." and "..".  C: loop_fs_realpath"""
        return self._path(c.LOOP_FS_REALPATH, path, callback, options, as_path(path))

    # ---- watching -----------------------------------------------------------------------------

    def watch(
        self,
        path: Path,
        callback: WatchCallback,
        *,
        recursive: bool = False,
        events: int | None = None,
        poll_ms: float | None = None,
        **options: Unpack[Options],
    ) -> Watch:
        """Watch a file or folder; callback(error, change) for each change, see Change.

        The first change is of kind READY: from then on everything is told. It ends with
        NotFoundError when what is watched is gone, and with an error when it cannot be watched.

        Args:
            path: a file or a folder.
            recursive: with all folders below it, those to come included.
            events: which of ChangeKind.CREATED, DELETED, MODIFIED, ATTRIBUTES and RENAMED to tell;
                default: all.
            poll_ms: look again after this long instead of being told by the system: for network
                file systems, FUSE and /proc.
        Thread: loop.  C: loop_watch
        """
        self._loop._enter()
        return Watch(self._loop, path, callback, recursive, events, poll_ms, **options)


def _tell_text(
    callback: TextDone, encoding: str, error: LoopError | None, content: bytes | None
) -> None:
    """The callback of a read_file whose content is to be text."""
    broken: UnicodeDecodeError | None = None
    text: str | None = None
    if content is not None:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as undecodable:
            broken = undecodable
    callback(error or broken, text)
