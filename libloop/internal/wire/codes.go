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
	OpCancel     = 32
	OpClear      = 33
	OpRef        = 34
	OpUnref      = 35
	OpRefresh    = 36
	OpPollModify = 37
	OpLabel      = 38
	OpPost       = 64
	OpImmediate  = 65
	OpTick       = 66
	OpMicrotask  = 67

	// OpQueueLimit is the C half's own: len is the lane, arg the limit. It lets no host's op from
	// OpPrivate on through.
	OpPrivate    = 0x8000
	OpQueueLimit = 0x8001
	OpUnknown    = 0x7fff
)

const (
	OpFlagUnref    = 0x0001
	OpFlagRepeat   = 0x0002
	OpFlagOneshot  = 0x0004
	OpFlagEdge     = 0x0008
	OpFlagBorrowed = 0x0010
	OpFlagQuiet    = 0x0020
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
)
