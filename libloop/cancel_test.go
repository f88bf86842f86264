// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// everyKind starts one id of each kind that a fake host can have, in the state before any event.
func (h *host) everyKind() map[string]uint64 {
	return map[string]uint64{
		"timer":    h.after(1e9, h.tells("timer")),
		"interval": h.interval(1e9, h.tells("interval")),
		"idle":     h.watcher(wire.OpIdle, h.tells("idle")),
		"prepare":  h.watcher(wire.OpPrepare, h.tells("prepare")),
		"check":    h.watcher(wire.OpCheck, h.tells("check")),
		"poll":     h.pollFD(7, wire.Readable, 0, h.tells("poll")),
		"work":     h.work(func(*wire.Value) int32 { return 0 }, h.tells("work")),
	}
}

func TestCancelEndsEachKindWithECANCELED(t *testing.T) {
	for kind := range newHostForNames(t).everyKind() {
		for _, taken := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, " taken before: ", taken), func(t *testing.T) {
				h := newHost(t, setup{})
				for name, id := range h.everyKind() {
					if name != kind {
						h.clear(id)
						continue
					}
					if taken {
						h.turn(wire.StepSubmit)
					}
					h.cancel(id)
					h.cancel(id) // again changes nothing
				}
				h.run()
				h.wants(kind + "(-11)@0")
				h.wantRefused()
				h.finish()
			})
		}
	}
}

func newHostForNames(t *testing.T) *host { return newHost(t, setup{}) }

func TestClearMutesEachKindAndTheFinalEventStillComes(t *testing.T) {
	h := newHost(t, setup{})
	finals := 0
	for _, id := range h.everyKind() {
		h.byRef[id].final = func(ev *wire.Event) {
			if ev.Flags&wire.EvMuted == 0 || ev.Status != wire.ECANCELED || ev.Data != 0 {
				t.Errorf("final event %+v", *ev)
			}
			finals++
		}
		h.clear(id)
	}
	h.turn(wire.StepSubmit)
	if h.step.Alive != 0 {
		t.Fatalf("%d alive after all is cleared", h.step.Alive)
	}
	h.run()
	h.wants("")
	if finals != 7 {
		t.Fatalf("%d final events", finals)
	}
	h.finish()
}

func TestAnErrorEventTellsOperationAndSubject(t *testing.T) {
	h := newHost(t, setup{})
	text := func(ev *wire.Event) {
		if ev.Flags&wire.KindMask != wire.KindError || ev.Flags&wire.EvMuted != 0 {
			t.Errorf("event %+v", *ev)
		}
		if *wire.At[byte](ev.Data + uintptr(ev.Len)) != 0 {
			t.Error("no NUL behind the text")
		}
		h.logf("%s", wire.Slice[byte](ev.Data, int(ev.Len)))
	}
	h.cancel(h.after(10, text))
	h.label("lunch")
	h.cancel(h.after(10, text))
	h.cancel(h.watcher(wire.OpIdle, text))
	h.cancel(h.watcher(wire.OpPrepare, text))
	h.cancel(h.watcher(wire.OpCheck, text))
	h.cancel(h.pollFD(7, wire.Writable, 0, text))
	h.cancel(h.work(nil, text))
	h.label("File read")
	h.cancel(h.work(nil, text))
	op := h.workOp(nil)
	static := []byte("static\x00")
	h.keep = append(h.keep, static)
	op.Target = uint64(addrOf8(static))
	h.cancel(h.start(op, text))
	h.run()
	want := "[timer timer lunch idle prepare check poll_fd 7 work work work File read work static]"
	if got := fmt.Sprint(h.log); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	h.finish()
}

func TestCancelOfATimerThatIsDueDeliversIt(t *testing.T) {
	h := newHost(t, setup{capacity: 1})
	var second uint64
	h.after(0, func(*wire.Event) { h.logf("first"); h.cancel(second) })
	second = h.after(0, h.says("second"))
	h.run()
	h.wants("first second")
	h.finish()
}

func TestCancelOfAnIntervalThatIsDueDeliversItAndThenEndsIt(t *testing.T) {
	h := newHost(t, setup{capacity: 1})
	var second uint64
	h.after(50, func(*wire.Event) { h.logf("first"); h.cancel(second) })
	second = h.interval(50, h.tells("second"))
	h.run()
	h.wants("first second+@50 second(-11)@50")
	h.finish()
}

func TestClearOfATimerThatIsDueSilencesIt(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		for _, period := range []int64{0, 50} {
			h := newHost(t, setup{capacity: capacity})
			var second uint64
			h.after(50, func(*wire.Event) { h.logf("first"); h.clear(second) })
			if period > 0 {
				second = h.interval(period, h.says("second"))
			} else {
				second = h.after(50, h.says("second"))
			}
			h.run()
			h.wants("first")
			h.finish()
		}
	}
}

func TestClearAfterCancelMutes(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(50, h.says("called"))
	muted := false
	h.byRef[id].final = func(ev *wire.Event) { muted = ev.Flags&wire.EvMuted != 0 }
	h.cancel(id)
	h.clear(id)
	h.clear(id)
	h.run()
	h.wants("")
	if !muted {
		t.Fatal("the final event is not muted")
	}
	h.finish()
}

