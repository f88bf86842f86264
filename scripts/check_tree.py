# SPDX-License-Identifier: MIT
"""Gate for all files of the project: the first line of a source names the licence, no file is too
long, nothing refers to one machine or to unfinished work, and files named in comments exist."""

import pathlib
import re
import subprocess
import sys
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = {".c", ".cpp", ".go", ".h", ".js", ".mk", ".py", ".rs", ".sh"}
MAX_LINES = 600
LONG = {"include/loop.h"}

# [x] keeps a pattern from matching its own line.
FORBIDDEN = {
    r"/[w]ork/(?:main|shared)": "a path of one machine",
    r"/[h]ome/\w": "a path of one machine",
    r"/[r]oot/\w": "a path of one machine",
    r"/[t]mp/(?![\w-]*XXXXXX)\w": "a fixed name in the temp folder; use mkdtemp",
    r"\b[T]ODO\b|\b[F]IXME\b|\b[X]XX\b|\b[H]ACK\b": "unfinished work",
    r"(?m:^(?:<{7}|>{7}|={7}$))": "a merge that is not solved",
    r"[p]ypi\.org|[p]ythonhosted\.org|static\.[c]rates\.io|[p]roxy\.golang\.org"
    r"|[s]um\.golang\.org|[r]egistry\.npmjs\.org|[d]eb\.debian\.org": "a registry's address",
}

# The tests of these scripts hold samples of all that is refused.
SAMPLES = "tests/frame/"

# Words with the look of a file name that are none of ours.
NOT_FILES = {"Node.js", "node.js", "libloop.h", "program.c"}
FILE_NAME = re.compile(
    r"(?<![\w./<*{$-])((?:[\w-]+/)*(?!NAME\b)[\w-]+\.(?:c|cpp|go|h|js|md|mk|py|rs|sh|toml|txt))"
    r"\b(?![\w(*/])"
)
COMMENTS = {
    ".py": re.compile(r'#.*$|"""(?:.|\n)*?"""', re.M),
    ".sh": re.compile(r"^\s*#.*$", re.M),
    ".mk": re.compile(r"^\s*#.*$", re.M),
    ".md": re.compile(r"`[^`\n]+`"),
}
C_COMMENT = re.compile(r"/\*(?:.|\n)*?\*/|//.*$", re.M)


def files() -> list[str]:
    """Every file that is or will be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def is_generated(text: str) -> bool:
    head = text[:600]
    return "GENERATED" in head or "automatically generated" in head


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def licence(name: str, text: str) -> list[str]:
    if pathlib.Path(name).suffix not in SOURCES or not text:
        return []
    head = text.split("\n", 2)
    first = head[1] if head[0].startswith("#!") and len(head) > 1 else head[0]
    return [] if "SPDX-License-Identifier: MIT" in first else [f"{name}:1: no SPDX line first"]


def length(name: str, text: str) -> list[str]:
    if pathlib.Path(name).suffix not in SOURCES or name in LONG or is_generated(text):
        return []
    lines = text.count("\n")
    return [f"{name}: {lines} lines, at most {MAX_LINES}"] if lines > MAX_LINES else []


def forbidden(name: str, text: str) -> list[str]:
    found = []
    for pattern, why in FORBIDDEN.items():
        for match in re.finditer(pattern, text):
            found.append(f"{name}:{line_of(text, match.start())}: {match.group()!r}: {why}")
    return found


def named_files(known: set[str]) -> Callable[[str, str], list[str]]:
    """A name counts as a file of ours when some file's path ends with it, or when it is the name of
    a file that stands beside the one that mentions it."""
    endings: set[str] = set()
    for path in known:
        parts = path.split("/")
        endings.update("/".join(parts[start:]) for start in range(len(parts)))

    def check(name: str, text: str) -> list[str]:
        suffix = pathlib.Path(name).suffix
        if suffix not in SOURCES | {".md"} or name == "CHANGELOG.md" or is_generated(text):
            return []
        found = []
        for comment in COMMENTS.get(suffix, C_COMMENT).finditer(text):
            for match in FILE_NAME.finditer(comment.group()):
                word = match.group(1)
                if word not in endings and word not in NOT_FILES and not word.startswith("build/"):
                    line = line_of(text, comment.start() + match.start())
                    found.append(f"{name}:{line}: there is no file {word}")
        return found

    return check


def main() -> int:
    names = files()
    known = set(names)
    form, content = [licence, length], [forbidden, named_files(known)]
    found = []
    for name in names:
        if pathlib.Path(name).name in ("go.sum", "Cargo.lock"):
            continue
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for check in form if name.startswith(SAMPLES) else form + content:
            found.extend(check(name, text))
    for complaint in found:
        print(complaint)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
