# SPDX-License-Identifier: MIT
"""The runner of the C programs reports every way in which a program can go wrong."""

import pathlib
import subprocess

import pytest
import run_c_tests

SUMMARY = 'puts("%s"); return %d;'


@pytest.fixture(autouse=True)
def checkout(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A checkout with an empty header and a library without a function."""
    monkeypatch.setattr(run_c_tests, "ROOT", tmp_path)
    for name in ("include", "build", "tests/c/support"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "include" / "loop.h").write_text("\n")
    empty = tmp_path / "empty.c"
    empty.write_text("int empty;\n")
    library = str(tmp_path / "build" / "libloop.so")
    subprocess.run(["gcc", "-shared", "-fPIC", str(empty), "-o", library], check=True)
    return tmp_path


def outcome(
    checkout: pathlib.Path,
    body: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: str = "",
) -> tuple[int, list[str]]:
    """Runs one program with this main() and returns the status and what the runner printed."""
    source = checkout / "tests" / "c" / "sample.c"
    source.write_text(f"#include <stdio.h>\n#include <loop.h>\nint main(void) {{ {body} }}\n")
    monkeypatch.setattr("sys.argv", ["run_c_tests.py", *options.split()])
    status = run_c_tests.main()
    return status, capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("body", "options", "complaint", "last"),
    [
        (SUMMARY % ("3 passed, 0 failed, 1 skipped", 0), "", "", "3 passed, 0 failed, 1 skipped"),
        (SUMMARY % ("3 passed, 2 failed, 0 skipped", 1), "", "exit status 1", "3 passed, 2 failed"),
        (SUMMARY % ("3 passed, 2 failed, 0 skipped", 0), "", "and yet exit", "3 passed, 2 failed"),
        (SUMMARY % ("3 passed, 0 failed, 0 skipped", 7), "", "exit status 7", "3 passed, 1 failed"),
        (SUMMARY % ("0 passed, 0 failed, 0 skipped", 0), "", "tested nothing", "0 passed, 1 fail"),
        (SUMMARY % ("all is well", 0), "", "is no summary", "0 passed, 1 failed"),
        ("__builtin_trap();", "", "exit status -", "0 passed, 1 failed"),
        ("for (;;) { }", "--timeout 1", "ran longer than 1 s", "0 passed, 1 failed"),
        ("return unknown;", "", "does not compile", "0 passed, 1 failed"),
        ("int unused; return 0;", "", "unused variable", "0 passed, 1 failed"),
        (SUMMARY % ("0 passed, 1 failed, 0 skipped", 1), "--must-fail", "", "1 passed, 0 failed"),
        (
            SUMMARY % ("1 passed, 0 failed, 0 skipped", 0),
            "--must-fail",
            "not notice",
            "0 passed, 1",
        ),
        ("__builtin_trap();", "--must-fail", "not notice", "0 passed, 1 failed"),
    ],
)
def test_a_program_is_judged(
    checkout: pathlib.Path,
    body: str,
    options: str,
    complaint: str,
    last: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, printed = outcome(checkout, body, monkeypatch, capsys, options)
    assert printed[-1].startswith(last), printed
    assert complaint in "\n".join(printed)
    assert status == (1 if complaint else 0)


def test_support_files_are_compiled_into_each_program(
    checkout: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    support = checkout / "tests" / "c" / "support"
    (support / "help.h").write_text("const char *words(void);\n")
    help_c = (
        '#include "help.h"\nconst char *words(void) { return "1 passed, 0 failed, 0 skipped"; }'
    )
    (support / "help.c").write_text(help_c + "\n")
    body = "extern const char *words(void); puts(words()); return 0;"
    assert outcome(checkout, body, monkeypatch, capsys)[0] == 0


def test_a_run_under_sanitizers_needs_a_library_with_sanitizers(
    checkout: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "build" / "asan").symlink_to(checkout / "build")
    body = SUMMARY % ("1 passed, 0 failed, 0 skipped", 0)
    status, printed = outcome(checkout, body, monkeypatch, capsys, "--variant asan")
    assert status == 1
    assert printed[0] == "FAILED: no sanitizer in the library"
