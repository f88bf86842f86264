# SPDX-License-Identifier: MIT
"""A reset is no end: the peer's stream fails with LOOP_ECONNRESET."""

from conformance import run_and_close, say
from net_common import Party, talk

import libloop
from libloop import LoopError

loop = libloop.Loop()


def reset(word: str, party: Party) -> None:
    if word == "data":
        party.socket.reset()


class Client(Party):
    def closed(self, error: LoopError | None) -> None:
        super().closed(error)
        assert error is not None
        say(error.text[:14])  # the port is another each time


server, client = Party("server", reset), Client("client")
talk(loop, server, client).send(b"x")
run_and_close(loop)
server.say()
client.say()
