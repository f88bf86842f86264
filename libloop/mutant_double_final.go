// SPDX-License-Identifier: MIT

//go:build mutant_double_final

package libloop

import (
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/wire"
)

// clearedTimers counts over all engines: this build is for one test.
var clearedTimers atomic.Int64

// mutate plants a second final event behind each thousandth one of a cleared timer.
func mutate(e *Engine, ev *wire.Event) {
	if ev.Code != wire.OpTimer || ev.Flags&wire.EvMuted == 0 {
		return
	}
	if clearedTimers.Add(1)%1000 == 0 && e.out.n < e.out.room {
		*e.out.next() = *ev
	}
}
