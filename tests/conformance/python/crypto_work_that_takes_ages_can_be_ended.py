# SPDX-License-Identifier: MIT
"""A cancel and a deadline end a derivation that would take half an hour, and a hash without end."""

from conformance import run_and_close, say_status

import libloop

AGES = 2**31 - 1

loop = libloop.Loop()
crypto = loop.crypto
job = crypto.pbkdf2("p", "s", AGES, 64, "sha512", say_status("cancelled"))
loop.set_timeout(job.cancel, 10)
loop.run()
crypto.pbkdf2("p", "s", AGES, 64, "sha512", say_status("late"), timeout_ms=10)
loop.run()
crypto.hash_file("sha256", "/dev/zero", say_status("endless"), timeout_ms=10)
run_and_close(loop)
