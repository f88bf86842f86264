# SPDX-License-Identifier: MIT
"""What streams carry besides bytes: descriptors to other processes, who these are, and files."""

import ctypes
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ._cdef import LOOP_OP_SEND_FILE, LoopCredentials
from ._errors import InvalidError, LoopError, check
from ._handles import FinalCallback, Operation
from ._lend import Readable, bytes_of
from ._net_socket import MAX_U32, CloseCallback, SendingHandle
from ._net_write import StreamWrite, StreamWriteCallback, only_news
from ._poll import HasFileno, descriptor_of

if TYPE_CHECKING:
    from ._core import Core

MAX_OFFSET = (1 << 63) - 1

FdCallback = Callable[[LoopError | None, int], object]


class Credentials(NamedTuple):
    """Who is at the other end of a Unix stream: the process, and its user and group then.

    pid is 0 where the system does not tell it.
    """

    pid: int
    uid: int
    gid: int


class PassingHandle(SendingHandle):
    """What a stream can carry besides bytes.

    Attributes:
        on_fd: called as on_fd(error, fd) for each descriptor that comes to a Unix stream made with
            `fds`, before the data with the byte that it was sent with. `fd` is the program's from
            then on: to be closed, or handed to adopt(). SystemCallError (EMFILE), with `fd` -1:
            some came for which the process had no room. Without on_fd all are closed.
    """

    __slots__ = ("on_fd",)

    def __init__(self, loop: "Core", on_close: CloseCallback | None) -> None:
        super().__init__(loop, on_close)
        self.on_fd: FdCallback | None = None

    def send_fd(self, fd: int | HasFileno, data: Readable) -> None:
        """Send a descriptor with bytes, in the order of all sends and writes of a Unix stream.

        It is duplicated before this returns, so the program may close its own at once.

        Args:
            fd: a number, or an object with fileno().
            data: the bytes, at least one; the descriptor goes with the first.
        Raises:
            BadIdError: the stream has ended.
            PipeClosedError: after end(), close() or reset().
            NotSupportedError: it is no Unix stream.
            SystemCallError: `fd` is not open (EBADF), or none is left (EMFILE).
            InvalidError: no descriptor; no bytes, none of them, or 4 GiB or more.
        Thread: loop.  C: loop_send_fd
        """
        self._must_send()
        number = descriptor_of(fd)
        data = bytes_of(data, "data")
        if not 1 <= len(data) <= MAX_U32:
            raise InvalidError(f"{len(data)} bytes")
        loop = self._loop
        loop._flush()
        code = loop._held.loop_send_fd(loop._ptr, self._id, number, data, len(data))
        check(code, "loop_send_fd")

    def send_file(
        self,
        file: int | HasFileno,
        callback: StreamWriteCallback | None = None,
        *,
        offset: int = 0,
        count: int | None = None,
        timeout_ms: float | None = None,
        label: str | None = None,
        on_final: FinalCallback | None = None,
    ) -> StreamWrite:
        """Send bytes of an open file, then callback(error, sent) when the system has them.

        They go in the order of all sends and writes, and are not copied in this process where the
        system can do so. When the file ends before `count` bytes the error is None and `sent` less.
        Cancelling and deadlines work as with write(). Without a callback an error leaves run(), but
        for CanceledError.

        Args:
            file: a file or block device, as a number or an object with fileno(); its own position
                is neither used nor moved. It may be closed as soon as this returns.
            offset: where in the file to begin, in bytes.
            count: bytes; None: to where the file ends now.
        Raises:
            BadIdError: the stream has ended.
            PipeClosedError: after end(), close() or reset().
            InvalidError: no descriptor, or a number out of range.
        Thread: loop.  C: loop_send_file
        """
        self._must_send()
        number = descriptor_of(file)
        if not isinstance(offset, int) or not 0 <= offset <= MAX_OFFSET:
            raise InvalidError(f"offset {offset!r}")
        if count is None:
            count = max(0, _size(number) - offset)
        if not isinstance(count, int) or not 0 <= count <= MAX_OFFSET - offset:
            raise InvalidError(f"count {count!r}")
        return StreamFile(self, number, offset, count, callback, on_final, timeout_ms, label)

    @property
    def peer_credentials(self) -> Credentials:
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
        return Credentials(out.pid, out.uid, out.gid)

    def _came(self, fd: int) -> None:
        """A descriptor."""
        if self.on_fd is None:
            os.close(fd)
        else:
            self._loop._call(self.on_fd, None, fd)

    def _lost(self, error: LoopError) -> None:
        """Some came for which there was no room."""
        if self.on_fd is not None:
            self._loop._call(self.on_fd, error, -1)

    def _release(self) -> None:
        super()._release()
        self.on_fd = None


class StreamFile(StreamWrite):
    """Bytes of a file for a stream: see Stream.send_file."""

    __slots__ = ()

    def __init__(
        self,
        stream: SendingHandle,
        fd: int,
        offset: int,
        count: int,
        callback: StreamWriteCallback | None,
        on_final: FinalCallback | None,
        timeout_ms: float | None,
        label: str | None,
    ) -> None:
        loop = stream._loop
        Operation.__init__(self, loop, callback or only_news, on_final)
        self._lent = None
        self.sent = 0
        loop._submit(
            self,
            LOOP_OP_SEND_FILE,
            0,
            fd,
            stream._id,
            count,
            offset,
            timeout_ms=timeout_ms,
            label=label,
        )
        loop._flush()  # it is duplicated now


def _size(fd: int) -> int:
    try:
        return os.fstat(fd).st_size
    except OSError:
        return 0  # the final event says what is wrong with it
