# SPDX-License-Identifier: MIT
"""A cancelled request ends with LOOP_ECANCELED."""

from conformance import from_environment, run_and_close, say_status

import libloop

loop = libloop.Loop()
request = loop.http_get(from_environment("CONFORMANCE_STALL"), say_status("request"))
loop.set_timeout(request.cancel, 10)
run_and_close(loop)
