# SPDX-License-Identifier: MIT
"""The examples of the guide do what it says."""

import re
import subprocess
import sys

import pytest

import libloop

from .support import PACKAGE_ROOT, TIMEOUT_S, environment

GUIDE = PACKAGE_ROOT.parent.parent / "docs" / "python.md"
BLOCK = re.compile(
    r"<!-- run -->\n```python\n(?P<code>.*?)```\n(?:```output\n(?P<output>.*?)```\n)?", re.S
)
EXAMPLES = [(match["code"], match["output"]) for match in BLOCK.finditer(GUIDE.read_text())]


@pytest.mark.parametrize(("code", "output"), EXAMPLES)
def test_example_of_the_guide_prints_what_it_says(code: str, output: str | None) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert output is None or done.stdout == output


def test_guide_names_every_method_of_a_loop() -> None:
    text = GUIDE.read_text()
    # Named elsewhere or plain from their names and docstrings.
    undocumented = {
        "alive",
        "backend",
        "backend_timeout_ms",
        "close",
        "closed",
        "fileno",
        "handle_of",
        "last_panic",
        "now_ns",
        "run_nowait",
        "run_once",
        "running",
        "set_queue_limit",
        "set_workers",
    }
    public = {name for name in dir(libloop.Loop) if not name.startswith("_")}
    missing = {name for name in public if name not in text}
    assert missing <= undocumented, missing - undocumented


def test_every_public_thing_has_a_docstring() -> None:
    for name in libloop.__all__:
        thing = getattr(libloop, name)
        if not isinstance(thing, type):
            continue
        assert thing.__doc__, name
        for member in vars(thing):
            attribute = getattr(thing, member)
            if not member.startswith("_") and (
                callable(attribute) or isinstance(attribute, property)
            ):
                assert attribute.__doc__, f"{name}.{member}"
