# SPDX-License-Identifier: MIT
"""Streams over a path and over an abstract name. The path is there while somebody listens, and a
second listener is refused it."""

import os
import tempfile

from conformance import run_and_close, say
from net_common import Party, take_one

import libloop


def talk(name: str) -> None:
    loop = libloop.Loop()
    server, client = Party("server"), Party("client")
    listener, second = Party("listener"), Party("second")
    made = loop.net.listen_unix(name, take_one(server, listener), on_close=listener.closed)
    listener.socket = made
    # An abstract name has this process in it.
    made.on_open = lambda made: say(f"listener: {str(made.address)[:12]}")
    loop.run_once()
    loop.net.listen_unix(name, take_one(server, second), on_close=second.closed)
    while not second.heard:
        loop.run_once()
    if name[0] != "\0":
        say(f"the path: {'there' if os.path.exists(name) else 'gone'}")
    stream = loop.net.connect_unix(name)
    client.hear(stream)
    stream.send(b"hello")
    stream.close()
    run_and_close(loop)
    if name[0] != "\0":
        say(f"the path: {'there' if os.path.exists(name) else 'gone'}")
    second.say()
    server.say()


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    talk("a-path.sock")
    talk(f"\0conformance-{os.getpid()}")
    os.chdir("/")
