# SPDX-License-Identifier: MIT
"""libloop: Node's event loop for Python.

    import libloop

    with libloop.Loop() as loop:
        loop.set_timeout(print, 100, "a tenth of a second later")
        loop.run()

The library libloop.so is loaded with the first Loop, not by this import.
"""

from ._cdef import LOOP_VERSION_STRING
from ._cores import run_processes
from ._crypto import Crypto, timing_safe_equal
from ._crypto_record import CryptoJob
from ._crypto_stream import HashStream
from ._dns import Dns, Question
from ._dns_records import Address, Caa, Mx, NameRecord, Naptr, Soa, Srv, Txt
from ._errors import (
    AbortedError,
    AccessError,
    AuthError,
    BadIdError,
    BusyError,
    CanceledError,
    DataError,
    DnsDetail,
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
    SystemBusyError,
    SystemCallError,
    SystemInvalidError,
    SystemNoMemoryError,
    TimedOutError,
    TlsError,
    TooBigError,
    WouldBlockError,
    WrongThreadError,
)
from ._flow import Flow
from ._fs import Fs
from ._fs_fd import NOW, OMIT
from ._handles import Handle, Immediate, Watcher
from ._http import Headers, Request, Response
from ._jobs import Job
from ._load import core_version
from ._loop import Loop
from ._net import Listener, Net
from ._net_address import NetAddress
from ._net_datagram import DatagramProtocol, Datagrams
from ._net_pass import Credentials
from ._net_stream import BaseProtocol, Stream, StreamProtocol
from ._net_tty import TtySize, tty_reset
from ._net_write import StreamWrite
from ._poll import ERROR, HANGUP, READABLE, WRITABLE, Poll
from ._stat import DirEntry, FileType, Stat, StatFs
from ._statistics import LabelStats, LaneStats, Stats, Times
from ._timers import Timeout
from ._watch import Change, ChangeKind, Watch
from ._work import Work
from ._zip import Compression, CompressionStream, Zip

__version__ = LOOP_VERSION_STRING

__all__ = [
    "ERROR",
    "HANGUP",
    "NOW",
    "OMIT",
    "READABLE",
    "WRITABLE",
    "AbortedError",
    "AccessError",
    "Address",
    "AuthError",
    "BadIdError",
    "BaseProtocol",
    "BusyError",
    "Caa",
    "CanceledError",
    "Change",
    "ChangeKind",
    "Compression",
    "CompressionStream",
    "Credentials",
    "Crypto",
    "CryptoJob",
    "DataError",
    "DatagramProtocol",
    "Datagrams",
    "DirEntry",
    "Dns",
    "DnsDetail",
    "DnsError",
    "EndedEarlyError",
    "ExistsError",
    "FileType",
    "Flow",
    "ForkError",
    "Fs",
    "Handle",
    "HashStream",
    "Headers",
    "HttpError",
    "Immediate",
    "InvalidError",
    "IsDirectoryError",
    "Job",
    "JobError",
    "KindError",
    "LabelStats",
    "LaneStats",
    "Listener",
    "LoadError",
    "Loop",
    "LoopClosedError",
    "LoopError",
    "LoopFullError",
    "Mx",
    "NameRecord",
    "Naptr",
    "NestedRunError",
    "Net",
    "NetAddress",
    "NoMemoryError",
    "NotDirectoryError",
    "NotFoundError",
    "NotPermittedError",
    "NotSupportedError",
    "PanicError",
    "PipeClosedError",
    "Poll",
    "Question",
    "RedirectError",
    "RefusedError",
    "Request",
    "ResetError",
    "Response",
    "SignalError",
    "Soa",
    "Srv",
    "Stat",
    "StatFs",
    "Stats",
    "Stream",
    "StreamProtocol",
    "StreamWrite",
    "SystemBusyError",
    "SystemCallError",
    "SystemInvalidError",
    "SystemNoMemoryError",
    "TimedOutError",
    "Timeout",
    "Times",
    "TlsError",
    "TooBigError",
    "TtySize",
    "Txt",
    "Watch",
    "Watcher",
    "Work",
    "WouldBlockError",
    "WrongThreadError",
    "Zip",
    "__version__",
    "core_version",
    "run_processes",
    "timing_safe_equal",
    "tty_reset",
]
