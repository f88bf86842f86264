# SPDX-License-Identifier: MIT
# GENERATED from include/loop.h by bindings/python/tools/gen_cdef.py, DO NOT EDIT.
"""The declarations of loop.h for ctypes: constants, records, functions."""

import ctypes
from typing import Any

LOOP_VERSION_MAJOR = 0
LOOP_VERSION_MINOR = 1
LOOP_VERSION_PATCH = 0
LOOP_VERSION_STRING = "0.1.0"
LOOP_ABI_VERSION = 1
LOOP_KIND_MASK = 15
LOOP_KIND_UNDEFINED = 0
LOOP_KIND_NULL = 1
LOOP_KIND_BOOL = 2
LOOP_KIND_INT = 3
LOOP_KIND_DOUBLE = 4
LOOP_KIND_BYTES = 5
LOOP_KIND_STRING = 6
LOOP_KIND_ERROR = 7
LOOP_EV_MORE = 16
LOOP_EV_REFUSED = 32
LOOP_EV_MUTED = 64
LOOP_EV_OUTCOME = 128
LOOP_EV_HEAD = 256
LOOP_OP_TIMER = 1
LOOP_OP_IDLE = 2
LOOP_OP_PREPARE = 3
LOOP_OP_CHECK = 4
LOOP_OP_POLL_FD = 5
LOOP_OP_WORK = 6
LOOP_OP_HTTP = 7
LOOP_OP_CANCEL = 32
LOOP_OP_CLEAR = 33
LOOP_OP_REF = 34
LOOP_OP_UNREF = 35
LOOP_OP_REFRESH = 36
LOOP_OP_POLL_MODIFY = 37
LOOP_OP_LABEL = 38
LOOP_OP_POST = 64
LOOP_OP_IMMEDIATE = 65
LOOP_OP_TICK = 66
LOOP_OP_MICROTASK = 67
LOOP_OPF_UNREF = 1
LOOP_OPF_REPEAT = 2
LOOP_OPF_ONESHOT = 4
LOOP_OPF_EDGE = 8
LOOP_OPF_BORROWED = 16
LOOP_OPF_QUIET = 32
LOOP_READABLE = 1
LOOP_WRITABLE = 2
LOOP_HANGUP = 4
LOOP_ERROR = 8
LOOP_LANE_HOST = 0
LOOP_LANE_FILE = 1
LOOP_LANE_CPU = 2
LOOP_LANES = 3
LOOP_OK = 0
LOOP_EINVAL = -1
LOOP_EBADID = -2
LOOP_ECLOSED = -3
LOOP_EWRONGTHREAD = -4
LOOP_ENESTED = -5
LOOP_EFORK = -6
LOOP_EPANIC = -7
LOOP_ENOMEM = -8
LOOP_EFULL = -9
LOOP_EBUSY = -10
LOOP_ECANCELED = -11
LOOP_ETIMEDOUT = -12
LOOP_ENOTSUP = -13
LOOP_EEXIST = -14
LOOP_EPERM = -15
LOOP_EOF = -16
LOOP_ETOOBIG = -17
LOOP_ETYPE = -18
LOOP_EJOB = -19
LOOP_EHTTP = -20
LOOP_EDNS = -21
LOOP_ETLS = -22
LOOP_EREDIRECT = -23
LOOP_ESYS = -32
LOOP_ENOENT = -33
LOOP_EACCES = -34
LOOP_EBADF = -35
LOOP_EIO = -36
LOOP_EMFILE = -37
LOOP_ENFILE = -38
LOOP_EAGAIN = -39
LOOP_EINTR = -40
LOOP_ENOSPC = -41
LOOP_EPIPE = -42
LOOP_ECONNREFUSED = -43
LOOP_ECONNRESET = -44
LOOP_ECONNABORTED = -45
LOOP_EHOSTUNREACH = -46
LOOP_ENETUNREACH = -47
LOOP_EADDRINUSE = -48
LOOP_EADDRNOTAVAIL = -49
LOOP_ENOTCONN = -50
LOOP_EISDIR = -51
LOOP_ENOTDIR = -52
LOOP_ENOTEMPTY = -53
LOOP_ENAMETOOLONG = -54
LOOP_ELOOP = -55
LOOP_EROFS = -56
LOOP_EXDEV = -57
LOOP_ENOBUFS = -58
LOOP_BACKEND_AUTO = 0
LOOP_BACKEND_EPOLL = 1
LOOP_BACKEND_POLL = 2
LOOP_BACKEND_KQUEUE = 3
LOOP_MOVABLE = 1
LOOP_TRACE_REGISTER = 1
LOOP_TRACE_CONTROL = 2
LOOP_TRACE_REFUSED = 3
LOOP_TRACE_PASS = 4
LOOP_TRACE_TURN = 5
LOOP_TRACE_PHASE = 6
LOOP_TRACE_EVENT = 7
LOOP_TRACE_JOB_START = 8
LOOP_TRACE_JOB_END = 9
LOOP_TRACE_READY = 10
LOOP_TRACE_WORKER_CLOSE = 11
LOOP_TRACE_POLLER_CLOSE = 12
LOOP_TRACE_FINISHED = 13
LOOP_TRACE_JSON = 1
LOOP_TRACE_BOOK = 2
LOOP_RUN_DEFAULT = 0
LOOP_RUN_ONCE = 1
LOOP_RUN_NOWAIT = 2
LOOP_RUN_INTR = 16
LOOP_ID_SLOT_STEP = 8589934592
LOOP_ID_GENERATION_MAX = 8589934591
LOOP_POLL_LEVEL = 0
LOOP_POLL_ONESHOT = 4
LOOP_POLL_EDGE = 8
LOOP_HTTP_STREAM = 1
LOOP_HTTP_FOLLOW = 2
LOOP_HTTP_BORROW_BODY = 4
LOOP_HTTP_NO_KEEPALIVE = 8
LOOP_HTTP_INSECURE = 16
LOOP_PHASE_NONE = 0
LOOP_PHASE_TIMERS = 1
LOOP_PHASE_PENDING = 2
LOOP_PHASE_IDLE = 3
LOOP_PHASE_PREPARE = 4
LOOP_PHASE_POLL = 5
LOOP_PHASE_CHECK = 6
LOOP_PHASE_CLOSING = 7
LOOP_TURN_SUBMIT = 1
LOOP_TURN_ONCE = 2
LOOP_TURN_DONE = 1
LOOP_TURN_PASS = 2
LOOP_TURN_INTERRUPTED = 4
LOOP_TURN_STOPPED = 8
LOOP_TURN_TIMEDOUT = 16


