# SPDX-License-Identifier: MIT
"""The writes of a stream that ends have their final events before it has its own, in the order in
which they were made: sent when it is closed, LOOP_ECANCELED when it is cancelled or reset."""

from conformance import run_and_close, say, say_status
from net_common import Party, talk

import libloop

MUCH = bytes(16 << 20)


def three_writes(what: str, how: str) -> None:
    """Three writes to a peer that reads (how is "close") or does not."""
    loop = libloop.Loop()
    server = Party("server")

    def say_end(word: str, party: Party) -> None:
        if word.startswith("LOOP_"):
            say(f"  stream: {word}")

    client = Party("stream", say_end)
    say(what)
    stream = talk(loop, server, client)
    while server.socket is None or not client.heard:
        loop.run_once()
    if how != "close":
        server.socket.pause()
    for name, data in (("first", MUCH), ("second", b"x"), ("third", b"x")):
        stream.write(data, say_status(f"  {name}"))
    getattr(stream, how)()
    if how != "close":
        server.socket.clear()
    run_and_close(loop)
    if server.bytes:
        say(f"  the peer has {'everything' if server.bytes == len(MUCH) + 2 else 'a part'}")


three_writes("closed", "close")
three_writes("cancelled", "cancel")
three_writes("reset", "reset")
