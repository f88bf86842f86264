// SPDX-License-Identifier: MIT

package wire

// The numbers of include/loop.h and libloop/cshim/step.h; tests/abi compares them with the headers.

const (
	KindMask      = 0x000f
	KindUndefined = 0
	KindNull      = 1
	KindBool      = 2
	KindInt       = 3
	KindDouble    = 4
	KindBytes     = 5
	KindString    = 6
	KindError     = 7
)

const (
	EvMore    = 0x0010
	EvRefused = 0x0020
	EvMuted   = 0x0040
	EvOutcome = 0x0080
	EvHead    = 0x0100
	EvFD      = 0x0200
	EvBlock   = 0x8000
)

const (
	OpTimer      = 1
	OpIdle       = 2
	OpPrepare    = 3
	OpCheck      = 4
	OpPollFD     = 5
	OpWork       = 6
	OpHttp       = 7
	OpFS         = 8
	OpCrypto     = 10
	OpZip        = 11
	OpWatch      = 12
	OpWrite      = 13
	OpNet        = 14
	OpDNS        = 15
	OpSendFile   = 16
	OpCancel     = 32
	OpClear      = 33
	OpRef        = 34
	OpUnref      = 35
	OpRefresh    = 36
	OpPollModify = 37
	OpLabel      = 38
	OpEnd        = 39
	OpPause      = 40
	OpResume     = 41
	OpRead       = 42
	OpSend       = 43
	OpClose      = 44
	OpSendTo     = 45
	OpSendFD     = 46
	OpPost       = 64
	OpImmediate  = 65
	OpTick       = 66
	OpMicrotask  = 67

	// OpQueueLimit is the C half's own: len is the lane, arg the limit. It lets no host's op from
	// OpPrivate on through.
	OpPrivate    = 0x8000
	OpQueueLimit = 0x8001
	OpUnknown    = 0x7fff

	// OpSendFailed is the C half's own, too: it has sent to the stream target by itself, and arg is the errno.
	OpSendFailed = 0x8002
)

const (
	OpFlagUnref    = 0x0001
	OpFlagRepeat   = 0x0002
	OpFlagOneshot  = 0x0004
	OpFlagEdge     = 0x0008
	OpFlagBorrowed = 0x0010
	OpFlagQuiet    = 0x0020
	OpFlagVector   = 0x0040
)

const (
	Readable = 0x1
	Writable = 0x2
	Hangup   = 0x4
	Error    = 0x8
)

const (
	LaneHost = 0
	LaneFile = 1
	LaneCpu  = 2
	Lanes    = 3
)

const (
	OK            = 0
	EINVAL        = -1
	EBADID        = -2
	ECLOSED       = -3
	EWRONGTHREAD  = -4
	ENESTED       = -5
	EFORK         = -6
	EPANIC        = -7
	ENOMEM        = -8
	EFULL         = -9
	EBUSY         = -10
	ECANCELED     = -11
	ETIMEDOUT     = -12
	ENOTSUP       = -13
	EEXIST        = -14
	EPERM         = -15
	EOF           = -16
	ETOOBIG       = -17
	ETYPE         = -18
	EJOB          = -19
	EHTTP         = -20
	EDNS          = -21
	ETLS          = -22
	EREDIRECT     = -23
	EAUTH         = -24
	EDATA         = -25
	ESYS          = -32
	ENOENT        = -33
	EACCES        = -34
	EBADF         = -35
	EIO           = -36
	EMFILE        = -37
	ENFILE        = -38
	EAGAIN        = -39
	EINTR         = -40
	ENOSPC        = -41
	EPIPE         = -42
	ECONNREFUSED  = -43
	ECONNRESET    = -44
	ECONNABORTED  = -45
	EHOSTUNREACH  = -46
	ENETUNREACH   = -47
	EADDRINUSE    = -48
	EADDRNOTAVAIL = -49
	ENOTCONN      = -50
	EISDIR        = -51
	ENOTDIR       = -52
	ENOTEMPTY     = -53
	ENAMETOOLONG  = -54
	ELOOP         = -55
	EROFS         = -56
	EXDEV         = -57
	ENOBUFS       = -58
	EDQUOT        = -59
	EFBIG         = -60
	ETXTBSY       = -61
	EMLINK        = -62
	ENXIO         = -63
	ESPIPE        = -64
	ENODEV        = -65
	ESTALE        = -66
)

const (
	ZipCompress         = 1
	ZipDecompress       = 2
	ZipCompressStream   = 3
	ZipDecompressStream = 4

	ZipGzip       = 1
	ZipDeflate    = 2
	ZipDeflateRaw = 3
	ZipZstd       = 4
	ZipBrotli     = 5

	ZipStore  = -1
	ZipBorrow = 0x1
)

