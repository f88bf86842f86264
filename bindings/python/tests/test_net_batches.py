# SPDX-License-Identifier: MIT
"""Events of sockets that wait in the batch while a callback acts on them."""

import socket
from functools import partial
from typing import Any

import pytest

from libloop import BadIdError, CanceledError, InvalidError, Loop, Stream

from .conftest import descriptors
from .support import refused_port
from .test_net import pair


def two(loop: Loop) -> tuple[list[Stream], list[socket.socket]]:
    """Two streams for which data waits, which so comes in one batch."""
    pairs = [pair(loop) for _ in range(2)]
    loop.run_nowait()
    for number, (_, peer) in enumerate(pairs):
        peer.sendall(b"data %d" % number)
    return [stream for stream, _ in pairs], [peer for _, peer in pairs]


def test_no_data_comes_after_clear_not_even_from_the_same_batch(loop: Loop) -> None:
    streams, peers = two(loop)
    said: list[Any] = []

    def heard(me: Stream, other: Stream, data: bytes) -> None:
        said.append((data, len(loop._events)))
        other.clear()
        peers[streams.index(me)].close()

    for me, other in zip(streams, reversed(streams), strict=True):
        me.start(partial(heard, me, other))
        me.on_close = said.append
    loop.run()
    assert said == [(b"data 0", 1), None]
    assert peers[1].recv(1) == b""
    peers[1].close()


def test_a_cleared_stream_refuses_to_send(loop: Loop) -> None:
    stream, peer = pair(loop)
    loop.run_nowait()
    stream.clear()
    with pytest.raises(BadIdError):
        stream.send(b"too late")
    loop.run()
    with peer:
        assert peer.recv(1) == b""


def test_four_gib_are_too_much_for_one_send(loop: Loop) -> None:
    try:
        data = bytes(1 << 32)  # zeros that nobody has touched take no memory
    except MemoryError:
        pytest.skip("the system gives no 4 GiB, not even untouched ones")
    stream, peer = pair(loop)
    loop.run_nowait()
    with peer:
        with pytest.raises(InvalidError, match="4294967296 bytes"):
            stream.send(data)
        stream.send(b"less")
        loop.run_nowait()
        assert peer.recv(16) == b"less"
        stream.clear()
    loop.run()


def test_data_that_waits_in_the_batch_outlives_a_submission(loop: Loop) -> None:
    streams, peers = two(loop)
    said: list[Any] = []

    def heard(me: Stream, data: bytes) -> None:
        waiting = len(loop._events)
        me.send(data)
        assert me.queued == 0  # which submits: the memory of the batch is the library's again
        said.append((data, waiting))
        peer = peers[streams.index(me)]
        assert peer.recv(64) == data
        peer.close()

    for stream in streams:
        stream.start(partial(heard, stream))
    loop.run()
    assert said == [(b"data 0", 1), (b"data 1", 0)]


@pytest.mark.parametrize("submits", [False, True])
def test_an_exception_leaves_the_data_behind_it_to_the_next_run(loop: Loop, submits: bool) -> None:
    streams, peers = two(loop)
    said: list[bytes] = []

    def heard(me: Stream, data: bytes) -> None:
        said.append(data)
        me.close()
        if submits:
            assert loop.alive == 2
        raise ValueError(data)

    for stream in streams:
        stream.start(partial(heard, stream))
    for number in range(2):
        with pytest.raises(ValueError, match=f"data {number}"):
            loop.run()
        assert len(loop._events) == 1 - number
    loop.run()
    assert said == [b"data 0", b"data 1"]
    for peer in peers:
        peer.close()


def test_data_that_waits_is_told_when_the_loop_is_closed() -> None:
    loop = Loop()
    streams, peers = two(loop)
    said: list[bytes] = []

    def heard(data: bytes) -> None:
        said.append(data)
        raise ValueError

    for stream in streams:
        stream.start(heard)
    for _ in range(2):
        with pytest.raises(ValueError):
            loop.run() if not said else loop.close()
    loop.close()
    assert said == [b"data 0", b"data 1"]
    for peer in peers:
        peer.close()


