// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// A slot has at most one key in the queue that counts, for whichever comes first of its timer and of its
// own deadline (timeout_ns). Deadlines that move with each event move lazily: the key comes up at the old
// time and is pushed again.

// restart counts the deadline of an id anew, from now.
func (e *Engine) restart(s *slot, now int64) {
	if s.extra != 0 && e.extras[s.extra].timeout > 0 {
		e.extras[s.extra].expires = timers.Add(now, e.extras[s.extra].timeout)
	}
}

// next returns when an id wants to be looked at, and whether because its deadline passes.
func (e *Engine) next(s *slot) (at int64, expires, any bool) {
	switch s.code {
	case wire.OpTimer:
		at, any = s.arg, true
	case wire.OpNet:
		var counts bool
		at, counts = e.sockets.of(s).nextLook()
		if any = at != 0; !counts {
			return at, false, any
		}
	}
	if s.extra != 0 && e.extras[s.extra].timeout > 0 {
		if x := e.extras[s.extra].expires; !any || x < at {
			return x, true, true
		}
	}
	return at, false, any
}

// arm pushes the key of an id that has none.
func (e *Engine) arm(r timers.Ref, s *slot) {
	if at, _, ok := e.next(s); ok {
		s.key = e.timers.Push(at, r)
	}
}

// deadline sets the deadline of a live id anew; 0: none.
func (e *Engine) deadline(r timers.Ref, s *slot, ns int64) {
	if ns > 0 {
		e.more(s).timeout = ns
		e.restart(s, e.taken())
	} else if s.extra != 0 {
		e.extras[s.extra].timeout = 0
	}
	e.disarm(s)
	e.arm(r, s)
}

// disarm forgets the key of an id.
func (e *Engine) disarm(s *slot) {
	if s.key == 0 {
		return
	}
	s.key = 0
	e.timers.Stopped()
}

// keys is what the queue asks about its keys.
type keys struct{ ids *ids }

// Live implements timers.Owner.
func (o keys) Live(k timers.Key) bool {
	s := o.ids.at(k.Ref())
	return s != nil && s.key == k.Word
}

// Moved implements timers.Owner.
func (o keys) Moved(k timers.Key, word uint64) { o.ids.at(k.Ref()).key = word }

// refresh gives a timer a new deadline. One that is due and not yet delivered is due no more.
func (e *Engine) refresh(r timers.Ref, s *slot, deadline int64) {
	e.disarm(s)
	s.flags &^= flagDue
	s.arg = deadline
	e.restart(s, e.taken())
	e.arm(r, s)
}

// decided says that the final event of a live id is certain, although not written yet: its result exists.
func (e *Engine) decided(r timers.Ref, s *slot) bool {
	return s.flags&flagResult != 0 || s.flags&(flagDue|flagRepeat) == flagDue ||
		s.code == wire.OpWork && e.jobs.ready(s) || e.isTask(s) && e.tasks.decided(s) ||
		s.flags&flagOneshot != 0 && e.polling.reads(idOf(r, s))
}

// first returns the time of the first key that counts.
func (e *Engine) first() (int64, bool) {
	for {
		k, ok := e.timers.Min()
		if !ok {
			return 0, false
		}
		s := e.at(k.Ref())
		if s == nil || s.key != k.Word {
			e.timers.Pop(true)
			continue
		}
		if at, _, _ := e.next(s); at > k.Deadline {
			e.timers.Pop(false)
			s.key = e.timers.Push(at, k.Ref())
			continue
		}
		return k.Deadline, true
	}
}

// popDue takes what is due at e.now out of the queue: at most limit timers into the due list, and the
// deadlines that passed into the pending queue. Intervals are pushed again at once.
func (e *Engine) popDue(limit int) {
	var buf [32]timers.Key
	for e.due.len() < limit {
		n := e.timers.TakeDue(e.now, buf[:min(len(buf), limit-e.due.len())])
		if n == 0 {
			return
		}
		// The slots are looked at before anything is done with the first, so that the cache misses of all
		// of them overlap.
		var slots [len(buf)]*slot
		var counts [len(buf)]bool
		for i, k := range buf[:n] {
			s := e.at(k.Ref())
			slots[i], counts[i] = s, s.key == k.Word
		}
		dead := 0
		for i, k := range buf[:n] {
			// One before it may have ended its id since.
			if counts[i] && slots[i].key == k.Word {
				e.comesUp(k, slots[i])
			} else {
				dead++
			}
		}
		e.timers.Dropped(dead)
	}
}

// comesUp does what is due of an id.
func (e *Engine) comesUp(k timers.Key, s *slot) {
	s.key = 0
	if s.code == wire.OpNet {
		e.socketComesUp(k, s)
		return
	}
	if s.extra == 0 && s.flags&flagRepeat == 0 {
		s.flags |= flagDue
		e.due.push(k)
		return
	}
	r := k.Ref()
	at, expires, _ := e.next(s)
	switch {
	case at > k.Deadline:
		e.arm(r, s)
	case expires:
		if !e.decided(r, s) {
			stalled := e.sockets.streamOfWrite(s)
			e.end(r, s, wire.ETIMEDOUT, 0)
			if stalled != nil {
				e.sockets.breakWrites(e, stalled)
			}
		}
	default:
		s.flags |= flagDue
		e.due.push(k)
		if s.flags&flagRepeat != 0 {
			late := (uint64(e.now) - uint64(s.arg)) % uint64(s.aux)
			s.arg = timers.Add(e.now, s.aux-int64(late))
			e.restart(s, e.now)
			e.arm(r, s)
		}
	}
}

// socketComesUp does what is due of a socket.
func (e *Engine) socketComesUp(k timers.Key, s *slot) {
	switch at, expires, any := e.next(s); {
	case !any:
	case at > k.Deadline:
		e.arm(k.Ref(), s)
	case expires:
		e.end(k.Ref(), s, wire.ETIMEDOUT, 0)
	default:
		e.sockets.wake(e, s)
		if s.state == stateLive && s.key == 0 {
			e.arm(k.Ref(), s)
		}
	}
}

// deliverDue writes the event of a due timer.
func (e *Engine) deliverDue(k timers.Key) {
	r := k.Ref()
	s := e.at(r)
	if s == nil || s.flags&flagDue == 0 {
		return // cleared or refreshed since
	}
	s.flags &^= flagDue
	ev := e.event(r, s)
	ev.Num = k.Deadline
	if s.flags&flagRepeat != 0 {
		ev.Flags = wire.EvMore
		ev.Aux = (uint64(s.arg)-uint64(k.Deadline))/uint64(s.aux) - 1
	}
	e.deliver(ev, s)
}

// taken returns the time at which the ops of this step are taken.
func (e *Engine) taken() int64 {
	if e.opsAt == 0 {
		e.opsAt = e.clock.Now()
	}
	return e.opsAt
}
