// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

var traceNames = map[uint32]string{
	wire.TraceRegister: "register", wire.TraceControl: "control", wire.TraceRefused: "refused",
	wire.TracePass: "pass", wire.TraceTurn: "turn", wire.TracePhase: "phase", wire.TraceEvent: "event",
	wire.TraceReady: "ready",
}

// traced returns the records so far, one word each, and forgets them.
func (h *host) traced() string {
	h.t.Helper()
	var words []string
	for _, r := range h.records {
		if r.Size != uint32(unsafe.Sizeof(r)) || r.TimeNS != 0 || r.Thread != 0 {
			h.t.Fatalf("record %+v", r)
		}
		word := traceNames[r.Kind]
		switch r.Kind {
		case wire.TracePass, wire.TraceTurn:
			word += fmt.Sprint(r.Seq)
		case wire.TracePhase:
			word += fmt.Sprintf("%d:%d", r.Code, r.Num)
		default:
			word += fmt.Sprintf("%d:%s", r.Seq, wire.Text(r.Label))
		}
		if r.Status != 0 {
			word += fmt.Sprint(r.Status)
		}
		words = append(words, word)
	}
	h.records = nil
	return strings.Join(words, " ")
}

func (h *host) wantsTrace(want string) {
	h.t.Helper()
	if got := h.traced(); got != want {
		h.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

func TestTheTraceTellsEachStepInOrder(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, nil) // not traced, but counted
	h.turn(wire.StepSubmit)
	h.shared.TraceOn = 1
	h.label("lunch")
	id := h.after(50, nil)
	h.raw(wire.Op{Code: wire.OpTimer})
	h.control(wire.OpUnref, id)
	h.turn(0)
	h.wantsTrace("control0:label register2:lunch refused0:timer-1 control0:unref turn1 pass1 phase1:1 event1:timer")
	h.control(wire.OpRef, id)
	h.turn(0)
	h.wantsTrace("control0:ref turn2 phase2:1 event0:timer-1")
	h.turn(0)
	h.wantsTrace("turn3")
	h.step.NReady = 0
	h.clock.ns += 50
	h.turn(wire.StepWaited)
	h.wantsTrace("ready0:timer pass2 phase1:1 event2:lunch")
	h.turn(0)
	h.wantsTrace("turn4")
	h.finish()
}

func TestTheTraceTellsWhatThePollerReports(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.TraceOn = 1
	h.onPost = func(uint64) {}
	h.pollFD(7, wire.Readable, wire.OpFlagOneshot, nil)
	h.poll.set(7, wire.Readable)
	h.post(1)
	h.runMode(wire.StepOnce | wire.StepNowait)
	h.wantsTrace("register1:poll turn1 pass1 phase5:2 event0:post ready1:poll event1:poll turn2")
	h.finish()
}

func TestASleepThatAWakeEndsIsNoTimeout(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.TraceOn = 1
	h.after(50, nil)
	h.turn(0)
	h.records = nil
	h.clock.ns += 10
	h.step.NReady = 0
	h.turn(wire.StepWaited)
	h.wantsTrace("pass2")
	h.finish()
}

func TestAQuietOpLeavesNoTraceAndHasNoNumber(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.TraceOn = 1
	quiet := wire.Op{Code: wire.OpTimer, Flags: wire.OpFlagQuiet, Arg: h.clock.ns}
	h.start(quiet, h.says("quiet"))
	h.after(0, h.says("loud"))
	h.raw(wire.Op{Code: wire.OpTimer, Flags: wire.OpFlagQuiet})
	op := h.workOp(func(*wire.Value) int32 { return 0 })
	op.Flags = wire.OpFlagQuiet
	h.start(op, nil)
	h.turn(0)
	h.wantsTrace("register1:timer turn1 pass1 phase1:2 event1:timer")
	if seq := h.queue[0][0].Seq; seq != 0 {
		t.Fatalf("the job has number %d", seq)
	}
	h.wants("quiet loud")
	h.turn(0)
	h.wantsTrace("turn2 phase2:1")
	h.finish()
}

func TestQuietWatchersKeepTheirPlace(t *testing.T) {
	h := newHost(t, setup{})
	h.watcher(wire.OpIdle, h.says("a"))
	quiet := false
	h.start(wire.Op{Code: wire.OpIdle, Flags: wire.OpFlagQuiet}, func(*wire.Event) {
		h.logf("b")
		if !quiet {
			quiet = true
			h.start(wire.Op{Code: wire.OpIdle, Flags: wire.OpFlagQuiet}, h.says("c"))
		}
	})
	h.perPass(2)
	h.wants("a b a b c")
	h.finish()
}

func TestTheTraceBufferGrowsAndIsGivenBack(t *testing.T) {
	h := newHost(t, setup{})
	before := h.mem.Live()
	h.shared.TraceOn = 1
	for range 1000 {
		h.after(0, nil)
	}
	h.turn(wire.StepSubmit)
	if got := strings.Count(h.traced(), "register"); got != 1000 {
		t.Fatalf("%d records", got)
	}
	h.shared.TraceOn = 0
	for range slabCalm + 2 {
		h.turn(wire.StepSubmit)
	}
	if n := h.mem.Live(); n != before {
		t.Fatalf("%d allocations, before %d", n, before)
	}
	h.run()
	h.finish()
}

func TestWithoutMemoryRecordsAreLostAndNothingElse(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.TraceOn = 1
	h.e.trace.mem = noMemory{}
	h.after(0, h.says("timer"))
	h.run()
	h.wants("timer")
	if len(h.records) != 0 {
		t.Fatalf("%d records", len(h.records))
	}
	h.e.trace.mem = h.mem
	h.finish()
}
