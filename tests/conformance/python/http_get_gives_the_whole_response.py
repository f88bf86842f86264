# SPDX-License-Identifier: MIT
"""A response arrives as one event: status, headers in any case, body."""

from conformance import from_environment, name_of, run_and_close, say

import libloop

loop = libloop.Loop()


def response(error: libloop.LoopError | None, response: libloop.Response | None) -> None:
    assert response is not None
    say(f"status {response.status}, {name_of(error)}")
    say(f"x-greeting: {response.headers['x-greeting']}")
    say(f"x-missing: {'there' if 'x-missing' in response.headers else 'LOOP_ENOENT'}")
    say(f"body: {response.body.decode()}")


loop.http_get(from_environment("CONFORMANCE_HELLO"), response)
run_and_close(loop)
