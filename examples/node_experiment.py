#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The program of the book "The Node Experiment" on libloop.

    node_experiment.py [FILE [URL]]

The plug-ins are those of the C example, loaded as a shared library. The lines about ticks, pool and
poller are the library's own trace.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

from libloop import Loop, LoopError, Response

Callback = Callable[[LoopError | None, object], object]

plugins = ctypes.CDLL(str(Path(__file__).parent.parent / "build/examples/libplugins.so"))

# fib(39) takes a moment, fib(100) a lifetime: texts of any length stay below this.
MAGIC_LIMIT = 40

# The four threads of the pool stay to the end, as the book's do.
STAY_MS = 3_600_000


def write(text: str) -> None:
    """Write text at once, so that these lines and the trace leave in the order they happen."""
    data = text.encode()
    while data:
        data = data[os.write(1, data) :]


def print_line(text: object) -> None:
    write(f"Thread: main\t {text}\n")


def print_content(text: str, title: str) -> None:
    """Print the first two lines of a text and the line that says where it moved to."""
    lines = text.split("\n")
    if lines[-1] == "":
        del lines[-1]
    moved = next((i for i, line in enumerate(lines) if line.startswith("Location")), 0)
    shown = [line.removesuffix("\r") for i, line in enumerate(lines) if i < 2 or i == moved]
    frame = f"===== THREAD main START CONTENT - {title} ====="
    note = "... [Note: Abbreviated for display] ..."
    write("\n".join(("", frame, *shown, note, "===== END CONTENT =====", "", "")))


class Program:
    """The loop, what the program was given, and what went wrong."""

    def __init__(self, loop: Loop, file: str, url: str) -> None:
        self.loop = loop
        self.file = os.fsencode(file)
        self.url = url
        self.failures = 0

    def failed(self, error: LoopError | None) -> bool:
        """Say that something is an error. Returns whether it is one."""
        if error is not None:
            print_line(f"Error: {error}")
            self.failures += 1
        return error is not None

    def fs_read(self, callback: Callback) -> None:
        self.loop.work(plugins.plugin_file_read, self.file, callback, label="File read")

    def crypto_encrypt(self, n: int, callback: Callback) -> None:
        self.loop.work(plugins.plugin_encrypt, n, callback, label="Encrypt")

    def javascript(self) -> None:
        set_timeout, http_get = self.loop.set_timeout, self.loop.http_get

        print_line("First call to read test.txt")

        def first_read(error: LoopError | None, result: object) -> None:
            if self.failed(error):
                return
            text = text_of(result)
            print_line(f"First count: {len(text)} characters.")

            def encrypted(error: LoopError | None, result: object) -> None:
                if not self.failed(error):
                    print_line(f'"Encrypted" number is: {result}')

            print_line('I want to create a "magic" number based on the text.')
            self.crypto_encrypt(len(text) % MAGIC_LIMIT, encrypted)

        self.fs_read(first_read)

        print_line("Registering immediate timeout 1")
        set_timeout(lambda: print_line("Immediate1 timed out"), 0)
        print_line("Registering immediate timeout 2")
        set_timeout(lambda: print_line("Immediate2 timed out"), 0)

        print_line("Second call to read test.txt")

        def second_read(error: LoopError | None, result: object) -> None:
            if self.failed(error):
                return
            print_line(f"Second count: {len(text_of(result))} characters.")

            def third_read(error: LoopError | None, result: object) -> None:
                if not self.failed(error):
                    print_content(text_of(result), "FILE READ")

            print_line("Third call to read test.txt")
            self.fs_read(third_read)

        self.fs_read(second_read)

        print_line("Registering a 3000 and a 500 ms timeout")

        def timeout_3000() -> None:
            print_line("3000ms timer timed out")
            set_timeout(lambda: print_line("500ms timer(nested) timed out"), 500)

        set_timeout(timeout_3000, 3000)

        print_line("Registering a 1000 ms timeout")
        set_timeout(lambda: print_line("SETTIMEOUT"), 1000)

        print_line("Registering http get request to google.com")

        def web_call(error: LoopError | None, response: Response | None) -> None:
            if not self.failed(error) and response is not None:
                print_content(text_of(response.raw), "WEB CALL")

        http_get(self.url, web_call)


def text_of(value: object) -> str:
    """The text of a result of bytes; what is not UTF-8 in it is shown as U+FFFD."""
    assert isinstance(value, bytes)
    return value.decode(errors="replace")


def main() -> int:
    arguments = [*sys.argv[1:], *("test.txt", "http://www.google.com")[len(sys.argv) - 1 :]]
    with Loop(worker_idle_ms=STAY_MS) as loop:
        loop.trace_file(1, "book")
        program = Program(loop, arguments[0], arguments[1])
        program.javascript()
        loop.run()
    return 1 if program.failures else 0


if __name__ == "__main__":
    sys.exit(main())
