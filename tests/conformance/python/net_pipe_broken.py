# SPDX-License-Identifier: MIT
"""A writer whose reader goes ends by name: first what waits to be written, then the stream."""

from conformance import name_of, run_and_close, say, yes
from net_common import Party, take_over

import libloop

MUCH = 1 << 20


def say_end(word: str, party: Party) -> None:
    if word.startswith("LOOP_"):
        say(f"{party.name}: {word}")


loop = libloop.Loop()
reader, writer = Party("reader"), Party("writer", say_end)
read_end, write_end = loop.net.pipe()
source, sink = take_over(loop, reader, read_end), take_over(loop, writer, write_end)
sink.write(
    bytes(MUCH),
    lambda error, sent: say(f"write: {name_of(error)}, all of it: {yes(sent == MUCH)}"),
)
source.read_once(1000, lambda error, data: reader.data(data))
while not reader.bytes:
    loop.run_once()
source.close()
run_and_close(loop)
reader.say()
writer.say()
