# SPDX-License-Identifier: MIT
"""Addresses of sockets."""

import ipaddress
import os
import struct
from functools import lru_cache
from typing import NamedTuple

from ._cdef import LOOP_AF_INET, LOOP_AF_INET6, LOOP_AF_UNIX
from ._errors import InvalidError

# size, family, port, scope, path_len, ip, path
_ADDRESS = struct.Struct("<IHHII16s112s")
ADDRESS_BYTES = _ADDRESS.size
MAX_PATH = 111

UnixName = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class NetAddress(NamedTuple):
    """An address of a socket; str() writes it as usual: "127.0.0.1:80", "[::1]:80", "/path".

    Attributes:
        family: 4, 6, or 0 for a Unix socket.
        host: the address; a link-local one has the number of its interface behind a "%".
        port: 0 for a Unix socket.
        path: of a Unix socket; an abstract name begins with a NUL; empty: it has none.
    """

    family: int
    host: str = ""
    port: int = 0
    path: bytes = b""

    def __str__(self) -> str:
        if self.family == 4:
            return f"{self.host}:{self.port}"
        if self.family == 6:
            return f"[{self.host}]:{self.port}"
        if not self.path:
            return "unnamed"
        return os.fsdecode(b"@" + self.path[1:] if self.path[0] == 0 else self.path)


def address_of(raw: bytes) -> NetAddress:
    """Reads a loop_address_t."""
    _, family, port, scope, path_len, ip, path = _ADDRESS.unpack_from(raw)
    if family == LOOP_AF_INET:
        return NetAddress(4, str(ipaddress.IPv4Address(ip[:4])), port)
    if family == LOOP_AF_INET6:
        host = str(ipaddress.IPv6Address(ip))
        return NetAddress(6, f"{host}%{scope}" if scope else host, port)
    if family == LOOP_AF_UNIX:
        return NetAddress(0, path=path[:path_len])
    return NetAddress(0)


# The same few senders come again and again.
known_address = lru_cache(maxsize=256)(address_of)


def pack_path(family: int, path: bytes) -> bytes:
    """A loop_address_t of a Unix socket."""
    return _ADDRESS.pack(ADDRESS_BYTES, family, 0, 0, len(path), b"", path)


def unix_name(path: UnixName) -> bytes:
    """A path or an abstract name. Raises: InvalidError, TypeError."""
    name = os.fsencode(path)
    if not name or (b"\0" in name[1:] and name[0] != 0):
        raise InvalidError(f"path {path!r}")
    return name
