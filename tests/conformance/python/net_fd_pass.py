# SPDX-License-Identifier: MIT
"""Descriptors come before the bytes that they were sent with, in their order, and work; a stream
that does not want them gets the bytes alone."""

import os

from conformance import attempt, run_and_close, say, yes
from net_common import Party, take_over

import libloop
from libloop import Loop, LoopError, Stream


def use_descriptor(error: LoopError | None, fd: int) -> None:
    assert error is None
    say(f"a descriptor: {os.read(fd, 31).decode()}")
    os.close(fd)


def send_pipe(loop: Loop, sender: Stream, text: bytes, data: bytes) -> None:
    """Sends the read end of a pipe that has a text."""
    read_end, write_end = loop.net.pipe()
    os.write(write_end, text)
    sender.send_fd(read_end, data)
    os.close(read_end)  # at once
    os.close(write_end)


def talk(fds: bool) -> None:
    loop = libloop.Loop()
    hears_sender, hears = Party("sender"), Party("receiver")
    ours, theirs = loop.net.socketpair()
    sender = take_over(loop, hears_sender, ours)
    receiver = take_over(loop, hears, theirs, fds=fds)
    receiver.on_fd = use_descriptor
    hears.hear(receiver)
    send_pipe(loop, sender, b"first", b"1st ")
    send_pipe(loop, sender, b"second", b"2nd ")
    sender.send(b"no more")
    say(f"the peer is this process: {yes(receiver.peer_credentials.pid == os.getpid())}")
    say(f"what is not open: {attempt(lambda: sender.send_fd(theirs + 900, b'x'))}")
    say(f"without bytes: {attempt(lambda: sender.send_fd(0, b''))}")
    sender.close()
    run_and_close(loop)
    say(f"received: {hears.text.decode()}")
    say(f"it ended with {hears.heard[-1]}")


def to_a_pipe() -> None:
    loop = libloop.Loop()
    read_end, write_end = loop.net.pipe()
    writer = take_over(loop, Party("writer"), write_end)
    say(f"over a pipe: {attempt(lambda: writer.send_fd(0, b'x'))}")
    writer.clear()
    run_and_close(loop)
    os.close(read_end)


say("-- wanted")
talk(True)
say("-- not wanted")
talk(False)
to_a_pipe()
