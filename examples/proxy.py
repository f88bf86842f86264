# SPDX-License-Identifier: MIT
"""proxy.py LISTEN_PORT HOST PORT

Listens on 127.0.0.1, prints "listening on ADDRESS", and connects each client to HOST PORT. Bytes
and ends are passed on in both directions. Who does not read holds the other side back: at most the
high-water mark of bytes and one read wait here.
"""

import contextlib
import sys

import libloop
from libloop import BadIdError, LoopError, PipeClosedError, Stream


def join(near: Stream, far: Stream) -> None:
    """Passes what comes from one side on to the other."""

    def pass_on(data: bytes) -> None:
        with contextlib.suppress(BadIdError, PipeClosedError):  # the other side is gone
            far.send(data)

    def end() -> None:
        if far.active:
            far.end()

    def hold_back() -> None:  # too much waits for the near side: read no more from the other
        if far.active:
            far.pause()

    def go_on() -> None:
        if far.active:
            far.resume()

    def closed(error: LoopError | None) -> None:
        # An error is passed on as a reset; without one the other side has had its end.
        if error is not None and far.active:
            far.reset()

    near.start(pass_on, on_end=end, on_close=closed, on_full=hold_back, on_drain=go_on)


def main(port: int, host: str, target: int) -> None:
    with libloop.Loop() as loop:

        def arrived(client: Stream) -> None:
            # Half-open: one direction may end before the other.
            server = loop.net.connect(host, target, half_open=True)
            join(server, client)
            join(client, server)

        listener = loop.net.listen("127.0.0.1", port, arrived, half_open=True)
        print(f"listening on {listener.address}", flush=True)
        loop.run()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit("usage: proxy.py LISTEN_PORT HOST PORT")
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
