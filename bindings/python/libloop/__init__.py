# SPDX-License-Identifier: MIT
"""libloop: Node's event loop for Python.

    import libloop

    with libloop.Loop() as loop:
        loop.set_timeout(print, 100, "a tenth of a second later")
        loop.run()

The library libloop.so is loaded with the first Loop, not by this import.
"""

from ._cdef import LOOP_VERSION_STRING
from ._errors import (
    AbortedError,
    AccessError,
    BadIdError,
    BusyError,
    CanceledError,
    DnsError,
    EndedEarlyError,
    ExistsError,
    ForkError,
    HttpError,
    InvalidError,
    IsDirectoryError,
    JobError,
    KindError,
    LoadError,
    LoopClosedError,
    LoopError,
    LoopFullError,
    NestedRunError,
    NoMemoryError,
    NotDirectoryError,
    NotFoundError,
    NotPermittedError,
    NotSupportedError,
    PanicError,
    PipeClosedError,
    RedirectError,
    RefusedError,
    ResetError,
    SignalError,
    SystemCallError,
    TimedOutError,
    TlsError,
    TooBigError,
    WouldBlockError,
    WrongThreadError,
)
from ._handles import Handle, Immediate, Watcher
from ._http import Headers, Request, Response
from ._jobs import Job
from ._load import core_version
from ._loop import Loop
from ._poll import ERROR, HANGUP, READABLE, WRITABLE, Poll
from ._timers import Timeout
from ._work import Work

__version__ = LOOP_VERSION_STRING

__all__ = [
    "ERROR",
    "HANGUP",
    "READABLE",
    "WRITABLE",
    "AbortedError",
    "AccessError",
    "BadIdError",
    "BusyError",
    "CanceledError",
    "DnsError",
    "EndedEarlyError",
    "ExistsError",
    "ForkError",
    "Handle",
    "Headers",
    "HttpError",
    "Immediate",
    "InvalidError",
    "IsDirectoryError",
    "Job",
    "JobError",
    "KindError",
    "LoadError",
    "Loop",
    "LoopClosedError",
    "LoopError",
    "LoopFullError",
    "NestedRunError",
    "NoMemoryError",
    "NotDirectoryError",
    "NotFoundError",
    "NotPermittedError",
    "NotSupportedError",
    "PanicError",
    "PipeClosedError",
    "Poll",
    "RedirectError",
    "RefusedError",
    "Request",
    "ResetError",
    "Response",
    "SignalError",
    "SystemCallError",
    "TimedOutError",
    "Timeout",
    "TlsError",
    "TooBigError",
    "Watcher",
    "Work",
    "WouldBlockError",
    "WrongThreadError",
    "__version__",
    "core_version",
]
