# SPDX-License-Identifier: MIT
"""An exact read gives so many bytes in one piece, also of what comes in parts; one read gives so
many at most; and an exact read that the peer's end cuts short has what came."""

from conformance import run_and_close, say
from net_common import Party, connect_to, listen_with

import libloop
from libloop import LoopError, Stream

loop = libloop.Loop()
server, client, listener = Party("server"), Party("client"), Party("listener")


def read(error: LoopError | None, data: bytes) -> None:
    say(f"{'data' if error is None else 'end'} of {len(data)}: {data.decode()}")
    if error is not None:
        server.bytes += len(data)
        server.text += data
        return
    server.data(data)
    stream = server.socket
    if server.bytes == 7:
        stream.read_once(2, read)
        client.socket.send(b"789abc")  # the rest, and then no more
        client.socket.end()
    elif server.bytes == 9:
        stream.read_exact(1, read)
    elif server.bytes == 10:
        stream.read_exact(100, read)


def accept_exact(stream: Stream) -> None:
    server.socket = stream
    stream.on_end = lambda: server.note("end")
    stream.on_close = server.closed
    stream.read_exact(7, read)
    listener.socket.close()
    client.socket.send(b"3456")  # the other part


connect_to(loop, listen_with(loop, listener, accept_exact), client).send(b"012")
run_and_close(loop)
server.say()
client.say()
