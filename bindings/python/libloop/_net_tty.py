# SPDX-License-Identifier: MIT
"""Terminals: modes and sizes."""

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

from . import _load
from ._cdef import LOOP_TTY_IO, LOOP_TTY_NORMAL, LOOP_TTY_RAW
from ._errors import InvalidError, check
from ._net_pass import PassingHandle
from ._net_socket import CloseCallback

if TYPE_CHECKING:
    from ._core import Core

TtyMode = Literal["normal", "raw", "io"]
MODES: dict[str, int] = {"normal": LOOP_TTY_NORMAL, "raw": LOOP_TTY_RAW, "io": LOOP_TTY_IO}
MAX_U32 = (1 << 32) - 1


class TtySize(NamedTuple):
    """The size of a terminal in characters."""

    columns: int
    rows: int


ResizeCallback = Callable[[TtySize], object]


class TtyHandle(PassingHandle):
    """What a stream can do when it is a terminal.

    Attributes:
        on_resize: called with the new TtySize when the terminal's size has changed; tty_size() must
            have been called.
    """

    __slots__ = ("on_resize",)

    def __init__(self, loop: "Core", on_close: CloseCallback | None) -> None:
        super().__init__(loop, on_close)
        self.on_resize: ResizeCallback | None = None

    def tty_mode(self, mode: TtyMode) -> None:
        """Set the mode of a terminal: "raw", "io" or "normal" (as it was before).

        "raw" gives each key at once, without echo and signals; with "io" nothing is translated in
        either direction. What the mode was is put back when the stream has ended, by tty_reset(),
        and when the process exits; but not when a signal kills it.

        Raises:
            BadIdError: it has ended.
            InvalidError: no such mode.
            NotSupportedError: it is no terminal.
        Thread: loop.  C: loop_tty_mode
        """
        if mode not in MODES:
            raise InvalidError(f"mode {mode!r}")
        self._settle()
        code = self._loop._held.loop_tty_mode(self._loop._ptr, self._id, MODES[mode])
        check(code, "loop_tty_mode")

    def tty_size(self) -> TtySize:
        """The size of a terminal. From then on on_resize is called when it changes.

        The first call for a loop installs a handler for SIGWINCH, which calls the one that was
        there. One that the program sets later takes its place.

        Raises:
            BadIdError: it has ended.
            NotSupportedError: it is no terminal.
        Thread: loop.  C: loop_tty_size
        """
        self._settle()
        columns, rows = ctypes.c_uint32(), ctypes.c_uint32()
        code = self._loop._held.loop_tty_size(
            self._loop._ptr, self._id, ctypes.byref(columns), ctypes.byref(rows)
        )
        check(code, "loop_tty_size")
        return TtySize(columns.value, rows.value)

    def _resized(self, num: int) -> None:
        if self.on_resize is not None:
            self._loop._call(self.on_resize, TtySize(num >> 32 & MAX_U32, num & MAX_U32))

    def _release(self) -> None:
        super()._release()
        self.on_resize = None


def tty_reset() -> None:
    """Put back the modes of all terminals of all loops.

    Raises:
        SystemCallError: the system's first error.
    Thread: any.  C: loop_tty_reset
    """
    check(_load.library().held.loop_tty_reset(), "loop_tty_reset")
