# SPDX-License-Identifier: MIT
"""The modes of a terminal: a raw one gives each key, what it was is put back when the stream ends;
its size is told; what is no terminal has neither."""

import fcntl
import os
import struct
import termios

from conformance import attempt, run_and_close, say, yes
from net_common import Party, take_over

import libloop
from libloop import LoopError


def say_mode(when: str) -> None:
    mode = termios.tcgetattr(terminal)[3]
    echo, lines = ("on" if mode & bit else "off" for bit in (termios.ECHO, termios.ICANON))
    say(f"{when}: echo {echo}, lines {lines}")


class Keys(Party):
    def data(self, data: bytes) -> None:
        super().data(data)
        say(f"a key: {data.decode()}")
        stream.tty_mode("normal")
        say_mode("normal")
        stream.tty_mode("io")
        say_mode("io")
        stream.close()

    def closed(self, error: LoopError | None) -> None:
        super().closed(error)
        say_mode("ended")


loop = libloop.Loop()
master, terminal = os.openpty()
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 37, 91, 0, 0))
keys = Keys("keys")
stream = take_over(loop, keys, terminal, keep=True)
say(f"a terminal: {yes(stream.type == 'tty')}")
size = stream.tty_size()
say(f"{size.columns} columns, {size.rows} rows")
say_mode("before")
stream.tty_mode("raw")
say_mode("raw")
keys.hear(stream)
os.write(master, b"k")
loop.run()
read_end, write_end = loop.net.pipe()
reader = take_over(loop, Party("reader"), read_end)
say(f"mode of a pipe: {attempt(lambda: reader.tty_mode('raw'))}")
say(f"size of a pipe: {attempt(reader.tty_size)}")
reader.clear()
run_and_close(loop)
keys.say()
