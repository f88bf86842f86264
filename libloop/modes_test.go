// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestOnceEndsAtTheEndOfThePass(t *testing.T) {
	h := newHost(t, setup{})
	h.watcher(wire.OpIdle, h.says("idle"))
	h.after(0, h.says("timer"))
	for range 3 {
		h.runMode(wire.StepOnce)
		if h.answer != wire.AnswerPass {
			t.Fatalf("answer %d", h.answer)
		}
	}
	h.wants("timer idle idle idle")
	if h.step.Pass != 3 {
		t.Fatalf("pass %d", h.step.Pass)
	}
	h.finish()
}

func TestOnceThatDeliveredNothingGoesOnToTheTimersThatCameDue(t *testing.T) {
	h := newHost(t, setup{})
	h.after(100, h.says("a"))
	h.after(200, h.says("b"))
	h.runMode(wire.StepOnce)
	h.wants("a")
	h.runMode(wire.StepOnce)
	h.wants("b")
	h.runMode(wire.StepOnce)
	if h.answer != wire.AnswerDone {
		t.Fatalf("answer %d", h.answer)
	}
	h.finish()
}

func TestOnceThatDeliveredNothingTellsDeadlinesThatPassed(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: wire.OpPollFD, Arg: 7, Len: 1, TimeoutNS: 100}, h.tells("poll"))
	h.runMode(wire.StepOnce)
	h.wants("poll(-12)@100")
	h.finish()
}

func TestOnceThatDeliveredSomethingLeavesDueTimersForTheNextRun(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, func(*wire.Event) {
		h.logf("first")
		h.after(0, h.says("nested"))
	})
	h.runMode(wire.StepOnce)
	h.wants("first")
	h.runMode(wire.StepOnce)
	h.wants("nested")
	h.finish()
}

func TestOnceDoesNotSleepBehindTimersOrOutcomesOfItsPass(t *testing.T) {
	for name, ready := range map[string]func(*host){
		"timer":   func(h *host) { h.after(0, h.says("ready")) },
		"outcome": func(h *host) { h.cancel(h.after(100, h.says("ready"))) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			h.after(1e9, h.says("late"))
			ready(h)
			h.runMode(wire.StepOnce)
			h.wants("ready")
			if len(h.waits) != 0 {
				t.Fatalf("slept %v", h.waits)
			}
			h.runMode(wire.StepOnce)
			h.wants("late")
			h.finish()
		})
	}
}

func TestOnceSleepsBehindAPrepareWatcher(t *testing.T) {
	h := newHost(t, setup{})
	id := h.watcher(wire.OpPrepare, h.says("prepare"))
	h.after(100, h.says("timer"))
	h.runMode(wire.StepOnce)
	if fmt.Sprint(h.waits) != "[100]" {
		t.Fatalf("slept %v", h.waits)
	}
	h.clear(id)
	h.finish()
}

func TestNowaitNeverAnswersWait(t *testing.T) {
	h := newHost(t, setup{})
	h.after(100, h.says("timer"))
	for range 3 {
		if h.turn(wire.StepNowait); h.answer != wire.AnswerPass {
			t.Fatalf("answer %d", h.answer)
		}
	}
	if h.turn(wire.StepNowait | wire.StepOnce); h.answer != wire.AnswerPass {
		t.Fatalf("answer %d", h.answer)
	}
	h.clock.ns += 100
	h.runMode(wire.StepNowait | wire.StepOnce)
	h.wants("timer")
	h.finish()
}

func TestAStepAfterWaitWithoutASleepGoesOnWithThePass(t *testing.T) {
	h := newHost(t, setup{})
	h.after(100, nil)
	check := h.watcher(wire.OpCheck, h.says("check"))
	h.turn(0)
	if h.answer != wire.AnswerWait || h.step.Phase != wire.PhasePoll {
		t.Fatalf("answer %d in phase %d", h.answer, h.step.Phase)
	}
	h.turn(0) // woken before it slept
	h.wants("check")
	h.turn(0)
	if h.answer != wire.AnswerWait || h.step.Pass != 2 {
		t.Fatalf("answer %d in pass %d", h.answer, h.step.Pass)
	}
	h.clear(check)
	h.finish()
}

func TestWhatKeepsTheLoopFromSleeping(t *testing.T) {
	for name, f := range map[string]func(*host){
		"an idle watcher":       func(h *host) { h.watcher(wire.OpIdle, nil) },
		"a due timer":           func(h *host) { h.timer(0, nil) },
		"a refusal":             func(h *host) { h.raw(wire.Op{}) },
		"a post":                func(h *host) { h.post(1) },
		"a goroutine's result":  func(h *host) { h.shared.GoPending = 1 },
		"a job that came back":  func(h *host) { h.runningJob(); h.end() },
		"an immediate":          func(h *host) { h.imm = append(h.imm, func() {}) },
		"nothing that is alive": func(h *host) { h.control(wire.OpUnref, h.step0()) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			h.after(1000, nil)
			h.turn(wire.StepSubmit)
			s := &h.step
			if h.e.haste(&stepping{Step: s}) {
				t.Fatal("haste with nothing to do")
			}
			f(h)
			h.turn(wire.StepSubmit)
			s.Immediates, s.PostCount = uint32(len(h.imm)), uint32(len(h.posts))
			if !h.e.haste(&stepping{Step: s}) {
				t.Fatal("no haste")
			}
			h.finish()
		})
	}
}

