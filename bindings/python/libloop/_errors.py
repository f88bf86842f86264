# SPDX-License-Identifier: MIT
"""One exception class for every LOOP_E* code that a program may want to catch by name.

Where Python has a class for the same mishap the subclass derives from it as well, so
`except FileNotFoundError` and `except TimeoutError` work as they do elsewhere.
"""

import enum
import errno
import os
from collections.abc import Callable
from typing import ClassVar

from . import _cdef

NAMES: dict[int, str] = {
    value: name
    for name, value in vars(_cdef).items()
    if name.startswith("LOOP_E") and isinstance(value, int) and value < 0
}

_CLASSES: dict[int, type["LoopError"]] = {}


def _own_words(code: int) -> str:
    return "the operation failed"


# loop_strerror, once the library is there.
_words: Callable[[int], str] = _own_words


def use_words(words: Callable[[int], str]) -> None:
    """Lets messages come from the library. Called once by the loader."""
    global _words
    _words = words


class LoopError(Exception):
    """What went wrong, as the library says it.

    Attributes:
        code: the LOOP_E* number, negative.
        name: the name of that number, such as "LOOP_ECONNREFUSED".
        os_errno: errno of the system call that failed, 0 if there was none.
        text: "operation subject", such as "open /etc/shadow"; may be empty.

    Those that are an OSError, too, have its attributes: errno, strerror and, of file operations,
    filename and filename2.
    """

    CODE: ClassVar[int] = 0

    code: int
    name: str
    os_errno: int
    text: str

    def __init_subclass__(cls) -> None:
        if cls.CODE < 0:
            _CLASSES.setdefault(cls.CODE, cls)

    def __init__(self, text: str = "", os_errno: int = 0, code: int | None = None) -> None:
        self.code = self.CODE if code is None else code
        self.name = NAMES.get(self.code, "LOOP_UNKNOWN")
        self.os_errno = os_errno
        self.text = text
        message = _words(self.code)
        if isinstance(self, OSError):
            # Sets .errno and .strerror, which handlers of the builtin look at.
            number = os_errno or getattr(errno, self.name.removeprefix("LOOP_"), 0)
            words = os.strerror(os_errno) if 0 < os_errno < 1 << 31 else message
            OSError.__init__(self, number, words)
        else:
            Exception.__init__(self, message)

    def __str__(self) -> str:
        parts = [self.name, _words(self.code)]
        if self.text:
            parts.append(self.text)
        if self.os_errno:
            parts.append(f"errno {self.os_errno} ({errno.errorcode.get(self.os_errno, '?')})")
        return ": ".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        arguments = self.text, self.os_errno, self.code
        names = {
            name: getattr(self, name)
            for name in ("filename", "filename2", "detail")
            if getattr(self, name, None) is not None
        }
        return type(self), arguments, names or None


def error_for(code: int, text: str = "", os_errno: int = 0) -> LoopError:
    """Makes the exception for a LOOP_E* code. What has an errno is an OSError, too."""
    kind = _CLASSES.get(code, LoopError)
    if os_errno:
        kind = _SYSTEM_CLASSES.get(code, kind)
    return kind(text, os_errno, code)


def check(code: int, text: str = "") -> int:
    """Returns what a library call returned, or raises the exception for it."""
    if code < 0:
        raise error_for(code, text)
    return code


class LoadError(ImportError):
    """libloop.so is missing, of another version, or cannot work on this system."""


class InvalidError(LoopError, ValueError):
    """LOOP_EINVAL: an argument is unknown or out of range."""

    CODE = _cdef.LOOP_EINVAL


class BadIdError(LoopError, LookupError):
    """LOOP_EBADID: the id has ended, was never given, or belongs to another loop."""

    CODE = _cdef.LOOP_EBADID


class LoopClosedError(LoopError, RuntimeError):
    """LOOP_ECLOSED: the loop is closed."""

    CODE = _cdef.LOOP_ECLOSED


class WrongThreadError(LoopError, RuntimeError):
    """LOOP_EWRONGTHREAD: another thread owns the loop."""

    CODE = _cdef.LOOP_EWRONGTHREAD


class NestedRunError(LoopError, RuntimeError):
    """LOOP_ENESTED: a run or a close inside a callback of the same loop."""

    CODE = _cdef.LOOP_ENESTED


class ForkError(LoopError, RuntimeError):
    """LOOP_EFORK: a child made by fork cannot use the library its parent had loaded."""

    CODE = _cdef.LOOP_EFORK


class PanicError(LoopError, RuntimeError):
    """LOOP_EPANIC: a bug inside the library ended the loop."""

    CODE = _cdef.LOOP_EPANIC


class NoMemoryError(LoopError, MemoryError):
    """LOOP_ENOMEM: out of memory."""

    CODE = _cdef.LOOP_ENOMEM


class LoopFullError(LoopError):
    """LOOP_EFULL: a bounded queue is full."""

    CODE = _cdef.LOOP_EFULL


class BusyError(LoopError):
    """LOOP_EBUSY: still in use; call again."""

    CODE = _cdef.LOOP_EBUSY


class CanceledError(LoopError):
    """LOOP_ECANCELED: canceled, or still alive when the loop was closed."""

    CODE = _cdef.LOOP_ECANCELED


class TimedOutError(LoopError, TimeoutError):
    """LOOP_ETIMEDOUT: its deadline passed."""

    CODE = _cdef.LOOP_ETIMEDOUT


