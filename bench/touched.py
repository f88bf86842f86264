# SPDX-License-Identifier: MIT
"""Memory that has been used before.

The host of a virtual machine hands a page over when it is written for the first time, which costs
some 4 us where the machine's own system takes 0.2. Programs that fill gigabytes would measure that,
whichever comes first.
"""

from __future__ import annotations

import subprocess
import sys

WRITES = """
import mmap, sys
size = int(sys.argv[1])
memory = mmap.mmap(-1, size)
for at in range(0, size, mmap.PAGESIZE):
    memory[at] = 1
"""


def touch(size: int) -> None:
    """Write to so many bytes in a process that then gives them back."""
    subprocess.run([sys.executable, "-c", WRITES, str(size)], check=True)
