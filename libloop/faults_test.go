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
	for code, text := range map[uint16]string{0xF002: "goroutine", 0xF003: "worker"} {
		h := newHost(t, setup{})
		h.holds = 1
		h.raw(wire.Op{Code: code})
		for h.turn(wire.StepNowait); h.code == wire.OK; {
			h.turn(wire.StepNowait)
		}
		if h.code != wire.EPANIC || !strings.Contains(h.e.PanicText(), text) {
			t.Fatalf("code %d, text %q", h.code, h.e.PanicText())
		}
		if h.shared.GoPending == 0 {
			t.Fatal("the loop was not woken")
		}
	}
}
