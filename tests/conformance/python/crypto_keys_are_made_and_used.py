# SPDX-License-Identifier: MIT
"""Keys of every kind, in every form, sign and agree with each other."""

from conformance import run_and_close, say
from crypto import ask, say_result

import libloop

loop = libloop.Loop()
for kind in ("ed25519", "p-256", "p-384", "p-521"):
    algorithm = None if kind == "ed25519" else "sha256"
    for form in ("der", "pem", "raw") if kind == "ed25519" else ("der", "pem"):
        what = f"{kind} in {form}"
        private, public = ask(loop, "generate_key_pair", kind, format=form)
        again = ask(loop, "public_key", private, kind=kind, format=form)
        say(f"{what}: the public key is {'the same' if again == public else 'another'}")
        signature = ask(loop, "sign", algorithm, b"text", private)
        for text in (b"text", b"test"):
            hashed = "sha256" if algorithm else None
            loop.crypto.verify(hashed, text, public, signature, say_result(what))  # type: ignore[arg-type]
            loop.run()
first = ask(loop, "generate_key_pair", "x25519", format="raw")
second = ask(loop, "generate_key_pair", "x25519", format="pem")
secret = ask(loop, "x25519", first[0], second[1])
other = ask(loop, "x25519", second[0], first[1])
say(f"the secrets are {'equal' if libloop.timing_safe_equal(secret, other) else 'different'}")
one = ask(loop, "random_bytes", 1000)
two = ask(loop, "random_bytes", 1000)
say(f"{len(two)} random bytes, {'the same' if one == two else 'others each time'}")
run_and_close(loop)
