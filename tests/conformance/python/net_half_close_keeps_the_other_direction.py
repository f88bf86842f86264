# SPDX-License-Identifier: MIT
"""With half_open a peer that has ended still gets its answer, whenever that comes. Without it the
stream ends after what the callback of the end has sent."""

from collections.abc import Callable

from conformance import attempt, run_and_close, say
from net_common import Party, talk

import libloop


def ask(half_open: bool, on_end: Callable[[libloop.Loop, Party], object]) -> None:
    loop = libloop.Loop()

    def answer(word: str, party: Party) -> None:
        if word == "end":
            on_end(loop, party)

    server, client = Party("server", answer), Party("client")
    stream = talk(loop, server, client, half_open=half_open)
    stream.send(b"question")
    stream.end()
    run_and_close(loop)
    server.say()
    client.say()


def answer_later(loop: libloop.Loop, party: Party) -> None:
    def answer() -> None:
        stream = party.socket
        stream.send(b"late answer")
        stream.end()
        say(f"sending after the answer: {attempt(lambda: stream.send(b'x'))}")

    loop.set_immediate(answer)


ask(True, answer_later)
ask(False, lambda _loop, party: party.socket.send(b"answer"))
