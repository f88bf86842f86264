# SPDX-License-Identifier: MIT
"""Streams over TCP and Unix sockets."""

import pathlib
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

import libloop
from libloop import Listener, Loop, NetAddress, Stream

BIG = bytes(range(256)) * 8192  # 2 MiB


def echo(loop: Loop, **options: Any) -> Listener:
    """A server that sends back what comes."""

    def on_stream(stream: Stream) -> None:
        stream.start(stream.send)

    listener = loop.net.listen("127.0.0.1", 0, on_stream, **options)
    listener.unref()
    return listener


def pair(loop: Loop, **options: Any) -> tuple[Stream, socket.socket]:
    """A stream of the loop and its peer, a socket of Python."""
    ours, theirs = socket.socketpair()
    return loop.net.adopt(ours, **options), theirs


def tcp_pair(loop: Loop, **options: Any) -> tuple[Stream, socket.socket]:
    """The same over TCP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
    return loop.net.adopt(accepted, **options), client


def receive_all(peer: socket.socket) -> bytes:
    """Everything up to the end."""
    pieces = []
    while piece := peer.recv(1 << 16):
        pieces.append(piece)
    return b"".join(pieces)


def in_thread(function: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    return thread, result


def test_a_server_sends_back_what_a_client_sent(loop: Loop) -> None:
    port = echo(loop).address.port
    said: list[Any] = []

    def opened(error: Any, stream: Any) -> None:
        said.append((error, stream is client, stream.peer_address))
        stream.start(heard, on_end=lambda: said.append("end"), on_close=said.append)

    def heard(data: bytes) -> None:
        said.append(data)
        client.end()

    client = loop.net.connect("127.0.0.1", port, opened)
    assert client.peer_address is None
    client.send(b"early")
    loop.run()
    assert said == [(None, True, NetAddress(4, "127.0.0.1", port)), b"early", "end", None]
    assert client.error is None and not client.active


def test_all_bytes_come_in_order_through_a_slow_pipe(loop: Loop) -> None:
    port = echo(loop).address.port
    got = bytearray()

    def heard(data: bytes) -> None:
        got.extend(data)
        if len(got) == len(BIG):
            client.close()

    client = loop.net.connect("127.0.0.1", port)
    client.start(heard)
    for start in range(0, len(BIG), 100_000):
        client.send(BIG[start : start + 100_000])
    loop.run()
    assert got == BIG


def test_sends_writes_and_pieces_keep_their_order(loop: Loop) -> None:
    stream, peer = pair(loop)
    ended: list[Any] = []
    borrowed = bytearray(b"6")
    stream.send(b"1")
    stream.write(b"23", lambda error, sent: ended.append((error, sent)))
    stream.send(memoryview(b"4"))
    stream.writev([b"5", borrowed, b""], lambda *told: ended.append(told), borrow=True)
    stream.send(bytearray(b"7"))
    stream.close()
    loop.run()
    assert receive_all(peer) == b"1234567"
    assert ended == [(None, 2), (None, 2)]
    peer.close()
    borrowed.append(0)  # no longer locked


def test_the_peers_end_is_told_and_ends_the_stream(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    said: list[Any] = []

    def ended() -> None:
        said.append("end")
        stream.send(b"bye")

    stream.start(said.append, on_end=ended, on_close=said.append)
    peer.sendall(b"last")
    peer.shutdown(socket.SHUT_WR)
    loop.run()
    assert said == [b"last", "end", None]
    assert receive_all(peer) == b"bye"
    peer.close()


def test_half_open_goes_on_sending_after_the_peers_end(loop: Loop) -> None:
    stream, peer = tcp_pair(loop, half_open=True)
    said: list[Any] = []
    stream.start(said.append, on_end=lambda: said.append("end"), on_close=said.append)
    peer.shutdown(socket.SHUT_WR)
    loop.set_timeout(stream.send, 1, b"later")
    loop.set_timeout(stream.end, 1)
    loop.run()
    assert said == ["end", None]
    assert receive_all(peer) == b"later"
    peer.close()


def test_end_is_the_half_close_and_more_still_comes(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    said: list[Any] = []
    stream.start(said.append, on_end=lambda: said.append("end"), on_close=said.append)
    stream.send(b"question")
    stream.end()
    stream.end()

    def answer() -> bytes:
        question = receive_all(peer)
        peer.sendall(b"answer")
        peer.close()
        return question

    thread, result = in_thread(answer)
    loop.run()
    thread.join()
    assert result == [b"question"] and said == [b"answer", "end", None]


def test_read_once_gives_one_piece_and_stops(loop: Loop) -> None:
    stream, peer = pair(loop)
    peer.sendall(b"abcdef")
    said: list[Any] = []

    def first(error: Any, data: bytes) -> None:
        said.append((error, data))
        loop.set_timeout(lambda: stream.read_once(100, second), 1)

    def second(error: Any, data: bytes) -> None:
        said.append((error, data))
        peer.close()
        stream.read_once(100, third)

    def third(error: Any, data: bytes) -> None:
        said.append((error, data))

    stream.read_once(2, first)
    loop.run()
    assert said == [(None, b"ab"), (None, b"cdef"), (None, b"")]


def test_read_exact_gives_so_many_bytes_or_what_came(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []

    def first(error: Any, data: bytes) -> None:
        said.append((error, data))
        peer.sendall(b"456")
        peer.shutdown(socket.SHUT_WR)
        stream.read_exact(10, second)

    def second(error: Any, data: bytes) -> None:
        assert isinstance(error, libloop.EndedEarlyError) and isinstance(error, EOFError)
        said.append(data)

    stream.read_exact(3, first)
    peer.sendall(b"12")
    loop.set_timeout(peer.sendall, 1, b"3")
    loop.run()
    assert said == [(None, b"123"), b"456"]
    peer.close()


def test_a_paused_stream_gives_nothing_until_it_goes_on(loop: Loop) -> None:
    stream, peer = pair(loop)
    said: list[Any] = []

    def heard(data: bytes) -> None:
        said.append(data)
        stream.close()

    stream.start(heard)
    stream.pause()
    peer.sendall(b"data")
    loop.set_timeout(said.append, 5, "timer")
    loop.set_timeout(stream.resume, 5)
    loop.run()
    assert said == ["timer", b"data"]
    peer.close()


def test_full_and_drain_tell_when_to_hold_back(loop: Loop) -> None:
    stream, peer = pair(loop, high_water=1000, low_water=10, callback=None)
    said: list[Any] = []
    received: list[Any] = []

    def full() -> None:
        said.append("full")
        assert stream.queued > 1000
        received.append(in_thread(lambda: receive_all(peer)))

    def drained() -> None:
        said.append("drain")
        assert stream.queued <= 10
        stream.close()

    stream.start(said.append, on_full=full, on_drain=drained)
    stream.send(BIG)
    loop.run()
    ((thread, result),) = received
    thread.join()
    assert said == ["full", "drain"] and result == [BIG]
    peer.close()


def test_a_protocol_is_called_as_in_asyncio(loop: Loop) -> None:
    said: list[Any] = []

    class Server(libloop.BaseProtocol):
        def connection_made(self, stream: Stream) -> None:
            super().connection_made(stream)
            said.append("made")

        def data_received(self, data: bytes) -> None:
            said.append(data)
            assert self.stream is not None
            self.stream.send(data.upper())

        def eof_received(self) -> None:
            said.append("eof")

        def connection_lost(self, error: Any) -> None:
            super().connection_lost(error)
            said.append(("lost", error, self.stream))

    class Client(libloop.BaseProtocol):
        def connection_made(self, stream: Stream) -> None:
            super().connection_made(stream)
            stream.send(b"text")

        def data_received(self, data: bytes) -> None:
            said.append(data)
            assert self.stream is not None
            self.stream.close()

    listener = loop.net.serve("127.0.0.1", 0, Server)
    listener.unref()
    loop.net.connect("127.0.0.1", listener.address.port).start_protocol(Client())
    loop.run()
    assert said == ["made", b"text", b"TEXT", "eof", ("lost", None, None)]


@pytest.mark.parametrize("abstract", [False, True])
def test_unix_sockets_have_paths_and_abstract_names(
    loop: Loop, tmp_path: pathlib.Path, abstract: bool
) -> None:
    path = tmp_path / "socket"
    name: Any = b"\0" + str(path).encode() if abstract else path
    raw = name if abstract else str(path).encode()
    said: list[Any] = []

    def on_stream(stream: Stream) -> None:
        said.append(stream.peer_address)
        stream.start(stream.send)

    listener = loop.net.listen_unix(name, on_stream)
    assert listener.address == NetAddress(0, path=raw)
    assert path.exists() is not abstract
    client = loop.net.connect_unix(name)

    def came(error: Any, data: bytes) -> None:
        said.append(data)
        client.close()
        listener.close()

    client.read_exact(2, came)
    client.send(b"ab")
    loop.run()
    assert said == [NetAddress(0), b"ab"] and not path.exists()
    assert str(NetAddress(0, path=b"\0a")) == "@a" and str(said[0]) == "unnamed"


def test_addresses_say_both_ends(loop: Loop) -> None:
    listener = echo(loop)
    port = listener.address.port
    assert str(listener.address) == f"127.0.0.1:{port}"
    said: list[Any] = []

    def opened(error: Any, stream: Any) -> None:
        said.append((stream.local_address, stream.peer_address.port))
        assert stream.fileno() >= 0
        stream.close()

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    loop.net.connect("127.0.0.1", port, opened, local_host="127.0.0.1", local_port=free)
    loop.run()
    assert said == [(NetAddress(4, "127.0.0.1", free), port)]
    assert str(NetAddress(6, "::1", 80)) == "[::1]:80"


def test_options_are_set_and_read(loop: Loop) -> None:
    stream, peer = tcp_pair(loop)
    stream.set_option("nodelay", 1)
    assert stream.get_option("nodelay") == 1
    stream.set_option("nodelay", 0)
    assert stream.get_option("nodelay") == 0
    stream.set_option("keepalive", 30)
    assert stream.get_option("keepalive") == 30
    stream.set_option("rcvbuf", 8192)
    assert stream.get_option("rcvbuf") >= 8192
    unix, other = pair(loop)
    with pytest.raises(libloop.LoopError):
        unix.set_option("nodelay", 1)
    for socket_ in (peer, other):
        socket_.close()
    stream.clear()
    unix.clear()
    loop.run()


def test_an_adopted_connection_takes_nodelay(loop: Loop) -> None:
    for wanted in (False, True):
        stream, peer = tcp_pair(loop, nodelay=wanted)
        assert bool(stream.get_option("nodelay")) is wanted
        stream.clear()
        peer.close()
    loop.run()


def test_a_name_is_looked_up_and_localhost_needs_no_server(loop: Loop) -> None:
    port = echo(loop).address.port
    said: list[Any] = []

    def opened(error: Any, stream: Any) -> None:
        said.append(error)
        stream.close()

    loop.net.connect("localhost", port, opened)
    loop.run()
    assert said == [None]


def test_a_listening_socket_is_taken_over(loop: Loop) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    said: list[Any] = []

    def on_stream(stream: Stream) -> None:
        stream.close()
        listener.close()

    listener = loop.net.adopt_listener(server, on_stream, on_close=said.append)
    assert server.fileno() == -1 and listener.address.port == port
    client = socket.create_connection(("127.0.0.1", port))
    loop.run()
    assert client.recv(1) == b"" and said == [None]
    client.close()


def test_two_loops_share_a_port(loop: Loop) -> None:
    with Loop() as other:
        first = echo(loop, reuseport=True)
        second = other.net.listen(
            "127.0.0.1", first.address.port, lambda stream: stream.close(), reuseport=True
        )
        assert second.address == first.address
