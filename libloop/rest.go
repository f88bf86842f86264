// SPDX-License-Identifier: MIT

package libloop

import (
	"math"

	"libloop.dev/libloop/libloop/internal/wire"
)

// A loop that answers what its descriptors bring would step twice for each sleep: once for the events, and once to
// be told that there is nothing else. Where the engine knows that already it says so beside the events.

// rest says, of a batch of the poll phase, whether the shim may sleep behind it without another step, and until when:
// where the rest of this pass and the next one up to its poll phase are empty, but for what the shim itself sees coming.
func (e *Engine) rest(st *stepping) {
	w := &e.walk
	if w.phase != wire.PhasePoll || w.posts > 0 || e.tasks.left > 0 || e.jobs.left > 0 || e.sockets.left > 0 ||
		st.Flags&^wire.StepWaited != 0 || e.alive == 0 || w.crowd >= crowded || e.occupied() {
		return
	}
	st.Rest, st.RestUntilNS = 1, e.firstOrNever()
	w.rest = true
}

// rested goes to where the loop is after a sleep of that kind: in the poll phase of the next pass.
func (e *Engine) rested(s *wire.Step) {
	w := &e.walk
	if w.rest && s.Flags&wire.StepWaited != 0 {
		e.trace.turns++
		e.beginPass()
		w.listed = 0
		w.phase, w.asleep, w.waitEnd = wire.PhasePoll, true, math.MaxInt64
	}
	w.rest = false
}
