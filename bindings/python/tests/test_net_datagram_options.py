# SPDX-License-Identifier: MIT
"""Groups with a source, and ports that several UDP sockets have."""

import errno
import ipaddress
import socket
from typing import Any

import pytest

import libloop
from libloop import Datagrams, Loop, NetAddress

HOST = "127.0.0.1"
OTHER_HOST = "127.0.0.2"  # also of this machine
SENDERS = 64


def opened(loop: Loop, host: str | None, port: int, **options: Any) -> tuple[Any, Datagrams]:
    """What becomes of a bind: its errno or None, and the socket."""
    said: list[Any] = []
    made = loop.net.udp_bind(host, port, lambda error, _: said.append(error), **options)
    while not said:
        loop.run_once()
    return said[0] and said[0].errno, made


def test_a_group_with_a_source_gives_only_what_that_one_sends(loop: Loop) -> None:
    said: list[Any] = []
    group = "232.83.7.1"
    receiver = loop.net.udp_bind("0.0.0.0", 0)
    receiver.join(group, source=HOST, interface=HOST)
    wanted, unwanted = loop.net.udp_bind(HOST, 0), loop.net.udp_bind(OTHER_HOST, 0)
    for sender in (unwanted, wanted):
        sender.set_option("multicast_if", socket.if_nametoindex("lo"))
    port = receiver.address.port

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender.host))
        if data == b"wanted":
            # A second source: a socket may join several.
            receiver.join(group, source=OTHER_HOST, interface=HOST)
            unwanted.send_to(b"joined", group, port)
        elif data == b"joined":
            receiver.leave(group, source=HOST, interface=HOST)
            wanted.send_to(b"left", group, port)
            unwanted.send_to(b"stays", group, port)
        else:
            for each in (receiver, wanted, unwanted):
                each.close()

    receiver.start(heard)
    unwanted.send_to(b"unwanted", group, port)
    wanted.send_to(b"wanted", group, port)
    loop.run()
    assert said == [(b"wanted", HOST), (b"joined", OTHER_HOST), (b"stays", OTHER_HOST)]


def test_a_source_is_joined_and_left_once(loop: Loop) -> None:
    receiver = loop.net.udp_bind("0.0.0.0", 0)
    group = "232.83.7.2"
    receiver.join(group, source=HOST, interface=HOST)
    with pytest.raises(libloop.SystemCallError):
        receiver.join(group, source=HOST, interface=HOST)
    with pytest.raises(libloop.SystemCallError) as caught:
        receiver.leave(group, source=OTHER_HOST, interface=HOST)
    assert caught.value.errno == errno.EADDRNOTAVAIL
    receiver.leave(group, source=HOST, interface=HOST)
    with pytest.raises(libloop.InvalidError):  # to the system it is no group any more
        receiver.leave(group, source=HOST, interface=HOST)
    for source in ("no address", "::1", ""):
        with pytest.raises(libloop.InvalidError):
            receiver.join(group, source=source, interface=HOST)
    receiver.clear()


def test_v6only_leaves_the_port_of_ipv4_free(loop: Loop) -> None:
    error, six = opened(loop, "::", 0, v6only=True)
    assert error is None
    error, four = opened(loop, "0.0.0.0", six.address.port)
    assert error is None
    six.clear()
    four.clear()
    error, both = opened(loop, "::", 0)
    assert error is None
    error, four = opened(loop, "0.0.0.0", both.address.port)
    assert error == errno.EADDRINUSE
    both.clear()


def test_without_v6only_ipv4_comes_too(loop: Loop) -> None:
    said: list[Any] = []
    both = loop.net.udp_bind("::", 0)

    def heard(data: bytes, sender: NetAddress, length: int) -> None:
        said.append((data, sender.family, sender.host))
        both.close()
        four.close()

    both.start(heard)
    four = loop.net.udp_bind(HOST, 0)
    four.send_to(b"x", HOST, both.address.port)
    loop.run()
    assert [(data, family) for data, family, _ in said] == [(b"x", 6)]
    assert ipaddress.IPv6Address(said[0][2]).ipv4_mapped == ipaddress.IPv4Address(HOST)


def test_reuseport_shares_what_comes(loop: Loop) -> None:
    error, first = opened(loop, HOST, 0, reuseport=True)
    assert error is None
    error, second = opened(loop, HOST, first.address.port, reuseport=True)
    assert error is None
    got: dict[Datagrams, list[bytes]] = {first: [], second: []}
    senders = [loop.net.udp_bind(HOST, 0) for _ in range(SENDERS)]

    def start(receiver: Datagrams) -> None:
        def heard(data: bytes, sender: NetAddress, length: int) -> None:
            got[receiver].append(data)
            if sum(map(len, got.values())) == SENDERS:
                for each in (first, second, *senders):
                    each.close()

        receiver.start(heard)

    start(first)
    start(second)
    for number, sender in enumerate(senders):
        sender.send_to(b"%d" % number, HOST, first.address.port)
    loop.run()
    assert sorted(got[first] + got[second], key=int) == [b"%d" % i for i in range(SENDERS)]
    assert got[first] and got[second]  # by the sender's port: one of them gets none in 2^63


def test_without_reuseport_a_port_has_one_socket(loop: Loop) -> None:
    error, first = opened(loop, HOST, 0, reuseport=True)
    assert error is None
    error, _ = opened(loop, HOST, first.address.port)
    assert error == errno.EADDRINUSE
    first.clear()
