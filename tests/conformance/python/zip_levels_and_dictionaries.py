# SPDX-License-Identifier: MIT
"""A level trades time for size, a dictionary is known to both sides, and what a format does not
have is refused at the call."""

from conformance import attempt, run_and_close, say, yes
from zips import FORMATS, packed, repeated, unpacked

import libloop

HIGHEST = [9, 9, 9, 22, 11]
DICTIONARY = b"one way, the other way, and a third way"

loop = libloop.Loop()
text = repeated(50)
one = text[:24]
for format, level in zip(FORMATS, HIGHEST, strict=True):
    best = packed(loop, format, text, level=level)
    above = attempt(
        lambda format=format, level=level: loop.zip.compress(format, b"a", print, level=level + 1)  # type: ignore[misc]
    )
    say(f"{format}: highest level {yes(len(best) < 100)}, above it {above}")
for format in FORMATS[:3]:
    say(f"{format}: stored {yes(len(packed(loop, format, text, level=0)) > len(text))}")
for format in FORMATS[1:4]:
    small = packed(loop, format, one, dictionary=DICTIONARY)
    back = unpacked(loop, format, small, dictionary=DICTIONARY)
    say(f"{format}: dictionary {yes(len(small) < len(one))}, same {yes(back == one)}")
refused = attempt(lambda: loop.zip.brotli_compress(b"", print, dictionary=b"one"))
say(f"brotli: dictionary {refused}")
run_and_close(loop)
