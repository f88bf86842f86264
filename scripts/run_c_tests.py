# SPDX-License-Identifier: MIT
"""Compiles and runs the C and C++ test programs of a folder against one variant of the library.

    scripts/run_c_tests.py [--dir tests/c] [--variant plain|asan|faults|mutant-NAME] [NAME...]
        --args "WORD..."    for the programs        --show          all that they print
        --timeout SECONDS   for each of them        --must-fail     they have to notice a defect:
                                                                    status 1 and a failed test

Every *.c and *.cpp in the folder is a program; what lies in its subfolder support/ is compiled into
each of them. A program prints `N passed, N failed, N skipped` last and exits with 0 when nothing
failed. A program that crashes, exits otherwise, hangs or prints no such line is one more failure.
The last line here is the sum."""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass, field

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")

WARNINGS = "-Wall -Wextra -Wpedantic -Wshadow -Werror"
C_FLAGS = f"-std=c11 -Wconversion {WARNINGS}"
CXX_FLAGS = f"-std=c++17 {WARNINGS}"
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"

# The host's leak check runs at exit. Stacks of Go are opaque to the use-after-return check.
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


@dataclass(frozen=True)
class Setup:
    """What is compiled, and against which library."""

    folder: pathlib.Path
    variant: str
    args: list[str] = field(default_factory=list)
    timeout_s: int = 120
    show: bool = False
    must_fail: bool = False

    @property
    def library(self) -> pathlib.Path:
        return ROOT / "build" / ("" if self.variant == "plain" else self.variant)

    @property
    def output(self) -> pathlib.Path:
        name = self.folder.relative_to(ROOT).as_posix().replace("/", "-")
        return ROOT / "build" / "programs" / name / self.variant

    def support(self) -> list[pathlib.Path]:
        return sorted((self.folder / "support").glob("*.c"))

    def headers(self) -> list[pathlib.Path]:
        local = [*self.folder.glob("*.h"), *(self.folder / "support").glob("*.h")]
        return [ROOT / "include" / "loop.h", *local]

    def flags(self) -> str:
        parts = ["-O1 -g -pthread", f"-I{ROOT}/include", f"-I{self.folder}"]
        if self.variant == "asan":
            parts.append(SANITIZE)
        elif self.variant != "plain":
            define = self.variant.replace("-", "_").upper()
            parts.append(f"-DLOOP_{define}")
        return " ".join(parts)


def is_fresh(target: pathlib.Path, sources: list[pathlib.Path]) -> bool:
    if not target.exists():
        return False
    made = target.stat().st_mtime
    return all(source.stat().st_mtime < made for source in [*sources, pathlib.Path(__file__)])


