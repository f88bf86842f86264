# SPDX-License-Identifier: MIT
"""HTTP requests against servers of this process."""

import http.server
import pathlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator

import pytest

import libloop
from libloop import CanceledError, InvalidError, Loop, LoopError, Response

from .support import refused_port, server

BIG = bytes(range(256)) * 4096


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: bytes, *lines: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in lines:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.path == "/hello":
            self.answer(200, b"hello", ("X-Two", "a"), ("X-Two", "b"))
        elif self.path == "/big":
            self.answer(200, BIG)
        elif self.path == "/redirect":
            self.answer(302, b"", ("Location", "/hello"))
        elif self.path == "/circle":
            self.answer(302, b"", ("Location", "/circle"))
        elif self.path == "/peer":
            self.answer(200, str(self.client_address[1]).encode())
        else:
            self.answer(404, b"not here")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = f"{self.command} {self.headers['X-One']} {len(body)}"
        self.answer(201, text.encode())

    def log_message(self, format: str, *args: object) -> None: ...


class Server(http.server.ThreadingHTTPServer):
    """Clients of these tests hang up as they like."""

    def handle_error(self, request: object, client_address: object) -> None: ...


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with Server(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()
        thread.join()


def fetch(loop: Loop, url: str, **options: object) -> tuple[LoopError | None, Response | None]:
    got: list[tuple[LoopError | None, Response | None]] = []
    loop.http(url, lambda *args: got.append(args), **options)  # type: ignore[call-overload]
    loop.run()
    assert len(got) == 1
    return got[0]


def test_get_gives_the_whole_response(loop: Loop, base: str) -> None:
    got: list[Response] = []

    def arrived(error: LoopError | None, response: Response | None) -> None:
        assert error is None and response is not None
        got.append(response)

    request = loop.http_get(f"{base}/hello", arrived, label="hello")
    loop.run()
    response = got[0]
    assert response.status == 200
    assert response.body == b"hello"
    assert response.raw.startswith(b"HTTP/1.1 200 OK\r\n") and response.raw.endswith(b"hello")
    assert response.headers["content-LENGTH"] == "5"
    assert response.headers["x-two"] == "a, b"
    assert response.headers.get_all("X-Two") == ["a", "b"]
    assert response.headers.get("x-none") is None and "x-none" not in response.headers
    assert len(response.headers) == len(set(response.headers))
    assert not request.active


def test_method_headers_and_body_are_sent(loop: Loop, base: str) -> None:
    for body in (BIG, bytearray(BIG), memoryview(BIG)):
        error, response = fetch(
            loop, f"{base}/echo", method="PUT", headers={"X-One": "eins"}, body=body
        )
        assert error is None and response is not None
        assert (response.status, response.body) == (201, b"PUT eins 1048576")
    _, response = fetch(loop, f"{base}/echo", method="PUT", headers=[("X-One", "two")], body=b"abc")
    assert response is not None and response.body == b"PUT two 3"


def test_404_is_a_response(loop: Loop, base: str) -> None:
    error, response = fetch(loop, f"{base}/missing")
    assert error is None and response is not None
    assert (response.status, response.body) == (404, b"not here")


def test_stream_gives_head_chunks_and_end(loop: Loop, base: str) -> None:
    got: list[object] = []

    def piece(error: LoopError | None, what: object) -> None:
        assert error is None
        got.append(what)

    loop.http(f"{base}/big", piece, stream=True)
    loop.run()
    head, *chunks, end = got
    assert isinstance(head, Response) and head.status == 200 and head.body == b""
    assert end is None
    assert b"".join(chunk for chunk in chunks if isinstance(chunk, bytes)) == BIG


def test_redirects_only_when_asked(loop: Loop, base: str) -> None:
    _, response = fetch(loop, f"{base}/redirect")
    assert response is not None and response.status == 302
    _, response = fetch(loop, f"{base}/redirect", follow=True)
    assert response is not None and response.body == b"hello"
    error, _ = fetch(loop, f"{base}/circle", follow=True, max_redirects=3)
    assert isinstance(error, libloop.RedirectError)


def test_connections_are_kept_unless_told_otherwise(loop: Loop, base: str) -> None:
    def peer(**options: object) -> bytes:
        _, response = fetch(loop, f"{base}/peer", **options)
        assert response is not None
        return response.body

    assert peer() == peer()
    last = peer(keep_alive=False)
    assert peer() != last


def test_sizes_are_limited(loop: Loop, base: str) -> None:
    error, response = fetch(loop, f"{base}/big", max_body=1000)
    assert isinstance(error, libloop.TooBigError) and response is None
    error, _ = fetch(loop, f"{base}/hello", max_header=16)
    assert isinstance(error, libloop.TooBigError)


def stall(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def cut(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def garbage(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"this is not HTTP at all\r\n\r\n")


def test_errors_have_names_and_builtin_classes(loop: Loop) -> None:
    error, response = fetch(loop, f"http://127.0.0.1:{refused_port()}/")
    assert isinstance(error, ConnectionRefusedError) and isinstance(error, LoopError)
    assert error.name == "LOOP_ECONNREFUSED" and response is None
    error, _ = fetch(loop, "http://no-such-name.invalid/")
    assert isinstance(error, libloop.DnsError)
    with server(cut) as port:
        error, _ = fetch(loop, f"http://127.0.0.1:{port}/")
        assert isinstance(error, EOFError)
    with server(garbage) as port:
        error, _ = fetch(loop, f"http://127.0.0.1:{port}/")
        assert isinstance(error, libloop.HttpError)
        error, _ = fetch(loop, f"https://127.0.0.1:{port}/")
        assert isinstance(error, (libloop.TlsError, ssl.SSLError))
    for url in ("ftp://127.0.0.1/", "nonsense", "http://"):
        error, _ = fetch(loop, url)
        assert isinstance(error, InvalidError), url


def test_stalled_request_ends_by_deadline_or_cancel(loop: Loop) -> None:
    with server(stall) as port:
        error, _ = fetch(loop, f"http://127.0.0.1:{port}/", timeout_ms=20)
        assert isinstance(error, TimeoutError)
        got: list[object] = []
        request = loop.http_get(f"http://127.0.0.1:{port}/", lambda *args: got.append(args[0]))
        loop.set_timeout(request.cancel, 5)
        loop.run()
        assert [type(item) for item in got] == [CanceledError]


def test_cleared_request_is_silent(loop: Loop) -> None:
    got: list[object] = []
    with server(stall) as port:
        request = loop.http(
            f"http://127.0.0.1:{port}/", lambda *args: got.append(args), method="PUT", body=b"x"
        )
        loop.set_timeout(request.clear, 5)
        loop.run()
        loop.close()
    assert got == []


def test_bad_input_is_refused_at_the_call(loop: Loop) -> None:
    url = "http://127.0.0.1/"
    for bad_url, options in (
        (url, {"headers": {"X": "a\r\nEvil: b"}}),
        (url, {"headers": {"X:": "a"}}),
        (url, {"headers": {"": "a"}}),
        (url, {"headers": {"X": "€"}}),
        (url, {"method": "GET\0"}),
        (url, {"max_body": 0}),
        (url, {"max_header": 1 << 40}),
        ("http://a\0b/", {}),
    ):
        with pytest.raises(InvalidError):
            loop.http(bad_url, print, **options)
    assert loop.alive == 0


def test_proxy_is_used(base: str) -> None:
    asked: list[bytes] = []

    def proxy(connection: socket.socket) -> None:
        asked.append(connection.recv(4096).split(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with server(proxy) as port, Loop(http_proxy=f"http://127.0.0.1:{port}") as loop:
        _, response = fetch(loop, "http://example.invalid/x")
    assert response is not None and response.body == b"ok"
    assert asked == [b"GET http://example.invalid/x HTTP/1.1"]


def test_hundred_requests_at_once(loop: Loop, base: str) -> None:
    got: list[bytes] = []

    def arrived(error: LoopError | None, response: Response | None) -> None:
        assert response is not None
        got.append(response.body)

    for _ in range(100):
        loop.http_get(f"{base}/hello", arrived)
    loop.run()
    assert got == [b"hello"] * 100


def test_request_under_way_ends_when_the_loop_closes() -> None:
    got: list[object] = []
    with server(stall) as port:
        loop = Loop()
        loop.http_get(f"http://127.0.0.1:{port}/", lambda error, _: got.append(type(error)))
        loop.run_nowait()
        loop.close()
    assert got == [CanceledError]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A certificate of this server's own for 127.0.0.1, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


def test_https_trusts_the_roots_it_is_given(certificate: pathlib.Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(4096)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    pem = (certificate / "cert.pem").read_text()
    with server(serve) as port:
        url = f"https://127.0.0.1:{port}/"
        with Loop() as loop:
            error, _ = fetch(loop, url)
            assert isinstance(error, libloop.TlsError)
            error, response = fetch(loop, url, insecure=True)
            assert error is None and response is not None and response.body == b"ok"
        for roots in (pem, pem.encode()):
            with Loop(ca_pem=roots) as loop:
                error, response = fetch(loop, url)
                assert error is None and response is not None and response.body == b"ok"
