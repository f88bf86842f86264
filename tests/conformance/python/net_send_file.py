# SPDX-License-Identifier: MIT
"""Parts of a file go between what is sent before and after; a file that ends before says how much
there was; what is no file is named, and the stream goes on."""

import os
import tempfile

from conformance import attempt, name_of, run_and_close, say
from net_common import Party, take_over

import libloop

loop = libloop.Loop()
hears_sender, hears = Party("sender"), Party("receiver")
ours, theirs = loop.net.socketpair()
read_end, write_end = loop.net.pipe()
sender, receiver = take_over(loop, hears_sender, ours), take_over(loop, hears, theirs)
hears.hear(receiver)


def send(fd: int, offset: int, count: int, what: str) -> None:
    sender.send_file(
        fd,
        lambda error, sent: say(f"{what}: {name_of(error)}, {sent} bytes"),
        offset=offset,
        count=count,
    )


sender.send(b"head ")
with tempfile.TemporaryFile() as opened:
    opened.write(b"0123456789")
    opened.flush()
    file = opened.fileno()
    folder = os.open("/", os.O_RDONLY)
    send(file, 0, 10, "all")
    sender.send(b" ")
    send(file, 3, 4, "a part")
    sender.send(b" ")
    send(file, 8, 100, "too much")
    send(file, 50, 5, "behind the end")
    send(file, 5, 0, "nothing")
    send(folder, 0, 5, "a folder")
    send(read_end, 0, 5, "a pipe")
    send(theirs + 900, 0, 5, "what is not open")
    far = (1 << 63) - 1
    say(f"far away: {attempt(lambda: sender.send_file(file, offset=far, count=1))}")
    sender.send(b" tail")
sender.close()
run_and_close(loop)
hears_sender.say()
hears.say()
