// SPDX-License-Identifier: MIT

//go:build mutant_double_final

package libloop

import (
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/wire"
)

// clearedTimers counts over all engines, owed says that a second event found no room: this build is
// for one test.
var (
	clearedTimers atomic.Int64
	owed          atomic.Bool
)

// mutate plants a second final event behind each hundredth one of a cleared timer; where the array is
// full, behind the next one with room. A hundred thousand random ops clear about a thousand timers.
func mutate(e *Engine, ev *wire.Event) {
	if ev.Code != wire.OpTimer || ev.Flags&wire.EvMuted == 0 {
		return
	}
	if clearedTimers.Add(1)%100 == 0 {
		owed.Store(true)
	}
	if e.out.n < e.out.room && owed.CompareAndSwap(true, false) {
		*e.out.next() = *ev
	}
}
