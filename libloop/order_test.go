// SPDX-License-Identifier: MIT

package libloop

import (
	"slices"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// says returns a callback that notes a name.
func (h *host) says(name string) func(*wire.Event) {
	return func(*wire.Event) { h.logf("%s", name) }
}

// wants compares the log with names separated by spaces, and empties it.
func (h *host) wants(names string) {
	h.t.Helper()
	if want := strings.Fields(names); !slices.Equal(h.log, want) {
		h.t.Fatalf("got  %q\nwant %q", h.log, want)
	}
	h.log = nil
}

func TestALoopWithoutWorkEndsWithoutAPass(t *testing.T) {
	h := newHost(t, setup{})
	h.run()
	if h.step.Pass != 0 || h.steps != 1 {
		t.Fatalf("pass %d after %d steps", h.step.Pass, h.steps)
	}
	h.finish()
}

func TestAPassGoesThroughThePhasesInOrder(t *testing.T) {
	h := newHost(t, setup{})
	once := func(name string, code uint16) {
		var id uint64
		id = h.watcher(code, func(*wire.Event) { h.logf("%s", name); h.clear(id) })
	}
	once("check", wire.OpCheck)
	once("prepare", wire.OpPrepare)
	once("idle", wire.OpIdle)
	h.onPost = func(uint64) { h.logf("post") }
	h.post(1)
	h.imm = append(h.imm, func() { h.logf("immediate") })
	c := h.after(1e9, h.says("canceled"))
	h.cancel(c)
	h.after(0, h.says("timer"))
	h.run()
	h.wants("timer canceled idle prepare post immediate check")
	h.finish()
}

func TestAPhaseWithoutEventsTellsNothing(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, h.says("timer"))
	h.turn(0)
	if h.step.Phase != wire.PhaseTimers || h.step.NEvents != 1 {
		t.Fatalf("%d events in phase %d", h.step.NEvents, h.step.Phase)
	}
	h.turn(0)
	if h.answer != wire.AnswerDone || h.step.NEvents != 0 {
		t.Fatalf("answer %d, %d events", h.answer, h.step.NEvents)
	}
	h.finish()
}

func TestWatchersRunInTheOrderOfStartingOnceAPass(t *testing.T) {
	for _, code := range []uint16{wire.OpIdle, wire.OpPrepare, wire.OpCheck} {
		for _, capacity := range []int{1, 2, 1024} {
			h := newHost(t, setup{capacity: capacity})
			h.imm = append(h.imm, func() {}) // a pass that does not sleep
			for _, name := range []string{"a", "b", "c"} {
				h.watcher(code, h.says(name))
			}
			h.runMode(wire.StepOnce | wire.StepNowait)
			h.runMode(wire.StepOnce | wire.StepNowait)
			h.wants("a b c a b c")
			h.finish()
		}
	}
}

func TestAWatcherStartedInItsPhaseWaitsForTheNextPass(t *testing.T) {
	for _, code := range []uint16{wire.OpIdle, wire.OpPrepare, wire.OpCheck} {
		for _, capacity := range []int{1, 2, 1024} {
			h := newHost(t, setup{capacity: capacity})
			first := true
			h.watcher(code, func(*wire.Event) {
				h.logf("a%d", h.step.Pass)
				if first {
					first = false
					h.watcher(code, func(*wire.Event) { h.logf("new%d", h.step.Pass) })
				}
			})
			h.watcher(code, func(*wire.Event) { h.logf("b%d", h.step.Pass) })
			h.runMode(wire.StepOnce | wire.StepNowait)
			h.runMode(wire.StepOnce | wire.StepNowait)
			h.wants("a1 b1 a2 b2 new2")
			h.finish()
		}
	}
}

func TestAWatcherClearedByAnEarlierOneOfItsPhaseDoesNotRun(t *testing.T) {
	for _, capacity := range []int{1, 2, 1024} {
		h := newHost(t, setup{capacity: capacity})
		var ids [5]uint64
		ids[0] = h.watcher(wire.OpIdle, func(*wire.Event) {
			h.logf("0")
			for _, i := range []int{0, 1, 4} {
				h.clear(ids[i])
			}
		})
		for i := 1; i < 5; i++ {
			ids[i] = h.watcher(wire.OpIdle, func(*wire.Event) { h.logf("%d", i) })
		}
		h.runMode(wire.StepOnce | wire.StepNowait)
		h.wants("0 2 3")
		h.runMode(wire.StepOnce | wire.StepNowait)
		h.wants("2 3")
		h.finish()
	}
}

