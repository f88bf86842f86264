# SPDX-License-Identifier: MIT
"""Runs the parts of the test suite one after the other and adds up what they report.

    scripts/run_tests.py GROUP|PART...      run a group (check, test, ffi, soak) or single parts
    scripts/run_tests.py --list             show the table

A part is one line of PARTS. Its whole output goes to build/test-logs/PART.log; the summaries of
its own runner are shown as they come, and the end of the log when the part fails. Standard output
ends with one line `N passed, N failed, N skipped`, the sum over the parts. The exit status is 1 if
a part failed, counted nothing, or ran longer than its timeout."""

import contextlib
import json
import os
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test-logs"
TAIL_LINES = 60
HEARTBEAT_S = 30.0
NAMES_FAILURE = re.compile(
    r"^(FAILED\b|FAIL\b|not ok\b|\s*--- FAIL|test .* FAILED$|thread .* panicked at|error\b)"
)


@dataclass
class Counts:
    """Results of single tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other: "Counts") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Counter:
    """Reads the output of a part line by line. `line` returns the text for the log and whether that
    text is a summary to show at once. This one keeps the last `N passed, N failed, N skipped`."""

    pattern = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")

    def __init__(self) -> None:
        self.counts = Counts()

    def line(self, text: str) -> tuple[str, bool]:
        match = self.pattern.match(text)
        if match:
            self.counts = Counts(*(int(group) for group in match.groups()))
        return text, match is not None


class CargoCounter(Counter):
    """Sums the `test result:` lines of cargo test."""

    pattern = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")

    def line(self, text: str) -> tuple[str, bool]:
        match = self.pattern.match(text)
        if match:
            self.counts.add(Counts(*(int(group) for group in match.groups())))
        return text, match is not None


class PytestCounter(Counter):
    """Reads pytest's last line, `3 failed, 12 passed in 1.23s`, with or without rulers."""

    pattern = re.compile(r"^(?:=+ )?(\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s")

    def line(self, text: str) -> tuple[str, bool]:
        match = self.pattern.match(text)
        if match:
            counts = Counts()
            for number, word in (item.split(" ") for item in match.group(1).split(", ")):
                if word == "passed":
                    counts.passed += int(number)
                elif word in ("failed", "error", "errors", "xpassed"):
                    counts.failed += int(number)
                elif word in ("skipped", "xfailed"):
                    counts.skipped += int(number)
            self.counts.add(counts)
        return text, match is not None


