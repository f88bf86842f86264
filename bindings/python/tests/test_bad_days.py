# SPDX-License-Identifier: MIT
"""Servers that misbehave, descriptors that run out: one named error, and the loop goes on."""

import socket
import struct
from collections.abc import Callable

import pytest

from libloop import READABLE, InvalidError, Loop, LoopError, Response

from .support import outputs, refused_port, server

HEAD = b"HTTP/1.1 200 OK\r\n"


def reset(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stall(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def stall_in_the_body(connection: socket.socket) -> None:
    connection.recv(4096)  # an answer before the question would be no HTTP
    connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")
    stall(connection)


def cut(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(HEAD + b"Content-Length: 10\r\n\r\nhalf")


def garbage(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"\x01\x02 no HTTP\r\n\r\n")


def endless_header(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(HEAD)
    while True:  # until the client has gone, which is an OSError
        connection.sendall(b"X-More: and more\r\n" * 100)


def endless_body(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b"for ever and ever and " * 100)


def check_goes_on(loop: Loop) -> None:
    got: list[str] = []
    loop.set_timeout(got.append, 0, "timer")
    loop.run()
    assert got == ["timer"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("serve", "expected"),
    [
        (reset, "LOOP_ECONNRESET"),
        (stall, "LOOP_ETIMEDOUT"),
        (stall_in_the_body, "LOOP_ETIMEDOUT"),
        (cut, "LOOP_EOF"),
        (garbage, "LOOP_EHTTP"),
        (endless_header, "LOOP_ETOOBIG"),
        (endless_body, "LOOP_ETOOBIG"),
    ],
)
def test_bad_server_gives_one_named_error(
    loop: Loop, serve: Callable[[socket.socket], None], expected: str, stream: bool
) -> None:
    errors: list[str] = []

    def arrived(error: LoopError | None, what: object) -> None:
        if error is not None:
            errors.append(error.name)

    with server(serve) as port:
        loop.http(
            f"http://127.0.0.1:{port}/",
            arrived,
            stream=stream,
            max_body=1 << 20,
            timeout_ms=50 if expected == "LOOP_ETIMEDOUT" else None,
        )
        loop.run()
    assert errors == [expected]
    check_goes_on(loop)


def test_refused_connections_each_tell_their_callback(loop: Loop) -> None:
    got: list[tuple[int, str]] = []
    url = f"http://127.0.0.1:{refused_port()}/"

    def note(number: int) -> Callable[[LoopError | None, Response | None], None]:
        def arrived(error: LoopError | None, response: Response | None) -> None:
            assert error is not None and response is None
            got.append((number, error.name))

        return arrived

    for number in range(5):
        loop.http_get(url, note(number))
    loop.run()
    assert sorted(got) == [(number, "LOOP_ECONNREFUSED") for number in range(5)]
    check_goes_on(loop)


def test_request_without_a_descriptor_left_is_an_error_and_works_again_later() -> None:
    lines = outputs(
        """
        import os, resource, socket, threading
        import libloop

        answers = []

        def serve():
            connection, _ = listener.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
            connection.close()

        def note(error, response):
            print(error.name if error else response.status)

        def readable(error, ready):
            print(error, ready == libloop.READABLE)

        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        ours, theirs = socket.socketpair()
        theirs.send(b"x")
        with libloop.Loop() as loop:
            loop.run_nowait()
            taken = []

            def take_all():
                soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
                resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
                try:
                    while True:
                        taken.append(os.open("/dev/null", os.O_RDONLY))
                except OSError:
                    pass

            def give_back():
                for fd in taken:
                    os.close(fd)

            # Inside a run, which has the descriptor it needs to be interrupted.
            def within():
                take_all()
                loop.http_get(url, after)
                loop.poll_fd(ours, libloop.READABLE, readable, mode="oneshot")

            def after(error, response):
                note(error, response)
                give_back()
                threading.Thread(target=serve).start()
                loop.http_get(url, note)

            loop.set_timeout(within, 0)
            loop.run()
        """
    )
    assert sorted(lines) == ["200", "LOOP_EMFILE", "None True"]


def test_numbers_out_of_range_are_refused_and_leave_the_loop_unharmed(loop: Loop) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: loop.set_timeout(print, -1),
        lambda: loop.set_timeout(print, float("nan")),
        lambda: loop.set_interval(print, 0),
        lambda: loop.poll_fd(-1, READABLE, print),
        lambda: loop.poll_fd(0, 0, print),
        lambda: loop.poll_fd(0, 0x40, print),
        lambda: loop.poll_fd(0, READABLE, print, mode="both"),  # type: ignore[arg-type]
        lambda: loop.set_workers(0),
        lambda: loop.set_workers(1025),
        lambda: Loop(workers=1025),
        lambda: Loop(backend="none"),  # type: ignore[arg-type]
    )
    for call in calls:
        with pytest.raises(InvalidError):
            call()
    assert loop.alive == 0
    check_goes_on(loop)
