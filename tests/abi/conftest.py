# SPDX-License-Identifier: MIT
"""Makes scripts/header.py importable and knows where the built library is."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.fixture
def library() -> pathlib.Path:
    """build/libloop.so; the make targets build it before the tests run."""
    path = ROOT / "build" / "libloop.so"
    assert path.exists(), "run make first"
    return path
