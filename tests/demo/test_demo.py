#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the Node experiment in C, Python and Rust through a pipe and checks what it promises.

Only the partial order is checked: which of two reads of one second finishes first, how many passes
there are, and how the pool's lines fall between the others is left open.

    tests/demo/test_demo.py [c] [python] [rust]
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import http.client
import http.server
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("c", "python", "rust")
SOURCES = {
    "c": ("examples/node_experiment.c", "examples/plugins.c"),
    "python": ("examples/node_experiment.py",),
    "rust": ("examples/node_experiment_rs/src/main.rs",),
}
TIME_LIMIT = 60  # s; a run that takes longer hangs

MAIN = "Thread: main\t "
CLOSE_LINES = [
    *(f"Thread: pool{n}\t received a task of type: Close" for n in range(4)),
    "Thread: epoll\t received event of type: Close",
    f"{MAIN}FINISHED",
]
CONTENT_END = "... [Note: Abbreviated for display] ..."
# The lines a run consists of, outside of content blocks.
KNOWN = re.compile(
    r"Thread: main\t (First call to read test\.txt|Registering immediate timeout [12]"
    r"|Second call to read test\.txt|Registering a 3000 and a 500 ms timeout"
    r"|Registering a 1000 ms timeout|Registering http get request to google\.com"
    r"|Registered timer event id: \d+|Event with id: \d+ registered\.|===== TICK \d+ ====="
    r"|Immediate[12] timed out|(First|Second) count: \d+ characters\."
    r'|I want to create a "magic" number based on the text\.|"Encrypted" number is: \d+'
    r"|Third call to read test\.txt|3000ms timer timed out|500ms timer\(nested\) timed out"
    r"|SETTIMEOUT|FINISHED|Error: .+)"
    r"|Thread: pool[0-3]\t (received a task of type: (File read|Encrypt|Close)"
    r"|finished running a task of type: (File read|Encrypt)\.)"
    r"|Thread: epoll\t (epoll event (\d+|timeout) is ready|received event of type: Close)"
    r"|"
)


class Run:
    """One finished run: its lines, the seconds from its start to each, its exit code."""

    def __init__(self, language: str, file: str | None, url: str | None) -> None:
        environment = dict(os.environ)
        for name, value in (("FILE", file), ("URL", url)):
            environment.pop(name, None)
            if value is not None:
                environment[name] = value
        self.lines: list[str] = []
        self.times: list[float] = []
        start = time.monotonic()
        with subprocess.Popen(
            [str(ROOT / "scripts" / "demo.sh"), language],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        ) as process:
            watchdog = threading.Timer(TIME_LIMIT, process.kill)
            watchdog.start()
            assert process.stdout is not None and process.stderr is not None
            for line in process.stdout:
                self.lines.append(line.decode().removesuffix("\n"))
                self.times.append(time.monotonic() - start)
            self.errors = process.stderr.read().decode()
            self.code = process.wait()
            watchdog.cancel()
        self.seconds = time.monotonic() - start

    def at(self, line: str) -> int:
        """The index of a line that stands exactly once in the output."""
        count = self.lines.count(line)
        assert count == 1, f"want once, got {count} times: {line!r}\n{self.text()}"
        return self.lines.index(line)

    def in_order(self, *lines: str) -> None:
        """Each of these lines stands once, each after the one before."""
        places = [self.at(line) for line in lines]
        assert places == sorted(places), f"want this order: {lines}\n{self.text()}"

    def not_before(self, seconds: float, line: str) -> None:
        """A line does not come earlier than seconds after the start of the run."""
        came = self.times[self.at(line)]
        assert came >= seconds, f"{line!r} came after {came:.3f} s, want >= {seconds}"

    def block(self, title: str) -> list[str]:
        """The lines of a content block, without its frame."""
        begin = self.at(f"===== THREAD main START CONTENT - {title} =====")
        assert self.lines[begin - 1] == "", self.text()
        end = self.lines.index("===== END CONTENT =====", begin)
        assert self.lines[end - 1] == CONTENT_END, self.text()
        assert self.lines[end + 1] == "", self.text()
        return self.lines[begin + 1 : end - 1]

    def outside_blocks(self) -> Iterator[str]:
        """Every line that is not part of a content block."""
        inside = False
        for line in self.lines:
            inside = inside or line.startswith("===== THREAD")
            if not inside:
                yield line
            inside = inside and line != "===== END CONTENT ====="

    def text(self) -> str:
        return f"exit code {self.code}\n" + "\n".join(self.lines) + f"\n[stderr]\n{self.errors}"


