#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A web server that answers late, for the Node experiment's HTTP call.

`GET /delay/{ms}/url/{url}` is answered after `ms` milliseconds (0 to 60,000) with a redirect to
`url`. The server listens on a free port of 127.0.0.1, says nothing unless `--print-port` asks for
the port as a line on stdout, and ends when its stdin ends: it cannot outlive whoever started it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import sys

HEAD_LIMIT = 64 * 1024  # bytes
DELAY_LIMIT = 60_000  # ms
ROUTE = re.compile(r"GET /delay/([0-9]{1,9})/url/([!-~]+) HTTP/1\.[01]")


def response(status: str, *headers: str) -> bytes:
    """The bytes of an answer without a body."""
    lines = (f"HTTP/1.1 {status}", "Server: delay", *headers, "Content-Length: 0")
    return "\r\n".join((*lines, "Connection: close", "", "")).encode("latin-1")


async def answer(request_line: str) -> bytes:
    """Wait as long as the request says, and give what to send then."""
    route = ROUTE.fullmatch(request_line)
    if route is None:
        return response("404 Not Found")
    delay = int(route[1])
    if delay > DELAY_LIMIT:
        return response("400 Bad Request")
    await asyncio.sleep(delay / 1000)
    return response("302 Found", f"Location: {route[2]}")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the one request of a connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        request_line = head.split(b"\r\n", 1)[0].decode("latin-1")
        writer.write(await answer(request_line))
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        pass  # a peer that goes away, or says too much, gets no answer
    finally:
        writer.close()


async def main(print_port: bool) -> None:
    """Serve until stdin ends."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
    if print_port:
        print(server.sockets[0].getsockname()[1], flush=True)
    stdin = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin
    )
    while await stdin.read(4096):
        pass
    server.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--print-port", action="store_true", help="write the port to stdout")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(arguments.parse_args().print_port))
