# SPDX-License-Identifier: MIT
"""A DNS server for tests, on a port of 127.0.0.1 that the system picks.

    dns_server.py       prints "127.0.0.1:PORT" and answers until its standard input ends

The first part of a name says what it answers: "missing", "nothing", "failing", "refused",
"garbled", "circle" and "silent" what they say, "long" over TCP only; every other name has one or
two records of the type that is asked for."""

import contextlib
import socket
import struct
import sys
import threading

HEAD = struct.Struct("!HHHHHH")
NAME = b"\xc0\x0c"  # the name that was asked for
RCODES = {b"failing": 2, b"missing": 3, b"refused": 5}
CNAME, TXT = 5, 16
RECORDS = {
    1: [b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"],
    2: [b"\x02ns" + NAME],
    CNAME: [b"\x05alias\x04test\x00"],
    6: [b"\x02ns" + NAME + b"\x05admin" + NAME + struct.pack("!5I", 1, 2, 3, 4, 5)],
    12: [b"\x04name\x04test\x00"],
    15: [b"\x00\x0a\x04mail" + NAME, b"\x00\x00\x00"],
    TXT: [b"\x03one\x03t\x00o\x00"],
    28: [bytes.fromhex("20010db8000000000000000000000001")],
    33: [b"\x00\x01\x00\x02\x00\x03\x04host" + NAME],
    35: [b"\x00\x01\x00\x02\x01s\x07SIP+D2U\x02!!\x03sip" + NAME],
    257: [b"\x80\x05issueca.test"],
}


def record(kind: int, data: bytes) -> bytes:
    return NAME + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def answer(question: bytes, over_tcp: bool) -> bytes | None:
    """The answer to a message; None: there is none."""
    number, _, questions, _, _, _ = HEAD.unpack_from(question)
    end = HEAD.size
    while question[end]:
        end += 1 + question[end]
    word = question[HEAD.size + 1 : HEAD.size + 1 + question[HEAD.size]].lower()
    kind = int.from_bytes(question[end + 1 : end + 3], "big")
    if word == b"silent":
        return None
    records = [record(kind, data) for data in RECORDS.get(kind, [])]
    if kind == 255:
        records = [record(each, data) for each, all_ in RECORDS.items() for data in all_]
        records = [it for it in records if it[2:4] != struct.pack("!H", CNAME)]
    flags, counted = 0x8180 | RCODES.get(word, 0), None
    if word in RCODES or word == b"nothing":
        records = []
    elif word == b"garbled":
        records, counted = [], 1
    elif word == b"circle":
        records = [record(CNAME, NAME)]
    elif word == b"long" and over_tcp:
        records = [record(TXT, bytes([100]) + b"%0100d" % each) for each in range(200)]
    elif word == b"long":
        records, flags = [], flags | 0x0200
    head = HEAD.pack(number, flags, questions, len(records) if counted is None else counted, 0, 0)
    return head + question[HEAD.size : end + 5] + b"".join(records)


class Server:
    """The server, for as long as a with statement lasts."""

    def __init__(self) -> None:
        while True:
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.tcp = socket.socket()
            try:
                self.tcp.bind(self.udp.getsockname())
                break
            except OSError:  # somebody else has the port
                self.udp.close()
                self.tcp.close()
        self.tcp.listen()
        self.address = f"127.0.0.1:{self.udp.getsockname()[1]}"
        self.asked = threading.Semaphore(0)  # released for each question

    def __enter__(self) -> "Server":
        for work in (self._datagrams, self._connections):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.udp, self.tcp):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _datagrams(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                question, peer = self.udp.recvfrom(4096)
                if len(question) < HEAD.size:
                    return
                reply = answer(question, False)
                self.asked.release()
                if reply is not None:
                    self.udp.sendto(reply, peer)

    def _connections(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self.tcp.accept()
                with conn, conn.makefile("rb") as stream:
                    size = stream.read(2)
                    reply = answer(stream.read(int.from_bytes(size, "big")), True)
                    if reply is not None:
                        conn.sendall(len(reply).to_bytes(2, "big") + reply)


if __name__ == "__main__":
    with Server() as server:
        print(server.address, flush=True)
        sys.stdin.read()