def ends_in_order(run: Run) -> None:
    assert run.lines[-6:] == CLOSE_LINES, run.text()
    closing = [line for line in run.lines if line.endswith(" of type: Close")]
    assert len(closing) == 5, run.text()
    assert run.errors == "", run.text()


# ---- The book's run ------------------------------------------------------------------------------


def the_run_succeeds_in_3_5_to_8_seconds(run: Run) -> None:
    assert run.code == 0, run.text()
    assert 3.5 <= run.seconds <= 8, f"{run.seconds:.2f} s\n{run.text()}"


def registrations_come_in_program_order_with_ids_2_3_5_6_7(run: Run) -> None:
    run.in_order(
        f"{MAIN}First call to read test.txt",
        f"{MAIN}Registering immediate timeout 1",
        f"{MAIN}Registered timer event id: 2",
        f"{MAIN}Registering immediate timeout 2",
        f"{MAIN}Registered timer event id: 3",
        f"{MAIN}Second call to read test.txt",
        f"{MAIN}Registering a 3000 and a 500 ms timeout",
        f"{MAIN}Registered timer event id: 5",
        f"{MAIN}Registering a 1000 ms timeout",
        f"{MAIN}Registered timer event id: 6",
        f"{MAIN}Registering http get request to google.com",
        f"{MAIN}Event with id: 7 registered.",
        f"{MAIN}===== TICK 1 =====",
    )


def immediates_come_first_in_pass_1(run: Run) -> None:
    main = [line for line in run.lines if line.startswith(MAIN)]
    first = main.index(f"{MAIN}===== TICK 1 =====")
    want = [f"{MAIN}Immediate1 timed out", f"{MAIN}Immediate2 timed out"]
    assert main[first + 1 : first + 3] == want, run.text()


def passes_are_counted_from_1(run: Run) -> None:
    ticks = [int(n) for n in re.findall(r"\t ===== TICK (\d+) =====$", "\n".join(run.lines), re.M)]
    assert ticks == list(range(1, len(ticks) + 1)) and len(ticks) >= 4, run.text()


def the_first_read_leads_to_the_encrypted_number(run: Run) -> None:
    run.in_order(
        f"{MAIN}Immediate2 timed out",
        f"{MAIN}First count: 39 characters.",
        f'{MAIN}I want to create a "magic" number based on the text.',
        f'{MAIN}"Encrypted" number is: 63245986',
    )
    run.not_before(1, f"{MAIN}First count: 39 characters.")


def the_second_read_leads_to_the_third(run: Run) -> None:
    run.in_order(
        f"{MAIN}Immediate2 timed out",
        f"{MAIN}Second count: 39 characters.",
        f"{MAIN}Third call to read test.txt",
        "===== THREAD main START CONTENT - FILE READ =====",
    )
    run.not_before(1, f"{MAIN}Second count: 39 characters.")
    run.not_before(2, "===== THREAD main START CONTENT - FILE READ =====")
    assert run.block("FILE READ") == ["Hello world! This is a text to encrypt!"], run.text()


