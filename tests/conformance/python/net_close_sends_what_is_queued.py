# SPDX-License-Identifier: MIT
"""A close sends everything that was written before it, and takes nothing more."""

from conformance import attempt, name_of, run_and_close, say
from net_common import Party, talk

import libloop

PIECE = bytes(100_000)

loop = libloop.Loop()
server, client = Party("server"), Party("client")
stream = talk(loop, server, client)
for number in range(30):
    if number % 10 == 0:
        stream.write(PIECE, lambda error, sent: say(f"write: {name_of(error)}, {sent} bytes"))
    else:
        stream.send(PIECE)
stream.close()
say(f"after the close: {attempt(lambda: stream.send(b'x'))}")
run_and_close(loop)
server.say()
