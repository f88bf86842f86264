# SPDX-License-Identifier: MIT
"""Datagrams over UDP and Unix sockets."""

import os
import pathlib
import socket
from typing import Any

import pytest

import libloop
from libloop import Datagrams, Loop, NetAddress

HOST = "127.0.0.1"


def bound(loop: Loop, **options: Any) -> Datagrams:
    return loop.net.udp_bind(HOST, 0, **options)


def free_port() -> int:
    """A UDP port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def test_datagrams_go_to_a_server_and_back_with_their_sender(loop: Loop) -> None:
    said: list[Any] = []
    server = bound(loop)
    server.unref()
    server.start(lambda data, sender, length: server.send_to(data.upper(), sender))

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender == server.address, length))
        client.close()

    def opened(error: Any, made: Any) -> None:
        said.append((error, made is client, made.peer_address == server.address))

    client = loop.net.udp_connect(HOST, server.address.port, opened, on_close=said.append)
    assert client.peer_address is None
    client.start(heard)
    client.send(b"early")
    loop.run()
    assert said == [(None, True, True), (b"EARLY", True, 5), None]
    assert client.error is None and not client.active


def test_the_sender_is_the_address_of_who_sent(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)
    peers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
    names = []
    for number, peer in enumerate(peers):
        peer.bind((HOST, 0))
        names.append(NetAddress(4, HOST, peer.getsockname()[1]))
        peer.sendto(bytes([number]), (HOST, socket_.address.port))

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender))
        if len(said) == 3:
            socket_.close()

    socket_.start(heard)
    loop.run()
    assert said == [(bytes([number]), name) for number, name in enumerate(names)]
    for peer in peers:
        peer.close()


def test_senders_and_bytes_stay_right_when_ops_are_flushed_inside_a_batch(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)
    peers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
    for number, peer in enumerate(peers):
        peer.bind((HOST, 0))
        peer.sendto(bytes([number]) * number, (HOST, socket_.address.port))

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender.port, length))
        assert socket_.queued == 0  # asks the library: what waits of the batch is copied
        if len(said) == 4:
            socket_.close()

    socket_.start(heard)
    loop.run()
    assert said == [
        (bytes([number]) * number, peer.getsockname()[1], number)
        for number, peer in enumerate(peers)
    ]
    for peer in peers:
        peer.close()


def test_an_empty_datagram_is_one(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, length, sender == socket_.address))
        if len(said) == 2:
            socket_.close()

    socket_.start(heard)
    socket_.send_to(b"", socket_.address)
    socket_.write_to(b"", HOST, socket_.address.port, lambda *told: said.append(told))
    loop.run()
    assert sorted(map(repr, said)) == sorted(map(repr, [(b"", 0, True)] * 2 + [(None, 0)]))


def test_a_datagram_that_is_too_long_for_read_size_is_cut_and_its_length_told(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop, read_size=4)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, length))
        if len(said) == 2:
            socket_.close()

    socket_.start(heard)
    socket_.send_to(b"0123456789", socket_.address)
    socket_.send_to(b"0123", socket_.address)
    loop.run()
    assert said == [(b"0123", 10), (b"0123", 4)]


def test_write_to_tells_when_the_system_has_it_and_sends_keep_their_order(loop: Loop) -> None:
    said: list[Any] = []
    sent: list[Any] = []
    socket_ = bound(loop)
    port = socket_.address.port

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        if len(said) == 4:
            socket_.close()

    socket_.start(heard)
    socket_.send_to(b"1", HOST, port)
    write = socket_.write_to(bytearray(b"22"), HOST, port, lambda *told: sent.append(told))
    socket_.send_to(memoryview(b"3"), NetAddress(4, HOST, port))
    locked = bytearray(b"4")
    socket_.write_to(locked, HOST, port, lambda *told: sent.append(told), borrow=True)
    loop.run()
    assert said == [b"1", b"22", b"3", b"4"]
    assert sent == [(None, 2), (None, 1)] and write.sent == 2
    locked.append(0)  # no longer locked


def test_a_write_of_a_connected_socket_goes_to_its_peer(loop: Loop) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((HOST, 0))
        said: list[Any] = []
        client = loop.net.udp_connect(HOST, peer.getsockname()[1], local_host=HOST)
        client.write(b"data", lambda *told: (said.append(told), client.close()))  # type: ignore[func-returns-value]
        loop.run()
        assert said == [(None, 4)] and peer.recv(10) == b"data"


def test_a_refused_peer_is_told_and_the_socket_goes_on(loop: Loop) -> None:
    said: list[Any] = []
    port = free_port()
    client = loop.net.udp_connect(HOST, port)

    def failed(error: libloop.LoopError) -> None:
        said.append(error)
        assert client.active
        client.close()

    client.start(lambda *told: said.append(told), on_error=failed, on_close=said.append)
    client.send(b"anyone?")
    loop.run()
    assert isinstance(said[0], ConnectionRefusedError) and said[1:] == [None]


def test_errors_of_one_datagram_end_nothing(loop: Loop) -> None:
    errors: list[Any] = []
    said: list[Any] = []
    socket_ = bound(loop)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        socket_.close()

    socket_.start(heard, on_error=errors.append)
    socket_.send_to(bytes(70_000), HOST, socket_.address.port)
    socket_.send(b"no peer")
    socket_.write_to(
        bytes(70_000), HOST, socket_.address.port, lambda error, sent: errors.append(error)
    )
    socket_.send_to(b"good", HOST, socket_.address.port)
    loop.run()
    kinds = sorted(type(error).__name__ for error in errors)
    assert len(errors) == 3 and kinds.count("TooBigError") == 2, errors
    assert said == [b"good"]


def test_a_write_without_a_callback_raises_its_error_from_run(loop: Loop) -> None:
    socket_ = bound(loop)
    socket_.write_to(bytes(70_000), HOST, socket_.address.port)
    with pytest.raises(libloop.TooBigError):
        loop.run()
    socket_.close()
    loop.run()


@pytest.mark.parametrize("abstract", [False, True])
def test_unix_datagrams_have_paths_and_abstract_names(
    loop: Loop, tmp_path: pathlib.Path, abstract: bool
) -> None:
    def name(text: str) -> bytes:
        path = os.fsencode(tmp_path / text)
        return b"\0" + path if abstract else path

    said: list[Any] = []

    def answer(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender))
        server.send_to(b"to you", sender)
        server.send_to(b"and you", name("client"))

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender))
        if len(said) == 3:
            client.close()
            server.close()

    server = loop.net.unix_dgram_bind(name("server"))
    assert server.address == NetAddress(0, path=name("server")) and server.type == "unix_dgram"
    server.start(answer)
    client = loop.net.unix_dgram_connect(name("server"), local_path=name("client"))
    client.start(heard)
    client.send(b"question")
    loop.run()
    assert said == [
        (b"question", NetAddress(0, path=name("client"))),
        (b"to you", NetAddress(0, path=name("server"))),
        (b"and you", NetAddress(0, path=name("server"))),
    ]
    assert not (tmp_path / "server").exists() and not (tmp_path / "client").exists()


def test_a_unix_sender_without_a_name_has_none(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    server = loop.net.unix_dgram_bind(tmp_path / "server")
    nameless = loop.net.unix_dgram_bind(None)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender))
        server.close()
        nameless.close()

    server.start(heard)
    nameless.send_to(b"x", tmp_path / "server")
    loop.run()
    assert said == [(b"x", NetAddress(0))]


def test_no_unix_receiver_is_an_error(loop: Loop, tmp_path: pathlib.Path) -> None:
    said: list[Any] = []
    loop.net.unix_dgram_connect(tmp_path / "nobody", lambda *told: said.append(told))
    socket_ = loop.net.unix_dgram_bind(None)
    socket_.on_error = lambda error: (said.append(error), socket_.close())  # type: ignore[func-returns-value]
    socket_.send_to(b"x", tmp_path / "nobody")
    loop.run()
    told = sorted(said, key=lambda item: isinstance(item, tuple))
    assert isinstance(told[0], FileNotFoundError)
    assert isinstance(told[1][0], FileNotFoundError) and told[1][1] is None


def test_a_datagram_socket_is_taken_over_or_kept(loop: Loop) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    said: list[Any] = []
    taken = loop.net.adopt_datagram(ours, connected=True)
    assert ours.fileno() == -1 and taken.type == "unix_dgram"
    kept = loop.net.adopt_datagram(theirs, keep=True)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        kept.close()
        taken.close()

    kept.start(heard)
    taken.send(b"between")
    loop.run()
    assert said == [b"between"] and theirs.fileno() >= 0
    theirs.close()
    first, second = loop.net.socketpair(datagrams=True)
    loop.net.adopt_datagram(first).close()
    loop.run()
    os.close(second)


def test_a_protocol_is_called_as_in_asyncio(loop: Loop) -> None:
    said: list[Any] = []

    class Echo:
        def connection_made(self, socket: Datagrams) -> None:
            said.append(socket is made)

        def datagram_received(self, data: bytes, addr: NetAddress) -> None:
            said.append((data, addr == made.address))
            made.close()

        def error_received(self, error: libloop.LoopError) -> None:
            said.append(type(error))
            made.send_to(b"good", made.address)

        def pause_writing(self) -> None:
            said.append("pause")

        def resume_writing(self) -> None:
            said.append("resume")

        def connection_lost(self, error: Any) -> None:
            said.append(("lost", error))

    made = bound(loop)
    made.start_protocol(Echo())
    made.send_to(bytes(70_000), made.address)
    loop.run()
    said = [word for word in said if word not in ("pause", "resume")]
    assert said == [True, libloop.TooBigError, (b"good", True), ("lost", None)]


def test_a_callback_that_throws_loses_nothing(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender == socket_.address))
        if len(said) == 3:
            socket_.close()
        if len(said) < 3:
            raise ValueError(f"got {data!r}")

    socket_.start(heard)
    for data in (b"1", b"", b"3"):
        socket_.send_to(data, socket_.address)
    for data in (b"1", b""):
        with pytest.raises(ValueError, match=f"got {data!r}"):
            loop.run()
    loop.run()
    assert said == [(b"1", True), (b"", True), (b"3", True)]


@pytest.mark.parametrize("how", ["clear", "cancel", "close"])
def test_an_end_inside_the_callback_lets_nothing_more_come(loop: Loop, how: str) -> None:
    said: list[Any] = []
    socket_ = bound(loop, on_close=said.append)
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(5):
        peer.sendto(b"x", (HOST, socket_.address.port))

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        if said.count(b"x") == 1:
            getattr(socket_, how)()

    socket_.start(heard)
    loop.run()
    peer.close()
    ends = [word for word in said if word != b"x"]
    if how == "clear":
        assert said == [b"x"]
    elif how == "cancel":
        assert len(ends) == 1 and isinstance(ends[0], libloop.CanceledError)
    else:
        assert ends == [None]
    with pytest.raises(libloop.BadIdError):
        socket_.send_to(b"x", HOST, 9)


def test_a_paused_socket_gets_nothing_until_it_goes_on(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        socket_.close()

    socket_.start(heard)
    socket_.pause()
    socket_.send_to(b"data", socket_.address)
    loop.set_timeout(lambda: (said.append("timer"), socket_.resume()), 5)  # type: ignore[func-returns-value]
    loop.run()
    assert said == ["timer", b"data"]


def test_end_stops_sending_only(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = bound(loop)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(data)
        socket_.close()

    socket_.start(heard)
    socket_.send_to(b"last", socket_.address)
    socket_.end()
    socket_.end()
    with pytest.raises(libloop.PipeClosedError):
        socket_.send_to(b"x", HOST, 9)
    with pytest.raises(libloop.PipeClosedError):
        socket_.write(b"x")
    loop.run()
    assert said == [b"last"]


def test_a_deadline_counts_from_datagram_to_datagram(loop: Loop) -> None:
    socket_ = bound(loop)
    said: list[Any] = []
    socket_.start(lambda *told: said.append(told), on_close=said.append, timeout_ms=5)
    loop.run()
    assert len(said) == 1 and isinstance(said[0], libloop.TimedOutError)


def test_groups_are_joined_and_left(loop: Loop) -> None:
    said: list[Any] = []
    group = "239.83.7.1"
    socket_ = loop.net.udp_bind(None, 0, reuseaddr=True)
    port = socket_.address.port
    ipv4 = loop.net.udp_bind("0.0.0.0", port, reuseaddr=True, v6only=False)
    ipv4.close()
    other = loop.net.udp_bind("0.0.0.0", 0)
    other.join(group, interface=HOST)
    with pytest.raises(libloop.LoopError):
        other.join(group, interface=HOST)
    sender = bound(loop)
    sender.set_option("multicast_if", socket.if_nametoindex("lo"))
    sender.set_option("multicast_loop", 1)

    def heard(data: bytes, where: NetAddress, length: int) -> None:
        said.append((data, where == sender.address))
        other.leave(group, interface=HOST)
        with pytest.raises(libloop.LoopError):
            other.leave(group, interface=HOST)
        for each in (other, sender, socket_):
            each.close()

    other.start(heard)
    sender.send_to(b"to all", group, other.address.port)
    loop.run()
    assert said == [(b"to all", True)]


def test_options_are_set_and_read(loop: Loop) -> None:
    socket_ = bound(loop)
    for option, value in (
        ("broadcast", 1),
        ("ttl", 7),
        ("multicast_ttl", 3),
        ("multicast_loop", 0),
    ):
        socket_.set_option(option, value)  # type: ignore[arg-type]
        assert socket_.get_option(option) == value, option  # type: ignore[arg-type]
    socket_.set_option("multicast_if", socket.if_nametoindex("lo"))
    with pytest.raises(libloop.NotSupportedError):
        socket_.get_option("multicast_if")
    with pytest.raises(libloop.LoopError):
        socket_.set_option("ttl", 256)
    with pytest.raises(libloop.LoopError):
        socket_.set_option("nodelay", 1)
    socket_.clear()
    unix = loop.net.unix_dgram_bind(None)
    with pytest.raises(libloop.LoopError):
        unix.set_option("ttl", 1)
    with pytest.raises(libloop.NotSupportedError):
        unix.join("239.1.2.3")
    unix.clear()


def test_an_address_in_use_is_told_or_raised(loop: Loop) -> None:
    said: list[Any] = []
    first = bound(loop)
    port = first.address.port
    second = loop.net.udp_bind(HOST, port, lambda *told: said.append(told))
    first.close()
    loop.run()
    ((error, made),) = said
    assert isinstance(error, OSError) and made is None and second.error is error  # type: ignore[comparison-overlap]
    first = bound(loop)
    loop.net.udp_bind(HOST, first.address.port)
    with pytest.raises(libloop.LoopError):
        loop.run()
    first.close()
    loop.run()


def test_ipv6_has_its_addresses(loop: Loop) -> None:
    said: list[Any] = []
    socket_ = loop.net.udp_bind("::1", 0, v6only=True)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append(sender == socket_.address and sender.family == 6)
        socket_.close()

    socket_.start(heard)
    socket_.send_to(b"x", "::1", socket_.address.port)
    loop.run()
    assert said == [True]


def test_bad_input_is_refused_by_name(loop: Loop, tmp_path: pathlib.Path) -> None:
    net = loop.net
    bad: Any = None
    for port in (-1, 65536, "1", None):
        with pytest.raises(libloop.InvalidError):
            net.udp_bind(HOST, port)  # type: ignore[arg-type]
    for call in (
        lambda: net.udp_connect(HOST, 0),
        lambda: net.udp_connect("", 1),
        lambda: net.udp_connect(bad, 1),
        lambda: net.udp_bind("a\0b", 1),
        lambda: net.unix_dgram_bind(""),
        lambda: net.unix_dgram_connect(b"a\0b"),
        lambda: net.adopt_datagram(-1),
        lambda: net.adopt_datagram(bad),
        lambda: net.udp_bind(HOST, 0, read_size=1 << 17),
    ):
        with pytest.raises(libloop.InvalidError):
            call()  # type: ignore[no-untyped-call]
    with pytest.raises(TypeError):
        net.udp_bind(HOST, 0, nodelay=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        net.unix_dgram_bind(None, half_open=True)  # type: ignore[call-arg]
    socket_ = bound(loop)
    for to, port in (
        ("nowhere.invalid", 1),
        ("localhost", 1),
        (HOST, 0),
        (HOST, 65536),
        (HOST, -1),
        ("", 1),
        ("", None),
        (b"/a\0b", None),
        (b"x" * 200, None),
        (NetAddress(0), None),
        (NetAddress(4, HOST, 1), 1),
        (b"127.0.0.1", 1),
        (None, None),
        (17, None),
    ):
        with pytest.raises(libloop.InvalidError):
            socket_.send_to(b"x", to, port)  # type: ignore[arg-type]
        with pytest.raises(libloop.InvalidError):
            socket_.write_to(b"x", to, port)  # type: ignore[arg-type]
    for data in ("text", None, 7):
        with pytest.raises(libloop.InvalidError):
            socket_.send_to(data, HOST, 1)  # type: ignore[arg-type]
    with pytest.raises(libloop.LoopError):
        socket_.join("127.0.0.1")
    with pytest.raises(libloop.LoopError):
        socket_.join("no address")
    with pytest.raises(libloop.LoopError):
        socket_.join("239.1.2.3", interface="nonesuch0")
    socket_.close()
    loop.run()
    for late in (
        lambda: socket_.start(print),
        lambda: socket_.send(b"x"),
        lambda: socket_.join("239.1.2.3"),
        lambda: socket_.queued,
        lambda: socket_.type,
        socket_.pause,
        socket_.end,
        socket_.close,
    ):
        with pytest.raises(libloop.BadIdError):
            late()


def test_only_datagram_sockets_are_taken_over_as_such(loop: Loop) -> None:
    for fd in (*os.pipe(), *loop.net.socketpair()):
        with pytest.raises(libloop.InvalidError):
            loop.net.adopt_datagram(fd)
        loop.run()
        with pytest.raises(OSError):
            os.fstat(fd)
    for fd in loop.net.socketpair(datagrams=True):
        with pytest.raises(libloop.InvalidError):
            loop.net.adopt(fd, keep=True)
        loop.run()
        os.close(fd)
