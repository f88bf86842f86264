# SPDX-License-Identifier: MIT
"""Refused, stalled, cut off, garbled and oversized responses each end with their own error."""

from conformance import from_environment, say_status

import libloop

loop = libloop.Loop()


def get(what: str, url: str, **options: float) -> None:
    loop.http(url, say_status(what), **options)  # type: ignore[call-overload]
    loop.run()


get("refused", from_environment("CONFORMANCE_REFUSED"))
get("stalled", from_environment("CONFORMANCE_STALL"), timeout_ms=20)
get("cut off", from_environment("CONFORMANCE_CUT"))
get("garbage", from_environment("CONFORMANCE_GARBAGE"))
get("body too big", from_environment("CONFORMANCE_MEGABYTE"), max_body=1000)
get("endless header", from_environment("CONFORMANCE_ENDLESS"))
get("bad url", "no url at all")
loop.close()
