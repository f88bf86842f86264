# SPDX-License-Identifier: MIT
"""ca_pem replaces the system's roots of trust; requests go through http_proxy."""

import pathlib

from conformance import from_environment, name_of, run_and_close, say

import libloop


def get(loop: libloop.Loop, url: str, what: str, insecure: bool = False) -> None:
    def callback(error: libloop.LoopError | None, response: libloop.Response | None) -> None:
        body = f", {response.body.decode()}" if response else ""
        say(f"{what}: {name_of(error)}{body}")

    loop.http(url, callback, insecure=insecure)
    run_and_close(loop)


url = from_environment("CONFORMANCE_SECURE")
roots = pathlib.Path(from_environment("CONFORMANCE_ROOTS")).read_bytes()
proxy = from_environment("CONFORMANCE_PROXY")
get(libloop.Loop(), url, "the system's roots")
get(libloop.Loop(), url, "any certificate", insecure=True)
get(libloop.Loop(ca_pem=roots), url, "the roots given")
get(libloop.Loop(http_proxy=proxy), "http://example.invalid/page", "through the proxy")
