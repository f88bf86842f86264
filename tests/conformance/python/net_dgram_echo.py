# SPDX-License-Identifier: MIT
"""Datagrams go to a server and come back from it to who sent them, each whole,
also an empty one."""

from conformance import run_and_close, say, yes
from dgram_common import Ear, bind_at

import libloop
from libloop import NetAddress

loop = libloop.Loop()


def answer(data: bytes, sender: NetAddress) -> None:
    say(f"from the client: {yes(sender == client.socket.local_address)}")
    server.socket.send_to(data.upper(), sender)


def hear_answer(data: bytes, sender: NetAddress) -> None:
    say(f"from the server: {yes(sender == server.socket.local_address)}")
    if client.count == 1:
        client.socket.send(b"")
    elif client.count == 2:
        client.socket.send(b"last")
    else:
        client.socket.close()
        server.socket.close()


server, client = Ear("server", answer), Ear("client", hear_answer)
port = bind_at(loop, server).address.port
client.hear(loop.net.udp_connect("127.0.0.1", port, client.opened))
client.socket.send(b"hello")
run_and_close(loop)
