# SPDX-License-Identifier: MIT
"""Files are copied from one descriptor to another, at offsets or at their positions."""

import os
from typing import Any

from fs_common import Work, work


def main(w: Work, fs: Any) -> None:
    w.do("write", fs.write_file, "from", b"0123456789")
    source = w.get(fs.open, "from")
    to = w.get(fs.open, "to", flags=os.O_RDWR | os.O_CREAT)
    w.do("at offsets", fs.sendfile, to, source, 5, to_offset=0, from_offset=2)
    w.do("read", fs.read_file, "to")
    w.do("to the end", fs.sendfile, to, source, 100, to_offset=5, from_offset=7)
    w.do("read", fs.read_file, "to")
    w.do("at the positions", fs.sendfile, to, source, 3)
    w.do("and on", fs.sendfile, to, source, 3)
    w.do("read", fs.read_file, "to")
    w.do("from the end", fs.sendfile, to, source, 5, to_offset=0, from_offset=10)
    w.do("close", fs.close, source)
    w.do("close", fs.close, to)


work(main)
