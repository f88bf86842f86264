// SPDX-License-Identifier: MIT

package libloop

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// jobs are the blocks of host functions: on their way to the pool (starting), at the pool, back from it
// (results), waiting for their value to be released (spent), and free.
type jobs struct {
	mem      wire.Memory
	blocks   jobBlocks
	starting jobList
	results  jobList
	spent    jobList
	have     int // in results
	left     int // of results, in the work list of the poll phase
}

// jobList is a list of jobs linked through Next, oldest first.
type jobList struct{ head, tail uintptr }

func (l *jobList) push(addr uintptr) {
	wire.At[wire.Job](addr).Next = 0
	if l.tail != 0 {
		wire.At[wire.Job](l.tail).Next = addr
	} else {
		l.head = addr
	}
	l.tail = addr
}

func (l *jobList) pop() *wire.Job {
	j := wire.At[wire.Job](l.head)
	if l.head = j.Next; l.head == 0 {
		l.tail = 0
	}
	return j
}

// all takes everything out.
func (l *jobList) all() uintptr {
	head := l.head
	*l = jobList{}
	return head
}

func addrOf(j *wire.Job) uintptr { return uintptr(unsafe.Pointer(j)) }

// submit makes a job of a WORK op. Codes: EFULL, ENOMEM.
func (b *jobs) submit(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	lane := op.Len
	s.aux = int64(op.Target)
	if s.extra != 0 && e.extras[s.extra].label != 0 {
		s.aux = int64(e.labels.all[e.extras[s.extra].label].addr)
	}
	if s.aux == 0 {
		s.aux = int64(e.codeLabel(wire.OpWork))
	}
	queued := &e.shared.Queued[lane]
	if limit := e.conf.queueLimit[lane]; limit > 0 && atomic.LoadUint32(queued) >= limit {
		return wire.EFULL
	}
	addr := b.blocks.get(b.mem)
	if addr == 0 {
		return wire.ENOMEM
	}
	j := wire.At[wire.Job](addr)
	*j = wire.Job{
		Fn: uintptr(op.Arg), Arg: op.Data, ID: idOf(r, s), Seq: s.seq, Label: uintptr(s.aux),
		State: wire.JobQueued, Lane: lane, Flags: j.Flags, QueuedNS: e.taken(),
	}
	if s.flags&flagQuiet != 0 {
		j.Seq = 0
	}
	s.arg = int64(addr)
	atomic.AddUint32(queued, 1)
	b.starting.push(addr)
	return wire.OK
}

// cancel takes a job from the queue. False: its function runs, or has just returned. A block that is
// cancelled comes back through the finished list.
func (b *jobs) cancel(e *Engine, s *slot) bool {
	j := wire.At[wire.Job](uintptr(s.arg))
	if !atomic.CompareAndSwapUint32(&j.State, wire.JobQueued, wire.JobCanceled) {
		return false
	}
	atomic.AddUint32(&e.shared.Queued[j.Lane], ^uint32(0))
	return true
}

// ready says that the function of a job has returned, though its block is not back yet.
func (b *jobs) ready(s *slot) bool {
	return atomic.LoadUint32(&wire.At[wire.Job](uintptr(s.arg)).State) == wire.JobFinished
}

// take takes the blocks that come back in a step.
func (b *jobs) take(e *Engine, st *wire.Step) {
	for addr := st.Finished; addr != 0; {
		j := wire.At[wire.Job](addr)
		next := j.Next
		b.finished(e, addr, j)
		addr = next
	}
	st.Finished = 0
	for addr := st.Returned; addr != 0; {
		next := wire.At[wire.Job](addr).Next
		b.blocks.put(b.mem, addr)
		addr = next
	}
	st.Returned = 0
}

func (b *jobs) finished(e *Engine, addr uintptr, j *wire.Job) {
	if atomic.LoadUint32(&j.State) == wire.JobCanceled {
		b.blocks.put(b.mem, addr) // its id has its final event, or a verdict
		return
	}
	s := e.find(j.ID)
	if s == nil || s.code != wire.OpWork {
		b.spend(addr, j)
		return
	}
	if s.state == stateEnding {
		s.flags &^= flagInUse // the verdict that waits is the final event now
		b.spend(addr, j)
		return
	}
	s.flags |= flagResult
	e.disarm(s)
	b.results.push(addr)
	b.have++
}

// spend gives a block up: its value, if there is one, is released by the C half first.
func (b *jobs) spend(addr uintptr, j *wire.Job) {
	if j.Out.Release != 0 && j.Out.Data != 0 {
		b.spent.push(addr)
	} else {
		b.blocks.put(b.mem, addr)
	}
}

// deliver writes the event of the oldest result. False: no room for its text, nothing has changed.
func (b *jobs) deliver(e *Engine) bool {
	addr := b.results.head
	j := wire.At[wire.Job](addr)
	r := refOf(j.ID)
	s := e.find(j.ID)
	switch {
	case s.state == stateInUse:
		s.flags &^= flagInUse
		if !e.failed(r, s, e.extras[s.extra].status, 0, 0) {
			return false
		}
	case s.flags&flagMuted != 0:
		e.failed(r, s, wire.ECANCELED, 0, 0)
	default:
		if !b.value(e, r, s, j) {
			return false
		}
	}
	b.results.pop()
	b.have--
	b.spend(addr, j)
	return true
}

// value writes the event with what a function returned.
func (b *jobs) value(e *Engine, r timers.Ref, s *slot, j *wire.Job) bool {
	status, kind := j.Status, j.Out.Kind
	var aux uint64
	switch {
	case status != wire.OK && (!known(status) || status > 0):
		status, aux = wire.EJOB, uint64(int64(j.Status))
	case kind == wire.KindError:
		aux = uint64(uint32(j.Out.OSErrno))
		if status == wire.OK {
			if status = fromErrno(syscall.Errno(j.Out.OSErrno)); status == wire.OK {
				status = wire.EJOB
			}
		}
	case status == wire.OK && kind > wire.KindError:
		status = wire.EJOB
	}
	data, n := j.Out.Data, j.Out.Len
	if data == 0 {
		n = 0
	}
	if status != wire.OK {
		if kind != wire.KindError || n == 0 {
			var ok bool
			if data, n, ok = e.subject(s); !ok {
				return false
			}
		}
		ev := e.event(r, s)
		ev.Status, ev.Flags, ev.Data, ev.Len, ev.Aux = status, wire.KindError, data, n, aux
		e.deliver(ev, s)
		return true
	}
	ev := e.event(r, s)
	ev.Flags = uint16(kind)
	switch kind {
	case wire.KindBool, wire.KindInt, wire.KindDouble:
		ev.Num = j.Out.Num
	case wire.KindBytes, wire.KindString:
		ev.Data, ev.Len = data, n
	}
	e.deliver(ev, s)
	return true
}

// start returns the jobs for the pool.
func (b *jobs) start() uintptr { return b.starting.all() }

// values returns the blocks whose values are to be released when the batch is given back.
func (b *jobs) values() uintptr { return b.spent.all() }

func (b *jobs) close() {
	b.starting, b.results, b.spent = jobList{}, jobList{}, jobList{}
	b.blocks.close(b.mem)
}
