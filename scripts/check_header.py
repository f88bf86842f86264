# SPDX-License-Identifier: MIT
"""Gate: the comments of include/loop.h are complete and honest. Each function says what it returns,
on which thread it may be called and since which version; each LOOP_* name and each loop_* function
that a comment mentions exists."""

import re
import sys

import header


def missing_words(function: header.Function, source: list[str]) -> list[str]:
    """What the comment above a declaration lacks."""
    is_void = re.search(r"LOOP_API void loop_", source[function.line - 1]) is not None
    lacks = []
    if not is_void and not re.search(r"\b[Rr]eturns?\b", function.comment):
        lacks.append("Returns")
    if not re.search(r"Thread: (loop|any)\b", function.comment):
        lacks.append("Thread: loop or Thread: any")
    if not re.search(r"Since \d+\.\d+\.", function.comment):
        lacks.append("Since")
    return lacks


def unknown_names(source: str) -> list[str]:
    """LOOP_* and loop_* words in comments that the header does not define. A trailing `_*` or `*`
    stands for a family; it must have a member. What stands in quotes is a value."""
    code = re.sub(r"/\*.*?\*/", " ", source, flags=re.S)
    defined = set(re.findall(r"\b(?:LOOP|loop)_\w+", code)) | {"LOOP_BACKEND"}
    unknown = []
    for comment in re.findall(r"/\*.*?\*/", source, flags=re.S):
        words = re.sub(r'"[^"]*"', "", comment)
        for name, star in re.findall(r"\b((?:LOOP|loop)_\w*)(\*?)", words):
            if star:
                if not any(known.startswith(name) for known in defined):
                    unknown.append(name + "*")
            elif name not in defined:
                unknown.append(name)
    return unknown


def complaints(source: str) -> list[str]:
    lines = source.split("\n")
    found = []
    for function in header.functions(source):
        for word in missing_words(function, lines):
            found.append(f"loop.h:{function.line}: {function.name} lacks `{word}`")
    return found + [f"loop.h: no {name} is defined" for name in unknown_names(source)]


def main() -> int:
    found = complaints(header.text())
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
