// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// A flow is a task that takes input: a task.Feeder. Its writes wait here, and the oldest is fed to it when
// the task asks for more. Between two pieces a flow, or a task that is paused, rests: its block is with the
// engine and not with the pool, and its id keeps no loop alive.

// flow is what the engine knows of a task that takes input.
type flow struct {
	writes  fifo[input] // the oldest may be fed
	bytes   uint64      // of all of them
	fed     bool        // the oldest write, or the end, is with the task
	ended   bool        // END was taken
	told    bool        // the task knows of the end
	ownEnd  bool        // the task said End
	waiting bool        // the task asked for input
}

// input is one write that waits.
type input struct {
	id   uint64
	data uintptr
	n    uint64
	copy uintptr // a block of its own, or 0: the bytes are the host's
	gone bool    // cancelled before it was fed; its id has its verdict
}

// flowOf returns the entry of a live flow, nil for any other id.
func (e *Engine) flowOf(id uint64) (*slot, *taskEntry) {
	s := e.find(id)
	if s == nil || !e.isTask(s) || s.state != stateLive || s.flags&flagMuted != 0 {
		return nil, nil
	}
	return s, e.tasks.at(uint32(s.arg))
}

// write takes a WRITE op. Codes: EBADID, EPIPE, ENOMEM, ECANCELED.
func (t *tasks) write(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	of, entry := e.flowOf(op.Target)
	if of == nil || entry.flow == nil {
		return wire.EBADID
	}
	if op.Flags&wire.OpFlagVector != 0 {
		return wire.EINVAL
	}
	f := entry.flow
	if f.ended {
		return wire.EPIPE
	}
	if f.ownEnd {
		return wire.ECANCELED
	}
	in := input{id: idOf(r, s), data: op.Data, n: uint64(op.Len)}
	if op.Flags&wire.OpFlagBorrowed == 0 && op.Len > 0 {
		if in.copy = e.mem.Block(uintptr(op.Len)); in.copy == 0 {
			return wire.ENOMEM
		}
		copy(wire.Slice[byte](in.copy, int(op.Len)), wire.Slice[byte](op.Data, int(op.Len)))
		in.data = in.copy
	}
	s.arg = of.arg
	f.writes.push(in)
	f.bytes += in.n
	t.feed(e, of, entry)
	return wire.OK
}

// finish takes an END op.
func (t *tasks) finish(e *Engine, s *slot, entry *taskEntry) {
	if entry.flow != nil && !entry.flow.ended {
		entry.flow.ended = true
		t.feed(e, s, entry)
	}
}

// feed gives a flow that waits its next input, if there is any, and goes on with it.
func (t *tasks) feed(e *Engine, s *slot, entry *taskEntry) {
	f := entry.flow
	if !f.waiting || f.fed {
		return
	}
	for f.writes.len() > 0 && f.writes.first().gone {
		f.writes.pop()
	}
	feeder := entry.task.(task.Feeder)
	switch {
	case f.writes.len() > 0:
		in := f.writes.first()
		feeder.Feed(wire.Slice[byte](in.data, int(in.n)), false)
	case f.ended && !f.told:
		feeder.Feed(nil, true)
		f.told = true
	default:
		return
	}
	f.fed, f.waiting = true, false
	t.goOn(e, s, entry)
}

// used takes the write off that the task has used up. Its final event is written by the caller.
func (f *flow) used(e *Engine) (in input, ok bool) {
	f.fed = false
	if f.told || f.writes.len() == 0 {
		return input{}, false // it was the end
	}
	in = *f.writes.first()
	f.writes.pop()
	f.bytes -= in.n
	if in.copy != 0 {
		e.mem.UnrefBlock(in.copy)
	}
	return in, true
}

// cancelWrite takes a write out of its flow. True: the flow is using its bytes.
func (t *tasks) cancelWrite(e *Engine, id uint64, s *slot) bool {
	if s.arg == 0 {
		return false
	}
	f := t.at(uint32(s.arg)).flow
	for i := range f.writes.len() {
		in := &f.writes.items[f.writes.head+i]
		if in.id != id {
			continue
		}
		if i == 0 && f.fed {
			return true
		}
		f.bytes -= in.n
		if in.copy != 0 {
			e.mem.UnrefBlock(in.copy)
		}
		*in = input{gone: true}
		s.arg = 0
	}
	return false
}

// breakOff ends the writes of a flow that ends, the one it used among them.
func (t *tasks) breakOff(e *Engine, f *flow) {
	f.ownEnd = true
	for f.writes.len() > 0 {
		in := *f.writes.first()
		f.writes.pop()
		if in.gone {
			continue
		}
		if in.copy != 0 {
			e.mem.UnrefBlock(in.copy)
		}
		t.wrote(e, in.id, wire.ECANCELED)
	}
	f.bytes = 0
}

// wrote ends the id of a write whose bytes are free, with a verdict of the pending phase.
func (t *tasks) wrote(e *Engine, id uint64, status int32) {
	s := e.find(id)
	if s == nil || s.code != wire.OpWrite {
		return
	}
	s.arg = 0
	switch s.state {
	case stateLive:
		e.disarm(s)
		s.state = stateEnding
		e.pending.push(verdict{id: id, status: status})
	case stateEnding:
		s.flags &^= flagInUse
	case stateInUse:
		s.state = stateEnding
		s.flags &^= flagInUse
		if s.counted() {
			e.alive++ // until its final event, which is certain now
		}
		e.pending.push(verdict{id: id, status: e.extras[s.extra].status})
	}
}

// deliverWrite writes the final event of the write that a flow has used up.
func (t *tasks) deliverWrite(e *Engine, f *flow) {
	in, ok := f.used(e)
	if !ok {
		return
	}
	s := e.find(in.id)
	if s == nil || s.state != stateLive || s.flags&flagMuted != 0 {
		t.wrote(e, in.id, wire.OK) // cancelled or cleared meanwhile: it ends with that
		return
	}
	s.arg = 0
	e.disarm(s)
	ev := e.event(refOf(in.id), s)
	ev.Flags, ev.Num, ev.Aux = wire.KindInt, int64(in.n), f.bytes
	e.deliver(ev, s)
}

// rest keeps the block of a task that has nothing to do or is paused.
func (t *tasks) rest(e *Engine, s *slot, entry *taskEntry) {
	entry.rests = true
	e.uncount(s)
	s.flags |= flagRests
}

// goOn hands the block of a task that rests to the pool.
func (t *tasks) goOn(e *Engine, s *slot, entry *taskEntry) {
	if !entry.rests {
		return
	}
	entry.rests = false
	s.flags &^= flagRests
	if s.counted() {
		e.alive++
	}
	t.again(e, entry.job)
}

// pause takes a PAUSE or RESUME op.
func (t *tasks) pause(e *Engine, s *slot, entry *taskEntry, paused bool) {
	entry.paused = paused
	if !paused && (entry.flow == nil || !entry.flow.waiting) {
		t.goOn(e, s, entry)
	}
}
