# SPDX-License-Identifier: MIT
"""What the library exports and which numbers it gives out, compared with the header and with the
lists that only grow."""

import pathlib
import re
import subprocess

import header

HERE = pathlib.Path(__file__).parent


def rows(text: str) -> dict[str, list[str]]:
    """Lines `name word...` as a table."""
    return {words[0]: words[1:] for words in (line.split() for line in text.splitlines()) if words}


def recorded(name: str) -> dict[str, list[str]]:
    return rows((HERE / name).read_text(encoding="utf-8"))


def nm(library: pathlib.Path, option: str) -> set[str]:
    printed = subprocess.run(
        ["nm", "-D", option, str(library)], capture_output=True, text=True, check=True
    ).stdout
    return {line.split()[-1] for line in printed.splitlines()}


def released_before(since: str) -> bool:
    """Whether a version lies before the one in the header."""
    current = header.version().split(".")[:2]
    return [int(word) for word in since.split(".")] < [int(word) for word in current]


def lost_since_release(old: dict[str, list[str]], new: dict[str, list[str]]) -> list[str]:
    return [
        name for name, words in old.items() if released_before(words[-1]) and new.get(name) != words
    ]


def committed_versions(name: str) -> list[dict[str, list[str]]]:
    """Every version of a list that the history holds; none outside a repository."""
    path = f"tests/abi/{name}"

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=header.ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else ""

    revisions = git("log", "--format=%H", "--", path).split()
    return [rows(git("show", f"{revision}:{path}")) for revision in revisions]


def test_the_library_exports_what_the_header_declares_and_nothing_else(
    library: pathlib.Path,
) -> None:
    assert nm(library, "--defined-only") == {function.name for function in header.functions()}


def test_the_list_of_symbols_is_the_header_with_the_version_each_came_with() -> None:
    since = {}
    for function in header.functions():
        match = re.search(r"Since (\d+\.\d+)\.", function.comment)
        assert match, function.name
        since[function.name] = [match.group(1)]
    assert recorded("symbols.txt") == since


def test_the_list_of_errors_is_the_header_with_its_numbers() -> None:
    listed = {name: int(words[0]) for name, words in recorded("errors.txt").items()}
    assert listed == {code.name: code.number for code in header.errors()}


def test_no_error_number_is_given_twice() -> None:
    numbers = [code.number for code in header.errors()]
    assert len(numbers) == len(set(numbers))


def test_nothing_released_has_been_taken_away() -> None:
    for name in ("symbols.txt", "errors.txt"):
        for old in committed_versions(name):
            assert lost_since_release(old, recorded(name)) == [], name


def test_a_released_symbol_that_goes_or_changes_is_noticed() -> None:
    old = {"loop_a": ["0.0"], "LOOP_EB": ["-2", "0.0"]}
    assert lost_since_release(old, {"LOOP_EB": ["-3", "0.0"]}) == ["loop_a", "LOOP_EB"]
    assert lost_since_release(old, {**old, "loop_new_one": ["0.1"]}) == []