def compile_file(source: pathlib.Path, target: pathlib.Path, setup: Setup, link: str) -> str:
    """Compiles (link "-c") or compiles and links. Returns the compiler's complaint or ""."""
    cxx = source.suffix == ".cpp"
    compiler = os.environ.get("CXX", "g++") if cxx else os.environ.get("CC", "gcc")
    flags = f"{CXX_FLAGS if cxx else C_FLAGS} {setup.flags()}"
    command = [compiler, *shlex.split(flags), str(source), "-o", str(target), *shlex.split(link)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else shlex.join(command) + "\n" + done.stdout + done.stderr


def build_program(source: pathlib.Path, objects: list[pathlib.Path], setup: Setup) -> str:
    target = setup.output / source.stem
    if is_fresh(target, [source, *objects, *setup.headers(), setup.library / "libloop.so"]):
        return ""
    link = " ".join(shlex.quote(str(item)) for item in objects)
    # A program that loads the library itself, with dlopen, names none of its functions.
    link += f" -L{setup.library} -Wl,--as-needed -lloop -Wl,-rpath,{setup.library} -ldl -lm"
    return compile_file(source, target, setup, link)


def build_support(setup: Setup) -> tuple[list[pathlib.Path], str]:
    objects = []
    for source in setup.support():
        target = setup.output / f"support-{source.stem}.o"
        objects.append(target)
        if not is_fresh(target, [source, *setup.headers()]):
            problem = compile_file(source, target, setup, "-c")
            if problem:
                return objects, problem
    return objects, ""


def run_program(source: pathlib.Path, setup: Setup) -> tuple[tuple[int, int, int], str, float]:
    """Returns the counts, what went wrong or "", and the seconds it took."""
    env = dict(os.environ)
    env["LIBLOOP_LIBRARY"] = str(setup.library / "libloop.so")  # for those that use dlopen
    if setup.variant == "asan":
        env.update(SANITIZER_ENV)
    start = time.monotonic()
    process = subprocess.Popen(
        [str(setup.output / source.stem), *setup.args],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    problem = ""
    try:
        raw, _ = process.communicate(timeout=setup.timeout_s)
    except subprocess.TimeoutExpired:
        problem = f"ran longer than {setup.timeout_s} s"
        os.killpg(process.pid, 9)
        raw, _ = process.communicate()
    seconds = time.monotonic() - start
    output = raw.decode("utf-8", "replace")
    counts = (0, 0, 0)
    lines = output.rstrip("\n").split("\n")
    match = SUMMARY.match(lines[-1])
    if match:
        counts = (int(match.group(1)), int(match.group(2)), int(match.group(3)))
    if setup.must_fail and not problem:
        noticed = process.returncode == 1 and counts[1] > 0
        counts = (1, 0, 0) if noticed else (0, 1, 0)
        problem = "" if noticed else f"did not notice the defect: status {process.returncode}"
    elif not problem and process.returncode != 0:
        problem = f"exit status {process.returncode}"
    elif not problem and match is None:
        problem = "its last line is no summary"
    elif not problem and counts[1] > 0:
        problem = "tests failed, and yet exit status 0"
    elif not problem and counts == (0, 0, 0):
        problem = "tested nothing"
    if problem:
        if counts[1] == 0:
            counts = (counts[0], 1, counts[2])
        problem += "\n" + "\n".join("    | " + text for text in lines[-60:])
    else:
        for text in lines:
            if setup.show or text.startswith("skip"):
                print(f"    {text}")
    return counts, problem, seconds


def instrumented(library: pathlib.Path) -> bool:
    """Whether the C half of the library calls both sanitizers; else the run proves little."""
    names = subprocess.run(
        ["nm", "-D", "--undefined-only", str(library / "libloop.so")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return "__asan_report_load" in names and "__ubsan_handle" in names


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", default="tests/c")
    parser.add_argument("--variant", default="plain")
    parser.add_argument("--args", default="")
    parser.add_argument("--timeout", type=int, default=120)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--must-fail", action="store_true")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    setup = Setup(
        (ROOT / arguments.dir).resolve(),
        arguments.variant,
        shlex.split(arguments.args),
        arguments.timeout,
        arguments.show,
        arguments.must_fail,
    )
    setup.output.mkdir(parents=True, exist_ok=True)

    sources = sorted([*setup.folder.glob("*.c"), *setup.folder.glob("*.cpp")])
    if arguments.names:
        sources = [source for source in sources if source.stem in arguments.names]
    total = [0, 0, 0]
    if setup.variant == "asan":
        good = instrumented(setup.library)
        print("the library calls the sanitizers" if good else "FAILED: no sanitizer in the library")
        total[0 if good else 1] += 1

    objects, support_problem = build_support(setup)
    if support_problem:
        print(support_problem)
        print(f"0 passed, {len(sources)} failed, 0 skipped")
        return 1
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        complaints = pool.map(lambda source: build_program(source, objects, setup), sources)
        for source, complaint in zip(sources, complaints, strict=True):
            if complaint:
                counts, problem, seconds = (0, 1, 0), "does not compile\n" + complaint, 0.0
            else:
                counts, problem, seconds = run_program(source, setup)
            word = "FAILED" if problem else "ok"
            result = f"{counts[0]} passed, {counts[1]} failed, {counts[2]} skipped"
            print(f"{word:6} {source.stem:28} {seconds:6.2f} s  {result}", flush=True)
            if problem:
                print(f"    {problem}", flush=True)
            total = [have + more for have, more in zip(total, counts, strict=True)]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