func TestWithTicksHeldAStepComesBackAtTheEndOfThePass(t *testing.T) {
	h := newHost(t, setup{})
	h.after(1000, nil)
	h.ticks = append(h.ticks, func() { h.logf("tick") })
	h.turn(0)
	if h.answer != wire.AnswerPass {
		t.Fatalf("answer %d", h.answer)
	}
	h.wants("tick")
	h.finish()
}

func TestHoldsKeepTheLoopAlive(t *testing.T) {
	h := newHost(t, setup{})
	h.holds = 1
	h.turn(0)
	if h.answer != wire.AnswerWait || h.step.WaitNS != -1 {
		t.Fatalf("answer %d, wait %d", h.answer, h.step.WaitNS)
	}
	h.post(3)
	h.onPost = func(v uint64) { h.logf("post %d", v); h.holds = 0 }
	h.run()
	if fmt.Sprint(h.log) != "[post 3]" {
		t.Fatal(h.log)
	}
	h.finish()
}

func TestAnErrorOfTheSleepEndsTheStepAndTakesNoOps(t *testing.T) {
	h := newHost(t, setup{})
	h.after(100, h.says("timer"))
	h.turn(0)
	ops := h.e.count
	h.after(50, nil)
	h.step.WaitErrno = int32(syscall.EBADF)
	h.turn(wire.StepWaited)
	if h.code != wire.EBADF || h.e.count != ops {
		t.Fatalf("code %d, %d ops taken", h.code, h.e.count-ops)
	}
	h.step.WaitErrno = int32(syscall.ENOTTY)
	h.turn(wire.StepWaited)
	if h.code != wire.ESYS {
		t.Fatalf("code %d", h.code)
	}
	h.step.WaitErrno = 0
	clear(h.byRef)
	h.timer(0, h.says("on"))
	h.byRef[h.step0()] = &hostID{cb: h.says("timer"), started: wire.Op{Code: wire.OpTimer}}
	h.run()
	h.wants("on timer")
	h.finish()
}

// step0 returns the id of the first slot.
func (h *host) step0() uint64 { return hostID0(0, h.slots[0].gen) }

func TestASignalIsNoError(t *testing.T) {
	h := newHost(t, setup{})
	h.after(100, h.says("timer"))
	h.turn(0)
	h.step.WaitErrno = int32(syscall.EINTR)
	h.step.NReady = 1 << 31 // must not be looked at
	h.turn(wire.StepWaited)
	if h.code != wire.OK || h.answer != wire.AnswerWait {
		t.Fatalf("code %d, answer %d", h.code, h.answer)
	}
	h.step.WaitErrno = 0
	h.run()
	h.wants("timer")
	h.finish()
}

func TestAnErrorOfThePollEndsTheStep(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, 0, nil)
	h.poll.fail = syscall.EBADF
	h.turn(wire.StepNowait)
	if h.code != wire.EBADF {
		t.Fatalf("code %d", h.code)
	}
	h.poll.fail = nil
	h.clear(id)
	h.run()
	h.finish()
}

func TestTheBackendTimeout(t *testing.T) {
	h := newHost(t, setup{})
	want := func(want int64) {
		t.Helper()
		var got int64
		if code := h.e.Ask(wire.AskBackendTimeout, 0, &got); code != wire.OK || got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	}
	want(-1)
	id := h.after(100, nil)
	h.turn(wire.StepSubmit)
	want(100)
	h.clock.ns += 150
	want(0)
	h.clear(id)
	h.turn(wire.StepSubmit)
	want(0) // its final event
	h.run()
	want(-1)
	h.closed = true
	h.turn(wire.StepSubmit)
	want(0)
	h.finish()
}

func TestAliveCountsReferencedIds(t *testing.T) {
	h := newHost(t, setup{})
	want := func(want int64) {
		t.Helper()
		h.turn(wire.StepSubmit)
		var got int64
		if code := h.e.Ask(wire.AskAlive, 0, &got); code != wire.OK || got != want ||
			h.step.Alive != uint64(want) {
			t.Fatalf("%d alive (step says %d), want %d", got, h.step.Alive, want)
		}
	}
	ref := func(id uint64, want int64) {
		t.Helper()
		var got int64
		if code := h.e.Ask(wire.AskHasRef, id, &got); code != wire.OK || got != want {
			t.Fatalf("has_ref %d, want %d", got, want)
		}
	}
	want(0)
	a := h.after(10, nil)
	b := h.start(wire.Op{Code: wire.OpIdle, Flags: wire.OpFlagUnref}, nil)
	want(1)
	ref(a, 1)
	ref(b, 0)
	h.control(wire.OpRef, b)
	h.control(wire.OpRef, b)
	want(2)
	ref(b, 1)
	h.control(wire.OpUnref, a)
	h.control(wire.OpUnref, a)
	want(1)
	h.cancel(b)
	want(1) // its event is still to come
	h.control(wire.OpUnref, b)
	want(0)
	h.control(wire.OpRef, b)
	want(1)
	h.clear(b)
	want(0)
	h.control(wire.OpRef, b)
	want(0)
	h.run()
	want(0)
	var out int64
	if code := h.e.Ask(wire.AskHasRef, b, &out); code != wire.EBADID {
		t.Fatalf("has_ref of an ended id: %d", code)
	}
	h.control(wire.OpRef, a)
	want(1)
	h.run()
	h.finish()
}

func TestAnUnreferencedTimerDoesNotKeepTheLoopAlive(t *testing.T) {
	h := newHost(t, setup{})
	h.control(wire.OpUnref, h.after(100, h.says("unref'd")))
	h.after(50, h.says("ref'd"))
	h.run()
	h.wants("ref'd")
	h.after(60, h.says("second"))
	h.run()
	h.wants("unref'd second")
	h.finish()
}
