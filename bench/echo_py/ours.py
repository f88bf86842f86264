# SPDX-License-Identifier: MIT
"""An echo server on libloop, with a protocol object for each connection."""

import json

import libloop


class Echo(libloop.BaseProtocol):
    def connection_made(self, stream: libloop.Stream) -> None:
        self.out = stream

    def data_received(self, data: bytes) -> None:
        self.out.send(data)


def main() -> None:
    with libloop.Loop() as loop:
        listener = loop.net.serve("127.0.0.1", 0, Echo, nodelay=True)
        version = f"libloop {libloop.core_version()}"
        print(json.dumps({"port": listener.address.port, "version": version}), flush=True)
        loop.run()


if __name__ == "__main__":
    main()
