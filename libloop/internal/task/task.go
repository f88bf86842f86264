// SPDX-License-Identifier: MIT

// Package task is what a battery (files, crypto, compression) and the engine say to each other: a Task is the
// work of one op, done in Go by a worker of the pool.
//
// The life of a task. The engine makes it on the loop's thread when it takes the op, and calls Run on a worker.
// Run does one piece and says what came of it; the engine delivers that as an event and calls Run again until
// it says End. Every task that has begun is run to its End, also one that was cancelled: Run then finds
// Stopped, lets go of what it holds, and says End at once. One that was cancelled before it began is not run;
// if it holds something from the start, it is a Holder.
package task

import (
	"sync/atomic"
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
)

// What a call of Run came to: a set of bits.
const (
	More     = 0x0  // there is more to do at once; other jobs may go first
	Out      = 0x1  // Data, Num, Aux and Kind are an event; Run is called again when it is delivered
	Consumed = 0x2  // the piece of input is used up
	Idle     = 0x4  // a flow that needs input before it can go on
	End      = 0x10 // the result is complete; Run is not called again
)

// PieceBytes is how much data one call of Run handles at most, so that no large task holds a worker, or a stop
// of Go's world, for long. About a millisecond of work is right for what has no size.
const PieceBytes = 1 << 20

// OwnMost is the most data that is copied to where the host gets it from. Longer data has a block, which is handed over.
const OwnMost = 16 << 10

// Task is the work of one op.
type Task interface {
	// Run does the next piece. Runs on: a worker, one call at a time.
	Run() int
	// Base returns the part that the engine reads: after Run has returned, until it is called again.
	Base() *State
}

// Holder is a Task that holds something from when it was made on.
type Holder interface {
	Task
	// Release lets go of it, if Run has not. Runs on: the loop's thread, once, when the engine forgets the task.
	Release()
}

// Reuser is a Task whose memory is used for a later one.
type Reuser interface {
	Task
	// Reuse makes it blank and keeps it for a later Make. Runs on: the loop's thread, as the last call of all, and
	// only when no worker can have the task any more.
	Reuse()
}

// Starter is a Task that may be done by the loop's thread without waiting for anything.
type Starter interface {
	Task
	// Start tries, with what the loop's thread has left of its budget in this turn. True: the result is
	// complete, as after End. False: Run goes on from where Start stopped. used is what it cost in bytes, at
	// least 1; 0 with false: it has begun nothing and holds nothing. Runs on: the loop's thread, once, before any Run.
	Start(budget int) (used int, done bool)
}

// Feeder is a Task that takes input piece by piece: a flow.
type Feeder interface {
	Task
	// Feed hands over the next piece of input, valid until Run says Consumed; last with or after the last
	// piece. Runs on: the loop's thread, only while no Run is under way and the one before said Idle or
	// Consumed (or none was).
	Feed(data []byte, last bool)
}

// Named is a Task that can say what it is about, for errors that it does not make itself: cancelled, too late.
type Named interface {
	Task
	// Text returns "operation subject", the same at all times. Runs on: any thread.
	Text() string
}

// State is the result of a task, to be embedded. Run fills it.
type State struct {
	Mem     wire.Memory
	Stopped atomic.Bool // the op was cancelled, cleared, or its deadline passed: say End soon

	Status  int32  // wire.OK or an error code
	Errno   int32  // of an error; 0: none
	Subject string // of an error: "operation path", valid UTF-8 or as the path is
	Kind    uint16 // wire.Kind* of the value
	Flags   uint16 // further flags of the event, such as wire.EvHead; with wire.EvFD Num is an open descriptor
	Num     int64
	Aux     uint64
	Data    uintptr // a block of Mem.Block, or 0; whoever takes the result owns it
	Len     uint64  // bytes at Data
	Own     []byte  // the result in place of Data: at most OwnMost bytes in the task's own memory, which are copied
	input   uintptr // a block with what KeepInput copied, or 0
}

// Base implements Task.
func (s *State) Base() *State { return s }

// Fail makes the result an error and gives the data up.
func (s *State) Fail(status, errno int32, subject string) int {
	s.Drop()
	s.Status, s.Errno, s.Subject = status, errno, subject
	s.Kind, s.Num, s.Aux = wire.KindError, 0, 0
	return End
}

// Alloc makes a block for n bytes of data, which becomes the result's. Nil with n > 0: there is no memory;
// with n 0 there is a block all the same, at Data.
func (s *State) Alloc(n int) []byte {
	s.Drop()
	if s.Data = s.Mem.Block(uintptr(n)); s.Data == 0 {
		return nil
	}
	s.Len = uint64(n)
	return wire.Slice[byte](s.Data, n)
}

// Bytes makes data the result.
func (s *State) Bytes(data []byte) int {
	buf := s.Alloc(len(data))
	if buf == nil && len(data) > 0 {
		return s.Fail(wire.ENOMEM, 0, s.Subject)
	}
	copy(buf, data)
	s.Kind = wire.KindBytes
	return End
}

// KeepInput copies input for as long as the task lives, outside of Go's heap. Nil: there is no memory. For Make: Mem
// must be set, and it may be called once.
func (s *State) KeepInput(input ...[]byte) []byte {
	n := 0
	for _, p := range input {
		n += len(p)
	}
	if s.input = s.Mem.Block(uintptr(n)); s.input == 0 {
		return nil
	}
	all := wire.Slice[byte](s.input, n)
	for rest := all; len(input) > 0; input = input[1:] {
		rest = rest[copy(rest, input[0]):]
	}
	return all
}

// Drop gives the data up. A descriptor that the result would hand over is closed.
func (s *State) Drop() {
	if s.Data != 0 {
		s.Mem.UnrefBlock(s.Data)
	}
	s.Data, s.Len, s.Own = 0, 0, nil
	if s.Flags&wire.EvFD != 0 {
		_ = syscall.Close(int(s.Num))
		s.Flags &^= wire.EvFD
	}
}

// Close ends the task's life: all is given up. It may never have run.
func (s *State) Close() {
	s.Drop()
	if s.input != 0 {
		s.Mem.UnrefBlock(s.input)
		s.input = 0
	}
}

// Noun is a battery: what the engine knows of the ops of one code.
type Noun struct {
	// Check says whether what an op points at can be understood; otherwise the op is refused with EINVAL. It
	// must not trust anything: a host may have filled the op by hand.
	Check func(op *wire.Op) bool
	// Make makes the task of an op that Check has passed. It copies what it keeps; what the host has lent until
	// the final event (a flag of the noun's record) it may use where it lies. A status other than OK ends the
	// id with that error (then the State need not be there).
	Make func(mem wire.Memory, op *wire.Op) (Task, int32)
	// Lane returns the lane that runs the task.
	Lane func(op *wire.Op) uint32
	// Name returns what the op is called in traces and statistics, such as "read_file".
	Name func(op *wire.Op) string
}
