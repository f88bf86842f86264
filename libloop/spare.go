// SPDX-License-Identifier: MIT

package libloop

import (
	"math"

	"libloop.dev/libloop/libloop/internal/wire"
)

// A loop that lives on immediates makes passes in which all phases but check are empty. The shim, which has the
// immediates, makes up to maxSkips of those by itself, without a step into Go.

// spare says, of a check phase in which the host's immediates run, how many passes after it the shim may make. Only
// where nothing but what the shim itself sees coming (ops, posts, finished jobs, what goroutines bring, the end) and
// the time can give them something to do. Descriptors are looked at as seldom as in busy passes of the engine.
func (e *Engine) spare(st *stepping) {
	p := &e.polling
	if st.Immediates == 0 || e.walk.phase != wire.PhaseCheck || e.out.n > 0 || st.nowait() || st.has(wire.StepOnce) ||
		e.occupied() {
		return
	}
	st.Spare, st.SpareUntilNS = maxSkips, e.firstOrNever()
	if p.watched > 0 {
		st.Spare = uint32(max(maxSkips-p.skipped, 0))
		st.SpareUntilNS = min(st.SpareUntilNS, p.polled+maxSkipped)
	}
}

// occupied says that a pass in which nothing comes would have something to do, or somebody looks on.
func (e *Engine) occupied() bool {
	return e.closing.begun || e.trace.on || e.polling.embedded || e.pressing() || len(e.tasks.held) > 0 ||
		e.watchers[wire.OpPrepare].n > 0 || e.watchers[wire.OpCheck].n > 0
}

// firstOrNever returns the time of the first key that counts, math.MaxInt64 if there is none.
func (e *Engine) firstOrNever() int64 {
	if at, ok := e.first(); ok {
		return at
	}
	return math.MaxInt64
}

// spared counts the passes that the shim has made.
func (e *Engine) spared(s *wire.Step) {
	if s.Spared > 0 {
		e.walk.pass += uint64(s.Spared)
		e.fresh = false // the shim has read the clock since
		if e.polling.watched > 0 {
			e.polling.skipped += int(s.Spared)
		}
		s.Spared = 0
	}
}
