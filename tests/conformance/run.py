# SPDX-License-Identifier: MIT
"""Runs the conformance programs in C, Python and Rust against one expected output each.

Usage: run.py [--languages c,python,rust] [--library DIR] [--cflags FLAGS] [--backend NAME]
              [NAME ...]

Each program is c/NAME.c, python/NAME.py and a module of rust/; expected/NAME.txt is what all must
print.
A program that is missing in a language is a failure.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import os
import pathlib
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import dns_server

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "conformance"
TIMEOUT_S = 60


class Handler(http.server.BaseHTTPRequestHandler):
    """A polite server; the impolite ones are in Servers."""

    protocol_version = "HTTP/1.1"
    served = 0  # requests of this connection

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.served += 1
        if self.path == "/count":
            self.answer(200, f"request {self.served} of its connection".encode())
        elif self.path == "/hello":
            self.answer(200, b"hello, world", X_Greeting="good day")
        elif self.path == "/megabyte":
            self.answer(200, bytes(range(256)) * 4096)
        elif self.path == "/redirect":
            self.answer(302, b"over there", Location="/hello")
        elif self.path == "/circle":
            self.answer(302, b"again", Location="/circle")
        else:
            self.answer(404, b"not here")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = f"PUT, x-one {self.headers['X-One']}, {len(body)} bytes"
        self.answer(201, text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


def stall(connection: socket.socket) -> None:
    """Never answers: holds the connection until the client gives up."""
    while connection.recv(4096):
        pass


def cut(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def garbage(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"this is not HTTP at all\r\n\r\n")


def endless(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"x" * 4000 + b"\r\n")


def proxy(connection: socket.socket) -> None:
    """Answers itself, with the URL it is asked for."""
    url = connection.recv(4096).split(b" ")[1]
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(url)
    connection.sendall(head + url)


def new_certificate(folder: pathlib.Path) -> pathlib.Path:
    """A certificate of its own for 127.0.0.1, beside it its key."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        " -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem"


class PoliteServer(http.server.ThreadingHTTPServer):
    """Says nothing when a client hangs up in the middle, as some programs do on purpose."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Servers:
    """Servers on loopback for the programs; urls is their environment."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self.polite = PoliteServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.polite.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{self.polite.server_address[1]}"
        for name in ("hello", "megabyte", "redirect", "circle", "echo", "count"):
            self.urls[f"CONFORMANCE_{name.upper()}"] = f"{base}/{name}"
        for serve in (stall, cut, garbage, endless, proxy):
            self.urls[f"CONFORMANCE_{serve.__name__.upper()}"] = self.impolite(serve)
        # A port that was bound and is closed again refuses.
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.urls["CONFORMANCE_REFUSED"] = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        self.folder = tempfile.TemporaryDirectory()
        certificate = new_certificate(pathlib.Path(self.folder.name))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))

        def secure(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as encrypted:
                encrypted.recv(4096)
                encrypted.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

        self.urls["CONFORMANCE_SECURE"] = self.impolite(secure).replace("http:", "https:")
        self.urls["CONFORMANCE_ROOTS"] = str(certificate)
        self.names = dns_server.Server()
        self.urls["CONFORMANCE_DNS"] = self.names.__enter__().address

    def impolite(self, serve: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))

        def one(connection: socket.socket) -> None:
            with connection:
                # The client may have had enough, as it should.
                with contextlib.suppress(OSError):
                    serve(connection)

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def build_c(name: str, library: pathlib.Path, cflags: list[str]) -> list[str]:
    BUILD.mkdir(parents=True, exist_ok=True)
    out = BUILD / "-".join([library.name, name, *(flag.strip("-") for flag in cflags)])
    source = HERE / "c" / f"{name}.c"
    header = ROOT / "include" / "loop.h"
    sources = [source, *(HERE / "c").glob("*.h"), header, pathlib.Path(__file__)]
    made = out.stat().st_mtime if out.exists() else 0.0
    if max(path.stat().st_mtime for path in sources) < made:
        return [str(out)]  # it is linked with whatever lies in the library's folder
    command = [
        "cc",
        "-std=c11",
        "-D_GNU_SOURCE",
        "-O1",
        "-g",
        "-Wall",
        "-Wextra",
        "-Werror",
        *cflags,
    ]
    command += [f"-I{ROOT / 'include'}", f"-I{HERE / 'c'}", str(source)]
    command += [f"-L{library}", "-lloop", "-lpthread", f"-Wl,-rpath,{library}", "-o", str(out)]
    subprocess.run(command, check=True)
    return [str(out)]


