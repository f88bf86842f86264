// SPDX-License-Identifier: MIT

package libloop

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

const postSize = unsafe.Sizeof(wire.Post{})

// walk is where the loop is on its way through the phases.
type walk struct {
	pass   uint64
	phase  uint32 // PhaseNone: between two passes
	begun  bool   // the work list of the phase is fixed
	budget int    // items that the phase may still take in this pass
	told   int    // events and check phases with immediates given since the pass began or the run ended
	early  bool   // timers or pending events were among them
	crowd  int    // timers that came due in this pass, and half of those before it, halved again each pass; 0 after a sleep
	listed int    // pending: what is left of the work list; watchers: whether there is one
	posts  int    // poll: the same, of posts

	held    bool // check: the phase with immediates was reported in this pass
	asleep  bool // poll: the last answer was WAIT
	rest    bool // poll: the last batch said that the shim may sleep
	waitEnd int64
	tail    bool // with ONCE: the pass is over, but the timers and deadlines that came due are still to be told
	again   bool // the last answer was WAIT: the next step is of the same turn
}

// stepping is what a step knows beside the record.
type stepping struct {
	*wire.Step
	waited bool // the sleep's records are there and not looked at
	polled bool // looked at the descriptors in this step
}

func (st *stepping) has(flag uint32) bool { return st.Flags&flag != 0 }

// nowait says that the step must not end in a sleep: asked for, or because the host has ticks to run.
func (st *stepping) nowait() bool { return st.Flags&wire.StepNowait != 0 || st.Ticks > 0 }

// time returns the loop time, read once a phase.
func (e *Engine) time() int64 {
	if !e.fresh {
		e.now, e.fresh = e.clock.Now(), true
	}
	return e.now
}

// turns counts the turns for the trace: a step after a sleep belongs to the turn that slept.
func (e *Engine) turns(s *wire.Step) {
	if !e.walk.again && s.Flags&wire.StepWaited == 0 {
		e.trace.turns++
		e.traceCount(wire.TraceTurn, e.trace.turns)
	}
	e.walk.again = false
}

// advance goes on to the first phase with events, or to where there is nothing to do but wait or end.
func (e *Engine) advance(s *wire.Step) int32 {
	w := &e.walk
	st := &stepping{Step: s, waited: s.Flags&wire.StepWaited != 0 && w.asleep}
	for {
		if w.phase == wire.PhaseNone {
			if e.over(s) {
				e.answer(s, wire.AnswerDone)
				return wire.OK
			}
			if st.nowait() && st.polled {
				e.answer(s, wire.AnswerPass)
				return wire.OK
			}
			e.beginPass()
		}
		if !w.begun {
			if e.nothing(st) {
				if w.phase++; w.phase > wire.PhaseClosing || w.phase == wire.PhaseIdle && w.tail {
					w.phase--
					if e.leave(st) {
						return wire.OK
					}
				}
				continue
			}
			going, code := e.begin(st)
			if code != wire.OK || !going {
				return code
			}
			w.begun = true
		}
		e.tracePhase(w.phase)
		e.fill(st)
		e.closePhase(e.out.n)
		if w.phase == wire.PhaseCheck && s.Immediates > 0 && !w.held || e.out.n > 0 {
			w.held = w.phase == wire.PhaseCheck
			w.told += e.out.n
			w.early = w.early || w.phase <= wire.PhasePending
			if w.held {
				w.told++
			}
			e.time()
			s.Phase = w.phase
			e.spare(st)
			e.rest(st)
			return wire.OK
		}
		if e.leave(st) {
			return wire.OK
		}
	}
}

// answer ends a step without a batch.
func (e *Engine) answer(s *wire.Step, what uint32) {
	s.Answer = what
	s.Phase = e.walk.phase
	e.time()
}

// over says, between two passes, that the run is done. What is there to be told is told before.
func (e *Engine) over(s *wire.Step) bool {
	if e.pending.len() > 0 || e.tasks.ready.len() > 0 || e.jobs.have > 0 || e.arriving() {
		return false
	}
	if e.closing.begun {
		return e.live == 0 && s.PostCount == 0 && e.watching.out == 0
	}
	return e.alive == 0 && s.KeepAlive == 0
}

func (e *Engine) beginPass() {
	w := &e.walk
	w.pass++
	w.phase, w.begun, w.held = wire.PhaseTimers, false, false
	w.told, w.early = 0, false
	w.crowd /= 2
	e.traceCount(wire.TracePass, w.pass)
}

// leave goes on from a phase that has nothing more to the next. True: that ends the step.
func (e *Engine) leave(st *stepping) bool {
	w := &e.walk
	w.begun = false
	if list := e.watcherList(w.phase); list != nil && w.listed > 0 {
		e.endWatchers(list)
	}
	w.listed = 0
	w.phase++
	once := st.has(wire.StepOnce)
	if w.phase == wire.PhaseIdle && w.tail {
		w.tail = false
		if once {
			w.told, w.early = 0, false
			e.answer(st.Step, wire.AnswerPass)
			return true
		}
	}
	if w.phase <= wire.PhaseClosing {
		return false
	}
	w.phase = wire.PhaseNone
	if !once || e.over(st.Step) {
		return false
	}
	if w.told == 0 && e.tasks.ready.len() > 0 {
		return false // what was read at once comes in the next pass, and a pass makes progress
	}
	if w.told == 0 && e.dueNow() {
		e.beginPass()
		w.tail = true
		return false
	}
	w.told, w.early = 0, false
	e.answer(st.Step, wire.AnswerPass)
	return true
}

