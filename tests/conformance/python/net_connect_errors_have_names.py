# SPDX-License-Identifier: MIT
"""What cannot be connected to, or listened on, ends with an error that has a name, an errno, and
the operation in its text."""

import errno
import os
import tempfile
from collections.abc import Callable

from conformance import from_environment, run_and_close, say
from net_common import Party, listen_with

import libloop
from libloop import LoopError

loop = libloop.Loop()
net = loop.net


def ask(name: str, start: Callable[[Callable[..., object]], object]) -> None:
    ended: list[LoopError | None] = []

    def end(error: LoopError | None, *_: object) -> None:
        ended.append(error)
        assert error is not None
        number = errno.errorcode[error.os_errno]
        say(f'{name}: {error.name}, errno {number}, "{error.text.split(" ")[0]} ..."')

    try:
        start(end)
    except LoopError as error:
        say(f"{name}: {error.name} at once")
        return
    while not ended:
        loop.run_once()


def nobody(*_: object) -> None:
    """Nobody is expected."""


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    refused = int(from_environment("CONFORMANCE_REFUSED").rstrip("/").rpartition(":")[2])
    made = listen_with(loop, Party("listener"), nobody)
    port = made.address.port
    ask("nobody listens", lambda end: net.connect("127.0.0.1", refused, end))
    ask("a port in use", lambda end: net.listen("127.0.0.1", port, nobody, on_close=end))
    ask("an address of others", lambda end: net.listen("192.0.2.1", 0, nobody, on_close=end))
    ask("no such path", lambda end: net.connect_unix("nothing", end))
    ask("no such folder", lambda end: net.listen_unix("no/folder", nobody, on_close=end))
    ask("a path that is too long", lambda end: net.connect_unix("x" * 199, end))
    ask("port 0", lambda end: net.connect("127.0.0.1", 0, end))
    ask("port 65536", lambda end: net.connect("127.0.0.1", 65536, end))
    made.clear()
    run_and_close(loop)
    os.chdir("/")
