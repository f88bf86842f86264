# SPDX-License-Identifier: MIT
"""A connection is kept for the next request, unless keep_alive=False closes it."""

from conformance import from_environment, say

import libloop


def arrived(error: libloop.LoopError | None, response: libloop.Response | None) -> None:
    assert response is not None, error
    say(response.body.decode())


loop = libloop.Loop()
for number in (1, 2, 3, 4):
    loop.http(from_environment("CONFORMANCE_COUNT"), arrived, keep_alive=number != 3)
    loop.run()
loop.close()
