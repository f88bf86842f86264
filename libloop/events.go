// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/watch"
)

// verdict says how an id ends: an event of the pending phase that waits. id 0: the oldest refusal. 16 bytes.
type verdict struct {
	id      uint64
	status  int32
	errno   int16
	cleared bool // by CLEAR: nothing is called for, so it uses up no budget
}

// refusal is the event of an op that was not taken.
type refusal struct {
	id     uint64
	user   uint64
	cb     uintptr
	status int32
	code   uint16
	quiet  bool // leaves no trace
}

// refuse answers an op that is not taken.
func (e *Engine) refuse(op *wire.Op, status int32) {
	e.stats.now.refused++
	quiet := op.Code <= lastNaming && op.Flags&wire.OpFlagQuiet != 0
	e.refused.push(refusal{id: op.ID, user: op.User, cb: op.CB, status: status, code: op.Code, quiet: quiet})
	e.pending.push(verdict{})
	if e.trace.on && !quiet {
		e.trace.add(wire.Trace{
			Kind: wire.TraceRefused, ID: op.ID, Status: status, Code: uint32(op.Code),
			Label: e.codeLabel(op.Code),
		})
	}
}

// end decides how a live id ends and takes it out of everything it is in, but for the work list of the phase.
func (e *Engine) end(r timers.Ref, s *slot, status, errno int32) {
	if e.listed(r, s) {
		s.flags |= flagLast
	}
	if e.detach(r, s) {
		s.flags |= flagInUse
	}
	s.state = stateEnding
	e.pending.push(verdict{id: idOf(r, s), status: status, errno: int16(errno)})
}

// listed says that an event of a live id is in the work list of the phase. A step that is cut short by a
// full batch must not change what comes of it.
func (e *Engine) listed(r timers.Ref, s *slot) bool {
	switch s.code {
	case wire.OpIdle, wire.OpPrepare, wire.OpCheck:
		return e.awaits(r, s)
	case wire.OpPollFD:
		return e.polling.reads(idOf(r, s))
	case wire.OpHttp:
		id := idOf(r, s)
		return e.http.awaits(func(res *http.Result) bool { return res.ID == id })
	case wire.OpWatch:
		id := idOf(r, s)
		return e.watching.awaits(func(res *watch.Result) bool { return res.ID == id })
	case wire.OpDNS:
		id := idOf(r, s)
		return e.naming.awaits(func(res *dns.Result) bool { return res.ID == id })
	}
	return e.isTask(s) && e.tasks.listed(e, s)
}

// detach takes an id out of everything it is in. True: something of the host is in use until later.
func (e *Engine) detach(r timers.Ref, s *slot) bool {
	e.disarm(s)
	switch s.code {
	case wire.OpIdle, wire.OpPrepare, wire.OpCheck:
		if s.flags&flagLast == 0 {
			e.unlink(r, s)
		}
	case wire.OpPollFD:
		e.forget(r, s)
	case wire.OpWork:
		return !e.jobs.cancel(e, s)
	case wire.OpHttp:
		return e.http.cancel(e, r, s)
	case wire.OpWatch:
		e.watching.cancel(r, s)
	case wire.OpDNS:
		e.naming.cancel(r, s)
	case wire.OpWrite:
		if s.flags&flagStream != 0 {
			e.sockets.cancelWrite(e, idOf(r, s), s)
			return false
		}
		return e.tasks.cancelWrite(e, idOf(r, s), s)
	case wire.OpSendFile:
		e.sockets.cancelWrite(e, idOf(r, s), s)
		return false
	case wire.OpNet:
		e.sockets.drop(e, s)
	}
	return e.isTask(s) && e.tasks.cancel(e, s)
}

// isTask says that an id is that of a battery's task, which exists.
func (e *Engine) isTask(s *slot) bool { return e.tasks.nouns[s.code] != nil && s.arg != 0 }

// mute clears a live id: no callback from now on.
func (e *Engine) mute(r timers.Ref, s *slot) {
	if s.flags&flagMuted != 0 {
		return
	}
	e.uncount(s)
	s.flags = s.flags&^flagDue | flagMuted
	if s.state != stateLive || s.flags&flagResult != 0 {
		return // its final event is on the way
	}
	if e.listed(r, s) {
		s.flags |= flagLast
	}
	if e.detach(r, s) {
		s.state = stateInUse
		e.more(s).status = wire.ECANCELED
		return
	}
	s.state = stateEnding
	e.pending.push(verdict{id: idOf(r, s), status: wire.ECANCELED, cleared: true})
}

// counted says whether an id keeps the loop alive.
func (s *slot) counted() bool {
	return s.flags&(flagRef|flagMuted|flagRests) == flagRef && (s.state == stateLive || s.state == stateEnding)
}

