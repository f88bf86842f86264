# SPDX-License-Identifier: MIT
"""What is compressed is smaller and comes back, in every format."""

from conformance import run_and_close, say, yes
from zips import FORMATS, packed, repeated, unpacked

import libloop

loop = libloop.Loop()
text = repeated(1000)
for format in FORMATS:
    small = packed(loop, format, text)
    back = unpacked(loop, format, small)
    empty = packed(loop, format, b"")
    nothing = unpacked(loop, format, empty)
    say(
        f"{format}: smaller {yes(len(small) < len(text) / 50)}, same {yes(back == text)}, "
        f"nothing stays nothing {yes(len(empty) > 0 and nothing == b'')}"
    )
run_and_close(loop)
