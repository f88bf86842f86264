# SPDX-License-Identifier: MIT
"""A redirect is a response; with LOOP_HTTP_FOLLOW it is followed, up to a limit."""

from collections.abc import Callable

from conformance import from_environment, name_of, run_and_close, say

import libloop

loop = libloop.Loop()


def say_response(what: str) -> Callable[[libloop.LoopError | None, libloop.Response | None], None]:
    def callback(error: libloop.LoopError | None, response: libloop.Response | None) -> None:
        say(f"{what}: {response.status if response else 0} {name_of(error)}")

    return callback


url = from_environment("CONFORMANCE_REDIRECT")
loop.http_get(url, say_response("not asked"))
loop.run()
loop.http(url, say_response("asked"), follow=True)
loop.run()
circle = from_environment("CONFORMANCE_CIRCLE")
loop.http(circle, say_response("in a circle"), follow=True, max_redirects=3)
run_and_close(loop)
