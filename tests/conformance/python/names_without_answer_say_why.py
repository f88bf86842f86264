# SPDX-License-Identifier: MIT
"""Names that are missing or none, servers that fail, cancel and deadline: each ends once, with its
own error."""

from typing import Any

from conformance import FAR_AWAY_MS, from_environment, run_and_close, say

import libloop

loop = libloop.Loop()
ask: dict[str, Any] = {
    "servers": [from_environment("CONFORMANCE_DNS")],
    "tries": 1,
    "try_ms": FAR_AWAY_MS,
}


def say_end(error: libloop.LoopError | None, _answer: object) -> None:
    assert error is not None
    say(f"{error.name}, {error.text.partition(': 127.0.0.1')[0]}")


for word in ("missing", "nothing", "failing", "refused", "garbled", "circle"):
    loop.dns.resolve_mx(f"{word}.test", say_end, **ask)
    loop.run()
for name in ("a..test", ""):
    loop.dns.resolve_mx(name, say_end, **ask)
    loop.run()
loop.dns.lookup("192.0.2.1", say_end, family=6)
loop.run()
loop.dns.lookup("127.1", say_end)
loop.run()
loop.dns.reverse("localhost", say_end)
loop.run()
loop.dns.resolve4("silent.test", say_end, timeout_ms=20, **ask)
loop.run()
loop.dns.resolve4("silent.test", say_end, **ask).cancel()
loop.run()
ask["try_ms"] = 1
loop.dns.resolve4("silent.test", say_end, **ask)
run_and_close(loop)
