// SPDX-License-Identifier: MIT

//go:build faults

package libloop

import (
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestAFaultInTheStepPanics(t *testing.T) {
	h := newHost(t, setup{})
	h.raw(wire.Op{Code: 0xF001})
	defer func() {
		if v := recover(); v != "fault: a panic in the step" {
			t.Fatalf("recovered %v", v)
		}
	}()
	h.turn(0)
	t.Fatal("no panic")
}

func TestAFaultInAGoroutineEndsAStepToCome(t *testing.T) {
	h := newHost(t, setup{})
	h.holds = 1
	h.raw(wire.Op{Code: 0xF002})
	for h.turn(wire.StepNowait); h.code == wire.OK; {
		h.turn(wire.StepNowait)
	}
	h.hasPanicked("goroutine")
}

func TestAFaultInAWorkerEndsTheNextStep(t *testing.T) {
	h := newHost(t, setup{})
	h.holds = 1
	h.raw(wire.Op{Code: 0xF003})
	h.turn(wire.StepNowait)
	j := h.begin(wire.LaneFile)
	func() {
		// As the function that the C half calls does.
		defer func() { h.e.GoPanic(recover(), nil) }()
		h.e.RunTask(j.Arg)
	}()
	h.turn(wire.StepNowait)
	h.hasPanicked("worker")
}

// hasPanicked checks that the engine is poisoned and the loop was woken for it.
func (h *host) hasPanicked(text string) {
	h.t.Helper()
	if h.code != wire.EPANIC || !strings.Contains(h.e.PanicText(), text) {
		h.t.Fatalf("code %d, text %q", h.code, h.e.PanicText())
	}
	if h.shared.GoPending == 0 {
		h.t.Fatal("the loop was not woken")
	}
}
