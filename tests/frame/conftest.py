# SPDX-License-Identifier: MIT
"""Makes the modules of scripts/ and bench/ importable."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]
