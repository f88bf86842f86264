// SPDX-License-Identifier: MIT

// Package wire holds the Go mirrors of the records that the C half and the engine share
// (include/loop.h and libloop/cshim/step.h), and the one way to turn an address into Go memory.
//
// Every pointer field is a uintptr: a bad unsafe.Pointer on a Go stack is a crash that nothing can
// recover. The layouts are compared with C's by the compiler in cshim/layout.go.
package wire

// Op mirrors loop_op_t.
type Op struct {
	Code      uint16
	Flags     uint16
	Len       uint32
	ID        uint64
	Target    uint64
	User      uint64
	CB        uintptr
	Data      uintptr
	Arg       int64
	TimeoutNS int64
}

// Event mirrors loop_event_t.
type Event struct {
	ID     uint64
	CB     uintptr
	User   uint64
	Status int32
	Code   uint16
	Flags  uint16
	Num    int64
	Data   uintptr
	Len    uint64
	Aux    uint64
}

// Trace mirrors loop_trace_t.
type Trace struct {
	Size   uint32
	Kind   uint32
	TimeNS int64
	ID     uint64
	Seq    uint64
	Thread uintptr
	Label  uintptr
	Num    int64
	Status int32
	Code   uint32
}

// Options mirrors loop_options_t.
type Options struct {
	Size          uint32
	Flags         uint32
	Backend       uint32
	Workers       uint32
	QueueLimit    uint32
	PhaseLimit    uint32
	PostLimit     uint32
	EventCapacity uint32
	WorkerIdleNS  int64
	FreeWaitNS    int64
	RetainLimit   uint64
	HTTPProxy     uintptr
	CAPem         uintptr
	CAPemLen      uint64
}

// Value mirrors loop_value_t.
type Value struct {
	Kind    uint32
	OSErrno int32
	Num     int64
	Data    uintptr
	Len     uint64
	Release uintptr
}

// HTTP mirrors loop_http_t.
type HTTP struct {
	Size         uint32
	Flags        uint32
	Method       uintptr
	URL          uintptr
	Headers      uintptr
	Body         uintptr
	BodyLen      uint64
	MaxBody      uint64
	MaxHeader    uint32
	MaxRedirects uint32
}

// FS mirrors loop_fs_t.
type FS struct {
	Size      uint32
	What      uint32
	Flags     uint32
	Mode      uint32
	Path      uintptr
	Path2     uintptr
	PathLen   uint32
	Path2Len  uint32
	FD        int32
	FD2       int32
	Data      uintptr
	Buffer    uintptr
	Bufs      uintptr
	Len       uint64
	Offset    int64
	Offset2   int64
	AtimeNS   int64
	MtimeNS   int64
	Limit     uint64
	UID       uint32
	GID       uint32
	OpenFlags uint32
	BufCount  uint32
}

// Buf mirrors loop_buf_t.
type Buf struct {
	Data uintptr
	Len  uint64
}

// Stat mirrors loop_stat_t.
type Stat struct {
	Size        uint64
	Ino         uint64
	Dev         uint64
	Rdev        uint64
	Nlink       uint64
	Blocks      uint64
	BlockSize   uint64
	MountID     uint64
	AtimeNS     int64
	MtimeNS     int64
	CtimeNS     int64
	BirthtimeNS int64
	Type        uint32
	Mode        uint32
	UID         uint32
	GID         uint32
	Known       uint32
	Attributes  uint32
}

// Statfs mirrors loop_statfs_t.
type Statfs struct {
	Type            uint64
	BlockSize       uint64
	Blocks          uint64
	BlocksFree      uint64
	BlocksAvailable uint64
	Files           uint64
	FilesFree       uint64
	ID              uint64
	NameMax         uint64
	Flags           uint64
}

// Dirent mirrors loop_dirent_t.
type Dirent struct {
	Ino     uint64
	Type    uint32
	Size    uint16
	NameLen uint16
}

// Crypto mirrors loop_crypto_t.
type Crypto struct {
	Size         uint32
	Flags        uint32
	What         uint32
	Alg          uint32
	Key          uintptr
	KeyLen       uint64
	Data         uintptr
	DataLen      uint64
	Bufs         uintptr
	BufCount     uint64
	Path         uintptr
	Salt         uintptr
	SaltLen      uint64
	Info         uintptr
	InfoLen      uint64
	Signature    uintptr
	SignatureLen uint64
	Iterations   uint64
	Cost         uint64
	BlockSize    uint64
	Parallelism  uint64
	MemoryKiB    uint64
	MaxMemory    uint64
	OutLen       uint64
}

// Zip mirrors loop_zip_t.
type Zip struct {
	Size          uint32
	Flags         uint32
	What          uint32
	Format        uint32
	Level         int32
	DictionaryLen uint32
	Dictionary    uintptr
	Data          uintptr
	Len           uint64
	MaxOut        uint64
}

