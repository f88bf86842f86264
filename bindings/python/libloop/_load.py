# SPDX-License-Identifier: MIT
"""Finds and loads libloop.so: with the first Loop, never at import.

The library holds a Go runtime, and that does not survive fork. A process that forks before its
first Loop (a prefork server) is fine, because importing this package loads nothing; a child made
after it is told apart here, so that every call of it raises ForkError at once.
"""

import ctypes
import os
import sys
import threading
import weakref
from pathlib import Path
from typing import Protocol

from . import _cdef
from ._errors import ForkError, LoadError, use_words

FILE_NAME = "libloop.so"
SONAME = f"{FILE_NAME}.{_cdef.LOOP_VERSION_MAJOR}"
VARIABLE = "LIBLOOP_LIBRARY"


class Library:
    """The loaded library, twice.

    `free` lets other Python threads run during a call; for calls that may sleep. `held` keeps the
    GIL; for calls that cannot block, because giving the GIL away to a computing thread costs up to
    its switch interval (5 ms) to get it back.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.free = ctypes.CDLL(path)
        self.held = ctypes.PyDLL(path)
        version = self.free.loop_abi_version
        version.restype = ctypes.c_int64
        if version() != _cdef.LOOP_ABI_VERSION:
            raise LoadError(
                f"{path} has binary interface {version()}, "
                f"this package needs {_cdef.LOOP_ABI_VERSION}."
            )
        _cdef.bind(self.free)
        _cdef.bind(self.held)

    def words(self, code: int) -> str:
        text: bytes = self.held.loop_strerror(code)
        return text.decode()


class Forkable(Protocol):
    """What a loop does in a child made by fork."""

    def _after_fork(self) -> None: ...


_lock = threading.Lock()
_library: Library | None = None
_forked = False
_loops: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


def library() -> Library:
    """Returns the library, loaded by the first call.  Thread: any."""
    global _library
    if _forked:
        raise ForkError("this process was forked from one that had loaded libloop")
    with _lock:
        if _library is None:
            found = _find()
            use_words(found.words)
            _library = found
        return _library


def remember(loop: Forkable) -> None:
    """Has a loop told when the process turns out to be a forked child."""
    _loops.add(loop)


def is_loaded() -> bool:
    """Says whether this process has the library, or was forked from one that had."""
    return _library is not None


def is_forked() -> bool:
    """Says whether this is a child of a process that had the library."""
    return _forked


def _after_fork_in_child() -> None:
    global _forked, _lock
    # Another thread of the parent may have held it at the fork.
    _lock = threading.Lock()
    if _library is None:
        return
    _forked = True
    for loop in list(_loops):
        loop._after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _uses_glibc() -> bool:
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (ValueError, OSError):
        return False


def _candidates() -> list[str]:
    """Where the library may be, best first: beside this file, the checkout's build, the system."""
    here = Path(__file__).resolve().parent
    places = [here / FILE_NAME]
    if len(here.parents) > 2 and (here.parents[2] / "include" / "loop.h").is_file():
        places.append(here.parents[2] / "build" / FILE_NAME)
    return [*(str(place) for place in places if place.is_file()), SONAME]


def _find() -> Library:
    if sys.platform == "linux" and not _uses_glibc():
        raise LoadError(
            "libloop needs glibc: a Go library cannot be loaded into a program that uses musl."
        )
    chosen = os.environ.get(VARIABLE)
    failures = []
    for path in [chosen] if chosen else _candidates():
        try:
            return Library(path)
        except (OSError, AttributeError) as error:
            failures.append(f"{path}: {error}")
    raise LoadError(
        f"libloop.so cannot be loaded ({'; '.join(failures)}); "
        f"build it with make, install it, or name it in {VARIABLE}."
    )


def core_version() -> str:
    """The version of the loaded library (loads it), such as "0.3.0".  C: loop_version"""
    version: bytes = library().held.loop_version()
    return version.decode()
