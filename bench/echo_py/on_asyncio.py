# SPDX-License-Identifier: MIT
"""An echo server on the event loop of Python's own library."""

import asyncio
import platform

from protocol import serve

if __name__ == "__main__":
    asyncio.run(serve(f"asyncio {platform.python_version()}"))
