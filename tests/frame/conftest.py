# SPDX-License-Identifier: MIT
"""Makes the modules of scripts/ importable."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