const (
	BackendAuto   = 0
	BackendEpoll  = 1
	BackendPoll   = 2
	BackendKqueue = 3
)

const (
	Movable = 0x1
)

const (
	TraceRegister    = 1
	TraceControl     = 2
	TraceRefused     = 3
	TracePass        = 4
	TraceTurn        = 5
	TracePhase       = 6
	TraceEvent       = 7
	TraceJobStart    = 8
	TraceJobEnd      = 9
	TraceReady       = 10
	TraceWorkerClose = 11
	TracePollerClose = 12
	TraceFinished    = 13
	TraceJson        = 1
	TraceBook        = 2
)

const (
	HTTPStream      = 0x1
	HTTPFollow      = 0x2
	HTTPBorrowBody  = 0x4
	HTTPNoKeepalive = 0x8
	HTTPInsecure    = 0x10
)

const (
	FSBorrow      = 0x1
	FSExcl        = 0x2
	FSAtomic      = 0x4
	FSSync        = 0x8
	FSRecursive   = 0x10
	FSForce       = 0x20
	FSReflink     = 0x40
	FSReflinkOnly = 0x80
	FSAppend      = 0x100
)

const (
	FSReadFile    = 1
	FSWriteFile   = 2
	FSAppendFile  = 3
	FSCopyFile    = 4
	FSStat        = 5
	FSLstat       = 6
	FSFstat       = 7
	FSStatfs      = 8
	FSAccess      = 9
	FSReaddir     = 10
	FSMkdir       = 11
	FSMkdtemp     = 12
	FSMkstemp     = 13
	FSUnlink      = 14
	FSRmdir       = 15
	FSRemove      = 16
	FSRename      = 17
	FSLink        = 18
	FSSymlink     = 19
	FSReadlink    = 20
	FSRealpath    = 21
	FSChmod       = 22
	FSFchmod      = 23
	FSChown       = 24
	FSLchown      = 25
	FSFchown      = 26
	FSUtimes      = 27
	FSLutimes     = 28
	FSFutimes     = 29
	FSTruncate    = 30
	FSFtruncate   = 31
	FSOpen        = 32
	FSClose       = 33
	FSRead        = 34
	FSWrite       = 35
	FSReadv       = 36
	FSWritev      = 37
	FSFsync       = 38
	FSFdatasync   = 39
	FSSendfile    = 40
	FSReadStream  = 41
	FSWriteStream = 42
)

const (
	ORdonly    = 0x0
	OWronly    = 0x1
	ORdwr      = 0x2
	OCreat     = 0x10
	OExcl      = 0x20
	OTrunc     = 0x40
	OAppend    = 0x80
	ONofollow  = 0x100
	ODirectory = 0x200
	OSync      = 0x400
	ODsync     = 0x800
	ONonblock  = 0x1000
	ODirect    = 0x2000
	OTmpfile   = 0x4000
	ONoatime   = 0x8000
	OPath      = 0x10000
)

const (
	AccessExists  = 0x0
	AccessExecute = 0x1
	AccessWrite   = 0x2
	AccessRead    = 0x4
)

const (
	TypeUnknown = 0
	TypeFile    = 1
	TypeDir     = 2
	TypeLink    = 3
	TypeFifo    = 4
	TypeSocket  = 5
	TypeChar    = 6
	TypeBlock   = 7
)

const (
	TimeNow  = -0x7fffffffffffffff
	TimeOmit = -0x7ffffffffffffffe
)

const (
	StatBirthtime  = 0x1
	StatMountID    = 0x2
	StatAttributes = 0x4
)

const (
	AttrCompressed = 0x1
	AttrImmutable  = 0x2
	AttrAppend     = 0x4
	AttrNodump     = 0x8
	AttrEncrypted  = 0x10
	AttrMountRoot  = 0x20
	AttrVerity     = 0x40
	AttrDax        = 0x80
)

const (
	CryptoRandomBytes = 1
	CryptoHash        = 2
	CryptoHMAC        = 3
	CryptoPBKDF2      = 4
	CryptoScrypt      = 5
	CryptoArgon2id    = 6
	CryptoHKDF        = 7
	CryptoSeal        = 8
	CryptoOpenSealed  = 9
	CryptoGenerateKey = 10
	CryptoPublicKey   = 11
	CryptoSign        = 12
	CryptoVerify      = 13
	CryptoX25519      = 14
	CryptoHashStream  = 15
	CryptoHMACStream  = 16
	CryptoBorrow      = 0x1
	CryptoPEM         = 0x2
	CryptoRaw         = 0x4
)

