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
	have     int    // in results
	left     int    // of results, in the work list of the poll phase
	taken    uint64 // results delivered so far
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
	var group uint16
	if s.aux = int64(op.Target); s.extra == 0 {
		group = e.stats.known(uintptr(op.Target)) // the usual case
	}
	if group == 0 {
		s.aux, group = e.jobLabel(s, uintptr(op.Target), e.names[wire.OpWork])
	}
	if b.full(e, op.Len) {
		e.stats.rejected(group)
		return wire.EFULL
	}
	addr := b.block(e, r, s, op.Len, group)
	if addr == 0 {
		e.stats.rejected(group)
		return wire.ENOMEM
	}
	j := wire.At[wire.Job](addr)
	j.Fn, j.Arg = uintptr(op.Arg), op.Data
	s.arg = int64(addr)
	b.push(e, addr, j)
	return wire.OK
}

// full says that no more jobs may wait in a lane.
func (b *jobs) full(e *Engine, lane uint32) bool {
	limit := e.conf.queueLimit[lane]
	return limit > 0 && atomic.LoadUint32(&e.shared.Queued[lane]) >= limit
}

// block returns a block for an id, ready to be queued, 0 when there is no memory. From now on it is counted in
// a group of the statistics (0: in none).
func (b *jobs) block(e *Engine, r timers.Ref, s *slot, lane uint32, group uint16) uintptr {
	addr := b.blocks.get(b.mem)
	if addr == 0 {
		return 0
	}
	j := wire.At[wire.Job](addr)
	*j = wire.Job{
		ID: idOf(r, s), Seq: s.seq, Label: uintptr(s.aux), State: wire.JobQueued, Lane: uint8(lane),
		Code: s.code, Group: group, Flags: j.Flags, QueuedNS: e.taken(),
	}
	if s.flags&flagQuiet != 0 {
		j.Seq = 0
	}
	return addr
}

// push hands a block to the pool with the end of the step.
func (b *jobs) push(e *Engine, addr uintptr, j *wire.Job) {
	e.stats.pushed(j.Lane, atomic.AddUint32(&e.shared.Queued[j.Lane], 1))
	b.starting.push(addr)
}

// cancel takes a job from the queue. False: its function runs, or has just returned. A block that is
// cancelled comes back through the finished list.
func (b *jobs) cancel(e *Engine, s *slot) bool {
	return b.unqueue(e, wire.At[wire.Job](uintptr(s.arg)))
}

func (b *jobs) unqueue(e *Engine, j *wire.Job) bool {
	if !atomic.CompareAndSwapUint32(&j.State, wire.JobQueued, wire.JobCanceled) {
		return false
	}
	atomic.AddUint32(&e.shared.Queued[j.Lane], ^uint32(0))
	e.stats.canceled(j)
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
	if j.Fn == 0 && e.tasks.at(uint32(j.Arg)).errand {
		e.watching.returned(e, addr, j)
		return
	}
	if atomic.LoadUint32(&j.State) == wire.JobCanceled {
		if j.Fn == 0 {
			e.tasks.drop(uint32(j.Arg))
		}
		e.stats.canceled(j)
		b.blocks.put(b.mem, addr) // its id has its final event, or a verdict
		return
	}
	if j.Fn == 0 {
		e.tasks.returned(e, addr, j)
		return
	}
	e.stats.groups[j.Group].ended(j)
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
	b.add(addr)
}

// add makes a block that came back a result, and returns its place among all.
func (b *jobs) add(addr uintptr) uint64 {
	b.results.push(addr)
	b.have++
	return b.taken + uint64(b.have)
}

// listed says that the result at a place is in the work list of the poll phase.
func (b *jobs) listed(place uint64) bool {
	return place > b.taken && place <= b.taken+uint64(b.left)
}

// spend gives a block up: its value, if there is one, is released by the C half first.
func (b *jobs) spend(addr uintptr, j *wire.Job) {
	if j.Out.Release != 0 && j.Out.Data != 0 {
		b.spent.push(addr)
	} else {
		b.blocks.put(b.mem, addr)
	}
}

// deliver writes the next event of the oldest result of the work list. False: no room for its text, nothing
// has changed.
func (b *jobs) deliver(e *Engine) bool {
	addr := b.results.head
	j := wire.At[wire.Job](addr)
	if j.Fn == 0 {
		next := j.Next // before the task hands its block to the pool again
		ok, more := e.tasks.deliver(e, addr, j)
		if ok && !more {
			if b.results.head = next; next == 0 {
				b.results.tail = 0
			}
			b.told()
		}
		return ok
	}
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
	b.told()
	b.spend(addr, j)
	return true
}

// told counts a result that has been delivered.
func (b *jobs) told() {
	b.taken++
	b.have--
	b.left--
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
			if status = wire.FromErrno(syscall.Errno(j.Out.OSErrno)); status == wire.OK {
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
