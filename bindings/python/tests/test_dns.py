# SPDX-License-Identifier: MIT
"""Names."""

import importlib
import pickle
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import libloop
from libloop import Address, Caa, DnsDetail, Loop, Mx, NameRecord, Naptr, Soa, Srv, Txt

from .support import HERE

sys.path.append(str(HERE.parents[2] / "tests" / "conformance"))
Server: Any = importlib.import_module("dns_server").Server

PATIENT: dict[str, Any] = {"tries": 1, "try_ms": 3_600_000}


@pytest.fixture
def server() -> Iterator[Any]:
    with Server() as running:
        yield running


class Heard:
    """What callbacks were given."""

    def __init__(self) -> None:
        self.all: list[tuple[Any, Any]] = []

    def __call__(self, error: Any, answer: Any) -> None:
        self.all.append((error, answer))

    @property
    def answer(self) -> Any:
        ((error, answer),) = self.all
        assert error is None
        return answer

    @property
    def error(self) -> Any:
        ((error, answer),) = self.all
        assert answer is None
        return error


def resolve(loop: Loop, server: Any, name: str, kind: Any) -> Heard:
    heard = Heard()
    loop.dns.resolve(name, kind, heard, servers=[server.address], **PATIENT)
    loop.run()
    return heard


def test_every_type_of_record_has_a_class(loop: Loop, server: Any) -> None:
    ask: dict[str, Any] = {"servers": [server.address], **PATIENT}
    calls: list[tuple[Any, list[Any]]] = [
        (loop.dns.resolve4, [Address("192.0.2.1", 4, 60), Address("192.0.2.2", 4, 60)]),
        (loop.dns.resolve6, [Address("2001:db8::1", 6, 60)]),
        (loop.dns.resolve_mx, [Mx(10, "mail.a.test", 60), Mx(0, "", 60)]),
        (loop.dns.resolve_txt, [Txt((b"one", b"t\0o", b""), 60)]),
        (loop.dns.resolve_srv, [Srv(1, 2, 3, "host.a.test", 60)]),
        (loop.dns.resolve_ns, [NameRecord("NS", "ns.a.test", 60)]),
        (loop.dns.resolve_cname, [NameRecord("CNAME", "alias.test", 60)]),
        (loop.dns.resolve_ptr, [NameRecord("PTR", "name.test", 60)]),
        (loop.dns.resolve_caa, [Caa(128, "issue", b"ca.test", 60)]),
        (loop.dns.resolve_soa, [Soa("ns.a.test", "admin.a.test", 1, 2, 3, 4, 5, 60)]),
        (loop.dns.resolve_naptr, [Naptr(1, 2, "s", "SIP+D2U", "!!", "sip.a.test", 60)]),
    ]
    for call, want in calls:
        heard = Heard()
        call("a.test", heard, **ask)
        loop.run()
        assert heard.answer == want
    heard = Heard()
    loop.dns.resolve_any("a.test", heard, **ask)
    loop.run()
    assert [type(record).__name__ for record in heard.answer].count("Mx") == 2
    assert len(heard.answer) == 12
    assert resolve(loop, server, "a.test", "TXT").answer[0].text == "onet\0o"


def test_a_long_answer_comes_over_tcp(loop: Loop, server: Any) -> None:
    answer = resolve(loop, server, "long.test", "TXT").answer
    assert len(answer) == 200 and answer[199].strings == (b"%0100d" % 199,)


def test_no_answer_says_why(loop: Loop, server: Any) -> None:
    for name, detail in {
        "missing.test": DnsDetail.NOT_FOUND,
        "nothing.test": DnsDetail.NO_DATA,
        "failing.test": DnsDetail.SERVER_FAILURE,
        "refused.test": DnsDetail.REFUSED,
        "garbled.test": DnsDetail.BAD_ANSWER,
        "circle.test": DnsDetail.BAD_ANSWER,
        "a..test": DnsDetail.BAD_NAME,
        "": DnsDetail.BAD_NAME,
    }.items():
        error = resolve(loop, server, name, "MX").error
        assert isinstance(error, libloop.DnsError) and isinstance(error, OSError)
        assert error.detail is detail and error.os_errno == 0
        assert error.text.startswith(f"dns MX {name}: ")
        copy = pickle.loads(pickle.dumps(error))
        assert copy.detail is detail and str(copy) == str(error)


