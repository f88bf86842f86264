# SPDX-License-Identifier: MIT
"""The benchmarks: what they promise of their cases, and of servers that do not do their work."""

import json
import pathlib
import re
import sys
from typing import Any

import cases
import pytest
import run
import served

BENCH = pathlib.Path(run.__file__).resolve().parent
SERVER = """
import json, signal, sys
print(json.dumps({"port": 7, "version": "server of a test"}), flush=True)
signal.pause()
"""
CLIENT = """#!/bin/sh
echo "{\\"pid\\": $1, \\"port\\": $2, \\"rest\\": \\"$3\\"}"
"""


def client(folder: pathlib.Path, text: str = CLIENT) -> str:
    path = folder / "client"
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def server(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def names() -> list[str]:
    return [case.name for case in cases.CASES]


# ---- cases ---------------------------------------------------------------------------------------


def test_no_two_cases_have_one_name() -> None:
    assert len(set(names())) == len(names())


def test_every_case_is_in_the_readme() -> None:
    told = set()
    for row in re.findall(r"^\|.*", (BENCH / "README.md").read_text(), re.M):
        before = ""
        for name in re.findall(r"`(\w+)`", row.split("|")[2]):
            before = name if not name.startswith("_") else before
            # "_c50" behind "echo_64_c1" stands for "echo_64_c50".
            told |= {name, *(before[:i] + name for i, c in enumerate(before) if c == "_")}
    assert [name for name in names() if name not in told] == []


def test_every_program_of_a_case_is_there() -> None:
    for case in cases.CASES:
        for program in case.workload.programs:
            assert (BENCH / case.workload.folder / program.source).is_file(), case.name
        assert not case.workload.client or (BENCH / case.workload.client).is_file()


def test_programs_of_a_case_have_labels_of_their_own() -> None:
    for case in cases.CASES:
        labels = [program.label for program in case.workload.programs]
        assert len(set(labels)) == len(labels), case.name


def test_the_first_program_is_ours_and_the_peer_another() -> None:
    for case in cases.CASES:
        assert case.workload.programs[0].peer == "ours", case.name
        assert 0 < case.against < len(case.workload.programs), case.name


# ---- a line of the table -------------------------------------------------------------------------


def case_of(*programs: cases.Program, **more: Any) -> cases.Case:
    return cases.Case("a_case", "us", cases.Workload("none", programs), "", 1.0, figure="t", **more)


OURS, PEER = cases.Program("ours.c"), cases.Program("peer.c")
THIRD = cases.Program("ours.c", note="10 idle")


def of(**figures: list[float]) -> dict[cases.Program, list[dict[str, Any]]]:
    programs = {"ours": OURS, "peer": PEER, "third": THIRD}
    return {
        programs[name]: [{"t": t, "version": f"{name} 1"} for t in values]
        for name, values in figures.items()
    }


def test_a_peer_that_is_missing_is_named_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    case = case_of(OURS, PEER)
    assert run.line_of(case, of(ours=[1.0], peer=[])) is None
    run.print_table([(case, None)])
    assert "no peer" in capsys.readouterr().out.splitlines()[1]


def test_a_peer_that_cannot_be_had_is_noted_once(tmp_path: pathlib.Path) -> None:
    workload = cases.Workload("echo", (OURS,), descriptors=1 << 40)
    runner = run.Runner(check=True)
    assert runner.command(workload, OURS) is None
    assert runner.command(workload, OURS) is None
    assert runner.notes == ["echo: a process cannot have 1,099,511,627,776 descriptors"]


def noted(workload: cases.Workload, program: cases.Program) -> list[str]:
    runner = run.Runner(check=True)
    assert runner.command(workload, program) is None
    return runner.notes


def test_a_package_that_is_not_installed_is_a_missing_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "PACKAGES", ("no_such_package",))
    program = cases.Program("on_uvloop.py", whose="no_such_package")
    workload = cases.Workload("echo_py", (program,), venv=True)
    assert noted(workload, program) == ["no_such_package: not in build/venv (make tools)"]


