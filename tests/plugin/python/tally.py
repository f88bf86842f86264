# SPDX-License-Identifier: MIT
"""Tally: a module by a third party.

It adds one kind of job (counting words on a thread) and one descriptor event (a line has arrived)
to any loop, with nothing but libloop's public API.
"""

import socket
from collections.abc import Callable

from libloop import READABLE, Job, Loop, LoopError, Poll

WordsCallback = Callable[[BaseException | None, int | None], object]
LineCallback = Callable[[str | None], object]


class ControlCharacterError(ValueError):
    """A text has a control character."""


def count_words(text: str) -> int:
    """The number of words in a text. Raises: ControlCharacterError."""
    for at, character in enumerate(text):
        if character < " ":
            raise ControlCharacterError(f"tally {text[:at]}")
    return len(text.split())


def words(loop: Loop, text: str, callback: WordsCallback) -> Job:
    """Count the words of a text on a thread, then callback(error, count)."""
    return loop.run_job(count_words, text, callback=callback)


class Lines:
    """Calls back with each line that arrives on a socket, and once with None at its end.

    The socket is the module's until then.
    """

    def __init__(self, loop: Loop, stream: socket.socket, callback: LineCallback) -> None:
        stream.setblocking(False)
        self._stream = stream
        self._callback = callback
        self._buffer = b""
        self._poll: Poll = loop.poll_fd(
            stream, READABLE, self._ready, label="Lines", on_final=self._final
        )

    def _ready(self, error: LoopError | None, _ready: int) -> None:
        if error is None and not self._read():
            self._poll.cancel()

    def _final(self, _error: LoopError | None) -> None:
        self._stream.close()
        self._callback(None)

    def _read(self) -> bool:
        """Read what is there and hand on each line. Returns whether more may come."""
        while True:
            try:
                piece = self._stream.recv(256)
            except BlockingIOError:
                return True
            except OSError:
                return False
            *lines, self._buffer = (self._buffer + piece).split(b"\n")
            if not piece and self._buffer:
                lines.append(self._buffer)
            for line in lines:
                self._callback(line.decode(errors="replace"))
            if not piece:
                return False
