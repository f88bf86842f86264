# SPDX-License-Identifier: MIT
"""The checker of tests/libuv-map.tsv notices what is wrong with a map, and passes what is right."""

import pathlib

import check_libuv_map
import named_tests
import pytest

REAL = "tests/c/udp.c::an_empty_datagram_is_one"


def found(text: str, rows: int = 1, ask_ran: bool = False) -> list[str]:
    return check_libuv_map.check(text, rows, ask_ran)[0]


def test_a_test_that_exists_a_reason_and_what_is_passing_are_right() -> None:
    text = f"# head\na\t{REAL}\t\nb\t\tIt is of Windows.\nc\tpassing\tdescriptors over a stream\n"
    assert check_libuv_map.check(text, 3, ask_ran=False) == ([], 3, 1)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a\ttests/c/udp.c::no_such_test\t", "tests/c/udp.c: no test named no_such_test"),
        ("a\ttests/c/no_such_file.c::x\t", "tests/c/no_such_file.c: no such file"),
        (f"a\t{REAL} tests/c/udp.c::no_such_test\t", "no test named no_such_test"),
        ("a\ttests/c/udp.c\t", "tests/c/udp.c: which of its tests?"),
        ("a\tnot yet\t", "names no test"),
        ("a\t\t", "neither a test nor a sentence why not"),
        ("a\tpassing\t", "it does not say what is passing"),
        (f"a {REAL}", "a row has a name, tests and a sentence"),
        (f"a\t{REAL}\t\na\t{REAL}\t", "it is there twice"),
    ],
)
def test_a_row_is_refused(row: str, complaint: str) -> None:
    assert any(complaint in text for text in found(row)), found(row)


def test_a_row_that_was_taken_out_is_noticed() -> None:
    assert found(f"a\t{REAL}\t", rows=2) == ["1 names instead of 2"]


def test_a_test_that_did_not_run_or_pass_is_noticed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_tests, "LOGS", tmp_path)
    named_tests.log.cache_clear()
    try:
        assert "part c-plain has not run" in found(f"a\t{REAL}\t", ask_ran=True)[0]
        (tmp_path / "c-plain.log").write_text("not ok udp  1 failed\n")
        named_tests.log.cache_clear()
        assert "does not say that it passed" in found(f"a\t{REAL}\t", ask_ran=True)[0]
        (tmp_path / "c-plain.log").write_text("ok   udp  7 passed\n")
        named_tests.log.cache_clear()
        assert found(f"a\t{REAL}\t", ask_ran=True) == []
    finally:
        named_tests.log.cache_clear()


def test_the_map_names_only_tests_that_exist() -> None:
    assert found(check_libuv_map.MAP.read_text(), check_libuv_map.ROWS) == []