class GoCounter(Counter):
    """Reads `go test -json`: counts tests and subtests, and a package that fails without a failed
    test (it did not build, or crashed) as one failure. What passed tests print is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: set[str] = set()  # packages with a failed test
        self.printed: dict[tuple[str, str], list[str]] = {}  # by tests that have not ended

    def line(self, text: str) -> tuple[str, bool]:
        try:
            event = json.loads(text)
        except ValueError:
            return text, False
        if not isinstance(event, dict) or "Action" not in event:
            return text, False
        action, package, test = event["Action"], event.get("Package", ""), event.get("Test", "")
        if action in ("output", "build-output"):
            output = str(event["Output"]).rstrip("\n")
            if not test:
                return output, re.match(r"(ok|FAIL)\s", output) is not None
            self.printed.setdefault((package, test), []).append(output)
            return "", False
        if action not in ("pass", "fail", "skip"):
            return "", False
        if test:
            lines = self.printed.pop((package, test), [])
        else:  # a crash ends a package before its tests
            ended = [key for key in self.printed if key[0] == package]
            lines = [output for key in ended for output in self.printed.pop(key)]
        if action == "skip" and test:
            self.counts.skipped += 1
        elif action == "pass" and test:
            self.counts.passed += 1
        elif action == "fail" and (test or package not in self.broken):
            self.counts.failed += 1
            self.broken.add(package)
        return "" if action == "pass" else "\n".join(lines), False


@dataclass(frozen=True)
class Part:
    """One part: what runs, who counts, after how many seconds it is stopped, which groups it is in,
    which make targets it needs, and what it adds to the environment (NAME=value ...)."""

    name: str
    command: str
    counter: Callable[[], Counter]
    timeout_s: int
    groups: str
    builds: str = "lib"
    env: str = ""


GO = "go test -json -vet=off"  # lint vets
PYTHON = "build/venv/bin/python"
PYTEST = f"{PYTHON} -m pytest -q"
C_TESTS = "python3 scripts/run_c_tests.py"
CARGO = "cargo test --locked --no-fail-fast --workspace --manifest-path bindings/rust/Cargo.toml"
ORDERS = "python3 tests/conformance/run.py"
SANITIZED = "--languages c --library build/asan --cflags=-fsanitize=address,undefined"
NODE = "python3 tests/node/differential.py"
NODE_CRYPTO = "python3 tests/crypto_node/differential.py"
WYCHEPROOF = "cargo test --locked --manifest-path tests/wycheproof/Cargo.toml"
FS_NODE = f"{PYTHON} tests/fs_node/differential.py"
LIFO, MICRO, TWICE = "mutant-immediate-lifo", "mutant-microtask-first", "mutant-double-final"
PY = f"cd bindings/python && ../../{PYTHON} -m pytest"
# What never waits for a descriptor is the same on every backend.
PY_POLL = f"{PY} " + " ".join(
    f"--ignore-glob='*/test_{name}.py'"
    for name in ("fs*", "crypto*", "zip*", "grep", "docs", "errors", "layout", "load")
)
WITHIN = "--expect-difference-within 50"
ZIP_PEERS = f"{PYTHON} tests/zip_peers/differential.py"
FUZZ = f"{C_TESTS} --dir tests/fuzz --show"

# Name, command, counter, timeout (s), groups, make targets, environment.
PARTS = [
    Part("lint", "python3 scripts/lint.py", Counter, 900, "test", "lib tools"),
    Part("quick-lint", "python3 scripts/lint.py --quick", Counter, 120, "check"),
    Part("frame", f"{PYTEST} tests/frame", PytestCounter, 120, "check test", "tools"),
    Part("abi", f"{PYTEST} tests/abi", PytestCounter, 120, "check test", "lib tools"),
    Part("go", f"{GO} ./...", GoCounter, 400, "check"),
    Part("go-race", f"{GO} -race -count=1 -timeout 35m ./...", GoCounter, 2400, "test"),
    Part("cshim", "tests/cshim/run.sh", Counter, 700, "test"),
    Part("c-plain", C_TESTS, Counter, 900, "check test ffi"),
    Part("c-asan", f"{C_TESTS} --variant asan", Counter, 1200, "test", "asan"),
    Part("c-poll", C_TESTS, Counter, 900, "test", env="LOOP_BACKEND=poll"),
    Part("python", PY, PytestCounter, 900, "check test ffi", "lib tools faults"),
    Part("rust", CARGO, CargoCounter, 1500, "check test ffi", "lib faults"),
    Part(
        "python-poll", PY_POLL, PytestCounter, 900, "test", "lib tools faults", "LOOP_BACKEND=poll"
    ),
    Part("rust-poll", CARGO, CargoCounter, 900, "test", "lib faults", "LOOP_BACKEND=poll"),
    Part("conformance", ORDERS, Counter, 900, "test ffi"),
    Part("conformance-poll", f"{ORDERS} --backend poll", Counter, 900, "test"),
    Part("conformance-asan", f"{ORDERS} {SANITIZED}", Counter, 700, "test", "asan"),
    Part("plugin", "python3 tests/plugin/run.py", Counter, 600, "test ffi"),
    Part("installed", f"{PYTEST} tests/install", PytestCounter, 900, "test", "lib tools"),
    Part(
        "faults", f"{C_TESTS} --dir tests/faults --variant faults", Counter, 300, "test", "faults"
    ),
    Part("fault-matrix", "python3 tests/faults/check_matrix.py", Counter, 30, "check test"),
    Part("node", f"{NODE} --programs 500", Counter, 300, "test"),
    Part("node-crypto", f"{NODE_CRYPTO} --cases 3000", Counter, 200, "test"),
    Part("wycheproof", WYCHEPROOF, CargoCounter, 600, "test"),
    Part("fs-node", f"{FS_NODE} --programs 150", Counter, 300, "test"),
    Part("zip-peers", f"{ZIP_PEERS} --cases 3000", Counter, 300, "test"),
    Part("dns-peers", f"{PYTHON} tests/dns_peers/compare.py", Counter, 120, "test"),
    Part("dns-lookups", f"{PYTHON} tests/dns_peers/lookups.py", Counter, 120, "test"),
    Part("net-peers", f"{PYTHON} tests/net_peers/compare.py", Counter, 300, "test"),
    Part("guards", f"{PYTEST} tests/guards", PytestCounter, 200, "test", "lib tools"),
    Part("fuzz", f"{FUZZ} --variant asan --timeout 500", Counter, 600, "test", "asan"),
    Part(
        "fuzz-poll",
        f"{FUZZ} --variant asan --timeout 300 --args 300000",
        Counter,
        400,
        "test",
        "asan",
        "LOOP_BACKEND=poll",
    ),
    Part("docs", "python3 scripts/run_doc_examples.py", Counter, 900, "test"),
    Part("demo", "python3 tests/demo/test_demo.py", Counter, 600, "test", "lib demo-build"),
    Part("grep", "python3 tests/examples/test_grep.py", Counter, 300, "test", "lib grep-build"),
    Part("chat", "python3 tests/examples/test_chat.py", Counter, 300, "test", "lib net-build"),
    Part("proxy", "python3 tests/examples/test_proxy.py", Counter, 300, "test", "lib net-build"),
    Part("cores", "python3 tests/examples/test_cores.py", Counter, 120, "test", "lib net-build"),
    Part("teaching-runtime", "python3 scripts/check_teaching_runtime.py", Counter, 30, "test"),
    Part("libuv-map", "python3 scripts/check_libuv_map.py", Counter, 30, "test"),
    # Builds that are wrong on purpose have to be caught.
    Part("catch-lifo", f"{NODE} --library build/{LIFO} {WITHIN}", Counter, 200, "test", LIFO),
    Part("catch-micro", f"{NODE} --library build/{MICRO} {WITHIN}", Counter, 200, "test", MICRO),
    Part(
        "catch-twice",
        f"{FUZZ} --variant {TWICE} --must-fail --args 100000",
        Counter,
        200,
        "test",
        TWICE,
    ),
    Part("soak-node", f"{NODE} --programs 5000", Counter, 3600, "soak"),
    Part("soak-zip-peers", f"{ZIP_PEERS} --cases 100000", Counter, 3600, "soak"),
    Part("soak-churn", f"{C_TESTS} --dir tests/soak --show --timeout 800", Counter, 900, "soak"),
    # 20 million ops.
    *(
        Part(
            f"soak-fuzz-{seed}",
            f"{FUZZ} --variant asan --timeout 900 --args '5000000 {seed}'",
            Counter,
            1000,
            "soak",
            "asan",
        )
        for seed in (1, 22, 333, 4444)
    ),
]


def environment(part: Part) -> dict[str, str]:
    """What every part finds in its environment: the tools and the library of build/."""
    env = dict(os.environ)
    build = ROOT / "build"
    env["PATH"] = f"{build}/venv/bin:{build}/bin:{env['PATH']}"
    env["CARGO_TARGET_DIR"] = env.get("CARGO_TARGET_DIR", f"{build}/rust")
    env["LIBLOOP_LIBRARY"] = f"{build}/libloop.so"  # Python
    env["LIBLOOP_LIB_DIR"] = str(build)  # Rust
    for name in ("LOOP_BACKEND", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        env.pop(name, None)
    for item in part.env.split():
        name, value = item.split("=", 1)
        env[name] = value
    return env


def end_group(process: "subprocess.Popen[bytes]") -> None:
    """Ends whatever the part left running; it had a process group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stream(
    command: str, part: Part, deadline: float, log: "LogFile", counter: Counter
) -> tuple[int, str]:
    """Runs a command until it exits or the deadline passes. Returns its exit status and "" or what
    went wrong besides."""
    process = subprocess.Popen(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=ROOT,
        env=environment(part),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    source = process.stdout.fileno()
    os.set_blocking(source, False)
    selector = selectors.DefaultSelector()
    selector.register(source, selectors.EVENT_READ)
    rest, last = b"", ""
    beat = time.monotonic() + HEARTBEAT_S
    problem, open_pipe = "", True
    try:
        while open_pipe:
            selector.select(timeout=0.5)
            data = b""
            try:
                data = os.read(source, 1 << 16)
                open_pipe = bool(data)
            except BlockingIOError:
                # A background process may hold the pipe open after the command itself is over.
                open_pipe = process.poll() is None
            *lines, rest = (rest + data).split(b"\n")
            if not open_pipe and rest:
                lines, rest = [*lines, rest], b""
            for raw in lines:
                text, show = counter.line(raw.decode("utf-8", "replace").rstrip("\r"))
                if text:
                    log.write(text, show)
                    last = text
            now = time.monotonic()
            if now > deadline:
                problem = f"stopped after its timeout of {part.timeout_s} s"
                break
            if now > beat:
                beat = now + HEARTBEAT_S
                print(f"      ... {last[:100]}", flush=True)
        if not problem:
            try:
                process.wait(timeout=max(1.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                problem = f"stopped after its timeout of {part.timeout_s} s"
    finally:
        selector.close()
        end_group(process)
        process.stdout.close()
    return process.returncode, problem


class LogFile:
    """The log of one part; summaries are shown as well."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self.file = path.open("w", encoding="utf-8")

    def write(self, text: str, show: bool) -> None:
        self.file.write(text + "\n")
        if show:
            print(f"      {text}", flush=True)

    def excerpt(self) -> list[str]:
        """The lines that name a failure, and the end."""
        self.file.flush()
        lines = self.path.read_text(encoding="utf-8").splitlines()
        named = [text for text in lines[:-TAIL_LINES] if NAMES_FAILURE.search(text)]
        return [*named[:TAIL_LINES], *lines[-TAIL_LINES:]]

    def close(self) -> None:
        self.file.close()


@dataclass
class Outcome:
    """What became of a part; problem is "" when it passed."""

    part: Part
    seconds: float
    counts: Counts
    problem: str


def run_part(part: Part) -> Outcome:
    """Builds what the part needs, runs it, counts. The timeout covers both."""
    start = time.monotonic()
    deadline = start + part.timeout_s
    counter = part.counter()
    log = LogFile(LOGS / f"{part.name}.log")
    try:
        status, problem = stream(f"make -s {part.builds}", part, deadline, log, Counter())
        if status != 0 and not problem:
            problem = f"make {part.builds} failed"
        if not problem:
            status, problem = stream(part.command, part, deadline, log, counter)
            if status != 0 and not problem:
                problem = f"exit status {status}"
            elif not problem and counter.counts.failed:
                problem = "tests failed"
            elif not problem and counter.counts == Counts():
                problem = "counted no test"
        if problem and counter.counts.failed == 0:
            counter.counts.failed = 1  # the part itself
        if problem:
            print(f"      {problem}; the end of {log.path.relative_to(ROOT)}:", flush=True)
            for text in log.excerpt():
                print(f"      | {text}")
    finally:
        log.close()
    return Outcome(part, time.monotonic() - start, counter.counts, problem)


def select(names: list[str]) -> list[Part]:
    """The parts of the groups and part names given, in the order of the table."""
    known = {word for part in PARTS for word in (part.name, *part.groups.split())}
    for name in names:
        if name not in known:
            raise SystemExit(f"run_tests.py: no group or part {name!r}; known: {sorted(known)}")
    return [part for part in PARTS if {part.name, *part.groups.split()} & set(names)]


def main(arguments: list[str]) -> int:
    if arguments == ["--list"]:
        for part in PARTS:
            command = f"{part.env} {part.command}".strip()
            print(f"{part.name:16} {part.groups:16} {part.timeout_s:5} s  {command}")
        return 0
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    # A shell has what it starts in the background ignore Ctrl-C, which the programs that tests
    # interrupt would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parts = select(arguments)
    LOGS.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    for number, part in enumerate(parts, 1):
        print(f"[{number}/{len(parts)}] {part.name}", flush=True)
        outcome = run_part(part)
        word = "FAILED" if outcome.problem else "ok"
        print(f"      {word} in {outcome.seconds:.1f} s: {outcome.counts}", flush=True)
        outcomes.append(outcome)
    total = Counts()
    print(f"\n{'part':16} {'seconds':>8} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for outcome in outcomes:
        counts = outcome.counts
        total.add(counts)
        print(
            f"{outcome.part.name:16} {outcome.seconds:8.1f} {counts.passed:7} {counts.failed:7}"
            f" {counts.skipped:8}  {outcome.problem}".rstrip()
        )
    print(f"{'all':16} {sum(outcome.seconds for outcome in outcomes):8.1f}")
    print(total, flush=True)
    return 1 if any(outcome.problem for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