@pytest.mark.parametrize(
    ("cargo", "why"),
    [
        (None, "echo_rs: no cargo"),
        ("echo 'no network' >&2; exit 101", "echo_rs: crates cannot be had (no network)"),
    ],
)
def test_crates_that_cannot_be_had_are_a_missing_peer(
    cargo: str | None, why: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if cargo is not None:
        program = tmp_path / "cargo"
        program.write_text(f"#!/bin/sh\n{cargo}\n")
        program.chmod(0o755)
    monkeypatch.setattr(run, "our_flags", list)  # whether or not the library is built
    monkeypatch.setenv("PATH", str(tmp_path))
    assert noted(cases.RUST_ECHO, cases.RUST_ECHO.programs[1]) == [why]


def test_the_ratio_is_that_of_medians_beside_the_peer_that_counts() -> None:
    figures = of(ours=[3.0, 1.0, 2.0], peer=[4.0, 4.0, 4.0], third=[1.0, 1.0, 1.0])
    line = run.line_of(case_of(OURS, PEER, THIRD), figures)
    assert line is not None
    assert (line["ours"], line["peer"], line["ratio"]) == (2.0, 4.0, 0.5)
    assert line["also"] == {"ours_10_idle": 1.0, "ours_10_idle_ratio": 2.0}
    line = run.line_of(case_of(OURS, PEER, THIRD, against=2), figures)
    assert line is not None
    assert (line["ratio"], line["peer_name"]) == (2.0, "third 1, 10 idle")
    assert line["also"] == {"peer": 4.0, "peer_ratio": 0.5}


@pytest.mark.parametrize(("third", "reached"), [(4.0, True), (1.5, False)])
def test_a_goal_has_a_part_for_each_peer(third: float, reached: bool) -> None:
    case = case_of(OURS, PEER, THIRD, also_limits=(("ours_10_idle_ratio", 0.5),))
    line = run.line_of(case, of(ours=[1.0], peer=[1.0], third=[third]))
    assert line is not None
    assert run.reaches(case, line) is reached


# ---- servers -------------------------------------------------------------------------------------


def test_the_client_is_given_the_servers_process_and_port(tmp_path: pathlib.Path) -> None:
    figures = served.run_served(server(SERVER), client(tmp_path), ["x"], 10)
    assert figures.pop("pid") > 1
    assert figures == {"port": 7, "rest": "x", "version": "server of a test"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('no port is free')", "no port is free"),
        ("print('hello')", "it says b'hello"),
        (f"print({json.dumps('{}')!r})", "does not listen"),
        ("print('{\"port\": 1')", "does not listen"),
    ],
)
def test_a_server_that_does_not_listen_is_a_failure(
    text: str, said: str, tmp_path: pathlib.Path
) -> None:
    with pytest.raises(served.FailedError, match=re.escape(said)):
        served.run_served(server(text), client(tmp_path), [], 10)


def test_a_client_that_fails_is_a_failure_with_what_both_say(tmp_path: pathlib.Path) -> None:
    # What the server says before its line is there before the client starts.
    text = "import sys; print('I am tired', file=sys.stderr, flush=True)" + SERVER
    failing = client(tmp_path, "#!/bin/sh\necho no >&2; exit 3\n")
    with pytest.raises(served.FailedError, match="exit code is 3\nno\n\nI am tired"):
        served.run_served(server(text), failing, [], 10)


def test_a_client_without_an_end_is_a_failure(tmp_path: pathlib.Path) -> None:
    with pytest.raises(served.FailedError, match="has not ended"):
        served.run_served(server(SERVER), client(tmp_path, "#!/bin/sh\nexec tail -f $0\n"), [], 0.2)


def test_a_server_is_gone_when_its_run_has_ended(tmp_path: pathlib.Path) -> None:
    figures = served.run_served(server(SERVER), client(tmp_path), [], 10)
    assert not pathlib.Path(f"/proc/{figures['pid']}").exists()