// runningJob starts a job and lets its function begin.
func (h *host) runningJob() uint64 {
	h.t.Helper()
	id := h.work(func(v *wire.Value) int32 {
		*v = wire.Value{Kind: wire.KindBytes, Data: uintptr(1 << 20), Len: 3, Release: 1}
		return 0
	}, h.tells("job"))
	h.turn(0)
	if h.begin(0) == nil {
		h.t.Fatal("no job to begin")
	}
	return id
}

func TestCancelOfARunningJobGivesTheOutcomeAndTheFinalEventWhenItReturns(t *testing.T) {
	h := newHost(t, setup{})
	id := h.runningJob()
	h.cancel(id)
	h.turn(0)
	h.wants("job(-11)!@0")
	if h.step.Alive != 0 {
		t.Fatalf("%d alive", h.step.Alive)
	}
	h.cancel(id) // no effect on a decided id
	if h.run(); h.answer != wire.AnswerDone {
		t.Fatalf("answer %d", h.answer)
	}
	h.wants("")
	h.end()
	h.run()
	h.wants("job(-11)@0")
	h.run()
	if h.released != 1 {
		t.Fatalf("%d values released", h.released)
	}
	h.finish()
}

func TestAJobThatReturnsBeforeItsOutcomeIsToldGivesOnlyTheFinalEvent(t *testing.T) {
	h := newHost(t, setup{})
	id := h.runningJob()
	h.cancel(id)
	h.turn(wire.StepSubmit)
	h.end()
	h.run()
	h.wants("job(-11)@0")
	h.finish()
	if h.released != 1 {
		t.Fatalf("%d values released", h.released)
	}
}

func TestClearOfARunningJobIsSilentUntilItReturns(t *testing.T) {
	for _, outcome := range []bool{false, true} {
		h := newHost(t, setup{})
		id := h.runningJob()
		if outcome {
			h.cancel(id)
			h.turn(0)
			h.wants("job(-11)!@0")
		}
		h.clear(id)
		h.run()
		if h.step.Alive != 0 || h.byRef[id] == nil {
			t.Fatalf("alive %d, ended %t", h.step.Alive, h.byRef[id] == nil)
		}
		h.end()
		h.run()
		h.wants("")
		if h.byRef[id] != nil {
			t.Fatal("no final event")
		}
		h.finish()
	}
}

func TestClearAfterCancelOfARunningJobLeavesOutTheOutcome(t *testing.T) {
	h := newHost(t, setup{})
	id := h.runningJob()
	h.cancel(id)
	h.clear(id)
	h.run()
	h.wants("")
	if h.byRef[id] == nil {
		t.Fatal("ended while the function runs")
	}
	h.end()
	h.run()
	h.wants("")
	h.finish()
}

func TestCancelOfAJobThatHasReturnedDeliversItsValue(t *testing.T) {
	for name, arrived := range map[string]bool{"back in the loop": true, "on its way": false} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{capacity: 1})
			id := h.runningJob()
			h.end()
			if arrived {
				h.turn(wire.StepSubmit)
			}
			back := h.finished
			h.finished, h.lastDone = nil, nil
			h.cancel(id)
			h.turn(wire.StepSubmit)
			h.finished = back
			h.run()
			h.wants("job@0")
			h.finish()
		})
	}
}

func TestClearOfAJobThatHasReturnedMutesAndReleasesItsValue(t *testing.T) {
	h := newHost(t, setup{})
	id := h.runningJob()
	h.end()
	h.turn(wire.StepSubmit)
	h.clear(id)
	h.run()
	h.wants("")
	h.finish()
	if h.released != 1 {
		t.Fatalf("%d values released", h.released)
	}
}

func TestACancelledJobThatWaitsNeverRuns(t *testing.T) {
	h := newHost(t, setup{})
	ids := []uint64{}
	for i := range 5 {
		ids = append(ids, h.work(func(*wire.Value) int32 { h.logf("ran %d", i); return 0 }, nil))
	}
	h.turn(0)
	h.cancel(ids[1])
	h.clear(ids[3])
	h.turn(wire.StepSubmit)
	if n := h.shared.Queued[0]; n != 3 {
		t.Fatalf("%d queued", n)
	}
	h.runJobs()
	h.run()
	if got := fmt.Sprint(h.log); got != "[ran 0 ran 2 ran 4]" {
		t.Fatal(got)
	}
	h.finish()
}

func TestACallbackCanEndItsOwnWatcher(t *testing.T) {
	for _, end := range []func(*host, uint64){(*host).clear, (*host).cancel} {
		h := newHost(t, setup{})
		n := 0
		var id uint64
		id = h.watcher(wire.OpIdle, func(ev *wire.Event) {
			if ev.Flags&wire.EvMore == 0 {
				return
			}
			if n++; n == 3 {
				end(h, id)
			}
		})
		h.run()
		if n != 3 {
			t.Fatalf("%d calls", n)
		}
		h.finish()
	}
}
