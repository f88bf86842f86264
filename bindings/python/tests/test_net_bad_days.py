# SPDX-License-Identifier: MIT
"""Streams whose peers misbehave, and programs that do."""

import contextlib
import errno
import gc
import os
import pathlib
import socket
import struct
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import libloop
from libloop import BadIdError, CanceledError, InvalidError, Loop, PipeClosedError, Stream

from .conftest import descriptors
from .support import outputs, refused_port
from .test_net import BIG, echo, in_thread, pair, receive_all, tcp_pair


def reset(peer: socket.socket) -> None:
    """Closes it with a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def nothing(*_: object) -> None:
    """No callback."""


def test_a_refused_connection_names_address_and_errno(loop: Loop) -> None:
    port = refused_port()
    said: list[Any] = []
    stream = loop.net.connect("127.0.0.1", port, lambda *told: said.append(told))
    stream.on_close = said.append
    loop.run()
    (error, none), closed = said
    assert isinstance(error, libloop.RefusedError) and isinstance(error, ConnectionRefusedError)
    assert none is None and closed is error is stream.error
    assert error.os_errno == errno.ECONNREFUSED
    assert f"connect 127.0.0.1:{port}" in str(error)


def test_a_path_that_is_not_there_is_not_found(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    loop.net.connect_unix(tmp_path / "none", lambda error, _: said.append(error))
    loop.run()
    assert isinstance(said[0], FileNotFoundError)


def test_a_listener_that_cannot_listen_ends_with_the_error(loop: Loop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said: list[Any] = []
        loop.net.listen("127.0.0.1", port, nothing, on_close=said.append)
        loop.run()
        assert said[0].os_errno == errno.EADDRINUSE and "listen 127.0.0.1" in str(said[0])
        loop.net.listen("127.0.0.1", port, nothing)
        with pytest.raises(libloop.LoopError, match=r"listen 127\.0\.0\.1"):
            loop.run()


def test_a_black_hole_ends_with_the_deadline(loop: Loop) -> None:
    # A backlog that is full: the system answers no connection any more.
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(server.getsockname())
            fillers.append(filler)
        said: list[Any] = []
        host, port = server.getsockname()
        loop.net.connect(host, port, lambda error, _: said.append(error), timeout_ms=20)
        loop.run()
        for filler in fillers:
            filler.close()
    assert isinstance(said[0], libloop.TimedOutError)


def test_a_silent_peer_ends_with_the_deadline_of_reading(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    stream.start(nothing, on_close=said.append, timeout_ms=5)
    loop.run()
    assert isinstance(said[0], libloop.TimedOutError)
    peer.close()


def test_a_reset_while_reading_is_told(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    said: list[Any] = []
    stream.start(nothing, on_end=lambda: said.append("end"), on_close=said.append)
    loop.set_timeout(reset, 1, peer)
    loop.run()
    assert [type(error) for error in said] == [libloop.ResetError]


def test_a_reset_while_writing_ends_writes_first_and_says_what_was_sent(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    said: list[Any] = []
    stream.start(nothing, on_close=lambda error: said.append(("close", type(error))))
    write = stream.write(BIG * 8, lambda error, sent: said.append((type(error), sent)))
    loop.set_timeout(reset, 1, peer)
    loop.run()
    (kind, sent), (what, error) = said
    assert issubclass(kind, libloop.LoopError) and 0 < sent < len(BIG) * 8 and write.sent == sent
    assert what == "close" and issubclass(error, ConnectionError)


def test_a_reset_of_ours_is_seen_by_the_peer(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    said: list[Any] = []
    stream.on_close = said.append
    stream.reset()
    loop.run()
    with pytest.raises(ConnectionResetError):
        peer.recv(1)
    peer.close()
    assert said == [None]


def test_writes_that_wait_end_before_the_stream_that_is_cancelled(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    stream.start(nothing, on_close=lambda error: said.append(("close", type(error))))
    stream.write(BIG, lambda error, _: said.append(("first", type(error))))
    stream.write(b"x", lambda error, _: said.append(("second", type(error))))
    loop.set_timeout(stream.cancel, 1)
    loop.run()
    names = ["first", "second", "close"]
    assert said == [(name, CanceledError) for name in names]
    peer.close()


def test_what_was_written_is_sent_before_close(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    stream.send(BIG)
    said: list[Any] = []
    stream.on_close = said.append
    stream.close()
    with pytest.raises(PipeClosedError):
        stream.send(b"late")
    with pytest.raises(PipeClosedError):
        stream.write(b"late")
    peer.setblocking(True)

    thread, result = in_thread(lambda: receive_all(peer))
    loop.run()
    thread.join()
    peer.close()
    assert result == [BIG] and said == [None]


def test_close_that_cannot_send_ends_with_its_deadline(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    stream.on_close = said.append
    stream.send(BIG)
    stream.close(timeout_ms=5)
    loop.run()
    assert isinstance(said[0], libloop.TimedOutError)
    peer.close()


@pytest.mark.parametrize("how", ["close", "reset", "cancel", "clear"])
@pytest.mark.parametrize("where", ["accept", "open", "data", "end", "full", "write"])
def test_a_stream_may_be_ended_in_each_callback(loop: Loop, how: str, where: str) -> None:
    closed: list[Any] = []
    ended: list[Stream] = []

    def end(stream: Stream, here: str) -> None:
        if here == where:
            ended.append(stream)
            stream.on_close = closed.append
            getattr(stream, how)()

    def on_stream(stream: Stream) -> None:
        stream.start(lambda _: stream.end())
        stream.send(b"x" * 10)
        end(stream, "accept")

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    listener.unref()
    client = loop.net.connect(
        "127.0.0.1", listener.address.port, lambda *_: end(client, "open"), high_water=1
    )
    client.start(
        lambda _: end(client, "data"),
        on_end=lambda: end(client, "end"),
        on_full=lambda: end(client, "full"),
    )
    if where == "full":
        client.send(BIG * 8)  # more than the system takes
    client.write(b"y", lambda *_: end(client, "write"))
    loop.run()
    (stream,) = ended
    assert not stream.active and loop.alive == 0
    wanted = {"close": [None], "reset": [None], "cancel": [CanceledError], "clear": []}[how]
    assert [error if error is None else type(error) for error in closed] == wanted


def test_an_exception_of_on_stream_leaves_run_and_closes_the_connection(loop: Loop) -> None:
    def on_stream(stream: Stream) -> None:
        raise RuntimeError("not today")

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    listener.unref()
    said: list[Any] = []
    client = loop.net.connect("127.0.0.1", listener.address.port)
    client.start(nothing, on_end=lambda: said.append("end"))
    with pytest.raises(RuntimeError, match="not today"):
        loop.run()
    loop.run()
    assert said == ["end"] and listener.active


def test_an_exception_of_on_data_loses_no_data(loop: Loop) -> None:
    stream, peer = pair(loop, read_size=1)
    got: list[bytes] = []

    def heard(data: bytes) -> None:
        got.append(data)
        if data == b"2":
            raise RuntimeError(data)

    stream.start(heard)
    peer.sendall(b"1234")
    peer.close()
    with pytest.raises(RuntimeError):
        loop.run()
    loop.run()
    assert b"".join(got) == b"1234"


def test_every_callback_of_an_end_is_told_although_one_raises(loop: Loop) -> None:
    said: list[Any] = []

    def raises(*_: object) -> None:
        said.append("raised")
        raise RuntimeError

    stream = loop.net.connect("127.0.0.1", refused_port(), raises)
    stream.on_close = lambda error: said.append(type(error))
    with pytest.raises(RuntimeError):
        loop.run()
    assert said == ["raised", libloop.RefusedError]


def test_connections_for_a_cleared_listener_are_closed(loop: Loop) -> None:
    taken: list[Stream] = []

    def on_stream(stream: Stream) -> None:
        taken.append(stream)
        listener.clear()

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    address = ("127.0.0.1", listener.address.port)
    clients = [socket.create_connection(address) for _ in range(8)]
    loop.run_once()
    taken[0].close()
    loop.run()
    assert len(taken) == 1
    for client in clients:
        client.settimeout(60)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
        client.close()


def test_an_abandoned_stream_lives_until_its_end_and_is_let_go(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    stream.start(said.append, on_close=said.append)
    gone = weakref.ref(stream)
    del stream
    gc.collect()
    peer.sendall(b"x")
    peer.close()
    loop.run()
    gc.collect()
    assert said == [b"x", None] and gone() is None


def test_an_ended_stream_says_so(loop: Loop) -> None:
    stream, peer = pair(loop)
    stream.cancel()
    loop.run()
    assert isinstance(stream.error, CanceledError)
    calls: list[Callable[[], object]] = [
        lambda: stream.send(b"x"),
        lambda: stream.write(b"x"),
        lambda: stream.start(nothing),
        lambda: stream.read_once(1, nothing),
        stream.pause,
        stream.resume,
        stream.end,
        stream.close,
        stream.reset,
        stream.cancel,
        stream.fileno,
        lambda: stream.queued,
        lambda: stream.local_address,
        lambda: stream.get_option("rcvbuf"),
    ]
    for call in calls:
        with pytest.raises(BadIdError):
            call()
    stream.clear()
    peer.close()


def test_bad_arguments_are_refused_at_the_call(loop: Loop) -> None:
    net = loop.net
    stream, peer = pair(loop)
    bad: list[Callable[[], object]] = [
        lambda: net.listen("127.0.0.1", 65536, nothing),
        lambda: net.listen("127.0.0.1", -1, nothing),
        lambda: net.listen("nul\0", 1, nothing),
        lambda: net.listen("127.0.0.1", 0, nothing, backlog=0),
        lambda: net.listen("127.0.0.1", 0, nothing, read_size=65537),
        lambda: net.listen("127.0.0.1", 0, nothing, read_budget=0),
        lambda: net.listen("127.0.0.1", 0, nothing, high_water=10, low_water=10),
        lambda: net.connect("127.0.0.1", 0),
        lambda: net.connect("", 1),
        lambda: net.connect("127.0.0.1", 1, timeout_ms=-1),
        lambda: net.listen_unix("", nothing),
        lambda: net.connect_unix("a\0b"),
        lambda: net.adopt(-1),
        lambda: stream.read_once(0, nothing),
        lambda: stream.read_exact(1 << 31, nothing),
        lambda: stream.send("text"),  # type: ignore[arg-type]
        lambda: stream.writev([]),
        lambda: stream.set_option("colour", 1),  # type: ignore[arg-type]
        lambda: stream.set_option("rcvbuf", -1),
    ]
    for call in bad:
        with pytest.raises(InvalidError):
            call()
    with pytest.raises(TypeError):
        net.connect("127.0.0.1", 1, colour=True)  # type: ignore[call-arg]
    stream.read_once(1, nothing)
    with pytest.raises(InvalidError, match="another read waits"):
        stream.read_exact(1, nothing)
    stream.clear()
    peer.close()
    loop.run()


def test_what_cannot_be_adopted_is_closed_all_the_same(loop: Loop) -> None:
    said: list[Any] = []
    number = os.open("/", os.O_RDONLY)
    folder = os.fstat(number)
    loop.net.adopt(number, lambda error, _: said.append(error))
    loop.net.adopt(1_000_000, lambda error, _: said.append(error))
    loop.run()
    assert isinstance(said[0], IsADirectoryError) and said[1].os_errno == errno.EBADF
    with contextlib.suppress(OSError):
        assert not os.path.samestat(os.fstat(number), folder)  # the number is another's by now


def test_only_a_socket_gives_its_descriptor_up(loop: Loop) -> None:
    source, sink = os.pipe()
    with os.fdopen(source, "rb") as file, pytest.raises(InvalidError):
        loop.net.adopt(file)  # type: ignore[arg-type]
    os.close(sink)
    closed = socket.socket()
    closed.close()
    with pytest.raises(InvalidError):
        loop.net.adopt(closed)
    ours, theirs = socket.socketpair()
    stream = loop.net.adopt(ours)
    assert ours.fileno() == -1
    stream.clear()
    loop.run()
    assert theirs.recv(1) == b""
    theirs.close()


def test_another_ids_descriptor_is_left_alone(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []
    loop.net.adopt(stream.fileno(), lambda error, _: said.append(error))
    stream.start(said.append)
    peer.sendall(b"alive")
    peer.close()
    loop.run()
    assert isinstance(said[0], libloop.ExistsError) and said[1] == b"alive"


def test_a_stream_to_a_closed_loop_ends_with_canceled() -> None:
    said: list[Any] = []
    loop = Loop()
    echo(loop)
    stream, peer = pair(loop)
    stream.start(nothing, on_close=said.append)
    stream.read_once(1, lambda error, data: said.append((type(error), data)))
    loop.close()
    assert said[0] == (CanceledError, b"") and isinstance(said[1], CanceledError)
    with pytest.raises(libloop.LoopClosedError):
        stream.send(b"x")
    peer.close()


def test_another_thread_may_not_send(loop: Loop) -> None:
    stream, peer = pair(loop)

    def send() -> Any:
        try:
            stream.send(b"x")
        except libloop.LoopError as error:
            return type(error)
        return None

    loop.run_nowait()
    thread, result = in_thread(send)
    thread.join()
    assert result == [libloop.WrongThreadError]
    stream.clear()
    peer.close()


def test_a_thousand_connections_leave_no_descriptor_and_no_handle(loop: Loop) -> None:
    listener = echo(loop)
    port = listener.address.port
    loop.run()  # what the loop itself opens is open now
    before = descriptors()
    left = [1000]

    def begin() -> None:
        if left[0] == 0:
            return
        left[0] -= 1
        client = loop.net.connect("127.0.0.1", port)

        def heard(data: bytes) -> None:
            assert data == b"x"
            client.close()

        client.start(heard, on_close=lambda error: begin())
        client.send(b"x")

    for _ in range(10):
        begin()
    loop.run()
    assert left == [0] and descriptors() == before
    assert not any(isinstance(handle, Stream) for handle in loop._live.values())


def test_no_descriptor_left_is_told_once_and_the_listener_goes_on() -> None:
    code = """
import resource, socket
import libloop

said = []
with libloop.Loop() as loop:

    def on_stream(stream):
        said.append(stream.peer_address == libloop.NetAddress(4, *client.getsockname()))
        stream.close()
        listener.close()

    def on_error(error):
        said.append(error.name)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    listener = loop.net.listen("127.0.0.1", 0, on_stream)
    listener.on_error = on_error
    client = socket.create_connection(("127.0.0.1", listener.address.port))
    listener.pause()
    loop.run_nowait()  # what the loop itself opens is open now
    listener.resume()
    # The lowest number that is free is beyond the limit.
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket() as probe:
        lowest = probe.fileno()
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    loop.run()
    client.close()
print(*said)
"""
    assert outputs(code) == ["LOOP_EMFILE True"]