def test_an_address_is_its_own_answer(loop: Loop) -> None:
    for name, family, want in [
        ("192.0.2.1", 0, Address("192.0.2.1", 4)),
        ("2001:DB8::1", 6, Address("2001:db8::1", 6)),
        ("fe80::1%7", 0, Address("fe80::1%7", 6)),
    ]:
        heard = Heard()
        loop.dns.lookup(name, heard, family=family)
        loop.run()
        assert heard.answer == [want]
    heard = Heard()
    loop.dns.lookup("192.0.2.1", heard, family=6)
    loop.run()
    assert heard.error.detail is DnsDetail.NOT_FOUND


def test_localhost_comes_in_the_order_asked_for(loop: Loop) -> None:
    four, six = Address("127.0.0.1", 4), Address("::1", 6)
    for order, want in {"ipv4first": [four, six], "ipv6first": [six, four]}.items():
        heard = Heard()
        loop.dns.lookup("any.localhost", heard, order=order)  # type: ignore[arg-type]
        loop.run()
        assert heard.answer == want


def test_an_address_has_names(loop: Loop, server: Any) -> None:
    for address, want in {"192.0.2.1": ["name.test"], "2001:db8::1": ["name.test"]}.items():
        heard = Heard()
        loop.dns.reverse(address, heard, servers=[server.address], **PATIENT)
        loop.run()
        assert heard.answer == want
    heard = Heard()
    loop.dns.reverse("127.0.0.1", heard)  # of the hosts file
    loop.run()
    assert "localhost" in heard.answer
    heard = Heard()
    loop.dns.reverse("a.test", heard)
    loop.run()
    assert isinstance(heard.error, libloop.InvalidError)


def test_cancel_deadline_and_close_end_the_asking(loop: Loop, server: Any) -> None:
    def start(**options: Any) -> tuple[Heard, Any]:
        heard = Heard()
        ask: dict[str, Any] = {"servers": [server.address], **PATIENT, **options}
        return heard, loop.dns.resolve4("silent.test", heard, **ask)

    heard, question = start()

    def cancel_when_asked() -> None:
        server.asked.acquire()
        loop.post(question.cancel)

    threading.Thread(target=cancel_when_asked).start()
    loop.run()
    assert isinstance(heard.error, libloop.CanceledError)
    heard, question = start(timeout_ms=1, label="mine")
    loop.run()
    assert isinstance(heard.error, libloop.TimedOutError) and not question.active
    heard, question = start()
    question.unref()
    loop.run()
    assert heard.all == []
    question.clear()
    loop.run()
    assert heard.all == []
    heard, question = start(tries=1, try_ms=1)
    loop.run()
    assert isinstance(heard.error, libloop.TimedOutError)
    assert heard.error.text.startswith("dns A silent.test: no answer: 127.0.0.1:")
    heard, question = start()
    loop.close()
    assert isinstance(heard.error, libloop.CanceledError)


def test_a_thousand_questions_at_a_time_are_answered(loop: Loop, server: Any) -> None:
    heard = Heard()
    for _ in range(1000):
        loop.dns.resolve6("a.test", heard, servers=[server.address], tries=100, try_ms=1000)
    loop.run()
    assert heard.all == [(None, [Address("2001:db8::1", 6, 60)])] * 1000


def test_what_is_no_question_is_refused(loop: Loop) -> None:
    heard = Heard()
    dns: Any = loop.dns
    calls: list[Any] = [
        lambda: dns.lookup("a\0b", heard),
        lambda: dns.lookup("\udc80", heard),
        lambda: dns.lookup("a", heard, family=5),
        lambda: dns.lookup("a", heard, order="mine"),
        lambda: dns.resolve("a", "HINFO", heard),
        lambda: dns.resolve4("a", heard, servers=[]),
        lambda: dns.resolve4("a", heard, servers="127.0.0.1"),
        lambda: dns.resolve4("a", heard, servers=["127.0.0.1\0"]),
        lambda: dns.resolve4("a", heard, tries=0),
        lambda: dns.resolve4("a", heard, tries=101),
        lambda: dns.resolve4("a", heard, try_ms=-1),
        lambda: dns.resolve4("a", heard, try_ms=3_600_001),
    ]
    for wrong in calls:
        with pytest.raises(libloop.InvalidError):
            wrong()
    loop.run()
    assert heard.all == []
    dns.resolve4("a", heard, servers=["localhost"])
    loop.run()
    assert isinstance(heard.error, libloop.InvalidError)
