# SPDX-License-Identifier: MIT
"""Each gate catches the defect that it is there for, and passes what is right."""

import check_header
import check_tree
import gen_errors
import header
import pytest

GOOD = """
/* Start it.
 * Returns 0, LOOP_EINVAL.  Thread: loop.  Since 0.1. */
LOOP_API int64_t loop_start(loop_t *loop);
/* Gives back. Thread: any.  Since 0.1. */
LOOP_API void loop_give(const void *data);
#define LOOP_EINVAL (-1)
"""


def test_a_documented_header_passes() -> None:
    assert check_header.complaints(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("Returns 0, LOOP_EINVAL.", "", "loop_start lacks `Returns`"),
        ("Thread: loop.", "", "loop_start lacks `Thread: loop or Thread: any`"),
        ("Thread: any.  Since 0.1.", "Thread: any.", "loop_give lacks `Since`"),
        ("Start it.", "Start it (LOOP_ENOSUCH).", "no LOOP_ENOSUCH is defined"),
        ("Start it.", "As loop_begin does.", "no loop_begin is defined"),
        ("Start it.", "One of LOOP_COLOR_*.", "no LOOP_COLOR_* is defined"),
    ],
)
def test_a_header_is_refused_when_a_comment(old: str, new: str, complaint: str) -> None:
    found = check_header.complaints(GOOD.replace(old, new))
    assert any(text.endswith(complaint) for text in found), found


def test_the_header_reader_finds_functions_over_several_lines_and_shared_comments() -> None:
    source = (
        "/* A. */\nLOOP_API int64_t loop_a(int a,\n    int b);\nLOOP_API int64_t loop_b(void);\n"
    )
    found = header.functions(source + "\nLOOP_API int64_t loop_c(void);\n")
    assert [(item.name, item.comment) for item in found] == [
        ("loop_a", "/* A. */"),
        ("loop_b", "/* A. */"),
        ("loop_c", ""),
    ]


def test_the_header_reader_finds_every_error_code() -> None:
    codes = {code.name: code.number for code in header.errors()}
    assert codes["LOOP_OK"] == 0
    assert codes["LOOP_EINVAL"] == -1
    assert codes["LOOP_ESTALE"] == -66
    macros = header.macros()
    assert set(codes) == {"LOOP_OK"} | {
        name for name, value in macros.items() if name.startswith("LOOP_E") and value[:2] == "(-"
    }


def test_the_error_table_has_a_meaning_for_each_code() -> None:
    rows = gen_errors.table().splitlines()[2:]
    assert len(rows) == len(header.errors())
    assert all(row.split(" | ")[2].strip(" |") for row in rows)


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        ("// SPDX-License-Identifier: MIT\n\npackage x\n", 0),
        ("#!/bin/sh\n# SPDX-License-Identifier: MIT\n", 0),
        ("package x\n", 1),
        ("\n// SPDX-License-Identifier: MIT\n", 1),
    ],
)
def test_the_licence_stands_first(text: str, complaints: int) -> None:
    assert len(check_tree.licence("x.go", text)) == complaints


def test_a_file_of_more_than_600_lines_is_too_long_unless_generated() -> None:
    assert check_tree.length("x.rs", "\n" * 600) == []
    assert check_tree.length("x.rs", "\n" * 601) != []
    assert check_tree.length("x.rs", "/* GENERATED */" + "\n" * 601) == []
    assert check_tree.length("include/loop.h", "\n" * 601) == []


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "work/main/x",
        'open("/' + 'tmp/x")',
        "// TO" + "DO later",
        "from https://" + "pypi.org/simple",
        "<" * 7 + " HEAD",
        "=" * 7,
    ],
)
def test_paths_of_one_machine_unfinished_work_merges_and_registries_are_noticed(text: str) -> None:
    assert len(check_tree.forbidden("x.c", "fine\n" + text)) == 1


def test_the_temp_folder_itself_may_be_named() -> None:
    assert check_tree.forbidden("x.c", 'getenv("TMPDIR") ? : "/tmp"') == []


def test_a_file_named_in_a_comment_has_to_exist() -> None:
    check = check_tree.named_files({"libloop/ids.go", "libloop/cshim/step.h"})
    assert check("a.c", "/* see ids.go and cshim/step.h */") == []
    assert check("a.c", '#include "gone.h"\n') == []
    assert check("a.c", "int x; // see gone.h\n") == ["a.c:1: there is no file gone.h"]
    assert check("a.py", '"""\nReads old/ids.go.\n"""') == ["a.py:2: there is no file old/ids.go"]
    assert check("a.md", "the file `ids.py`") == ["a.md:1: there is no file ids.py"]
    assert check("a.md", "as in Node.js, `build/x.c`") == []