// uncount is called before an id changes so that it no longer counts.
func (e *Engine) uncount(s *slot) {
	if s.counted() {
		e.alive--
	}
}

// release ends the life of an id; its final event is written.
func (e *Engine) release(r timers.Ref, s *slot) {
	e.uncount(s)
	switch s.code {
	case wire.OpIdle, wire.OpPrepare, wire.OpCheck:
		if s.flags&flagLast != 0 {
			e.unlink(r, s)
		}
	case wire.OpHttp:
		e.http.subjects.forget(s)
	case wire.OpWatch:
		e.watching.subjects.forget(s)
	case wire.OpDNS:
		e.naming.subjects.forget(s)
	case wire.OpNet:
		e.sockets.forget(s)
	default:
		if e.isTask(s) {
			e.tasks.forget(e, s)
		}
	}
	if s.extra != 0 {
		e.labels.drop(e.extras[s.extra].label)
		e.labels.drop(e.extras[s.extra].text)
		e.less(s)
	}
	if s.flags&flagQuiet != 0 {
		e.quiet--
	}
	s.state = stateFree
	s.key = 0
	e.live--
}

// deliverRefusal writes the event of the oldest refusal.
func (e *Engine) deliverRefusal() {
	x := e.refused.first()
	ev := e.out.next()
	*ev = wire.Event{
		ID: x.id, CB: x.cb, User: x.user, Status: x.status, Code: x.code,
		Flags: wire.EvRefused | wire.KindError,
	}
	if !x.quiet {
		e.traceOther(ev)
	}
	e.refused.pop()
}

// deliverVerdict writes the event of a verdict. False: no room.
func (e *Engine) deliverVerdict(v verdict) bool {
	if v.id == 0 {
		e.deliverRefusal()
		return true
	}
	s := e.find(v.id)
	if s == nil || s.state != stateEnding {
		return true
	}
	return e.tell(refOf(v.id), s, v.status, int32(v.errno))
}

// tell writes how an id ends: its final event, or the outcome when something of the host is in use. False:
// no room, nothing has changed.
func (e *Engine) tell(r timers.Ref, s *slot, status, errno int32) bool {
	if s.flags&flagInUse != 0 {
		if s.flags&flagMuted == 0 {
			if !e.failed(r, s, status, errno, wire.EvOutcome|wire.EvMore) {
				return false
			}
		}
		e.uncount(s)
		s.state = stateInUse
		e.more(s).status = status
		return true
	}
	if status == wire.OK {
		e.ended(r, s)
		return true
	}
	return e.failed(r, s, status, errno, 0)
}

// ended writes the final event of a socket that was closed, or of a write to a stream that is sent.
func (e *Engine) ended(r timers.Ref, s *slot) {
	ev := e.event(r, s)
	if s.code == wire.OpWrite || s.code == wire.OpSendFile {
		ev.Flags, ev.Num, ev.Aux = wire.KindInt, s.aux, uint64(s.arg)
	}
	e.deliver(ev, s)
}

// decide has the pending phase tell how an id ends; while the loop closes, the list that is being made.
func (e *Engine) decide(v verdict) {
	if e.closing.listing {
		e.closing.list.push(v)
		return
	}
	e.pending.push(v)
}

// failed writes an event with an error. Without EvMore it is the final one. False: no room for its text,
// nothing has changed.
func (e *Engine) failed(r timers.Ref, s *slot, status, errno int32, flags uint16) bool {
	var data uintptr
	var n uint64
	if s.flags&flagMuted == 0 {
		var ok bool
		if data, n, ok = e.subject(s); !ok {
			return false
		}
	}
	ev := e.event(r, s)
	ev.Status, ev.Data, ev.Len, ev.Aux = status, data, n, uint64(uint32(errno))
	ev.Flags = wire.KindError | flags
	if s.feedsSocket() {
		ev.Num = s.aux
	}
	e.deliver(ev, s)
	return true
}

// event takes the next record of the batch for an id. There must be room.
func (e *Engine) event(r timers.Ref, s *slot) *wire.Event {
	ev := e.out.next()
	*ev = wire.Event{ID: idOf(r, s), CB: s.cb, User: s.user, Code: uint16(s.code)}
	return ev
}

// deliver closes the record of an id: the final event, without EvMore, ends its life.
func (e *Engine) deliver(ev *wire.Event, s *slot) {
	if s.flags&flagMuted != 0 {
		ev.Flags |= wire.EvMuted
	}
	e.traceEvent(ev, s)
	if ev.Flags&wire.EvMore == 0 {
		e.release(refOf(ev.ID), s)
		mutate(e, ev)
	}
}
