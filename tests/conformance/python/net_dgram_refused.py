# SPDX-License-Identifier: MIT
"""A peer that is not there is told to a connected socket, which goes on; when it is there
it hears."""

from conformance import run_and_close
from dgram_common import Ear, bind_at, run_until

import libloop

loop = libloop.Loop()
gone, server, client = Ear("gone"), Ear("server"), Ear("client")
port = bind_at(loop, gone).address.port
gone.socket.close()
loop.run()
client.hear(loop.net.udp_connect("127.0.0.1", port, client.opened))
client.socket.send(b"anybody?")
run_until(loop, client, 1)
bind_at(loop, server, port)
client.socket.send(b"now?")
run_until(loop, server, 1)
client.socket.close()
loop.run_once()
server.socket.close()
run_and_close(loop)