def the_timers_come_at_1_3_and_3_5_seconds(run: Run) -> None:
    run.in_order(
        f"{MAIN}Immediate2 timed out",
        f"{MAIN}SETTIMEOUT",
        f"{MAIN}3000ms timer timed out",
        f"{MAIN}Registered timer event id: 10",
        f"{MAIN}500ms timer(nested) timed out",
        CLOSE_LINES[0],
    )
    run.not_before(1, f"{MAIN}SETTIMEOUT")
    run.not_before(3, f"{MAIN}3000ms timer timed out")
    run.not_before(3.5, f"{MAIN}500ms timer(nested) timed out")


def the_web_call_answers_after_2_seconds(run: Run) -> None:
    run.in_order(
        f"{MAIN}Immediate2 timed out",
        "Thread: epoll\t epoll event 7 is ready",
        "===== THREAD main START CONTENT - WEB CALL =====",
        CLOSE_LINES[0],
    )
    run.not_before(2, "===== THREAD main START CONTENT - WEB CALL =====")
    content = run.block("WEB CALL")
    assert content[0] == "HTTP/1.1 302 Found", run.text()
    assert "Location: http://www.google.com" in content, run.text()
    assert 2 <= len(content) <= 3, run.text()


def jobs_run_on_the_pool(run: Run) -> None:
    for thread in range(4):
        mine = [line for line in run.lines if line.startswith(f"Thread: pool{thread}\t ")]
        assert mine.pop() == CLOSE_LINES[thread], run.text()
        for start, end in zip(mine[::2], mine[1::2], strict=True):
            kind = start.partition("received a task of type: ")[2]
            want = f"Thread: pool{thread}\t finished running a task of type: {kind}."
            assert end == want, run.text()
    jobs = re.findall(r"received a task of type: (.+)", "\n".join(run.lines))
    assert sorted(jobs) == ["Close"] * 4 + ["Encrypt"] + ["File read"] * 3, run.text()


def the_poller_wakes_for_timers(run: Run) -> None:
    assert "Thread: epoll\t epoll event timeout is ready" in run.lines, run.text()


def every_line_is_one_of_the_books(run: Run) -> None:
    lines = list(run.outside_blocks())
    strange = [line for line in lines if not KNOWN.fullmatch(line)]
    assert lines and not strange, f"{strange}\n{run.text()}"
    assert not any("Error" in line for line in run.lines), run.text()


def five_close_lines_in_order_then_finished_last(run: Run) -> None:
    ends_in_order(run)


BOOK_FACTS: tuple[Callable[[Run], None], ...] = (
    the_run_succeeds_in_3_5_to_8_seconds,
    registrations_come_in_program_order_with_ids_2_3_5_6_7,
    immediates_come_first_in_pass_1,
    passes_are_counted_from_1,
    the_first_read_leads_to_the_encrypted_number,
    the_second_read_leads_to_the_third,
    the_timers_come_at_1_3_and_3_5_seconds,
    the_web_call_answers_after_2_seconds,
    jobs_run_on_the_pool,
    the_poller_wakes_for_timers,
    every_line_is_one_of_the_books,
    five_close_lines_in_order_then_finished_last,
)

# ---- The user's own file and URL -----------------------------------------------------------------

OWN_TEXT = "\u00e4\u00f6\u00fc\nsecond\nthird\n"  # 17 characters, 20 bytes; fib(17) = 1597


class Page(http.server.BaseHTTPRequestHandler):
    """Answers every GET with a short page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"a page of my own"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def own_page() -> Iterator[str]:
    """The URL of a server with a page."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def a_file_and_url_of_ones_own_are_used(run: Run) -> None:
    assert run.code == 0, run.text()
    run.at(f"{MAIN}First count: 17 characters.")
    run.at(f'{MAIN}"Encrypted" number is: 1597')
    assert run.block("FILE READ") == OWN_TEXT.split("\n")[:2], run.text()
    assert run.block("WEB CALL")[0] == "HTTP/1.1 200 OK", run.text()
    ends_in_order(run)


# ---- Bad input -----------------------------------------------------------------------------------


