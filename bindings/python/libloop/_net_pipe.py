# SPDX-License-Identifier: MIT
"""The calls of `loop.net` for pipes, files and the standard streams."""

import ctypes
from typing import TYPE_CHECKING, Unpack

from . import _load
from ._cdef import LOOP_NET_UNIX, LOOP_NET_UNIX_DGRAM
from ._errors import check
from ._net_socket import StreamOptions
from ._net_stream import Stream, StreamCallback
from ._net_tty import tty_reset

if TYPE_CHECKING:
    from ._core import Core


class NetPipes:
    """The part of Net for pipes and the standard streams."""

    _loop: "Core"

    @staticmethod
    def pipe() -> tuple[int, int]:
        """Make a pipe: the descriptors of the end to read and of the end to write.

        Both are non-blocking and not inherited; close them, or give them to adopt().

        Raises:
            SystemCallError: no descriptors are left.
        Thread: any.  C: loop_pipe
        """
        ends = (ctypes.c_int32 * 2)()
        check(_load.library().held.loop_pipe(ends), "loop_pipe")
        return ends[0], ends[1]

    @staticmethod
    def socketpair(*, datagrams: bool = False) -> tuple[int, int]:
        """The same with two connected Unix sockets, of streams or of datagrams.

        Thread: any.  C: loop_socketpair
        """
        ends = (ctypes.c_int32 * 2)()
        type_ = LOOP_NET_UNIX_DGRAM if datagrams else LOOP_NET_UNIX
        check(_load.library().held.loop_socketpair(type_, ends), "loop_socketpair")
        return ends[0], ends[1]

    def stdin(
        self, callback: StreamCallback | None = None, **options: Unpack[StreamOptions]
    ) -> Stream:
        """Descriptor 0 as a stream, whatever it is; the descriptor stays the program's.

        What sys.stdin has read ahead is not seen. So with stdout() and stderr(): flush first what
        sys.stdout holds back.  Thread: loop.  C: loop_adopt with LOOP_NET_KEEP
        """
        return self._standard(0, callback, options)

    def stdout(
        self, callback: StreamCallback | None = None, **options: Unpack[StreamOptions]
    ) -> Stream:
        """Descriptor 1: see stdin()."""
        return self._standard(1, callback, options)

    def stderr(
        self, callback: StreamCallback | None = None, **options: Unpack[StreamOptions]
    ) -> Stream:
        """Descriptor 2: see stdin()."""
        return self._standard(2, callback, options)

    def _standard(self, fd: int, callback: StreamCallback | None, options: StreamOptions) -> Stream:
        return self.adopt(fd, callback, **{**options, "keep": True})  # type: ignore[attr-defined,no-any-return]

    @staticmethod
    def tty_reset() -> None:
        """Put back the modes of all terminals of all loops.  Thread: any.  C: loop_tty_reset"""
        tty_reset()
