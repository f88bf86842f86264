# SPDX-License-Identifier: MIT
# GENERATED from include/loop.h by bindings/python/tools/gen_cdef.py, DO NOT EDIT.
"""The declarations of loop.h for ctypes: constants, records, functions."""

import ctypes
from typing import Any

LOOP_VERSION_MAJOR = 0
LOOP_VERSION_MINOR = 3
LOOP_VERSION_PATCH = 0
LOOP_VERSION_STRING = "0.3.0"
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
LOOP_EV_FD = 512
LOOP_OP_TIMER = 1
LOOP_OP_IDLE = 2
LOOP_OP_PREPARE = 3
LOOP_OP_CHECK = 4
LOOP_OP_POLL_FD = 5
LOOP_OP_WORK = 6
LOOP_OP_HTTP = 7
LOOP_OP_FS = 8
LOOP_OP_CRYPTO = 10
LOOP_OP_ZIP = 11
LOOP_OP_WATCH = 12
LOOP_OP_DNS = 15
LOOP_OP_WRITE = 13
LOOP_OP_NET = 14
LOOP_OP_SEND_FILE = 16
LOOP_OP_CANCEL = 32
LOOP_OP_CLEAR = 33
LOOP_OP_REF = 34
LOOP_OP_UNREF = 35
LOOP_OP_REFRESH = 36
LOOP_OP_POLL_MODIFY = 37
LOOP_OP_END = 39
LOOP_OP_PAUSE = 40
LOOP_OP_RESUME = 41
LOOP_OP_READ = 42
LOOP_OP_SEND = 43
LOOP_OP_CLOSE = 44
LOOP_OP_SEND_TO = 45
LOOP_OP_SEND_FD = 46
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
LOOP_OPF_VECTOR = 64
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
LOOP_EAUTH = -24
LOOP_EDATA = -25
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
LOOP_EDQUOT = -59
LOOP_EFBIG = -60
LOOP_ETXTBSY = -61
LOOP_EMLINK = -62
LOOP_ENXIO = -63
LOOP_ESPIPE = -64
LOOP_ENODEV = -65
LOOP_ESTALE = -66
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
LOOP_FS_BORROW = 1
LOOP_FS_EXCL = 2
LOOP_FS_ATOMIC = 4
LOOP_FS_SYNC = 8
LOOP_FS_RECURSIVE = 16
LOOP_FS_FORCE = 32
LOOP_FS_REFLINK = 64
LOOP_FS_REFLINK_ONLY = 128
LOOP_FS_APPEND = 256
LOOP_FS_READ_FILE = 1
LOOP_FS_WRITE_FILE = 2
LOOP_FS_APPEND_FILE = 3
LOOP_FS_COPY_FILE = 4
LOOP_FS_STAT = 5
LOOP_FS_LSTAT = 6
LOOP_FS_FSTAT = 7
LOOP_FS_STATFS = 8
LOOP_FS_ACCESS = 9
LOOP_FS_READDIR = 10
LOOP_FS_MKDIR = 11
LOOP_FS_MKDTEMP = 12
LOOP_FS_MKSTEMP = 13
LOOP_FS_UNLINK = 14
LOOP_FS_RMDIR = 15
LOOP_FS_REMOVE = 16
LOOP_FS_RENAME = 17
LOOP_FS_LINK = 18
LOOP_FS_SYMLINK = 19
LOOP_FS_READLINK = 20
LOOP_FS_REALPATH = 21
LOOP_FS_CHMOD = 22
LOOP_FS_FCHMOD = 23
LOOP_FS_CHOWN = 24
LOOP_FS_LCHOWN = 25
LOOP_FS_FCHOWN = 26
LOOP_FS_UTIMES = 27
LOOP_FS_LUTIMES = 28
LOOP_FS_FUTIMES = 29
LOOP_FS_TRUNCATE = 30
LOOP_FS_FTRUNCATE = 31
LOOP_FS_OPEN = 32
LOOP_FS_CLOSE = 33
LOOP_FS_READ = 34
LOOP_FS_WRITE = 35
LOOP_FS_READV = 36
LOOP_FS_WRITEV = 37
LOOP_FS_FSYNC = 38
LOOP_FS_FDATASYNC = 39
LOOP_FS_SENDFILE = 40
LOOP_FS_READ_STREAM = 41
LOOP_FS_WRITE_STREAM = 42
LOOP_O_RDONLY = 0
LOOP_O_WRONLY = 1
LOOP_O_RDWR = 2
LOOP_O_CREAT = 16
LOOP_O_EXCL = 32
LOOP_O_TRUNC = 64
LOOP_O_APPEND = 128
LOOP_O_NOFOLLOW = 256
LOOP_O_DIRECTORY = 512
LOOP_O_SYNC = 1024
LOOP_O_DSYNC = 2048
LOOP_O_NONBLOCK = 4096
LOOP_O_DIRECT = 8192
LOOP_O_TMPFILE = 16384
LOOP_O_NOATIME = 32768
LOOP_O_PATH = 65536
LOOP_ACCESS_EXISTS = 0
LOOP_ACCESS_EXECUTE = 1
LOOP_ACCESS_WRITE = 2
LOOP_ACCESS_READ = 4
LOOP_TYPE_UNKNOWN = 0
LOOP_TYPE_FILE = 1
LOOP_TYPE_DIR = 2
LOOP_TYPE_LINK = 3
LOOP_TYPE_FIFO = 4
LOOP_TYPE_SOCKET = 5
LOOP_TYPE_CHAR = 6
LOOP_TYPE_BLOCK = 7
LOOP_TIME_NOW = -9223372036854775807
LOOP_TIME_OMIT = -9223372036854775806
LOOP_STAT_BIRTHTIME = 1
LOOP_STAT_MOUNT_ID = 2
LOOP_STAT_ATTRIBUTES = 4
LOOP_ATTR_COMPRESSED = 1
LOOP_ATTR_IMMUTABLE = 2
LOOP_ATTR_APPEND = 4
LOOP_ATTR_NODUMP = 8
LOOP_ATTR_ENCRYPTED = 16
LOOP_ATTR_MOUNT_ROOT = 32
LOOP_ATTR_VERITY = 64
LOOP_ATTR_DAX = 128
LOOP_CRYPTO_RANDOM_BYTES = 1
LOOP_CRYPTO_HASH = 2
LOOP_CRYPTO_HMAC = 3
LOOP_CRYPTO_PBKDF2 = 4
LOOP_CRYPTO_SCRYPT = 5
LOOP_CRYPTO_ARGON2ID = 6
LOOP_CRYPTO_HKDF = 7
LOOP_CRYPTO_SEAL = 8
LOOP_CRYPTO_OPEN_SEALED = 9
LOOP_CRYPTO_GENERATE_KEY = 10
LOOP_CRYPTO_PUBLIC_KEY = 11
LOOP_CRYPTO_SIGN = 12
LOOP_CRYPTO_VERIFY = 13
LOOP_CRYPTO_X25519 = 14
LOOP_CRYPTO_HASH_STREAM = 15
LOOP_CRYPTO_HMAC_STREAM = 16
LOOP_HASH_NONE = 0
LOOP_HASH_SHA224 = 1
LOOP_HASH_SHA256 = 2
LOOP_HASH_SHA384 = 3
LOOP_HASH_SHA512 = 4
LOOP_HASH_SHA512_256 = 5
LOOP_HASH_SHA3_224 = 6
LOOP_HASH_SHA3_256 = 7
LOOP_HASH_SHA3_384 = 8
LOOP_HASH_SHA3_512 = 9
LOOP_HASH_BLAKE2B_256 = 10
LOOP_HASH_BLAKE2B_384 = 11
LOOP_HASH_BLAKE2B_512 = 12
LOOP_HASH_BLAKE2S_256 = 13
LOOP_HASH_SHA1 = 14
LOOP_HASH_MD5 = 15
LOOP_CIPHER_AES_128_GCM = 1
LOOP_CIPHER_AES_192_GCM = 2
LOOP_CIPHER_AES_256_GCM = 3
LOOP_CIPHER_CHACHA20_POLY1305 = 4
LOOP_CIPHER_XCHACHA20_POLY1305 = 5
LOOP_KEY_ED25519 = 1
LOOP_KEY_P256 = 2
LOOP_KEY_P384 = 3
LOOP_KEY_P521 = 4
LOOP_KEY_X25519 = 5
LOOP_CRYPTO_BORROW = 1
LOOP_CRYPTO_PEM = 2
LOOP_CRYPTO_RAW = 4
LOOP_ZIP_COMPRESS = 1
LOOP_ZIP_DECOMPRESS = 2
LOOP_ZIP_COMPRESS_STREAM = 3
LOOP_ZIP_DECOMPRESS_STREAM = 4
LOOP_ZIP_GZIP = 1
LOOP_ZIP_DEFLATE = 2
LOOP_ZIP_DEFLATE_RAW = 3
LOOP_ZIP_ZSTD = 4
LOOP_ZIP_BROTLI = 5
LOOP_ZIP_STORE = -1
LOOP_ZIP_BORROW = 1
LOOP_WATCH_RECURSIVE = 1
LOOP_WATCH_CREATED = 1
LOOP_WATCH_DELETED = 2
LOOP_WATCH_MODIFIED = 4
LOOP_WATCH_ATTRIBUTES = 8
LOOP_WATCH_RENAMED = 16
LOOP_WATCH_READY = 256
LOOP_WATCH_OVERFLOW = 512
LOOP_WATCH_UNWATCHED = 1024
LOOP_DNS_LOOKUP = 1
LOOP_DNS_REVERSE = 2
LOOP_DNS_QUERY = 3
LOOP_DNS_IPV4_FIRST = 1
LOOP_DNS_IPV6_FIRST = 2
LOOP_DNS_A = 1
LOOP_DNS_NS = 2
LOOP_DNS_CNAME = 5
LOOP_DNS_SOA = 6
LOOP_DNS_PTR = 12
LOOP_DNS_MX = 15
LOOP_DNS_TXT = 16
LOOP_DNS_AAAA = 28
LOOP_DNS_SRV = 33
LOOP_DNS_NAPTR = 35
LOOP_DNS_ANY = 255
LOOP_DNS_CAA = 257
LOOP_DNS_NOT_FOUND = 1
LOOP_DNS_NO_DATA = 2
LOOP_DNS_SERVER_FAILURE = 3
LOOP_DNS_REFUSED = 4
LOOP_DNS_BAD_ANSWER = 5
LOOP_DNS_BAD_NAME = 6
LOOP_DNS_BAD_QUERY = 7
LOOP_DNS_NOT_IMPLEMENTED = 8
LOOP_NET_LISTEN = 1
LOOP_NET_CONNECT = 2
LOOP_NET_ADOPT = 3
LOOP_NET_BIND = 4
LOOP_NET_TCP = 1
LOOP_NET_UNIX = 2
LOOP_NET_UDP = 3
LOOP_NET_UNIX_DGRAM = 4
LOOP_NET_PIPE = 5
LOOP_NET_TTY = 6
LOOP_NET_FILE = 7
LOOP_NET_HALF_OPEN = 1
LOOP_NET_REUSEPORT = 2
LOOP_NET_V6ONLY = 4
LOOP_NET_NODELAY = 8
LOOP_NET_FDS = 16
LOOP_NET_KEEP = 32
LOOP_NET_REUSEADDR = 64
LOOP_NET_OPEN = 1
LOOP_NET_ACCEPTED = 2
LOOP_NET_DATA = 3
LOOP_NET_END = 4
LOOP_NET_FULL = 5
LOOP_NET_DRAIN = 6
LOOP_NET_DATAGRAM = 7
LOOP_NET_FD = 8
LOOP_NET_RESIZED = 9
LOOP_AF_NONE = 0
LOOP_AF_UNIX = 1
LOOP_AF_INET = 4
LOOP_AF_INET6 = 6
LOOP_NET_OPT_NODELAY = 1
LOOP_NET_OPT_KEEPALIVE = 2
LOOP_NET_OPT_RCVBUF = 3
LOOP_NET_OPT_SNDBUF = 4
LOOP_NET_OPT_BROADCAST = 5
LOOP_NET_OPT_TTL = 6
LOOP_NET_OPT_MULTICAST_TTL = 7
LOOP_NET_OPT_MULTICAST_LOOP = 8
LOOP_NET_OPT_MULTICAST_IF = 9
LOOP_NET_OPT_LINGER = 10
LOOP_TTY_NORMAL = 0
LOOP_TTY_RAW = 1
LOOP_TTY_IO = 2
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
LOOP_TURN_DATA = 32
LOOP_STATS_LABELS = 1024
LOOP_STATS_OTHERS = 1


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