// dueNow says whether a timer or deadline has come due.
func (e *Engine) dueNow() bool {
	at, ok := e.first()
	if !ok {
		return false
	}
	e.fresh = false
	return at <= e.time()
}

// nothing says that the phase to begin has no work, so that a pass costs little more than the phases that
// have some.
func (e *Engine) nothing(st *stepping) bool {
	w := &e.walk
	switch w.phase {
	case wire.PhaseTimers:
		return e.timers.Len() == 0 && e.due.len() == 0
	case wire.PhasePending:
		return e.pending.len() == 0
	case wire.PhaseIdle:
		return e.watchers[wire.OpIdle].n == 0
	case wire.PhasePrepare:
		return e.watchers[wire.OpPrepare].n == 0
	case wire.PhasePoll:
		// The usual case of a loop that lives on immediates.
		if st.Immediates == 0 || st.waited || w.asleep || w.posts > 0 || e.polling.watched > 0 ||
			st.PostCount > 0 || e.tasks.ready.len() > 0 || e.jobs.have > 0 || e.polling.list.len() > 0 || e.arriving() ||
			e.sockets.ready.len() > 0 {
			return false
		}
		st.polled = true
		return true
	case wire.PhaseCheck:
		return e.watchers[wire.OpCheck].n == 0 && (st.Immediates == 0 || w.held)
	}
	return !e.closing.begun
}

// begin fixes the work list of a phase. False: the answer is WAIT.
func (e *Engine) begin(st *stepping) (bool, int32) {
	w := &e.walk
	w.budget = e.conf.phaseLimit
	e.fresh = false
	switch w.phase {
	case wire.PhaseTimers:
		if e.timers.Len() > 0 && !e.closing.begun {
			e.time()
			e.popDue(w.budget)
			w.crowd += e.due.len()
		}
	case wire.PhasePending:
		w.listed = e.pending.len()
	case wire.PhaseIdle, wire.PhasePrepare, wire.PhaseCheck:
		list := e.watcherList(w.phase)
		if w.listed = 0; list.n > 0 && !e.closing.begun {
			w.listed = 1
			e.beginWatchers(list)
		}
	case wire.PhasePoll:
		return e.beginPoll(st)
	case wire.PhaseClosing:
		if e.closing.begun {
			e.beginClosing()
		}
	}
	return true, wire.OK
}

// watcherList returns the watchers of a phase, nil for a phase without.
func (e *Engine) watcherList(phase uint32) *watchers {
	switch phase {
	case wire.PhaseIdle:
		return &e.watchers[wire.OpIdle]
	case wire.PhasePrepare:
		return &e.watchers[wire.OpPrepare]
	case wire.PhaseCheck:
		return &e.watchers[wire.OpCheck]
	}
	return nil
}

// fill writes events of the phase until its work list, the batch or its budget is at an end. An item that
// gives no event, because its id was cleared since, uses up budget, too: with a larger batch its event would
// have been written.
func (e *Engine) fill(st *stepping) {
	w := &e.walk
	for e.out.n < e.out.room && w.budget > 0 && e.one(st) {
		w.budget--
	}
}

// one takes the next item of the work list, which gives an event or none. False: the list is at its end, or
// the data of the event has no room in this batch.
func (e *Engine) one(st *stepping) bool {
	w := &e.walk
	switch w.phase {
	case wire.PhaseTimers:
		if e.due.len() == 0 {
			return false
		}
		k := *e.due.first()
		e.due.pop()
		e.deliverDue(k)
	case wire.PhasePending:
		if w.listed == 0 {
			return false
		}
		v := *e.pending.first()
		if !e.deliverVerdict(v) {
			return false
		}
		if v.cleared {
			w.budget++
		}
		w.listed--
		e.pending.pop()
	case wire.PhaseIdle, wire.PhasePrepare, wire.PhaseCheck:
		list := e.watcherList(w.phase)
		if w.listed == 0 {
			return false
		}
		r := e.nextWatcher(list)
		if r == 0 {
			return false
		}
		e.deliverWatcher(r)
	case wire.PhasePoll:
		return e.onePoll(st)
	case wire.PhaseClosing:
		return e.oneClosing()
	}
	return true
}

// onePoll takes the next item of the poll phase: posts, then what the loop's thread did itself, then jobs, then responses,
// then changes of watches, then answers about names, then descriptors, then sockets.
func (e *Engine) onePoll(st *stepping) bool {
	w, p := &e.walk, &e.polling
	switch {
	case w.posts > 0:
		if st.PostsTaken >= st.PostCount {
			w.posts = 0
			return e.onePoll(st)
		}
		post := wire.At[wire.Post](st.Posts + uintptr(st.PostsTaken)*postSize)
		st.PostsTaken++
		w.posts--
		ev := e.out.next()
		*ev = wire.Event{
			CB: post.CB, User: post.User, Code: wire.OpPost, Flags: wire.KindInt, Num: int64(post.Value),
		}
		e.traceOther(ev)
	case e.tasks.left > 0:
		if !e.tasks.deliverEarly(e) {
			return false
		}
		e.tasks.left--
	case e.jobs.left > 0:
		return e.jobs.deliver(e)
	case e.http.left():
		return e.http.deliver(e)
	case e.watching.left():
		return e.watching.deliver(e)
	case e.naming.left():
		return e.naming.deliver(e)
	case p.list.len() > 0:
		x := *p.list.first()
		p.list.pop()
		e.deliverReady(x)
	case e.sockets.left > 0:
		return e.sockets.one(e)
	default:
		return false
	}
	return true
}
