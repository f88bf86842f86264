# SPDX-License-Identifier: MIT
"""Method, headers and body arrive at the server as they were given."""

from conformance import from_environment, run_and_close, say

import libloop

loop = libloop.Loop()


def response(error: libloop.LoopError | None, response: libloop.Response | None) -> None:
    assert error is None
    assert response is not None
    say(f"{response.status}: {response.body.decode()}")


loop.http(
    from_environment("CONFORMANCE_ECHO"),
    response,
    method="PUT",
    headers={"X-One": "1"},
    body="some \u00fc".encode(),
)
run_and_close(loop)
