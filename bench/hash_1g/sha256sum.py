# SPDX-License-Identifier: MIT
"""sha256sum.py FILE: SHA-256 of a file by the program of the coreutils, its start included."""

import json
import subprocess
import sys
import time
from pathlib import Path

path = Path(sys.argv[1])
begin = time.monotonic()
done = subprocess.run(["sha256sum", str(path)], capture_output=True, text=True, check=True)
spent = time.monotonic() - begin
said = subprocess.run(["sha256sum", "--version"], capture_output=True, text=True, check=True)
print(
    json.dumps(
        {
            "hash_1g": path.stat().st_size / 1e6 / spent,
            "result": done.stdout.split()[0],
            "version": " ".join(said.stdout.splitlines()[0].split()[::3]),
        }
    )
)