class NotSupportedError(LoopError, OSError):
    """LOOP_ENOTSUP: this backend or platform cannot."""

    CODE = _cdef.LOOP_ENOTSUP


class ExistsError(LoopError, FileExistsError):
    """LOOP_EEXIST: exists already."""

    CODE = _cdef.LOOP_EEXIST


class NotPermittedError(LoopError, PermissionError):
    """LOOP_EPERM: not permitted, or a file that readiness has no meaning for."""

    CODE = _cdef.LOOP_EPERM


class EndedEarlyError(LoopError, EOFError):
    """LOOP_EOF: ended before it was complete."""

    CODE = _cdef.LOOP_EOF


class TooBigError(LoopError, ValueError):
    """LOOP_ETOOBIG: larger than its limit."""

    CODE = _cdef.LOOP_ETOOBIG


class KindError(LoopError, TypeError):
    """LOOP_ETYPE: the value is of another kind."""

    CODE = _cdef.LOOP_ETYPE


class JobError(LoopError):
    """LOOP_EJOB: a host function failed with a code that has no name."""

    CODE = _cdef.LOOP_EJOB


class HttpError(LoopError):
    """LOOP_EHTTP: the peer does not speak HTTP as it should."""

    CODE = _cdef.LOOP_EHTTP


class DnsDetail(enum.IntEnum):
    """Why a question about a name has no answer: see DnsError."""

    NOT_FOUND = _cdef.LOOP_DNS_NOT_FOUND
    NO_DATA = _cdef.LOOP_DNS_NO_DATA
    SERVER_FAILURE = _cdef.LOOP_DNS_SERVER_FAILURE
    REFUSED = _cdef.LOOP_DNS_REFUSED
    BAD_ANSWER = _cdef.LOOP_DNS_BAD_ANSWER
    BAD_NAME = _cdef.LOOP_DNS_BAD_NAME
    BAD_QUERY = _cdef.LOOP_DNS_BAD_QUERY
    NOT_IMPLEMENTED = _cdef.LOOP_DNS_NOT_IMPLEMENTED


class DnsError(LoopError, OSError):
    """LOOP_EDNS: the name does not resolve.

    Attributes:
        detail: why, of a question of Loop.dns; None elsewhere.
    """

    CODE = _cdef.LOOP_EDNS

    detail: DnsDetail | None = None


class TlsError(LoopError, ConnectionError):
    """LOOP_ETLS: no trusted TLS connection."""

    CODE = _cdef.LOOP_ETLS


class RedirectError(LoopError):
    """LOOP_EREDIRECT: more redirects than allowed."""

    CODE = _cdef.LOOP_EREDIRECT


class AuthError(LoopError, ValueError):
    """LOOP_EAUTH: authentication failed: a wrong key or tag, or garbled data."""

    CODE = _cdef.LOOP_EAUTH


class DataError(LoopError, ValueError):
    """LOOP_EDATA: the data is corrupt, or of another format."""

    CODE = _cdef.LOOP_EDATA


class SystemCallError(LoopError, OSError):
    """LOOP_ESYS and every errno without a class of its own here; see `name` and `os_errno`."""

    CODE = _cdef.LOOP_ESYS


class NotFoundError(LoopError, FileNotFoundError):
    """LOOP_ENOENT."""

    CODE = _cdef.LOOP_ENOENT


class AccessError(LoopError, PermissionError):
    """LOOP_EACCES."""

    CODE = _cdef.LOOP_EACCES


class PipeClosedError(LoopError, BrokenPipeError):
    """LOOP_EPIPE."""

    CODE = _cdef.LOOP_EPIPE


class WouldBlockError(LoopError, BlockingIOError):
    """LOOP_EAGAIN."""

    CODE = _cdef.LOOP_EAGAIN


class SignalError(LoopError, InterruptedError):
    """LOOP_EINTR: a signal ended the call."""

    CODE = _cdef.LOOP_EINTR


class RefusedError(LoopError, ConnectionRefusedError):
    """LOOP_ECONNREFUSED."""

    CODE = _cdef.LOOP_ECONNREFUSED


class ResetError(LoopError, ConnectionResetError):
    """LOOP_ECONNRESET."""

    CODE = _cdef.LOOP_ECONNRESET


class AbortedError(LoopError, ConnectionAbortedError):
    """LOOP_ECONNABORTED."""

    CODE = _cdef.LOOP_ECONNABORTED


class IsDirectoryError(LoopError, IsADirectoryError):
    """LOOP_EISDIR."""

    CODE = _cdef.LOOP_EISDIR


class NotDirectoryError(LoopError, NotADirectoryError):
    """LOOP_ENOTDIR."""

    CODE = _cdef.LOOP_ENOTDIR


class SystemInvalidError(InvalidError, OSError):
    """LOOP_EINVAL that the system said of a call: EINVAL."""


class SystemNoMemoryError(NoMemoryError, OSError):
    """LOOP_ENOMEM that the system said of a call: ENOMEM."""


class SystemBusyError(BusyError, OSError):
    """LOOP_EBUSY that the system said of a call: EBUSY."""


_SYSTEM_CLASSES: dict[int, type[LoopError]] = {
    kind.CODE: kind for kind in (SystemInvalidError, SystemNoMemoryError, SystemBusyError)
}

# The remaining names of errno have no builtin of their own beyond OSError.
for _code in NAMES:
    if _code < _cdef.LOOP_ESYS:
        _CLASSES.setdefault(_code, SystemCallError)