class LoopStat(ctypes.Structure):
    """loop_stat_t"""


class LoopStatfs(ctypes.Structure):
    """loop_statfs_t"""


class LoopDirent(ctypes.Structure):
    """loop_dirent_t"""


class LoopBuf(ctypes.Structure):
    """loop_buf_t"""


class LoopFs(ctypes.Structure):
    """loop_fs_t"""


class LoopCrypto(ctypes.Structure):
    """loop_crypto_t"""


class LoopZip(ctypes.Structure):
    """loop_zip_t"""


class LoopWatch(ctypes.Structure):
    """loop_watch_t"""


class LoopDns(ctypes.Structure):
    """loop_dns_t"""


class LoopDnsRecord(ctypes.Structure):
    """loop_dns_record_t"""


class LoopNet(ctypes.Structure):
    """loop_net_t"""


class LoopAddress(ctypes.Structure):
    """loop_address_t"""


class LoopCredentials(ctypes.Structure):
    """loop_credentials_t"""


class LoopTurn(ctypes.Structure):
    """loop_turn_t"""


class LoopStats(ctypes.Structure):
    """loop_stats_t"""


class LoopLaneStats(ctypes.Structure):
    """loop_lane_stats_t"""


class LoopLabelStats(ctypes.Structure):
    """loop_label_stats_t"""


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
LoopStat._fields_ = [
    ("size", ctypes.c_uint64),
    ("ino", ctypes.c_uint64),
    ("dev", ctypes.c_uint64),
    ("rdev", ctypes.c_uint64),
    ("nlink", ctypes.c_uint64),
    ("blocks", ctypes.c_uint64),
    ("block_size", ctypes.c_uint64),
    ("mount_id", ctypes.c_uint64),
    ("atime_ns", ctypes.c_int64),
    ("mtime_ns", ctypes.c_int64),
    ("ctime_ns", ctypes.c_int64),
    ("birthtime_ns", ctypes.c_int64),
    ("type", ctypes.c_uint32),
    ("mode", ctypes.c_uint32),
    ("uid", ctypes.c_uint32),
    ("gid", ctypes.c_uint32),
    ("known", ctypes.c_uint32),
    ("attributes", ctypes.c_uint32),
]
LoopStatfs._fields_ = [
    ("type", ctypes.c_uint64),
    ("block_size", ctypes.c_uint64),
    ("blocks", ctypes.c_uint64),
    ("blocks_free", ctypes.c_uint64),
    ("blocks_available", ctypes.c_uint64),
    ("files", ctypes.c_uint64),
    ("files_free", ctypes.c_uint64),
    ("id", ctypes.c_uint64),
    ("name_max", ctypes.c_uint64),
    ("flags", ctypes.c_uint64),
]
LoopDirent._fields_ = [
    ("ino", ctypes.c_uint64),
    ("type", ctypes.c_uint32),
    ("size", ctypes.c_uint16),
    ("name_len", ctypes.c_uint16),
]
LoopBuf._fields_ = [
    ("data", ctypes.c_void_p),
    ("len", ctypes.c_uint64),
]
LoopFs._fields_ = [
    ("size", ctypes.c_uint32),
    ("what", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("mode", ctypes.c_uint32),
    ("path", ctypes.c_char_p),
    ("path2", ctypes.c_char_p),
    ("path_len", ctypes.c_uint32),
    ("path2_len", ctypes.c_uint32),
    ("fd", ctypes.c_int32),
    ("fd2", ctypes.c_int32),
    ("data", ctypes.c_void_p),
    ("buffer", ctypes.c_void_p),
    ("bufs", ctypes.c_void_p),
    ("len", ctypes.c_uint64),
    ("offset", ctypes.c_int64),
    ("offset2", ctypes.c_int64),
    ("atime_ns", ctypes.c_int64),
    ("mtime_ns", ctypes.c_int64),
    ("limit", ctypes.c_uint64),
    ("uid", ctypes.c_uint32),
    ("gid", ctypes.c_uint32),
    ("open_flags", ctypes.c_uint32),
    ("buf_count", ctypes.c_uint32),
]
LoopCrypto._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("what", ctypes.c_uint32),
    ("alg", ctypes.c_uint32),
    ("key", ctypes.c_void_p),
    ("key_len", ctypes.c_uint64),
    ("data", ctypes.c_void_p),
    ("data_len", ctypes.c_uint64),
    ("bufs", ctypes.c_void_p),
    ("buf_count", ctypes.c_uint64),
    ("path", ctypes.c_char_p),
    ("salt", ctypes.c_void_p),
    ("salt_len", ctypes.c_uint64),
    ("info", ctypes.c_void_p),
    ("info_len", ctypes.c_uint64),
    ("signature", ctypes.c_void_p),
    ("signature_len", ctypes.c_uint64),
    ("iterations", ctypes.c_uint64),
    ("cost", ctypes.c_uint64),
    ("block_size", ctypes.c_uint64),
    ("parallelism", ctypes.c_uint64),
    ("memory_kib", ctypes.c_uint64),
    ("max_memory", ctypes.c_uint64),
    ("out_len", ctypes.c_uint64),
]
LoopZip._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("what", ctypes.c_uint32),
    ("format", ctypes.c_uint32),
    ("level", ctypes.c_int32),
    ("dictionary_len", ctypes.c_uint32),
    ("dictionary", ctypes.c_void_p),
    ("data", ctypes.c_void_p),
    ("len", ctypes.c_uint64),
    ("max_out", ctypes.c_uint64),
]
LoopWatch._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("events", ctypes.c_uint32),
    ("path_len", ctypes.c_uint32),
    ("path", ctypes.c_char_p),
    ("poll_ns", ctypes.c_int64),
]
LoopDns._fields_ = [
    ("size", ctypes.c_uint32),
    ("what", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("type", ctypes.c_uint32),
    ("family", ctypes.c_uint32),
    ("tries", ctypes.c_uint32),
    ("name_len", ctypes.c_uint32),
    ("servers_len", ctypes.c_uint32),
    ("name", ctypes.c_char_p),
    ("servers", ctypes.c_char_p),
    ("try_ns", ctypes.c_int64),
]
LoopDnsRecord._fields_ = [
    ("size", ctypes.c_uint32),
    ("type", ctypes.c_uint16),
    ("family", ctypes.c_uint16),
    ("ttl", ctypes.c_uint32),
    ("scope", ctypes.c_uint32),
    ("ip", ctypes.c_uint8 * 16),
    ("priority", ctypes.c_uint16),
    ("weight", ctypes.c_uint16),
    ("port", ctypes.c_uint16),
    ("flags", ctypes.c_uint16),
    ("serial", ctypes.c_uint32),
    ("refresh", ctypes.c_uint32),
    ("retry", ctypes.c_uint32),
    ("expire", ctypes.c_uint32),
    ("minimum", ctypes.c_uint32),
    ("text_count", ctypes.c_uint32),
]
LoopNet._fields_ = [
    ("size", ctypes.c_uint32),
    ("what", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("type", ctypes.c_uint32),
    ("host", ctypes.c_char_p),
    ("local_host", ctypes.c_char_p),
    ("host_len", ctypes.c_uint32),
    ("local_host_len", ctypes.c_uint32),
    ("port", ctypes.c_uint32),
    ("local_port", ctypes.c_uint32),
    ("backlog", ctypes.c_uint32),
    ("fd", ctypes.c_int32),
    ("high_water", ctypes.c_uint64),
    ("low_water", ctypes.c_uint64),
    ("read_size", ctypes.c_uint32),
    ("read_budget", ctypes.c_uint32),
]
LoopAddress._fields_ = [
    ("size", ctypes.c_uint32),
    ("family", ctypes.c_uint16),
    ("port", ctypes.c_uint16),
    ("scope", ctypes.c_uint32),
    ("path_len", ctypes.c_uint32),
    ("ip", ctypes.c_uint8 * 16),
    ("path", ctypes.c_char * 112),
]
LoopCredentials._fields_ = [
    ("size", ctypes.c_uint32),
    ("pid", ctypes.c_int32),
    ("uid", ctypes.c_uint32),
    ("gid", ctypes.c_uint32),
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
LoopStats._fields_ = [
    ("size", ctypes.c_uint32),
    ("labels", ctypes.c_uint32),
    ("elapsed_ns", ctypes.c_int64),
    ("passes", ctypes.c_uint64),
    ("turns", ctypes.c_uint64),
    ("events", ctypes.c_uint64),
    ("ops", ctypes.c_uint64),
    ("ops_refused", ctypes.c_uint64),
    ("posts", ctypes.c_uint64),
    ("posts_waiting", ctypes.c_uint64),
    ("alive", ctypes.c_uint64),
    ("ids", ctypes.c_uint64),
    ("ids_peak", ctypes.c_uint64),
    ("timers", ctypes.c_uint64),
    ("timers_peak", ctypes.c_uint64),
    ("retained", ctypes.c_uint64),
    ("retained_peak", ctypes.c_uint64),
    ("steps", ctypes.c_uint64),
]
LoopLaneStats._fields_ = [
    ("size", ctypes.c_uint32),
    ("workers", ctypes.c_uint32),
    ("workers_max", ctypes.c_uint32),
    ("queue_limit", ctypes.c_uint32),
    ("waiting", ctypes.c_uint64),
    ("running", ctypes.c_uint64),
    ("waiting_peak", ctypes.c_uint64),
]
LoopLabelStats._fields_ = [
    ("size", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("label", ctypes.c_char_p),
    ("label_len", ctypes.c_uint64),
    ("queued", ctypes.c_uint64),
    ("started", ctypes.c_uint64),
    ("finished", ctypes.c_uint64),
    ("failed", ctypes.c_uint64),
    ("canceled", ctypes.c_uint64),
    ("rejected", ctypes.c_uint64),
    ("at_once", ctypes.c_uint64),
    ("waiting", ctypes.c_uint64),
    ("running", ctypes.c_uint64),
    ("wait_sum_ns", ctypes.c_int64),
    ("wait_p50_ns", ctypes.c_int64),
    ("wait_p90_ns", ctypes.c_int64),
    ("wait_p99_ns", ctypes.c_int64),
    ("wait_max_ns", ctypes.c_int64),
    ("run_sum_ns", ctypes.c_int64),
    ("run_p50_ns", ctypes.c_int64),
    ("run_p90_ns", ctypes.c_int64),
    ("run_p99_ns", ctypes.c_int64),
    ("run_max_ns", ctypes.c_int64),
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
    "loop_write": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_write_borrowed": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_end": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_pause": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_resume": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
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
    "loop_fs": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopFs),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_read_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_write_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_append_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_copy_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_stat": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_lstat": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_fstat": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_statfs": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_access": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_readdir": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_mkdir": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_mkdtemp": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_mkstemp": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_unlink": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_rmdir": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_remove": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_rename": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_link": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_symlink": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_readlink": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_realpath": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_chmod": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_fchmod": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_chown": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_lchown": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_fchown": (
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
    "loop_fs_utimes": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int64,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_lutimes": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int64,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_futimes": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_int64,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_truncate": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_ftruncate": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_open": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_close": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_read": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint64,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_read_into": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_write": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_int64,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_readv": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint32,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_writev": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint32,
            ctypes.c_int64,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_fsync": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_fdatasync": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_sendfile": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_int64,
            ctypes.c_int32,
            ctypes.c_int64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_read_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int64,
            ctypes.c_uint64,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_fs_write_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_event_stat": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
        ),
    ),
    "loop_event_statfs": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
        ),
    ),
    "loop_dirent_next": (
        ctypes.c_void_p,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(LoopDirent),
        ),
    ),
    "loop_dirent_name": (
        ctypes.c_char_p,
        (ctypes.POINTER(LoopDirent),),
    ),
    "loop_crypto": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopCrypto),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_random_bytes": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hash": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hash_bufs": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hash_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hmac": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hmac_bufs": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hmac_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hash_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hmac_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_pbkdf2": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_scrypt": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_argon2id": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_hkdf": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_seal": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_open_sealed": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_generate_key": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_public_key": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_sign": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_verify": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_x25519": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_timing_safe_equal": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint64,
        ),
    ),
    "loop_zip": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopZip),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_compress": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_decompress": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint64,
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_compress_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_int32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_decompress_stream": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_watch": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopWatch),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_watch_path": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_watch_paths": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
            ctypes.POINTER(ctypes.c_void_p),
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_dns": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopDns),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_dns_lookup": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_dns_reverse": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_dns_query": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_dns_next": (
        ctypes.c_void_p,
        (
            ctypes.POINTER(LoopEvent),
            ctypes.POINTER(LoopDnsRecord),
        ),
    ),
    "loop_dns_text": (
        ctypes.c_char_p,
        (
            ctypes.POINTER(LoopDnsRecord),
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_uint64),
        ),
    ),
    "loop_net": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopNet),
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_tcp_listen": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_tcp_connect": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_unix_listen": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_unix_connect": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_read_start": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_read_once": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_read_exact": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_send": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_uint64,
        ),
    ),
    "loop_writev": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_writev_borrowed": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopBuf),
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_net_close": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_net_reset": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_fileno": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_queued": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_local_address": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopAddress),
        ),
    ),
    "loop_peer_address": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopAddress),
        ),
    ),
    "loop_peer_credentials": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopCredentials),
        ),
    ),
    "loop_net_set": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint32,
            ctypes.c_int64,
        ),
    ),
    "loop_net_get": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint32,
            ctypes.POINTER(ctypes.c_int64),
        ),
    ),
    "loop_address_text": (
        ctypes.c_int64,
        (
            ctypes.POINTER(LoopAddress),
            ctypes.c_char_p,
            ctypes.c_uint64,
        ),
    ),
    "loop_address_parse": (
        ctypes.c_int64,
        (
            ctypes.c_char_p,
            ctypes.c_uint32,
            ctypes.POINTER(LoopAddress),
        ),
    ),
    "loop_udp_bind": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_udp_connect": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_unix_dgram_bind": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_unix_dgram_connect": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_char_p,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_send_to": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopAddress),
            ctypes.c_void_p,
            ctypes.c_uint64,
        ),
    ),
    "loop_write_to": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(LoopAddress),
            ctypes.c_void_p,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_sender": (
        ctypes.c_void_p,
        (ctypes.POINTER(LoopEvent),),
    ),
    "loop_net_join": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
        ),
    ),
    "loop_net_leave": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
        ),
    ),
    "loop_send_fd": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_uint64,
        ),
    ),
    "loop_send_file": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_int32,
            ctypes.c_uint64,
            ctypes.c_uint64,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_adopt": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_uint32,
            LOOP_CB,
            ctypes.c_void_p,
        ),
    ),
    "loop_pipe": (
        ctypes.c_int64,
        (ctypes.c_int32 * 2,),
    ),
    "loop_socketpair": (
        ctypes.c_int64,
        (
            ctypes.c_uint32,
            ctypes.c_int32 * 2,
        ),
    ),
    "loop_net_type": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
        ),
    ),
    "loop_tty_mode": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_uint32,
        ),
    ),
    "loop_tty_reset": (
        ctypes.c_int64,
        (),
    ),
    "loop_tty_size": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.POINTER(ctypes.c_uint32),
            ctypes.POINTER(ctypes.c_uint32),
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
    "loop_stats": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.POINTER(LoopStats),
        ),
    ),
    "loop_stats_lane": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(LoopLaneStats),
        ),
    ),
    "loop_stats_label": (
        ctypes.c_int64,
        (
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.POINTER(LoopLabelStats),
        ),
    ),
    "loop_stats_reset": (
        ctypes.c_int64,
        (ctypes.c_void_p,),
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
