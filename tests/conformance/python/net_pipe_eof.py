# SPDX-License-Identifier: MIT
"""A pipe is two streams: when its writer has ended the reader has everything, and the end."""

from conformance import run_and_close, say, yes
from net_common import Party, take_over

import libloop

loop = libloop.Loop()
reader, writer = Party("reader"), Party("writer")
read_end, write_end = loop.net.pipe()
source, sink = take_over(loop, reader, read_end), take_over(loop, writer, write_end)
say(f"a pipe: {yes(source.type == 'pipe')}")
reader.hear(source)
for data in (b"one, ", b"two, ", b"three"):
    sink.send(data)
sink.end()
run_and_close(loop)
reader.say()
writer.say()
