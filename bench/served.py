# SPDX-License-Identifier: MIT
"""Runs a server and, in a process of its own, the client that measures it.

A server may be written in any language. It listens on a free port of 127.0.0.1, prints one line,
{"port": ..., "version": ...}, and serves until SIGTERM. The client is given the server's process id
and port before its own arguments, and prints the figures.
"""

from __future__ import annotations

import contextlib
import json
import resource
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Any

START_LIMIT = 60.0  # s, until a server listens
END_LIMIT = 10.0  # s, from SIGTERM to its end


class FailedError(Exception):
    """A program did not do its work."""


def raise_descriptor_limit(needed: int) -> bool:
    """Lets this process and its children have as many descriptors as the system allows; says
    whether that is enough."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard == resource.RLIM_INFINITY or hard >= needed


def first_line(server: subprocess.Popen[bytes]) -> bytes:
    """What the server prints when it listens; as far as it came if it ends or takes too long."""
    assert server.stdout is not None
    line, end = b"", time.monotonic() + START_LIMIT
    with selectors.DefaultSelector() as selector:
        selector.register(server.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(0.0, end - time.monotonic())):
            piece = server.stdout.read1(4096)  # type: ignore[attr-defined]
            if not piece:
                break
            line += piece
    return line


@contextlib.contextmanager
def running(command: list[str], errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ended with the block."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
    ) as server:
        try:
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(END_LIMIT)
            except subprocess.TimeoutExpired:
                server.kill()


def run_served(
    server_command: list[str], client: str, args: list[str], time_limit: float
) -> dict[str, Any]:
    """Run a server and its client once; returns the figures, with the server's version."""
    with tempfile.TemporaryFile() as errors:
        try:
            with running(server_command, errors) as server:
                return talk(server, client, args, time_limit)
        except FailedError as why:
            errors.seek(0)
            said = errors.read().decode(errors="replace")
            raise FailedError(f"{' '.join([*server_command, *args])}: {why}\n{said}") from None


def talk(
    server: subprocess.Popen[bytes], client: str, args: list[str], time_limit: float
) -> dict[str, Any]:
    line = first_line(server)
    try:
        told = json.loads(line)
        where = [str(server.pid), str(told["port"])]
        version = str(told["version"])
    except (ValueError, KeyError, TypeError):
        raise FailedError(f"the server does not listen, it says {line!r}") from None
    try:
        done = subprocess.run(
            [client, *where, *args], capture_output=True, text=True, timeout=time_limit
        )
    except subprocess.TimeoutExpired:
        raise FailedError(f"the client has not ended after {time_limit:.0f} s") from None
    if done.returncode != 0:
        raise FailedError(f"the client's exit code is {done.returncode}\n{done.stderr}")
    if server.poll() is not None:
        raise FailedError(f"the server has ended, exit code {server.returncode}")
    figures: dict[str, Any] = json.loads(done.stdout)
    return {**figures, "version": version}
