# SPDX-License-Identifier: MIT
"""cores.py HOST PORT THREADS

An echo server on several cores: one process for each loop, each with a listener of its own at the
same port (reuseport), among which the system shares out the connections. Prints "listening on
ADDRESS" when all listen. Each connection is first told the number of its loop.
"""

import ctypes
import multiprocessing
import signal
import socket
import sys

import libloop
from libloop import Stream

PR_SET_PDEATHSIG = 1


def end_with_the_parent() -> None:
    """A killed parent cannot end its children: the system does (Linux)."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main(host: str, port: int, count: int) -> None:
    # A socket that has the port and does not listen: so all get the same one, also for port 0.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind((host, port))
    port = holder.getsockname()[1]
    listening = multiprocessing.Barrier(count)

    def serve(number: int) -> None:
        end_with_the_parent()

        def arrived(stream: Stream) -> None:
            stream.send(b"loop %d\n" % number)
            # Who does not read is not read from.
            stream.start(stream.send, on_full=stream.pause, on_drain=stream.resume)

        with libloop.Loop() as loop:
            listener = loop.net.listen(host, port, arrived, reuseport=True)
            address = listener.address
            if listening.wait() == 0:
                print(f"listening on {address}", flush=True)
            loop.run()

    libloop.run_processes(serve, count)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit("usage: cores.py HOST PORT THREADS")
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
