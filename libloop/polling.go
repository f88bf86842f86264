// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/poller"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// polling is the part of the poll phase that watches descriptors.
type polling struct {
	watched int           // descriptors in the poller
	list    fifo[reading] // the work list of the phase

	// A host sleeps on the poller's descriptor. A wake-up leaves that readable until it is polled, and the
	// host's own set knows it no more when a new set takes its place.
	embedded bool

	skipped int   // polls in a row that a busy loop went without
	polled  int64 // time of the last one
}

// reading is one readiness of a live id, as it was when the poll phase began.
type reading struct {
	id   uint64
	what uint32
}

// A busy loop (one that has something to do without the poller) looks at its descriptors only every so
// often.
const (
	maxSkips   = 16
	maxSkipped = 10_000 // ns
)

func modeOf(flags uint16) poller.Mode {
	switch {
	case flags&flagOneshot != 0:
		return poller.OneShot
	case flags&flagEdge != 0:
		return poller.Edge
	}
	return poller.Level
}

// watch adds the descriptor of a POLL_FD op.
func (e *Engine) watch(r timers.Ref, s *slot, op *wire.Op) (status, errno int32) {
	s.arg, s.aux = op.Arg, int64(op.Len)
	if op.Flags&wire.OpFlagOneshot != 0 {
		s.flags |= flagOneshot
	}
	if op.Flags&wire.OpFlagEdge != 0 {
		s.flags |= flagEdge
	}
	if err := e.poller.Add(int(op.Arg), idOf(r, s), op.Len, modeOf(s.flags)); err != nil {
		code, n := fromError(err)
		return code, int32(n)
	}
	e.polling.watched++
	return wire.OK, 0
}

// modify changes what a descriptor is watched for. A descriptor that the system knows no more ends its id.
func (e *Engine) modify(r timers.Ref, s *slot, interest uint32) {
	if err := e.poller.Modify(int(s.arg), idOf(r, s), interest, modeOf(s.flags)); err != nil {
		code, errno := fromError(err)
		e.end(r, s, code, int32(errno))
		return
	}
	s.aux = int64(interest)
}

// forget takes a descriptor out of the poller. Its error means only that the host closed it before.
func (e *Engine) forget(r timers.Ref, s *slot) {
	_ = e.poller.Remove(int(s.arg), idOf(r, s))
	e.polling.watched--
}

// pollNow looks at the descriptors without sleeping. busy says that this may wait a little.
func (e *Engine) pollNow(busy bool) int32 {
	p := &e.polling
	if p.watched == 0 && !p.embedded {
		return wire.OK
	}
	now := e.time()
	if busy && p.skipped < maxSkips && now-p.polled < maxSkipped {
		p.skipped++
		return wire.OK
	}
	p.skipped, p.polled = 0, now
	n, err := e.poller.Poll()
	if err != nil {
		code, _ := fromError(err)
		return code
	}
	e.read(n)
	return wire.OK
}

// read makes the work list of n records that a poll or the sleep left.
func (e *Engine) read(n int) {
	ghost := false
	for i := range n {
		id, what := e.poller.Ready(i)
		if id == 0 {
			continue
		}
		s := e.find(id)
		if s != nil && s.code == wire.OpNet && s.state == stateLive {
			e.sockets.report(e, s, what)
			continue
		}
		if s == nil || s.code != wire.OpPollFD || s.state != stateLive {
			ghost = true
			continue
		}
		if what &= uint32(s.aux) | wire.Hangup | wire.Error; what != 0 {
			e.polling.list.push(reading{id, what})
		}
	}
	if ghost && !e.polling.embedded {
		// An id that has died is still reported: the host closed its descriptor first, and the system goes
		// on watching the file through another one. Without descriptors for a new set now, the next poll
		// tries again.
		_ = e.poller.Rebuild()
	}
}

// reads says that a descriptor's readiness is in the work list.
func (p *polling) reads(id uint64) bool {
	for _, x := range p.list.items[p.list.head:] {
		if x.id == id {
			return true
		}
	}
	return false
}

// deliverReady writes the event of a readiness, if its id has not ended since.
func (e *Engine) deliverReady(x reading) {
	s := e.find(x.id)
	if s == nil || s.state != stateLive && s.flags&flagLast == 0 || s.flags&flagMuted != 0 {
		return
	}
	r := refOf(x.id)
	if e.traces(s) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, ID: x.id, Seq: s.seq, Num: int64(x.what), Code: wire.OpPollFD,
			Label: e.labelOf(s),
		})
	}
	ev := e.event(r, s)
	ev.Num = int64(x.what)
	ev.Flags = wire.KindInt
	if s.flags&flagOneshot == 0 {
		ev.Flags |= wire.EvMore
		e.restart(s, e.time())
	} else {
		e.detach(r, s)
	}
	e.deliver(ev, s)
}
