# SPDX-License-Identifier: MIT
"""A cancel ends a listener, a connection on its way and one that is silent; so does a deadline,
which is for a connect, for the next data, or for the next connection. What is cleared says nothing
any more."""

from conformance import run_and_close, say
from net_common import Party, connect_to, listen_with

import libloop
from libloop import Stream

loop = libloop.Loop()

# The system may have made a connection before it was cancelled.
made = listen_with(loop, Party("listener"), lambda stream: stream.clear())
cancelled, cleared = Party("cancelled"), Party("cleared")
first, second = connect_to(loop, made, cancelled), connect_to(loop, made, cleared)
first.cancel()
second.clear()
while not cancelled.heard:
    loop.run_once()
say("connects on their way")
cancelled.say()
cleared.say()
made.clear()

listener, server, client = Party("listener"), Party("server"), Party("client")


def accept_with_deadline(stream: Stream) -> None:
    """What is accepted has a deadline for its first data."""
    server.hear(stream, timeout_ms=5)
    listener.socket.cancel()


connect_to(loop, listen_with(loop, listener, accept_with_deadline), client)
loop.run()
say("a deadline for data")
for party in (listener, server, client):
    party.say()
late = Party("late listener")
listen_with(loop, late, lambda stream: stream.clear(), timeout_ms=100)
run_and_close(loop)
late.say()