class LoopOp(ctypes.Structure):
    """loop_op_t"""


class LoopEvent(ctypes.Structure):
    """loop_event_t"""


class LoopTrace(ctypes.Structure):
    """loop_trace_t"""


class LoopOptions(ctypes.Structure):
    """loop_options_t"""


class LoopValue(ctypes.Structure):
    """loop_value_t"""


class LoopHttp(ctypes.Structure):
    """loop_http_t"""


class LoopTurn(ctypes.Structure):
    """loop_turn_t"""


LOOP_CB = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(LoopEvent), ctypes.c_void_p)
LOOP_TRACE_CB = ctypes.CFUNCTYPE(None, ctypes.POINTER(LoopTrace), ctypes.c_void_p)
LOOP_WORK_FN = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.POINTER(LoopValue))

LoopOp._fields_ = [
    ("code", ctypes.c_uint16),
    ("flags", ctypes.c_uint16),
    ("len", ctypes.c_uint32),
    ("id", ctypes.c_uint64),
    ("target", ctypes.c_uint64),
    ("user", ctypes.c_uint64),
    ("cb", LOOP_CB),
    ("data", ctypes.c_void_p),
    ("arg", ctypes.c_int64),
    ("timeout_ns", ctypes.c_int64),
]
LoopEvent._fields_ = [
    ("id", ctypes.c_uint64),
    ("cb", LOOP_CB),
    ("user", ctypes.c_uint64),
    ("status", ctypes.c_int32),
    ("code", ctypes.c_uint16),
    ("flags", ctypes.c_uint16),
    ("num", ctypes.c_int64),
    ("data", ctypes.c_void_p),
    ("len", ctypes.c_uint64),
    ("aux", ctypes.c_uint64),
]
LoopTrace._fields_ = [
    ("size", ctypes.c_uint32),
    ("kind", ctypes.c_uint32),
    ("time_ns", ctypes.c_int64),
    ("id", ctypes.c_uint64),
    ("seq", ctypes.c_uint64),
    ("thread", ctypes.c_char_p),
    ("label", ctypes.c_char_p),
    ("num", ctypes.c_int64),
    ("status", ctypes.c_int32),
    ("code", ctypes.c_uint32),
]
LoopOptions._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("backend", ctypes.c_uint32),
    ("workers", ctypes.c_uint32),
    ("queue_limit", ctypes.c_uint32),
    ("phase_limit", ctypes.c_uint32),
    ("post_limit", ctypes.c_uint32),
    ("event_capacity", ctypes.c_uint32),
    ("worker_idle_ns", ctypes.c_int64),
    ("free_wait_ns", ctypes.c_int64),
    ("retain_limit", ctypes.c_uint64),
    ("http_proxy", ctypes.c_char_p),
    ("ca_pem", ctypes.c_void_p),
    ("ca_pem_len", ctypes.c_uint64),
]
LoopValue._fields_ = [
    ("kind", ctypes.c_uint32),
    ("os_errno", ctypes.c_int32),
    ("num", ctypes.c_int64),
    ("data", ctypes.c_void_p),
    ("len", ctypes.c_uint64),
    ("release", ctypes.c_void_p),
]
LoopHttp._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("method", ctypes.c_char_p),
    ("url", ctypes.c_char_p),
    ("headers", ctypes.c_char_p),
    ("body", ctypes.c_void_p),
    ("body_len", ctypes.c_uint64),
    ("max_body", ctypes.c_uint64),
    ("max_header", ctypes.c_uint32),
    ("max_redirects", ctypes.c_uint32),
]
LoopTurn._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("loop", ctypes.c_void_p),
    ("ops", ctypes.c_void_p),
    ("events", ctypes.c_void_p),
    ("op_count", ctypes.c_uint32),
    ("op_stride", ctypes.c_uint32),
    ("event_capacity", ctypes.c_uint32),
    ("event_stride", ctypes.c_uint32),
    ("timeout_ns", ctypes.c_int64),
    ("ticks", ctypes.c_uint32),
    ("immediates", ctypes.c_uint32),
    ("event_count", ctypes.c_uint32),
    ("phase", ctypes.c_uint32),
    ("result", ctypes.c_uint32),
    ("dispatched", ctypes.c_uint32),
    ("pass", ctypes.c_uint64),
    ("now_ns", ctypes.c_int64),
    ("alive", ctypes.c_uint64),
]

PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "loop_version": (
        ctypes.c_char_p,
        (),
    ),
    "loop_abi_version": (
        ctypes.c_int64,
        (),
    ),
    "loop_strerror": (
        ctypes.c_char_p,
        (ctypes.c_int64,),
    ),
    "loop_err_name": (
        ctypes.c_char_p,
        (ctypes.c_int64,),
    ),
    "loop_err_from_errno": (
        ctypes.c_int64,
        (ctypes.c_int32,),
    ),
    "loop_new": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopOptions),
            ctypes.POINTER(ctypes.c_void_p),
        ),
    ),
    "loop_default": (
        ctypes.c_void_p,
        (),
    ),
    "loop_close": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_free": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_detach": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_last_panic": (
        ctypes.c_char_p,
        (ctypes.c_void_p,),
    ),
    "loop_run": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
        ),
    ),
    "loop_run_for": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_int64,
        ),
    ),
    "loop_stop": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_wake": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_unwound": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_alive": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_now": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_hold": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_unhold": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_backend_fd": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
    ),
    "loop_backend_timeout": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(ctypes.c_int64),
        ),
    ),
    "loop_backend_name": (
        ctypes.c_char_p,
        (ctypes.c_void_p,),
    ),
    "loop_take_ids": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_next_op": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_char_p,
        ),
    ),
    "loop_ref": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_unref": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_has_ref": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_cancel": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_clear": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_set_timeout": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_set_interval": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_set_timer_at": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_clear_timer": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_refresh_timer": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_timer_due_in": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(ctypes.c_int64),
        ),
    ),
    "loop_set_immediate": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_next_tick": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_queue_microtask": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_start_idle": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_start_prepare": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_start_check": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_poll_fd": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_poll_modify": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint32,
        ),
    ),
    "loop_post": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_work": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_WORK_FN,
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_work_lane": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            LOOP_WORK_FN,
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_set_workers": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
        ),
    ),
    "loop_set_queue_limit": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
        ),
    ),
    "loop_value_set_bool": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_int32,
        ),
    ),
    "loop_value_set_int": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_int64,
        ),
    ),
    "loop_value_set_double": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_double,
        ),
    ),
    "loop_value_set_bytes": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_value_set_string": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_char_p,
            ctypes.c_int64,
        ),
    ),
    "loop_value_set_error": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopValue),
            ctypes.c_char_p,
            ctypes.c_int64,
            ctypes.c_int32,
        ),
    ),
    "loop_event_kind": (
        ctypes.c_int64,
        (ctypes.POINTER(LoopEvent),),
    ),
    "loop_event_bool": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_int32),
        ),
    ),
    "loop_event_int": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_int64),
        ),
    ),
    "loop_event_double": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_double),
        ),
    ),
    "loop_event_bytes": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_event_string": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_event_error": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_retain": (
        ctypes.c_void_p,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopEvent),
        ),
    ),
    "loop_release": (
        None,
        (ctypes.c_void_p,),
    ),
    "loop_http": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopHttp),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_http_get": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_http_header": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.c_char_p,
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_http_body": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_turn": (
        ctypes.c_int64,
        (ctypes.POINTER(LoopTurn),),
    ),
    "loop_dispatch": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopEvent),
            ctypes.c_uint32,
        ),
    ),
    "loop_trace": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            LOOP_TRACE_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_trace_fd": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint32,
        ),
    ),
    "loop_fix_signal_handlers": (
        ctypes.c_int64,
        (),
    ),
}


def bind(library: ctypes.CDLL) -> None:
    """Sets the types of every function. AttributeError: the library lacks one."""
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