def test_addresses_and_final_events_outlive_a_submission(loop: Loop) -> None:
    said: list[Any] = []

    def on_stream(stream: Stream) -> None:
        assert stream.queued == 0  # submits
        said.append(stream.peer_address)
        stream.close()
        if len(said) == len(clients):
            listener.close()

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    address = ("127.0.0.1", listener.address.port)
    clients = [socket.create_connection(address) for _ in range(4)]
    loop.run()
    assert [(a.host, a.port) for a in said] == [client.getsockname() for client in clients]
    for client in clients:
        client.close()


def test_a_reader_may_be_followed_by_the_next_in_its_callback(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []

    def first(error: Any, data: bytes) -> None:
        said.append((error, data))
        stream.read_once(2, second)

    def second(error: Any, data: bytes) -> None:
        said.append((error, data))
        stream.read_exact(100, lambda error, data: said.append((type(error).__name__, data)))

    stream.on_end = lambda: said.append("end")
    stream.on_close = said.append
    stream.read_exact(4, first)
    peer.sendall(b"abcdefgh")
    peer.close()
    loop.run()
    ended = ("EndedEarlyError", b"gh")
    assert said == [(None, b"abcd"), (None, b"ef"), ended, "end", None]


def test_start_takes_the_place_of_a_read_that_waits(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    stream.read_exact(100, lambda *told: said.append(told))
    loop.run_nowait()
    stream.start(said.append, on_end=partial(said.append, "end"), on_close=said.append)
    peer.sendall(b"data")
    peer.close()
    loop.run()
    assert said == [b"data", "end", None]


def test_writes_end_before_the_connection_that_did_not_come_about(loop: Loop) -> None:
    said: list[str] = []
    stream = loop.net.connect("127.0.0.1", refused_port(), lambda *_: said.append("connect"))
    stream.on_close = lambda _: said.append("close")
    stream.write(b"x", lambda *_: said.append("write"))
    loop.run()
    assert said == ["write", "connect", "close"]


def test_an_error_of_a_stream_without_callbacks_is_kept_and_not_raised(loop: Loop) -> None:
    stream = loop.net.connect("127.0.0.1", refused_port())
    loop.run()
    assert isinstance(stream.error, ConnectionRefusedError)


def test_ticks_and_microtasks_come_after_each_event_of_a_socket(loop: Loop) -> None:
    streams, peers = two(loop)
    said: list[Any] = []

    def heard(me: Stream, data: bytes) -> None:
        loop.queue_microtask(said.append, "microtask")
        loop.next_tick(said.append, "tick")
        said.append(data)
        peers[streams.index(me)].close()

    for stream in streams:
        stream.start(partial(heard, stream))
    loop.run()
    assert said == [b"data 0", "tick", "microtask", b"data 1", "tick", "microtask"]


def test_accepted_streams_that_nobody_started_end_with_the_loop() -> None:
    before = descriptors()
    loop = Loop()
    taken: list[Stream] = []
    closed: list[Any] = []

    def on_stream(stream: Stream) -> None:
        taken.append(stream)
        if len(taken) == 1:
            stream.on_close = lambda error: closed.append(type(error))
        if len(taken) == 2:
            loop.stop()  # the third waits in the batch

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    listener.on_close = lambda error: closed.append(type(error))
    address = ("127.0.0.1", listener.address.port)
    clients = [socket.create_connection(address) for _ in range(3)]
    loop.run()
    assert len(taken) == 2 and loop._events
    loop.close()
    assert closed == [CanceledError, CanceledError]
    assert not any(stream.active for stream in taken)
    for client in clients:
        assert client.recv(1) == b""
        client.close()
    assert descriptors() == before
