// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/wire"
)

func TestCloseEndsEveryKindInTheOrderOfStarting(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		running := h.runningJob()
		h.after(1e9, h.tells("timer"))
		h.watcher(wire.OpPrepare, h.tells("prepare"))
		h.interval(1e9, h.tells("interval"))
		h.watcher(wire.OpIdle, h.tells("idle"))
		h.pollFD(7, wire.Readable, 0, h.tells("poll"))
		h.work(nil, h.tells("waiting"))
		h.watcher(wire.OpCheck, h.tells("check"))
		h.control(wire.OpUnref, h.after(1e9, h.tells("unref'd")))
		h.turn(wire.StepSubmit)
		h.closed = true
		for h.turn(0) == wire.AnswerBatch && h.code == wire.OK {
			if h.step.NEvents > 0 && h.step.Phase != wire.PhaseClosing {
				t.Fatalf("events in phase %d", h.step.Phase)
			}
		}
		h.wants("job(-11)!@0 timer(-11)@0 prepare(-11)@0 interval(-11)@0 idle(-11)@0 poll(-11)@0 waiting(-11)@0 " +
			"check(-11)@0 unref'd(-11)@0")
		if h.answer != wire.AnswerWait || h.step.WaitNS != -1 {
			t.Fatalf("with a function running: answer %d, wait %d", h.answer, h.step.WaitNS)
		}
		if h.byRef[running] == nil {
			t.Fatal("ended while its function runs")
		}
		h.end()
		h.run()
		h.wants("job(-11)@0")
		h.finish()
	}
}

func TestAClosedLoopRefusesIdsAndTakesControlOps(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(1e9, h.says("called"))
	h.turn(wire.StepSubmit)
	h.closed = true
	h.clear(id)
	for code := uint16(wire.OpTimer); code <= wire.OpCheck; code++ {
		h.raw(wire.Op{Code: code, ID: h.newID(), User: uint64(code)})
	}
	h.wantRefused(wire.ECLOSED, wire.ECLOSED, wire.ECLOSED, wire.ECLOSED)
	h.wants("")
	h.finish()
}

func TestCloseDeliversResultsThatExist(t *testing.T) {
	h := newHost(t, setup{capacity: 1})
	h.onPost = func(uint64) { h.logf("post") }
	h.work(func(*wire.Value) int32 { return 0 }, h.tells("job"))
	h.after(0, func(*wire.Event) { h.logf("timer1"); h.closed = true; h.post(1) })
	h.after(0, h.tells("timer2"))
	h.after(50, h.tells("later"))
	h.turn(wire.StepSubmit)
	h.runJobs()
	h.run()
	h.wants("timer1 timer2@0 post job@0 later(-11)@0")
	h.finish()
}

func TestAClosedLoopDoesNotWaitForHolds(t *testing.T) {
	h := newHost(t, setup{})
	h.holds = 1
	h.watcher(wire.OpIdle, h.tells("idle"))
	h.turn(0)
	h.closed = true
	h.log = nil
	h.run()
	h.wants("idle(-11)@0")
	h.finish()
}

func TestCallbacksOfTheClosingPhaseMayClearWhatIsStillToCome(t *testing.T) {
	for _, capacity := range []int{1, 2, 1024} {
		h := newHost(t, setup{capacity: capacity})
		var ids [4]uint64
		for i := range ids {
			ids[i] = h.after(1e9, func(*wire.Event) {
				h.logf("%d", i)
				h.clear(ids[2])
				h.cancel(ids[3])
			})
		}
		h.turn(wire.StepSubmit)
		h.closed = true
		h.run()
		h.wants("0 1 3")
		h.finish()
	}
}

func TestClosingKeepsToThePhaseLimit(t *testing.T) {
	h := newHost(t, setup{phaseLimit: 3})
	for i := range 8 {
		h.after(1e9, h.says(fmt.Sprint(i)))
	}
	h.turn(wire.StepSubmit)
	h.closed = true
	if got := fmt.Sprint(h.perPass(4)); got != "[3 3 2 0]" {
		t.Fatalf("events in the passes: %s", got)
	}
	h.wants("0 1 2 3 4 5 6 7")
	h.finish()
}