func TestAnOutcomeOfThePendingPhaseThatCausesAnotherWaitsForTheNextPass(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		other := h.after(1e9, func(*wire.Event) { h.logf("other in %d", h.step.Pass) })
		h.cancel(h.after(1e9, func(*wire.Event) {
			h.logf("first in %d", h.step.Pass)
			h.cancel(other)
		}))
		h.cancel(h.after(1e9, func(*wire.Event) { h.logf("second in %d", h.step.Pass) }))
		h.run()
		if got, want := strings.Join(h.log, ", "), "first in 1, second in 1, other in 2"; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		h.finish()
	}
}

func TestThePollPhaseTellsPostsThenJobsThenDescriptors(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		fd8 := h.pollFD(8, wire.Readable, 0, h.says("fd8"))
		fd7 := h.pollFD(7, wire.Readable, 0, h.says("fd7"))
		h.work(func(*wire.Value) int32 { return 0 }, h.says("job1"))
		h.work(func(*wire.Value) int32 { return 0 }, h.says("job2"))
		h.turn(0)
		h.runJobs()
		h.poll.set(7, wire.Readable)
		h.poll.set(8, wire.Readable)
		h.onPost = func(v uint64) { h.logf("post%d", v) }
		h.post(1)
		h.post(2)
		h.runMode(wire.StepOnce | wire.StepNowait)
		h.wants("post1 post2 job1 job2 fd7 fd8")
		h.clear(fd7)
		h.clear(fd8)
		h.finish()
	}
}

func TestPostsMadeInThePollPhaseWaitForTheNextPass(t *testing.T) {
	for _, capacity := range []int{1, 2, 1024} {
		h := newHost(t, setup{capacity: capacity})
		h.onPost = func(v uint64) {
			h.logf("%d:%d", v, h.step.Pass)
			if v < 10 {
				h.post(v + 10)
			}
		}
		h.post(1)
		h.post(2)
		h.post(3)
		h.run()
		h.wants("1:1 2:1 3:1 11:2 12:2 13:2")
		h.finish()
	}
}

func TestImmediatesAreReportedOnceAPassAndComeBeforeCheckWatchers(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		var check [2]uint64
		for i := range check {
			check[i] = h.watcher(wire.OpCheck, func(*wire.Event) {
				h.logf("check%d", i)
				if h.step.Pass == 2 {
					h.clear(check[i])
				}
			})
		}
		h.imm = append(h.imm, func() {
			h.logf("imm%d", h.step.Pass)
			h.imm = append(h.imm, func() { h.logf("nested%d", h.step.Pass) })
		})
		h.run()
		h.wants("imm1 check0 check1 nested2 check0 check1")
		h.finish()
	}
}

func TestACheckPhaseWithImmediatesIsReportedWithoutEvents(t *testing.T) {
	h := newHost(t, setup{})
	h.imm = append(h.imm, func() { h.logf("immediate") })
	h.turn(0)
	if h.answer != wire.AnswerBatch || h.step.Phase != wire.PhaseCheck || h.step.NEvents != 0 {
		t.Fatalf("answer %d, phase %d, %d events", h.answer, h.step.Phase, h.step.NEvents)
	}
	h.run()
	h.wants("immediate")
	h.finish()
}

func TestTheLoopTimeIsReadOnceAPhase(t *testing.T) {
	h := newHost(t, setup{capacity: 1})
	start := h.clock.ns
	var times []int64
	for range 3 {
		h.after(0, func(*wire.Event) {
			times = append(times, h.step.NowNS-start)
			h.clock.ns += 10
		})
	}
	idle := h.watcher(wire.OpIdle, func(*wire.Event) { times = append(times, h.step.NowNS-start) })
	h.runMode(wire.StepOnce)
	if want := []int64{0, 0, 0, 30}; !slices.Equal(times, want) {
		t.Fatalf("got %v, want %v", times, want)
	}
	h.clear(idle)
	h.finish()
}
