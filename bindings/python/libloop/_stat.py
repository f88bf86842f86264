# SPDX-License-Identifier: MIT
"""What is known of files, file systems and the entries of folders, as the library lays it out."""

import enum
import os
import struct
import sys
from typing import AnyStr, Generic, NamedTuple, cast

from ._cdef import (
    LOOP_STAT_ATTRIBUTES,
    LOOP_STAT_BIRTHTIME,
    LOOP_STAT_MOUNT_ID,
    LOOP_TYPE_BLOCK,
    LOOP_TYPE_CHAR,
    LOOP_TYPE_DIR,
    LOOP_TYPE_FIFO,
    LOOP_TYPE_FILE,
    LOOP_TYPE_LINK,
    LOOP_TYPE_SOCKET,
    LOOP_TYPE_UNKNOWN,
)

# loop_stat_t, loop_statfs_t, loop_dirent_t. Newer libraries may append fields.
STAT = struct.Struct("<8Q4q6I")
STATFS = struct.Struct("<10Q")
DIRENT = struct.Struct("<QIHH")

_FS_ENCODING = sys.getfilesystemencoding()
_FS_ERRORS = sys.getfilesystemencodeerrors()


class FileType(enum.IntEnum):
    """LOOP_TYPE_*"""

    UNKNOWN = LOOP_TYPE_UNKNOWN
    FILE = LOOP_TYPE_FILE
    DIR = LOOP_TYPE_DIR
    LINK = LOOP_TYPE_LINK
    FIFO = LOOP_TYPE_FIFO
    SOCKET = LOOP_TYPE_SOCKET
    CHAR = LOOP_TYPE_CHAR
    BLOCK = LOOP_TYPE_BLOCK


# By their numbers: the quick way from one to the other.
_TYPES = tuple(sorted(FileType))


def type_of(number: int) -> FileType:
    """The type of a number; one that a newer library knows is UNKNOWN here."""
    return _TYPES[number] if number < len(_TYPES) else FileType.UNKNOWN


class Typed:
    """What has the type of a file."""

    __slots__ = ()

    type: FileType

    def is_file(self) -> bool:
        """A regular file."""
        return self.type is FileType.FILE

    def is_dir(self) -> bool:
        """A folder."""
        return self.type is FileType.DIR

    def is_symlink(self) -> bool:
        """A symbolic link."""
        return self.type is FileType.LINK

    def is_fifo(self) -> bool:
        """A pipe with a name."""
        return self.type is FileType.FIFO

    def is_socket(self) -> bool:
        """A socket with a name."""
        return self.type is FileType.SOCKET

    def is_char_device(self) -> bool:
        """A device of characters, such as a terminal."""
        return self.type is FileType.CHAR

    def is_block_device(self) -> bool:
        """A device of blocks, such as a disk."""
        return self.type is FileType.BLOCK


# Named tuples, because to make a frozen dataclass costs more than all the rest of an answer.


class _StatFields(NamedTuple):
    size: int
    ino: int
    dev: int
    rdev: int
    nlink: int
    blocks: int
    block_size: int
    mount_id: int | None
    atime_ns: int
    mtime_ns: int
    ctime_ns: int
    birthtime_ns: int | None
    type: FileType
    mode: int
    uid: int
    gid: int
    attributes: int | None


class Stat(Typed, _StatFields):
    """What is known of a file. Times are nanoseconds since 1970-01-01 UTC, `*time` seconds.

    Attributes:
        size: bytes.
        ino, dev: together which file it is.
        rdev: of a device.
        nlink: names it has.
        blocks: 512 bytes each: what it takes on the disk.
        block_size: bytes that are good for reading and writing.
        mount_id: None: not known.
        atime_ns: last read.
        mtime_ns: last change of the content.
        ctime_ns: last change of content, mode, owner or names.
        birthtime_ns: None: not known.
        type: a FileType; `is_file()` and the like ask for it.
        mode: type and permissions, as st_mode; see the module `stat`.
        uid, gid: its owner.
        attributes: LOOP_ATTR_*; None: not known.
    """

    __slots__ = ()

    @property
    def permissions(self) -> int:
        """The mode without the type: 0..0o7777."""
        return self.mode & 0o7777

    @property
    def atime(self) -> float:
        """Seconds."""
        return self.atime_ns / 1e9

    @property
    def mtime(self) -> float:
        """Seconds."""
        return self.mtime_ns / 1e9

    @property
    def ctime(self) -> float:
        """Seconds."""
        return self.ctime_ns / 1e9

    @property
    def birthtime(self) -> float | None:
        """Seconds."""
        return None if self.birthtime_ns is None else self.birthtime_ns / 1e9


class StatFs(NamedTuple):
    """What is known of a file system.

    Attributes:
        type: the system's number for its kind.
        block_size: bytes of a block.
        blocks, blocks_free: all, and those without data.
        blocks_available: of those, for who is not root.
        files, files_free: inodes; 0: without limit.
        id: tells file systems apart.
        name_max: bytes of the longest name.
        flags: of the mount, as f_flags.
    """

    type: int
    block_size: int
    blocks: int
    blocks_free: int
    blocks_available: int
    files: int
    files_free: int
    id: int
    name_max: int
    flags: int


class _EntryFields(NamedTuple, Generic[AnyStr]):
    name: AnyStr
    type: FileType
    ino: int
    folder: AnyStr


class DirEntry(Typed, _EntryFields[AnyStr]):
    """An entry of a folder.

    Attributes:
        name: str or bytes, as the path of the folder was.
        type: a FileType; `is_file()` and the like ask for it. UNKNOWN where the file system does
            not say.
        ino: which file it is, within its file system.
        folder: the path that was asked for.
    """

    __slots__ = ()

    @property
    def path(self) -> AnyStr:
        """folder and name."""
        return os.path.join(self.folder, self.name)


def stat_of(num: int, payload: bytes) -> Stat:
    """The value of stat, lstat and fstat."""
    fields = STAT.unpack_from(payload)
    known = fields[16]
    return Stat._make(
        (
            *fields[:7],
            fields[7] if known & LOOP_STAT_MOUNT_ID else None,
            *fields[8:11],
            fields[11] if known & LOOP_STAT_BIRTHTIME else None,
            type_of(fields[12]),
            *fields[13:16],
            fields[17] if known & LOOP_STAT_ATTRIBUTES else None,
        )
    )


def statfs_of(num: int, payload: bytes) -> StatFs:
    """The value of statfs."""
    return StatFs._make(STATFS.unpack_from(payload))


def entries_of(folder: AnyStr, payload: bytes) -> list[DirEntry[AnyStr]]:
    """The entries in an event of readdir."""
    as_text = isinstance(folder, str)
    found: list[DirEntry[AnyStr]] = []
    at = 0
    while at < len(payload):
        ino, number, size, length = DIRENT.unpack_from(payload, at)
        begin = at + DIRENT.size
        name = payload[begin : begin + length]
        shown = name.decode(_FS_ENCODING, _FS_ERRORS) if as_text else name
        found.append(DirEntry(cast("AnyStr", shown), type_of(number), ino, folder))
        at += size
    return found
