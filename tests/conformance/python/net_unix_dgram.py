# SPDX-License-Identifier: MIT
"""Unix datagrams have paths: a sender without one cannot be answered, a path is taken once, and it
is gone with its socket."""

import os
import tempfile

from conformance import run_and_close, say
from dgram_common import Ear, run_until

import libloop
from libloop import NetAddress


def say_sender(data: bytes, sender: NetAddress) -> None:
    say(f"from {sender}")


def say_path(path: str) -> None:
    say(f"{path}: {'there' if os.path.exists(path) else 'gone'}")


loop = libloop.Loop()
server, client = Ear("server", say_sender), Ear("client", say_sender)
second, nameless = Ear("second"), Ear("nameless")
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    server.hear(loop.net.unix_dgram_bind("server.sock", server.opened))
    while not server.is_open:
        loop.run_once()
    second.hear(loop.net.unix_dgram_bind("server.sock", second.opened))
    loop.run_once()
    client.hear(loop.net.unix_dgram_connect("server.sock", client.opened, local_path="client.sock"))
    client.socket.send(b"hello")
    run_until(loop, server, 1)
    server.socket.send_to(b"answer", "client.sock")
    run_until(loop, client, 1)
    nameless.hear(loop.net.unix_dgram_connect("server.sock", nameless.opened))
    nameless.socket.send(b"who?")
    run_until(loop, server, 2)
    nameless.socket.clear()
    say_path("server.sock")
    server.socket.close()
    loop.run_once()
    say_path("server.sock")
    client.socket.send(b"late")
    run_until(loop, client, 2)
    client.socket.close()
    run_and_close(loop)
    say_path("client.sock")
    os.chdir("/")
