# SPDX-License-Identifier: MIT
"""A datagram that is longer than read_size is cut, and says how long it was; the next is whole."""

from conformance import run_and_close
from dgram_common import Ear, bind_at, run_until

import libloop

loop = libloop.Loop()
ear = Ear("ear")
socket = bind_at(loop, ear, read_size=4)
for data in (b"abcdefgh", b"four", b"", b"fives"):
    socket.send_to(data, socket.address)
run_until(loop, ear, 4)
socket.close()
run_and_close(loop)
