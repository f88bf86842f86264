# SPDX-License-Identifier: MIT
"""What datagram sockets hold on to."""

import gc
import weakref

from libloop import Loop, NetAddress

from .test_net_datagrams import bound


def test_a_socket_lets_its_callbacks_go(loop: Loop) -> None:
    class Held:
        def heard(self, data: bytes, sender: NetAddress, length: int) -> None:
            socket_.close()

    held = Held()
    seen = weakref.ref(held)
    socket_ = bound(loop)
    socket_.start(held.heard)
    socket_.send_to(b"x", socket_.address)
    del held
    loop.run()
    gc.collect()
    assert seen() is None
