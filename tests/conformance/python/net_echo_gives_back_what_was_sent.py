# SPDX-License-Identifier: MIT
"""A server sends back what it gets. What a client writes before it is connected is sent then; when
it has everything it ends, and both sides hear of that."""

from conformance import run_and_close
from net_common import Party, talk

import libloop

loop = libloop.Loop()


class Echo(Party):
    def data(self, data: bytes) -> None:
        super().data(data)
        self.socket.send(data)


def end_when_complete(word: str, party: Party) -> None:
    if word == "data" and party.bytes == 12:
        party.socket.end()


server, listener = Echo("server"), Party("listener")
client = Party("client", end_when_complete)
stream = talk(loop, server, client, listener)
stream.send(b"hello,")
stream.send(b" world")
run_and_close(loop)
for party in (listener, server, client):
    party.say()