func TestFreeWithLiveIdsIsEBUSY(t *testing.T) {
	h := newHost(t, setup{})
	h.after(1e9, nil)
	h.turn(wire.StepSubmit)
	if code := h.e.Free(); code != wire.EBUSY {
		t.Fatalf("code %d", code)
	}
	h.finish()
	if !h.poll.closed {
		t.Fatal("the poller is open")
	}
}

// epitaph collects what Epitaph tells, in batches of n.
func epitaph(h *host, n int) []wire.Event {
	var all []wire.Event
	s := &wire.Step{EventCapacity: uint32(n), EventStride: 64}
	events := make([]wire.Event, n)
	for {
		s.Events = uintptr(unsafe.Pointer(&events[0]))
		if code := h.e.Epitaph(s); code != wire.OK {
			h.t.Fatalf("Epitaph: %d", code)
		}
		if s.NEvents == 0 {
			return all
		}
		all = append(all, events[:s.NEvents]...)
	}
}

func TestAPoisonedEngineAnswersEPANICAndEndsEveryIdOnce(t *testing.T) {
	for _, n := range []int{1, 3, 100} {
		h := newHost(t, setup{})
		muted := h.runningJob()
		h.clear(muted)
		live := h.everyKind()
		for range 2 * chunkLen {
			h.clear(h.after(5, nil)) // dead ids in between
		}
		h.perPass(2)
		far := h.after(1e9, nil)
		h.turn(wire.StepSubmit)
		h.e.Poison("boom", []byte("stack"))
		h.e.Poison("second", nil)
		h.turn(0)
		var out int64
		if h.code != wire.EPANIC || h.e.Ask(wire.AskAlive, 0, &out) != wire.EPANIC || h.e.Free() != wire.EPANIC {
			t.Fatalf("Step: %d", h.code)
		}
		if got := h.e.PanicText(); got != "boom\n\nstack" {
			t.Fatalf("text %q", got)
		}
		want := map[uint64]uint16{muted: wire.KindError | wire.EvMuted, far: wire.KindError}
		for _, id := range live {
			want[id] = wire.KindError
		}
		for _, ev := range epitaph(h, n) {
			flags, ok := want[ev.ID]
			if !ok || ev.Flags != flags || ev.Status != wire.EPANIC || ev.Data != 0 {
				t.Errorf("event %+v", ev)
			}
			delete(want, ev.ID)
		}
		if len(want) != 0 {
			t.Fatalf("not ended: %v", want)
		}
	}
}

func TestAPanicOfAGoroutineEndsTheNextStep(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.Armed = 0
	h.e.GoPanic("from a goroutine", nil)
	h.turn(0)
	if h.code != wire.EPANIC || h.shared.GoPending == 0 {
		t.Fatalf("code %d, pending %d", h.code, h.shared.GoPending)
	}
}

func TestAPanicOfAGoroutineDuringAStepSparesTheEventsOfThatStep(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	other := h.request(0, true, h.hears)
	id := h.request(0, false, h.hears)
	h.turn(0)
	c.onCollect = func() { h.e.GoPanic("in the middle", nil) }
	c.give(http.Result{ID: id, Kind: http.Done, HTTPStatus: 200, BodyOffset: 4, Data: []byte("head")})
	h.turn(0)
	if h.code != wire.OK {
		t.Fatalf("code %d", h.code)
	}
	h.heard(`0 kind5 200/4 "head" `)
	if h.shared.GoPending == 0 {
		t.Error("the loop would sleep")
	}
	h.turn(0)
	if h.code != wire.EPANIC {
		t.Fatalf("code %d after the panic", h.code)
	}
	if left := epitaph(h, 10); len(left) != 1 || left[0].ID != other {
		t.Fatalf("ended after the panic: %+v", left)
	}
	if !c.abandoned {
		t.Error("requests go on")
	}
}
