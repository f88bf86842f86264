// SPDX-License-Identifier: MIT

package libloop

import (
	"math"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Where many timers come due at once, the next ones are a few microseconds away, and to wake for each handful costs
// more than the timers do: these come together, by so much later at most. Linux itself sleeps 50 us longer
// than it is asked to.
const (
	crowded   = 8       // timers: see walk.crowd
	crowdRest = 500_000 // ns
)

// beginPoll looks for what the poll phase has, or says how long to sleep until there is something.
func (e *Engine) beginPoll(st *stepping) (bool, int32) {
	w, p := &e.walk, &e.polling
	if w.posts > 0 || e.tasks.left > 0 || e.jobs.left > 0 || p.list.len() > 0 || e.arrived() || e.sockets.left > 0 {
		// Cut short by the phase limit: what was found then comes before anything new.
		w.posts = min(w.posts, int(st.PostCount))
		if w.posts > 0 || e.tasks.left > 0 || e.jobs.left > 0 || p.list.len() > 0 || e.arrived() || e.sockets.left > 0 {
			w.asleep = false
			return true, wire.OK
		}
	}
	if st.waited {
		p.skipped, w.crowd = 0, 0
		st.waited, st.polled = false, true
		e.slept(st)
		e.read(e.records(st))
	} else {
		haste := e.haste(st)
		if !haste && !w.asleep && !st.nowait() {
			w.asleep, w.again = true, true
			e.answer(st.Step, wire.AnswerWait)
			st.WaitNS, w.waitEnd = -1, math.MaxInt64
			if at, ok := e.first(); ok {
				if w.crowd >= crowded {
					at = max(at, timers.Add(e.time(), crowdRest))
				}
				st.WaitNS, w.waitEnd = max(1, timers.Sub(at, e.time())), at
			}
			if len(e.tasks.held) > 0 && uint64(st.WaitNS) > heldCheck {
				st.WaitNS, w.waitEnd = heldCheck, math.MaxInt64
			}
			return false, wire.OK
		}
		busy := haste && !st.nowait() && !st.has(wire.StepOnce)
		if code := e.pollNow(busy); code != wire.OK {
			return false, code
		}
		st.polled = true
	}
	w.asleep = false
	w.posts = int(st.PostCount)
	e.tasks.fix(w.pass)
	e.jobs.left = e.jobs.have
	e.gather()
	e.sockets.left = e.sockets.ready.len()
	return true, wire.OK
}

// records returns how many records the sleep left.
func (e *Engine) records(st *stepping) int {
	if st.WaitErrno != 0 {
		return 0
	}
	return int(min(st.NReady, max(e.shared.ReadyCapacity, e.shared.PollCount)))
}

// haste says that the loop has something to do without waiting.
func (e *Engine) haste(st *stepping) bool {
	if e.pressing() || st.Immediates > 0 || st.PostCount > 0 {
		return true
	}
	if e.closing.begun {
		return !e.closing.told || e.live == 0 && e.watching.out == 0
	}
	if st.has(wire.StepOnce) && e.walk.early {
		return true // there was something ready in this pass
	}
	if uint64(e.alive)+st.KeepAlive == 0 {
		return true
	}
	at, ok := e.first()
	return ok && at <= e.time()
}

// pressing says that the engine itself has something to give before any sleep.
func (e *Engine) pressing() bool {
	return e.watchers[wire.OpIdle].n > 0 || e.pending.len() > 0 || e.tasks.ready.len() > 0 ||
		e.jobs.have > 0 ||
		e.arriving() ||
		e.polling.list.len() > 0 || e.sockets.ready.len() > 0 || e.due.len() > 0
}

// timeout returns how long a host that embeds the loop may sleep.
func (e *Engine) timeout() int64 {
	if e.pressing() || e.closing.begun && !e.closing.told {
		return 0
	}
	wait := int64(-1)
	if len(e.tasks.held) > 0 {
		wait = heldCheck
	}
	at, ok := e.first()
	if !ok {
		return wait
	}
	return int64(min(uint64(wait), uint64(max(0, timers.Sub(at, e.clock.Now())))))
}

// slept records that a sleep ended because a deadline came.
func (e *Engine) slept(st *stepping) {
	if e.trace.on && st.NReady == 0 && st.WaitErrno == 0 && e.time() >= e.walk.waitEnd {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, Label: e.codeLabel(wire.OpTimer), Code: wire.OpTimer,
		})
	}
}