// Net mirrors loop_net_t.
type Net struct {
	Size         uint32
	What         uint32
	Flags        uint32
	Type         uint32
	Host         uintptr
	LocalHost    uintptr
	HostLen      uint32
	LocalHostLen uint32
	Port         uint32
	LocalPort    uint32
	Backlog      uint32
	FD           int32
	HighWater    uint64
	LowWater     uint64
	ReadSize     uint32
	ReadBudget   uint32
}

// Address mirrors loop_address_t.
type Address struct {
	Size    uint32
	Family  uint16
	Port    uint16
	Scope   uint32
	PathLen uint32
	IP      [16]byte
	Path    [112]byte
}

// Watch mirrors loop_watch_t.
type Watch struct {
	Size    uint32
	Flags   uint32
	Events  uint32
	PathLen uint32
	Path    uintptr
	PollNS  int64
}

// Stats mirrors loop_stats_t.
type Stats struct {
	Size         uint32
	Labels       uint32
	ElapsedNS    int64
	Passes       uint64
	Turns        uint64
	Events       uint64
	Ops          uint64
	OpsRefused   uint64
	Posts        uint64
	PostsWaiting uint64
	Alive        uint64
	IDs          uint64
	IDsPeak      uint64
	Timers       uint64
	TimersPeak   uint64
	Retained     uint64
	RetainedPeak uint64
	Steps        uint64
}

// LaneStats mirrors loop_lane_stats_t.
type LaneStats struct {
	Size        uint32
	Workers     uint32
	WorkersMax  uint32
	QueueLimit  uint32
	Waiting     uint64
	Running     uint64
	WaitingPeak uint64
}

// LabelStats mirrors loop_label_stats_t.
type LabelStats struct {
	Size      uint32
	Flags     uint32
	Label     uintptr
	LabelLen  uint64
	Queued    uint64
	Started   uint64
	Finished  uint64
	Failed    uint64
	Canceled  uint64
	Rejected  uint64
	AtOnce    uint64
	Waiting   uint64
	Running   uint64
	WaitSumNS int64
	WaitP50NS int64
	WaitP90NS int64
	WaitP99NS int64
	WaitMaxNS int64
	RunSumNS  int64
	RunP50NS  int64
	RunP90NS  int64
	RunP99NS  int64
	RunMaxNS  int64
}

// DNS mirrors loop_dns_t.
type DNS struct {
	Size       uint32
	What       uint32
	Flags      uint32
	Type       uint32
	Family     uint32
	Tries      uint32
	NameLen    uint32
	ServersLen uint32
	Name       uintptr
	Servers    uintptr
	TryNS      int64
}

// DNSRecord mirrors loop_dns_record_t.
type DNSRecord struct {
	Size      uint32
	Type      uint16
	Family    uint16
	TTL       uint32
	Scope     uint32
	IP        [16]uint8
	Priority  uint16
	Weight    uint16
	Port      uint16
	Flags     uint16
	Serial    uint32
	Refresh   uint32
	Retry     uint32
	Expire    uint32
	Minimum   uint32
	TextCount uint32
}

// Post mirrors loop__post_t.
type Post struct {
	CB       uintptr
	User     uint64
	Value    uint64
	Reserved uint64
}

// Job mirrors loop__job_t. State is shared with workers: use sync/atomic.
type Job struct {
	Next      uintptr
	Fn        uintptr
	Arg       uintptr
	ID        uint64
	Seq       uint64
	Label     uintptr
	State     uint32
	Lane      uint8
	Code      uint8
	Group     uint16
	Status    int32
	Flags     uint32
	QueuedNS  int64
	StartedNS int64
	EndedNS   int64
	Out       Value
}

// Shared mirrors loop__shared_t. Armed, GoPending, Queued and Retained are shared with other threads:
// use sync/atomic.
type Shared struct {
	Armed         uint32
	GoPending     uint32
	Queued        [Lanes]uint32
	TraceOn       uint32
	WakeFD        int32
	Backend       int32
	PollFD        int32
	ReadyCapacity uint32
	Ready         uintptr
	PollCount     uint32
	Resized       uint32
	Retained      uint64
}

// Step mirrors loop__step_t.
type Step struct {
	Ops           uintptr
	Events        uintptr
	Posts         uintptr
	Finished      uintptr
	Returned      uintptr
	OpCount       uint32
	OpStride      uint32
	EventCapacity uint32
	EventStride   uint32
	PostCount     uint32
	Flags         uint32
	NReady        uint32
	WaitErrno     int32
	Immediates    uint32
	Ticks         uint32
	KeepAlive     uint64
	ShimSlots     uint32
	HostSlots     uint32

	Answer     uint32
	NEvents    uint32
	PostsTaken uint32
	Phase      uint32
	WaitNS     int64
	NowNS      int64
	Pass       uint64
	Alive      uint64
	Start      uintptr
	Values     uintptr
	Trace      uintptr
	TraceCount uint32
	MadeBase   uint32

	Spared       uint32
	Spare        uint32
	SpareUntilNS int64
	DirectFDs    uintptr
	Direct       uint32
	Sent         uint32
	RestUntilNS  int64
	Rest         uint32
	Reserved     uint32
}
