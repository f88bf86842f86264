# SPDX-License-Identifier: MIT
"""Ctrl-C while a loop runs in the main thread.

Python's own handler of SIGINT only notes the signal; KeyboardInterrupt is raised when the main
thread is back in Python. Two things are needed to make that soon and safe:

  - The sleeping loop must wake. The C part of Python's handler writes a byte to the wake-up
    descriptor, so that is a socket pair whose other end the loop polls. A signal that comes just
    before the sleep is caught like one that comes during it.
  - The exception must not fall between two steps of the binding, where it would lose an event. So
    while a loop runs, SIGINT's handler (if it is Python's own) is one that raises at once inside
    the program's callbacks and otherwise has the loop raise at its next step.

Both are put back when the run ends; the host's wake-up descriptor keeps getting its bytes.
"""

import contextlib
import os
import signal
import socket
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from ._cdef import LOOP_OP_POLL_FD, LOOP_OPF_QUIET, LOOP_OPF_UNREF, LOOP_READABLE
from ._handles import Handle

if TYPE_CHECKING:
    from ._core import Core

BYTES = 4096


def in_main_thread() -> bool:
    """Says whether this thread is the one that runs signal handlers."""
    return threading.current_thread() is threading.main_thread()


class Wakeup(Handle):
    """The binding's own descriptor in the loop: not referenced, not traced."""

    __slots__ = ("_guard",)

    def __init__(self, loop: "Core", guard: "Guard") -> None:
        super().__init__(loop, _never, (), None)
        self._guard = guard
        loop._submit(
            self,
            LOOP_OP_POLL_FD,
            LOOP_OPF_UNREF | LOOP_OPF_QUIET,
            LOOP_READABLE,
            arg=guard.reader.fileno(),
        )

    def _event(self, status: int, flags: int, num: int, payload: bytes, aux: int) -> None:
        if status == 0:
            self._guard.forward()


def _never() -> None:
    """A Wakeup has no callback."""


class Guard:
    """What a loop puts in place for its runs in the main thread."""

    def __init__(self, loop: "Core") -> None:
        self._loop = loop
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)
        self._host_fd = -1
        self._host_handler: Any = None
        self._ours = False
        self._sleeps = False
        Wakeup(loop, self)

    def close(self) -> None:
        """After the loop has let go of the descriptor."""
        self.reader.close()
        self._writer.close()

    def enter(self, sleeps: bool) -> None:
        """Before a run in the main thread. sleeps: there may be a sleep to end."""
        # Python refuses in threads it does not count as its main one (sub-interpreters).
        with contextlib.suppress(ValueError):
            self._sleeps = sleeps
            if sleeps:
                number = self._writer.fileno()
                self._host_fd = signal.set_wakeup_fd(number, warn_on_full_buffer=False)
            handler = signal.getsignal(signal.SIGINT)
            outer = getattr(handler, "__self__", None)
            self._ours = handler is signal.default_int_handler or isinstance(outer, Guard)
            if self._ours:
                self._host_handler = handler
                signal.signal(signal.SIGINT, self._on_sigint)

    def leave(self) -> None:
        """After it. Does not touch what the program itself has put in place meanwhile."""
        with contextlib.suppress(ValueError, OSError):
            if self._ours and signal.getsignal(signal.SIGINT) == self._on_sigint:
                signal.signal(signal.SIGINT, self._host_handler)
            self._ours = False
            if not self._sleeps:
                return
            present = signal.set_wakeup_fd(-1)
            self.forward()
            if present != self._writer.fileno():
                signal.set_wakeup_fd(present)
            elif self._host_fd >= 0:
                signal.set_wakeup_fd(self._host_fd)
            self._host_fd = -1

    def _on_sigint(self, number: int, frame: FrameType | None) -> None:
        loop = self._loop
        if loop._calling:
            raise KeyboardInterrupt
        loop._interrupted = True
        loop._attention = True

    def forward(self) -> None:
        """Takes the bytes of signals out and gives them to whom they were meant for."""
        with contextlib.suppress(BlockingIOError):
            while data := self.reader.recv(BYTES):
                if self._host_fd >= 0:
                    # A full or closed end would have lost the bytes without us, too.
                    with contextlib.suppress(OSError):
                        os.write(self._host_fd, data)
