# SPDX-License-Identifier: MIT
"""The echo server of on_asyncio.py and on_uvloop.py: a protocol object for each connection."""

import asyncio
import json
from typing import cast


class Echo(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.out = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        self.out.write(data)


async def serve(version: str) -> None:
    """Both set TCP_NODELAY by themselves."""
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "version": version}), flush=True)
    await server.serve_forever()
