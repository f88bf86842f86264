# SPDX-License-Identifier: MIT
"""Compiles and runs the examples in README.md and docs/.

A fenced block of c, python or rust after a line `<!-- run -->` is a whole program; the block tagged
`output` that follows it, if there is one, is what it prints. `<!-- run NAME=value ... -->` sets the
environment. The last line here is `N passed, N failed, N skipped`.

    scripts/run_doc_examples.py [FILE...]"""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TIMEOUT_S = 300  # the first Rust example compiles the crate
BLOCK = re.compile(
    r"^<!-- run ?(?P<env>.*?)-->\n```(?P<language>\w+)\n(?P<code>.*?)^```\n"
    r"(?:\s*```output\n(?P<output>.*?)^```\n)?",
    re.M | re.S,
)
CARGO_TOML = """
[package]
name = "example"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
libloop = { path = "%s" }
"""


@dataclass(frozen=True)
class Example:
    """One program of a document."""

    place: str  # file:line
    language: str
    code: str
    output: str | None
    env: dict[str, str]


def examples(name: str, text: str) -> list[Example]:
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        env = dict(word.split("=", 1) for word in shlex.split(match["env"]))
        found.append(
            Example(f"{name}:{line}", match["language"], match["code"], match["output"], env)
        )
    return found


def command(example: Example, folder: pathlib.Path) -> list[list[str]]:
    """Writes the program into the folder. Returns what compiles it and what runs it."""
    if example.language == "c":
        source, program = folder / "example.c", folder / "example"
        source.write_text(example.code, encoding="utf-8")
        flags = "-std=c11 -Wall -Wextra -Wpedantic -Werror"
        link = f"-I{ROOT}/include -L{BUILD} -lloop -Wl,-rpath,{BUILD}"
        compiler = ["gcc", *flags.split(), str(source), "-o", str(program), *link.split()]
        return [compiler, [str(program)]]
    if example.language == "python":
        source = folder / "example.py"
        source.write_text(example.code, encoding="utf-8")
        return [[sys.executable, "-W", "error", str(source)]]
    if example.language == "rust":
        rust = ROOT / "bindings" / "rust"
        (folder / "src").mkdir()
        (folder / "src" / "main.rs").write_text(example.code, encoding="utf-8")
        manifest = folder / "Cargo.toml"
        manifest.write_text(CARGO_TOML % (rust / "libloop"), encoding="utf-8")
        (folder / "Cargo.lock").write_bytes((rust / "Cargo.lock").read_bytes())
        cargo = ["--quiet", "--manifest-path", str(manifest)]
        return [["cargo", "build", *cargo], ["cargo", "run", *cargo]]
    raise ValueError(f"{example.place}: nobody runs {example.language}")


def problem_of(example: Example) -> str:
    """Runs an example. Returns what is wrong with it, or ""."""
    env = dict(os.environ)
    env.setdefault("CARGO_TARGET_DIR", str(BUILD / "doc-examples"))
    env.setdefault("LIBLOOP_LIB_DIR", str(BUILD))
    env["LD_LIBRARY_PATH"] = str(BUILD)
    env["PYTHONPATH"] = str(ROOT / "bindings" / "python")
    env.update(example.env)
    with tempfile.TemporaryDirectory() as name:
        printed = ""
        for words in command(example, pathlib.Path(name)):
            try:
                done = subprocess.run(
                    words,
                    cwd=ROOT,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=TIMEOUT_S,
                )
            except subprocess.TimeoutExpired:
                return f"{words[0]} ran longer than {TIMEOUT_S} s"
            if done.returncode != 0:
                return f"{words[0]}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
            printed = done.stdout
    if example.output is not None and printed != example.output:
        return f"printed\n{printed}instead of\n{example.output}"
    return ""


def documents() -> list[pathlib.Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def main(arguments: list[str]) -> int:
    paths = [pathlib.Path(name).resolve() for name in arguments] or documents()
    passed, failed = 0, 0
    for path in paths:
        name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
        for example in examples(name, path.read_text(encoding="utf-8")):
            start = time.monotonic()
            problem = problem_of(example)
            word = "FAILED" if problem else "ok"
            seconds = time.monotonic() - start
            print(f"{word:6} {example.place:28} {example.language:8} {seconds:5.1f} s", flush=True)
            for line in problem.splitlines():
                print(f"    {line}")
            passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
