# SPDX-License-Identifier: MIT
"""The echo server of ours.py with plain callbacks in place of protocol objects."""

import json

import libloop


def accepted(stream: libloop.Stream) -> None:
    stream.start(stream.send)


def main() -> None:
    with libloop.Loop() as loop:
        listener = loop.net.listen("127.0.0.1", 0, accepted, nodelay=True)
        version = f"libloop {libloop.core_version()}"
        print(json.dumps({"port": listener.address.port, "version": version}), flush=True)
        loop.run()


if __name__ == "__main__":
    main()
