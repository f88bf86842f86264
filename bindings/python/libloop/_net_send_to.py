# SPDX-License-Identifier: MIT
"""Addresses to send datagrams to, as the library reads them."""

import ctypes
import os
from functools import lru_cache

from . import _load
from ._cdef import LOOP_AF_UNIX, LoopAddress
from ._dns import plain
from ._errors import InvalidError
from ._net_address import MAX_PATH, NetAddress, pack_path, unix_name

MAX_PORT = (1 << 16) - 1

Target = NetAddress | str | bytes | os.PathLike[str] | os.PathLike[bytes]


def record_for(to: Target, port: int | None) -> bytes:
    """A loop_address_t. Raises: InvalidError.

    An address is built once and remembered; one with the name of an interface is not, because
    another may have that name later.
    """
    if type(to) is NetAddress and port is None:
        if to.family:
            return _of_ip(to.host, to.port)
        return _of_path(to.path)
    if isinstance(to, str) and port is not None:
        return _built(to, port) if "%" in to else _of_ip(to, port)
    if port is None and isinstance(to, (str, bytes, os.PathLike)):
        return _of_path(unix_name(to))
    raise InvalidError(f"no address: {to!r}, port {port!r}")


def _built(host: str, port: int) -> bytes:
    if not isinstance(port, int) or not 0 < port <= MAX_PORT:
        raise InvalidError(f"port {port!r}")
    out = LoopAddress()
    out.size = ctypes.sizeof(LoopAddress)
    library = _load.library().held
    if library.loop_address_parse(plain(host, "host"), port, ctypes.byref(out)) < 0:
        raise InvalidError(f"host {host!r}: no address")
    return bytes(out)


_of_ip = lru_cache(maxsize=256)(_built)


@lru_cache(maxsize=256)
def _of_path(path: bytes) -> bytes:
    if not 0 < len(path) <= MAX_PATH:
        raise InvalidError(f"path {path!r}")
    return pack_path(LOOP_AF_UNIX, path)
