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
	Lane      uint32
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
	Reserved      uint32
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
	Reserved   uint32
}
