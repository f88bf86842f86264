// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// tells notes what an event says, with the time since start.
func (h *host) tells(name string) func(*wire.Event) {
	start := h.clock.ns
	return func(ev *wire.Event) {
		word := name
		if ev.Status != 0 {
			word += fmt.Sprintf("(%d)", ev.Status)
		}
		switch {
		case ev.Flags&wire.EvOutcome != 0:
			word += "!"
		case ev.Flags&wire.EvMore != 0:
			word += "+"
		}
		h.logf("%s@%d", word, h.clock.ns-start)
	}
}

func TestADeadlineEndsEachKind(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 900, TimeoutNS: 100}, h.tells("timer"))
	h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 900, Target: 900, Flags: wire.OpFlagRepeat,
		TimeoutNS: 110}, h.tells("interval"))
	h.start(wire.Op{Code: wire.OpPollFD, Arg: 7, Len: wire.Readable, TimeoutNS: 120}, h.tells("poll"))
	h.run()
	h.wants("timer(-12)@100 interval(-12)@110 poll(-12)@120")
	if h.poll.fds[7] != nil {
		t.Fatal("the descriptor is still watched")
	}
	h.finish()
}

func TestADeadlineOfAWatcherPassesWhenTheLoopIsStuck(t *testing.T) {
	// Asleep, the loop is woken by the deadline, and the check phase of that pass calls for it no more.
	for code, want := range map[uint16]string{
		wire.OpIdle: "[-12 after 6]", wire.OpPrepare: "[-12 after 2]", wire.OpCheck: "[-12 after 1]",
	} {
		h := newHost(t, setup{})
		calls := 0
		h.start(wire.Op{Code: code, TimeoutNS: 100}, func(ev *wire.Event) {
			calls++
			if ev.Flags&wire.EvMore != 0 {
				if calls == 5 {
					h.clock.ns += 101 // a callback that takes long
				} else {
					h.clock.ns += 99
				}
				return
			}
			h.logf("%d after %d", ev.Status, calls)
		})
		h.run()
		if got := fmt.Sprint(h.log); got != want {
			t.Fatalf("code %d: %s", code, got)
		}
		h.finish()
	}
}

func TestATimerAtItsDeadlineFires(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 100, TimeoutNS: 100}, h.tells("equal"))
	h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 99, TimeoutNS: 100}, h.tells("before"))
	h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 101, TimeoutNS: 100}, h.tells("behind"))
	h.clock.ns += 1000
	h.run()
	h.wants("before@1000 equal@1000 behind@1000")
	h.finish()
}

func TestTheDeadlineCountsFromWhenTheOpIsTaken(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: wire.OpPollFD, Arg: 7, Len: wire.Readable, TimeoutNS: 100}, h.tells("poll"))
	h.clock.ns += 50
	h.run()
	h.wants("poll(-12)@150")
	h.finish()
}

func TestTheDeadlineOfADescriptorCountsAnewFromEachEvent(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{
		Code: wire.OpPollFD, Flags: wire.OpFlagEdge, Arg: 7, Len: wire.Readable, TimeoutNS: 100,
	}, h.tells("poll"))
	for range 3 {
		h.turn(0)
		h.clock.ns += 80
		h.poll.set(7, wire.Readable)
		for h.turn(wire.StepNowait) != wire.AnswerPass {
		}
	}
	h.run()
	h.wants("poll+@80 poll+@160 poll+@240 poll(-12)@340")
	h.finish()
}

func TestTheDeadlineOfAnIntervalCountsAnewFromEachEvent(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{
		Code: wire.OpTimer, Flags: wire.OpFlagRepeat, Arg: h.clock.ns + 50, Target: 90, TimeoutNS: 80,
	}, h.tells("tick"))
	h.run()
	h.wants("tick+@50 tick(-12)@130")
	h.finish()
}

func TestRefreshCountsTheDeadlineAnew(t *testing.T) {
	h := newHost(t, setup{})
	id := h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 500, TimeoutNS: 100}, h.tells("timer"))
	h.turn(wire.StepSubmit)
	h.clock.ns += 60
	h.raw(wire.Op{Code: wire.OpRefresh, Target: id, Arg: h.clock.ns + 90})
	h.run()
	h.wants("timer@150")
	h.finish()
}

func TestADeadlineOfAWaitingJobTakesItFromTheQueue(t *testing.T) {
	h := newHost(t, setup{})
	op := h.workOp(func(*wire.Value) int32 { t.Error("the function ran"); return 0 })
	op.TimeoutNS = 100
	h.start(op, h.tells("job"))
	h.turn(0)
	if h.shared.Queued[0] != 1 {
		t.Fatalf("%d queued", h.shared.Queued[0])
	}
	h.clock.ns += 100
	h.turn(wire.StepWaited)
	h.turn(wire.StepNowait)
	h.wants("job(-12)@100")
	if h.shared.Queued[0] != 0 {
		t.Fatalf("%d queued", h.shared.Queued[0])
	}
	h.runJobs()
	h.run()
	h.finish()
}

func TestADeadlineOfARunningJobGivesTheOutcomeAndThenTheFinalEvent(t *testing.T) {
	h := newHost(t, setup{})
	op := h.workOp(func(v *wire.Value) int32 { v.Kind, v.Num = wire.KindInt, 5; return 0 })
	op.TimeoutNS = 100
	h.start(op, h.tells("job"))
	h.turn(0)
	h.begin(0)
	h.clock.ns += 100
	h.turn(wire.StepWaited)
	h.turn(wire.StepNowait)
	h.wants("job(-12)!@100")
	if h.step.Alive != 0 {
		t.Fatalf("%d alive", h.step.Alive)
	}
	h.end()
	h.turn(wire.StepNowait)
	h.wants("job(-12)@100")
	h.finish()
}

func TestAResultThatExistsBeatsTheDeadline(t *testing.T) {
	h := newHost(t, setup{})
	op := h.workOp(func(v *wire.Value) int32 { return 0 })
	op.TimeoutNS = 100
	h.start(op, h.tells("job"))
	h.turn(0)
	h.begin(0)
	h.end()
	h.clock.ns += 1000 // the block is still on its way
	back := h.finished
	h.finished, h.lastDone = nil, nil
	h.turn(wire.StepWaited)
	h.turn(wire.StepNowait)
	h.wants("")
	h.finished = back
	h.run()
	h.wants("job@1000")
	h.finish()
}

func TestManyMovingDeadlinesLeaveOneKeyEach(t *testing.T) {
	h := newHost(t, setup{})
	id := h.start(wire.Op{Code: wire.OpIdle, TimeoutNS: 1000}, func(*wire.Event) { h.clock.ns += 100 })
	for range 10_000 {
		h.turn(wire.StepNowait)
	}
	if n := h.e.timers.Len(); n != 1 {
		t.Fatalf("%d keys", n)
	}
	h.clear(id)
	h.run()
	h.finish()
}