const (
	HashNone       = 0
	HashSHA224     = 1
	HashSHA256     = 2
	HashSHA384     = 3
	HashSHA512     = 4
	HashSHA512256  = 5
	HashSHA3224    = 6
	HashSHA3256    = 7
	HashSHA3384    = 8
	HashSHA3512    = 9
	HashBLAKE2b256 = 10
	HashBLAKE2b384 = 11
	HashBLAKE2b512 = 12
	HashBLAKE2s256 = 13
	HashSHA1       = 14
	HashMD5        = 15
)

const (
	CipherAES128GCM         = 1
	CipherAES192GCM         = 2
	CipherAES256GCM         = 3
	CipherChaCha20Poly1305  = 4
	CipherXChaCha20Poly1305 = 5
)

const (
	KeyEd25519 = 1
	KeyP256    = 2
	KeyP384    = 3
	KeyP521    = 4
	KeyX25519  = 5
)

const (
	WatchRecursive  = 0x1
	WatchCreated    = 0x1
	WatchDeleted    = 0x2
	WatchModified   = 0x4
	WatchAttributes = 0x8
	WatchRenamed    = 0x10
	WatchReady      = 0x100
	WatchOverflow   = 0x200
	WatchUnwatched  = 0x400
)

const (
	DNSLookup         = 1
	DNSReverse        = 2
	DNSQuery          = 3
	DNSIPv4First      = 0x1
	DNSIPv6First      = 0x2
	DNSA              = 1
	DNSNS             = 2
	DNSCNAME          = 5
	DNSSOA            = 6
	DNSPTR            = 12
	DNSMX             = 15
	DNSTXT            = 16
	DNSAAAA           = 28
	DNSSRV            = 33
	DNSNAPTR          = 35
	DNSANY            = 255
	DNSCAA            = 257
	DNSNotFound       = 1
	DNSNoData         = 2
	DNSServerFailure  = 3
	DNSRefused        = 4
	DNSBadAnswer      = 5
	DNSBadName        = 6
	DNSBadQuery       = 7
	DNSNotImplemented = 8
)

const (
	PhaseNone    = 0
	PhaseTimers  = 1
	PhasePending = 2
	PhaseIdle    = 3
	PhasePrepare = 4
	PhasePoll    = 5
	PhaseCheck   = 6
	PhaseClosing = 7
)

const (
	JobQueued   = 0
	JobRunning  = 1
	JobCanceled = 2
	JobFinished = 3
)

const (
	AnswerBatch = 0
	AnswerWait  = 1
	AnswerPass  = 2
	AnswerDone  = 3
)

const (
	StepSubmit   = 0x1
	StepNowait   = 0x2
	StepOnce     = 0x4
	StepClose    = 0x8
	StepWaited   = 0x10
	StepEmbedded = 0x20
)

const (
	AskHasRef         = 1
	AskDueIn          = 2
	AskAlive          = 3
	AskBackendTimeout = 4
	AskPeriod         = 5
	AskFD             = 16
	AskQueued         = 17
	AskType           = 20
	AskSize           = 21
)

// Sockets.
const (
	NetListen  = 1
	NetConnect = 2
	NetAdopt   = 3
	NetBind    = 4

	NetTCP       = 1
	NetUnix      = 2
	NetUDP       = 3
	NetUnixDgram = 4
	NetPipe      = 5
	NetTTY       = 6
	NetFile      = 7

	NetHalfOpen  = 0x1
	NetReuseport = 0x2
	NetV6only    = 0x4
	NetNodelay   = 0x8
	NetFDs       = 0x10
	NetKeep      = 0x20
	NetReuseaddr = 0x40

	NetOpen     = 1
	NetAccepted = 2
	NetData     = 3
	NetEnd      = 4
	NetFull     = 5
	NetDrain    = 6
	NetDatagram = 7
	NetFD       = 8
	NetResized  = 9

	TTYNormal = 0
	TTYRaw    = 1
	TTYIO     = 2

	NetOptNodelay   = 1
	NetOptKeepalive = 2
	NetOptRcvbuf    = 3
	NetOptSndbuf    = 4
	NetOptBroadcast = 5
	NetOptTTL       = 6

	NetOptMulticastTTL  = 7
	NetOptMulticastLoop = 8
	NetOptMulticastIf   = 9
	NetOptLinger        = 10

	AFNone  = 0
	AFUnix  = 1
	AFInet  = 4
	AFInet6 = 6
)

const (
	StatsLabels = 1024
	StatsOthers = 0x1
	StatsLoop   = 1
	StatsLane   = 2
	StatsLabel  = 3
	StatsReset  = 4
)
