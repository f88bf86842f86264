# SPDX-License-Identifier: MIT
"""The events of a batch as tuples."""

import ctypes
import struct
from typing import Any

from ._cdef import (
    LOOP_EV_MORE,
    LOOP_KIND_BYTES,
    LOOP_NET_DATA,
    LOOP_NET_DATAGRAM,
    LOOP_OP_NET,
    LoopAddress,
)
from ._lend import memory

# id, user, status, code | flags << 16, num, data (an address, or bytes once copied), len, aux
Event = tuple[int, int, int, int, int, Any, int, int]

EVENT = struct.Struct("<Q8xQiIqQQQ")
# The same of a batch in which all events are DATA_EVENTs: id, data (an address), len.
Piece = tuple[int, int, int]
PIECE = struct.Struct("<Q32xQQ8x")
ADDRESS = struct.Struct("<Q")
ADDRESS_AT = 40  # in the record
CALLED = struct.Struct("<8xQ48x")  # cb of the same record
CODE = 0xFFFF
FLAGS = 16  # bits before the flags
# In place of the code of an event whose data was copied: it is not in the library's memory.
COPIED = 0
# A stream's data: the event that has to be dispatched fastest.
DATA_EVENT = LOOP_OP_NET | (LOOP_EV_MORE | LOOP_KIND_BYTES) << FLAGS
EVENT_BYTES = EVENT.size
ADDRESS_BYTES = ctypes.sizeof(LoopAddress)


def is_datagram(status: int, what: int, aux: int) -> bool:
    """Says whether an event brings a datagram: its sender is then before its bytes."""
    return (
        what & CODE == LOOP_OP_NET
        and aux == LOOP_NET_DATAGRAM
        and status == 0
        and what & LOOP_EV_MORE << FLAGS != 0
    )


def copied(event: Event) -> Event:
    """An event with what it points at; a datagram with its sender before it."""
    ident, user, status, what, num, data, length, aux = event
    if type(data) is bytes:
        return event
    if is_datagram(status, what, aux):
        data = memory[data - ADDRESS_BYTES : data + length]
    elif length:
        data = memory[data : data + length]
        if what == DATA_EVENT and aux == LOOP_NET_DATA:
            what += COPIED - LOOP_OP_NET
    return (ident, user, status, what, num, data, length, aux)