@contextlib.contextmanager
def refused_url() -> Iterator[str]:
    """A URL that refuses connections: its port is taken, and nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/"


def a_missing_file_and_a_refused_url_give_error_texts(run: Run) -> None:
    assert run.code == 1, run.text()
    errors = [line for line in run.lines if line.startswith(f"{MAIN}Error: ")]
    of_file = [line for line in errors if "no-such-file.txt" in line]
    assert len(of_file) == 2 and len(errors) == 3, run.text()
    assert all("no such file" in line.lower() for line in of_file), run.text()
    run.in_order(f"{MAIN}SETTIMEOUT", f"{MAIN}500ms timer(nested) timed out", CLOSE_LINES[0])
    ends_in_order(run)


# ---- The sources and the delay server ------------------------------------------------------------


def no_event_number_stands_in_the_source(language: str) -> None:
    for name in SOURCES[language]:
        source = (ROOT / name).read_text()
        found = re.findall(r"\bid: ?\d|event \d|TICK \d|Registered timer|is ready", source)
        assert not found, f"{name}: {found}"


def the_delay_server_redirects_late_and_ends_with_its_stdin() -> None:
    with subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / "delay_server.py"), "--print-port"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        port = int(server.stdout.readline())

        def get(path: str) -> http.client.HTTPResponse:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIME_LIMIT)
            connection.request("GET", path)
            return connection.getresponse()

        start = time.monotonic()
        late = get("/delay/300/url/http://www.google.com")
        assert time.monotonic() - start >= 0.3
        assert (late.status, late.getheader("Location")) == (302, "http://www.google.com")
        assert late.getheader("Server") == "delay"
        assert get("/delay/60001/url/http://x").status == 400
        assert get("/delay/-1/url/http://x").status == 404
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"\0" * 100_000)
        assert get("/").status == 404
        server.stdin.close()
        assert server.stdout.read() == b""
        assert server.wait(TIME_LIMIT) == 0


# ---- The runner ----------------------------------------------------------------------------------


class Tally:
    """Counts facts and prints a line for each."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def check(self, name: str, fact: Callable[[], None]) -> None:
        try:
            fact()
        except Exception as error:  # a fact that fails in any way has failed
            self.failed += 1
            print(f"FAIL {name}\n{type(error).__name__}: {error}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)


def main(languages: tuple[str, ...]) -> int:
    tally = Tally()
    tally.check(
        "demo the_delay_server_redirects_late_and_ends_with_its_stdin",
        the_delay_server_redirects_late_and_ends_with_its_stdin,
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        own_page() as page,
        refused_url() as refused,
        concurrent.futures.ThreadPoolExecutor(len(languages)) as together,
    ):
        own_file = Path(folder, "own.txt")
        own_file.write_text(OWN_TEXT)
        missing = str(Path(folder, "no-such-file.txt"))
        batches: tuple[tuple[str | None, str | None, tuple[Callable[[Run], None], ...]], ...] = (
            (None, None, BOOK_FACTS),
            (str(own_file), page, (a_file_and_url_of_ones_own_are_used,)),
            (missing, refused, (a_missing_file_and_a_refused_url_give_error_texts,)),
        )
        for file, url, facts in batches:
            runs = together.map(functools.partial(Run, file=file, url=url), languages)
            for language, run in zip(languages, runs, strict=True):
                for fact in facts:
                    tally.check(f"demo {language} {fact.__name__}", functools.partial(fact, run))
    for language in languages:
        name = f"demo {language} no_event_number_stands_in_the_source"
        tally.check(name, functools.partial(no_event_number_stands_in_the_source, language))
    print(f"{tally.passed} passed, {tally.failed} failed, 0 skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    chosen = tuple(sys.argv[1:]) or LANGUAGES
    if not set(chosen) <= set(LANGUAGES):
        sys.exit(f"usage: {sys.argv[0]} [{'] ['.join(LANGUAGES)}]")
    sys.exit(main(chosen))
