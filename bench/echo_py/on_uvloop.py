# SPDX-License-Identifier: MIT
"""An echo server on uvloop: libuv below asyncio."""

from importlib.metadata import version

import uvloop
from protocol import serve

if __name__ == "__main__":
    uvloop.run(serve(f"uvloop {version('uvloop')}"))
