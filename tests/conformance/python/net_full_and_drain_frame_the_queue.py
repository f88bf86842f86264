# SPDX-License-Identifier: MIT
"""A stream says when more waits than its high-water mark, and when it has come down to the low one.
The peer does not read in between, so that the system cannot take it all."""

from conformance import run_and_close, say
from net_common import Party, connect_to, listen_with, take_one

import libloop
from libloop import Stream

HIGH, LOW = 1000, 100

loop = libloop.Loop()


def look(word: str, party: Party) -> None:
    if word == "full":
        say(f"full: {'above the mark' if party.socket.queued > HIGH else 'below'}")
        server.socket.resume()
    if word == "drain":
        say(f"drain: {'below the mark' if party.socket.queued <= LOW else 'above'}")
        party.socket.end()


def accept_paused(stream: Stream) -> None:
    take_one(server, listener)(stream)
    stream.pause()
    client.socket.send(bytes(16 << 20))


server, client, listener = Party("server"), Party("client", look), Party("listener")
made = listen_with(loop, listener, accept_paused)
connect_to(loop, made, client, high_water=HIGH, low_water=LOW)
run_and_close(loop)
client.say()
server.say()