def build_jobs(library: pathlib.Path, cflags: list[str]) -> pathlib.Path:
    """The C job that Python and Rust load."""
    BUILD.mkdir(parents=True, exist_ok=True)
    out = BUILD / f"{library.name}-libjobs.so"
    command = ["cc", "-std=c11", "-O1", "-g", "-Wall", "-Werror", "-shared", "-fPIC", *cflags]
    command += [f"-I{ROOT / 'include'}", str(HERE / "c" / "jobs_library.c"), f"-L{library}"]
    subprocess.run([*command, "-lloop", "-o", str(out)], check=True)
    return out


def build_rust(library: pathlib.Path) -> pathlib.Path:
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "build" / "rust"))
    env = dict(os.environ, LIBLOOP_LIB_DIR=str(library), CARGO_TARGET_DIR=str(target))
    manifest = HERE / "rust" / "Cargo.toml"
    command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", str(manifest)]
    subprocess.run(command, check=True, env=env)
    return target / "debug" / "conformance"


def main() -> int:
    parser = argparse.ArgumentParser(description="run the conformance programs")
    parser.add_argument("--languages", default="c,python,rust")
    parser.add_argument("--library", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--cflags", default="")
    parser.add_argument("--backend", default="")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    library = args.library.resolve()
    names = args.names or sorted(p.stem for p in (HERE / "expected").glob("*.txt"))
    languages = args.languages.split(",")
    os.umask(0o022)  # the programs say permissions of what they make
    servers = Servers()  # to be kept: it ends with its folder
    env = dict(os.environ, **servers.urls)
    env["CONFORMANCE_JOBS"] = str(build_jobs(library, shlex.split(args.cflags)))
    env["LIBLOOP_LIBRARY"] = str(library / "libloop.so")
    env["LD_LIBRARY_PATH"] = str(library)
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "bindings" / "python"), str(HERE / "python")])
    if args.backend:
        env["LOOP_BACKEND"] = args.backend
    rust = build_rust(library) if "rust" in languages else pathlib.Path()
    commands: dict[str, Callable[[str], list[str]]] = {
        "c": lambda name: build_c(name, library, shlex.split(args.cflags)),
        "python": lambda name: [sys.executable, "-X", "dev", str(HERE / "python" / f"{name}.py")],
        "rust": lambda name: [str(rust), name],
    }
    passed = failed = 0
    for language in languages:
        start = time.monotonic()
        wrong = 0
        for name in names:
            want = (HERE / "expected" / f"{name}.txt").read_text()
            command = commands[language](name)
            try:
                done = subprocess.run(
                    command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S, env=env
                )
                got, code, errors = done.stdout, done.returncode, done.stderr
            except subprocess.TimeoutExpired as late:
                got, code, errors = str(late.stdout), -1, f"still running after {TIMEOUT_S} s"
            if got == want and code == 0 and not errors:
                passed += 1
                continue
            wrong += 1
            print(
                f"not ok {language} {name} (exit {code})\n--- want\n{want}--- got\n{got}{errors}---"
            )
        failed += wrong
        seconds = time.monotonic() - start
        print(f"  {language}: {len(names) - wrong} of {len(names)} in {seconds:.1f} s", flush=True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
