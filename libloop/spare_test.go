// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// spareOf returns what a check phase with immediates says of passes to come.
func spareOf(t *testing.T, flags uint32, prepare func(h *host)) (uint32, int64) {
	t.Helper()
	h := newHost(t, setup{})
	if prepare != nil {
		prepare(h)
	}
	h.imm = append(h.imm, func() {})
	for h.answer = wire.AnswerWait; h.answer != wire.AnswerBatch || h.step.Phase != wire.PhaseCheck; {
		h.turn(flags)
	}
	spare, until := h.step.Spare, h.step.SpareUntilNS
	h.shared.TraceOn = 0
	h.finish()
	return spare, until
}

// occupations are what makes a loop take all its steps, by name.
var occupations = map[string]func(*host){
	"idle":    func(h *host) { h.watcher(wire.OpIdle, nil) },
	"prepare": func(h *host) { h.watcher(wire.OpPrepare, nil) },
	"check":   func(h *host) { h.watcher(wire.OpCheck, nil) },
	"trace":   func(h *host) { h.shared.TraceOn = 1 },
}

func TestPassesMayBeSparedWhereOnlyImmediatesRun(t *testing.T) {
	spare, until := spareOf(t, 0, nil)
	if spare != maxSkips || until != math.MaxInt64 {
		t.Fatalf("%d passes, until %d", spare, until)
	}
}

func TestNoPassIsSparedWhereAPhaseHasSomethingToDo(t *testing.T) {
	for name, prepare := range occupations {
		if spare, _ := spareOf(t, 0, prepare); spare != 0 {
			t.Errorf("%s: %d passes", name, spare)
		}
	}
	if spare, _ := spareOf(t, wire.StepOnce, nil); spare != 0 {
		t.Errorf("a single pass: %d more", spare)
	}
}

func TestNoPassIsSparedPastATimer(t *testing.T) {
	var at int64
	_, until := spareOf(t, 0, func(h *host) {
		at = h.clock.ns + 5_000
		h.timer(at, nil)
	})
	if until != at {
		t.Fatalf("until %d, the timer is due at %d", until, at)
	}
}

func TestDescriptorsLimitTheSparedPasses(t *testing.T) {
	spare, until := spareOf(t, 0, func(h *host) { h.pollFD(7, wire.Readable, 0, nil) })
	if spare > maxSkips || until == math.MaxInt64 {
		t.Fatalf("%d passes, until %d", spare, until)
	}
}

func TestSparedPassesAreCounted(t *testing.T) {
	h := newHost(t, setup{})
	h.imm = append(h.imm, func() { h.imm = append(h.imm, func() {}) })
	h.turn(0)
	before := h.step.Pass
	h.step.Spared = 5
	h.turn(0)
	if h.step.Pass != before+6 || h.step.Spared != 0 {
		t.Fatalf("pass %d after %d and 5 spared ones; still %d to count", h.step.Pass, before, h.step.Spared)
	}
	h.run()
	h.finish()
}
