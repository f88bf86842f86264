# SPDX-License-Identifier: MIT
"""What the tests share: C code, programs of their own, servers."""

import contextlib
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE_ROOT = HERE.parent
INCLUDE = PACKAGE_ROOT.parent.parent / "include"

# Long enough for a busy machine, short enough to end a test that hangs.
TIMEOUT_S = 60


def compile_c(source: str, target: pathlib.Path, *flags: str) -> pathlib.Path:
    """Compiles a C text to a program, or with -shared to a library."""
    path = target.with_suffix(".c")
    path.write_text(source)
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    assert shutil.which(compiler[0]), "the tests need a C compiler"
    warnings = ["-Wall", "-Wextra", "-Werror", "-std=gnu11"]
    subprocess.run(
        [*compiler, *warnings, f"-I{INCLUDE}", *flags, str(path), "-o", str(target), "-lpthread"],
        check=True,
    )
    return target


def environment() -> dict[str, str]:
    """The environment of a Python program that imports this checkout's package."""
    return {**os.environ, "PYTHONPATH": str(PACKAGE_ROOT), "PYTHONDEVMODE": ""}


def run_python(code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a Python program to its end."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**environment(), **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def outputs(code: str, *arguments: str, **variables: str) -> list[str]:
    """The lines that a Python program prints; it must end well and quietly."""
    done = run_python(code, *arguments, **variables)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.splitlines()


@contextlib.contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server on a free port that handles one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                serve(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # close() alone does not wake accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def refused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
