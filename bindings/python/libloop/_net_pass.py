# SPDX-License-Identifier: MIT
"""Streams that pass descriptors on, send files, and know who is at the other end."""

import ctypes
import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ._cdef import LOOP_OP_SEND_FILE, LoopCredentials
from ._errors import InvalidError, LoopError, check
from ._handles import FinalCallback
from ._lend import Readable, lend
from ._net_socket import CloseCallback
from ._net_tty import TtyHandle
from ._net_write import Sending, StreamWriteCallback
from ._poll import HasFileno, descriptor_of

if TYPE_CHECKING:
    from ._core import Core

MAX_OFFSET = (1 << 63) - 1


class PeerCredentials(NamedTuple):
    """Who is at the other end of a Unix stream.

    Attributes:
        pid: of the process that connected, or listened; 0: unknown.
        uid, gid: its effective user and group then.
    """

    pid: int
    uid: int
    gid: int


class ReceivedFd:
    """A descriptor that came over a Unix stream: what Stream.on_fd is called with.

    It is closed when that callback has returned or raised, unless detach() has taken it.
    """

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __repr__(self) -> str:
        return f"<libloop.ReceivedFd {self._fd}>"

    def fileno(self) -> int:
        """The number; -1 when it was taken or closed."""
        return self._fd

    def detach(self) -> int:
        """Take it: it is the program's from now on, to be closed, or given to Net.adopt.

        Returns: the number.
        Raises: InvalidError: it was taken or closed.
        """
        fd, self._fd = self._fd, -1
        if fd < 0:
            raise InvalidError("the descriptor was taken or closed")
        return fd

    def close(self) -> None:
        """Close it; nothing happens when it was taken or closed."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


FdCallback = Callable[[ReceivedFd], object]
ErrorCallback = Callable[[LoopError], object]


class FileWrite(Sending):
    """Bytes of a file for a stream: see Stream.send_file.

    Attributes:
        error: how it ended, if it ended with an error; else None.
        sent: bytes that the system has taken, once it has ended.
    """

    __slots__ = ()

    def __init__(
        self,
        stream: "PassingHandle",
        fd: int,
        offset: int,
        length: int,
        callback: StreamWriteCallback | None,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        loop = stream._loop
        super().__init__(loop, callback, on_final)
        loop._submit(
            self,
            LOOP_OP_SEND_FILE,
            0,
            fd,
            stream._id,
            length,
            offset,
            timeout_ms=timeout_ms,
            label=label,
        )
        loop._flush()  # duplicated there: the program may close its own


class PassingHandle(TtyHandle):
    """What a stream can do besides bytes.

    Attributes:
        on_fd: called with a ReceivedFd for each descriptor that came; the stream has to be made
            with `fds`. Without it they are closed.
        on_error: called with what the stream survives: descriptors that are lost because the
            process has no room for them.
    """

    __slots__ = ("on_error", "on_fd")

    def __init__(self, loop: "Core", on_close: CloseCallback | None) -> None:
        super().__init__(loop, on_close)
        self.on_fd: FdCallback | None = None
        self.on_error: ErrorCallback | None = None

    def send_fd(self, fd: int | HasFileno, data: Readable) -> None:
        """Send a descriptor with bytes, in the order of all sends and writes.

        It is duplicated before this returns, so the program may close its own at once. The receiver
        is told of it before the data that has the first of these bytes.

        Args:
            fd: a number, or an object with fileno(), which stays open.
            data: 1 to 2^32-1 bytes, copied.
        Raises:
            BadIdError: it has ended.
            PipeClosedError: after end(), close() or reset().
            InvalidError: no descriptor, or no bytes.
            NotSupportedError: it is no Unix stream.
            SystemCallError: the descriptor is not open, or there is no room for another one.
        Thread: loop.  C: loop_send_fd
        """
        number = descriptor_of(fd)
        self._must_send()
        self._loop._flush()
        lent = lend(data)
        code = self._loop._held.loop_send_fd(self._loop._ptr, self._id, number, lent[0], lent[1])
        check(code, "loop_send_fd")

    def send_file(
        self,
        file: int | HasFileno,
        callback: StreamWriteCallback | None = None,
        *,
        offset: int = 0,
        length: int | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> FileWrite:
        """Send bytes of an open file, then callback(error, sent) when the system has them.

        They keep the order of all sends and writes, and are not copied in the process. When the
        file ends before, `error` is None and `sent` less than `length`. Without a callback an error
        leaves run(), but for CanceledError. An error of the file itself, before anything was sent,
        leaves the stream as it was.

        Args:
            file: a number, or an object with fileno(): a file or block device to be read. It is
                duplicated before this returns; its own position is neither used nor moved.
            offset: bytes, where to begin.
            length: bytes; None: up to the end of the file as it is now (not of a block device).
        Raises:
            BadIdError: it has ended.
            PipeClosedError: after end(), close() or reset().
            InvalidError: no descriptor, or a number out of range.
        Thread: loop.  C: loop_send_file
        """
        fd = descriptor_of(file)
        for name, value in (("offset", offset), ("length", 0 if length is None else length)):
            if not isinstance(value, int) or not 0 <= value <= MAX_OFFSET:
                raise InvalidError(f"{name} {value!r}")
        self._must_send()
        if length is None:
            length = _rest_of(fd, offset)
        if length > MAX_OFFSET - offset:
            raise InvalidError(f"offset {offset} and length {length}")
        return FileWrite(self, fd, offset, length, callback, on_final, timeout_ms, label)

    @property
    def peer_credentials(self) -> PeerCredentials:
        """Who connected a Unix stream, or listened for it, as the system noted it then.

        Raises:
            BadIdError: it has ended.
            NotSupportedError: it is no Unix stream.
            SystemCallError: it has no descriptor (yet).
        Thread: loop.  C: loop_peer_credentials
        """
        self._settle()
        out = LoopCredentials()
        out.size = ctypes.sizeof(LoopCredentials)
        code = self._loop._held.loop_peer_credentials(self._loop._ptr, self._id, ctypes.byref(out))
        check(code, "loop_peer_credentials")
        return PeerCredentials(out.pid, out.uid, out.gid)

    def _fd_came(self, number: int) -> None:
        fd = ReceivedFd(number)
        try:
            if self.on_fd is not None:
                self._loop._call(self.on_fd, fd)
        finally:
            fd.close()

    def _survives(self, error: LoopError) -> None:
        if self.on_error is not None:
            self._loop._call(self.on_error, error)

    def _release(self) -> None:
        super()._release()
        self.on_fd = self.on_error = None


def _rest_of(fd: int, offset: int) -> int:
    """The bytes of a file from `offset` on. Raises: InvalidError, of a block device."""
    try:
        status = os.fstat(fd)
    except OSError:
        return 0  # the library says what it is
    if stat.S_ISBLK(status.st_mode):
        raise InvalidError("a block device needs a length")
    return max(0, status.st_size - offset) if stat.S_ISREG(status.st_mode) else 0
