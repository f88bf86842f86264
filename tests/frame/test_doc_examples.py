# SPDX-License-Identifier: MIT
"""Examples in the documents are found, run and compared; one that is wrong is noticed."""

import pathlib
import re

import pytest
import run_doc_examples
from run_doc_examples import Example

DOCUMENT = """
Text.

<!-- run -->
```python
print("one")
```
```output
one
```

```python
print("not marked")
```

<!-- run NAME=value OTHER="two words" -->
```c
int main(void) { return 0; }
```
"""


def test_marked_blocks_are_found_with_place_output_and_environment() -> None:
    first, second = run_doc_examples.examples("a.md", DOCUMENT)
    assert first == Example("a.md:4", "python", 'print("one")\n', "one\n", {})
    assert second.language == "c"
    assert second.output is None
    assert second.env == {"NAME": "value", "OTHER": "two words"}


@pytest.mark.parametrize(
    ("code", "output", "problem"),
    [
        ("print(1)\n", "1\n", ""),
        ("print(1)\n", None, ""),
        ("print(1)\n", "2\n", "printed\n1\ninstead of\n2\n"),
        ("raise SystemExit(3)\n", None, "exit status 3"),
        ("import warnings; warnings.warn('old')\n", None, "UserWarning: old"),
    ],
)
def test_an_example_is_right_when_it_ends_well_and_prints_what_is_said(
    code: str, output: str | None, problem: str
) -> None:
    found = run_doc_examples.problem_of(Example("a.md:1", "python", code, output, {}))
    assert problem in found
    assert bool(problem) == bool(found)


def test_the_status_tells_of_a_wrong_example(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "a.md"
    document.write_text(DOCUMENT.replace("\none\n", "\ntwo\n").split('```python\nprint("not')[0])
    assert run_doc_examples.main([str(document)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_every_marked_block_of_the_documents_is_in_a_language_that_is_run() -> None:
    found = [
        example
        for path in run_doc_examples.documents()
        for example in run_doc_examples.examples(path.name, path.read_text(encoding="utf-8"))
    ]
    assert {example.language for example in found} == {"c", "python", "rust"}
    marks = sum(path.read_text().count("<!-- run") for path in run_doc_examples.documents())
    assert marks == len(found), "a mark without a block right after it"


def test_every_document_is_linked_from_the_readme_and_every_link_leads_somewhere() -> None:
    root = run_doc_examples.ROOT
    links: dict[str, set[str]] = {}
    for path in [*run_doc_examples.documents(), root / "CONTRIBUTING.md"]:
        text = path.read_text(encoding="utf-8")
        links[path.name] = set(re.findall(r"\]\((?!https?://|#)([^)#]+)", text))
        missing = [link for link in links[path.name] if not (path.parent / link).exists()]
        assert missing == [], path.name
    wanted = {f"docs/{path.name}" for path in (root / "docs").glob("*.md")}
    assert wanted <= links["README.md"]
