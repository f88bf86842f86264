# SPDX-License-Identifier: MIT
"""The test runner counts what the runners of all languages report, and lets no failure pass."""

import pathlib
import time

import pytest
import run_tests
from run_tests import CargoCounter, Counter, Counts, GoCounter, Part, PytestCounter


@pytest.fixture(autouse=True)
def own_log_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts run in an empty folder whose makefile has one target, `lib`."""
    (tmp_path / "Makefile").write_text(".PHONY: lib\nlib: ;@true\n", encoding="utf-8")
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    monkeypatch.setattr(run_tests, "LOGS", tmp_path)


def counted(counter: Counter, output: str) -> Counts:
    for line in output.splitlines():
        counter.line(line)
    return counter.counts


def part(command: str, timeout_s: int = 20) -> Part:
    return Part("sample", command, Counter, timeout_s, "test")


def test_our_own_programs_count_by_their_last_summary() -> None:
    output = "1 passed, 1 failed, 0 skipped\n7 passed, 0 failed, 2 skipped\nbye\n"
    assert counted(Counter(), output) == Counts(7, 0, 2)


def test_a_summary_inside_a_longer_line_is_not_a_summary() -> None:
    assert counted(Counter(), "ok  sums  1 passed, 0 failed, 0 skipped\n") == Counts()


def test_cargo_results_are_added_up() -> None:
    output = (
        "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n"
        "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n"
    )
    assert counted(CargoCounter(), output) == Counts(7, 2, 1)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("12 passed in 0.31s", Counts(12, 0, 0)),
        ("=== 1 failed, 12 passed, 3 skipped in 61.20s (0:01:01) ===", Counts(12, 1, 3)),
        ("1 passed, 2 errors in 0.1s", Counts(1, 2, 0)),
        ("2 xfailed, 1 xpassed, 4 deselected in 0.1s", Counts(0, 1, 2)),
        ("it failed in 3s", Counts()),
    ],
)
def test_pytest_summaries_are_read(line: str, counts: Counts) -> None:
    assert counted(PytestCounter(), line) == counts


def test_go_tests_are_counted_and_a_package_that_does_not_build_is_a_failure() -> None:
    output = "\n".join(
        [
            '{"Action":"pass","Package":"a","Test":"TestX"}',
            '{"Action":"skip","Package":"a","Test":"TestY"}',
            '{"Action":"pass","Package":"a"}',
            '{"Action":"fail","Package":"b","Test":"TestZ"}',
            '{"Action":"fail","Package":"b"}',
            '{"Action":"fail","Package":"c"}',
        ]
    )
    assert counted(GoCounter(), output) == Counts(1, 2, 1)


def test_go_output_is_logged_as_text_and_package_lines_are_shown() -> None:
    counter = GoCounter()
    line = '{"Action":"output","Package":"a","Output":"ok  \\ta\\t0.1s\\n"}'
    assert counter.line(line) == ("ok  \ta\t0.1s", True)


def test_go_output_of_a_test_is_logged_only_when_it_fails_or_crashes() -> None:
    def told(action: str) -> str:
        inner = '{"Action":"output","Package":"a","Test":"TestX","Output":"    x.go:3: no\\n"}'
        counter = GoCounter()
        assert counter.line(inner) == ("", False)
        return counter.line(action)[0]

    assert told('{"Action":"pass","Package":"a","Test":"TestX"}') == ""
    assert told('{"Action":"fail","Package":"a","Test":"TestX"}') == "    x.go:3: no"
    assert told('{"Action":"fail","Package":"a"}') == "    x.go:3: no"


def test_a_part_that_passes_has_no_problem() -> None:
    outcome = run_tests.run_part(part("echo '2 passed, 0 failed, 1 skipped'"))
    assert (outcome.problem, outcome.counts) == ("", Counts(2, 0, 1))


@pytest.mark.parametrize(
    ("command", "problem", "failed"),
    [
        ("echo '2 passed, 0 failed, 0 skipped'; exit 3", "exit status 3", 1),
        ("echo '2 passed, 4 failed, 0 skipped'", "tests failed", 4),
        ("echo all is well", "counted no test", 1),
        ("false | echo '1 passed, 0 failed, 0 skipped'", "exit status 1", 1),
        ("kill -SEGV $$", "exit status -11", 1),
    ],
)
def test_a_part_fails_when(command: str, problem: str, failed: int) -> None:
    outcome = run_tests.run_part(part(command))
    assert (outcome.problem, outcome.counts.failed) == (problem, failed)


def test_a_failure_far_from_the_end_of_the_log_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_tests.run_part(part("echo 'not ok timers'; echo fine; seq 100; exit 1"))
    shown = capsys.readouterr().out
    assert "| not ok timers\n" in shown
    assert "| 100\n" in shown
    assert "| fine\n" not in shown


def test_a_part_whose_build_fails_does_not_run() -> None:
    broken = Part("sample", "echo '1 passed, 0 failed, 0 skipped'", Counter, 20, "test", "nothing")
    outcome = run_tests.run_part(broken)
    assert outcome.problem == "make nothing failed"
    assert outcome.counts == Counts(0, 1, 0)


def test_a_part_that_hangs_is_stopped_with_everything_it_started() -> None:
    start = time.monotonic()
    outcome = run_tests.run_part(part("cat /dev/zero >/dev/null & sleep 600", timeout_s=1))
    assert outcome.problem == "stopped after its timeout of 1 s"
    assert time.monotonic() - start < 15


def test_a_process_left_behind_does_not_hold_up_the_run() -> None:
    start = time.monotonic()
    outcome = run_tests.run_part(part("sleep 600 & echo '1 passed, 0 failed, 0 skipped'"))
    assert outcome.problem == ""
    assert time.monotonic() - start < 15


def test_the_last_line_is_the_sum_and_the_status_tells_of_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Part("good", "echo '2 passed, 0 failed, 1 skipped'", Counter, 20, "test")
    bad = Part("bad", "echo '3 passed, 1 failed, 0 skipped'", Counter, 20, "test soak")
    monkeypatch.setattr(run_tests, "PARTS", [good, bad])
    assert run_tests.main(["test"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 1 failed, 1 skipped"
    assert run_tests.main(["good"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed, 1 skipped"


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(SystemExit, match="no-such-part"):
        run_tests.main(["no-such-part"])


def test_every_part_is_in_a_known_group_and_no_name_is_used_twice() -> None:
    names = [item.name for item in run_tests.PARTS]
    assert len(names) == len(set(names))
    for item in run_tests.PARTS:
        assert set(item.groups.split()) <= {"check", "test", "ffi", "soak"}, item.name
