// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestTimersFireInTheOrderOfDeadlineAndStart(t *testing.T) {
	h := newHost(t, setup{})
	h.after(300, h.says("c"))
	h.after(100, h.says("a"))
	h.after(200, h.says("b1"))
	h.after(200, h.says("b2"))
	h.after(math.MaxInt64-h.clock.ns, nil)
	h.clock.ns += 250
	h.turn(0)
	h.wants("a b1 b2")
	h.clock.ns += 50
	h.turn(wire.StepNowait) // the rest of the pass
	h.wants("")
	h.turn(wire.StepNowait)
	h.wants("c")
	h.finish()
}

func TestTenThousandEqualDeadlinesFireFIFO(t *testing.T) {
	for _, capacity := range []int{1, 7, 1024, 65536} {
		t.Run(fmt.Sprint("capacity ", capacity), func(t *testing.T) {
			h := newHost(t, setup{capacity: capacity})
			const n = 10_000
			next := 0
			for i := range n {
				h.timer(5_000_000, func(ev *wire.Event) {
					if i != next {
						t.Fatalf("timer %d came as number %d", i, next)
					}
					if ev.Num != 5_000_000 || ev.Aux != 0 || ev.Status != 0 || ev.Flags != wire.KindUndefined {
						t.Fatalf("event %+v", *ev)
					}
					next++
				})
			}
			h.run()
			if next != n {
				t.Fatalf("%d fired", next)
			}
			h.finish()
		})
	}
}

func TestATimerIsNeverEarly(t *testing.T) {
	h := newHost(t, setup{})
	at := h.clock.ns + 1000
	h.timer(at, h.says("fired"))
	for h.clock.ns < at {
		h.turn(wire.StepNowait)
		h.wants("")
		h.clock.ns += 333
		if h.clock.ns == at-1 {
			h.clock.ns = at
		}
	}
	h.clock.ns = at - 1
	h.turn(wire.StepNowait)
	h.wants("")
	h.clock.ns = at
	h.turn(wire.StepNowait)
	h.wants("fired")
	h.finish()
}

func TestTheWaitIsTheTimeToTheNextTimer(t *testing.T) {
	h := newHost(t, setup{})
	early := h.after(500, h.says("early"))
	h.after(900, h.says("late"))
	h.clear(early)
	h.run()
	h.wants("late")
	if fmt.Sprint(h.waits) != "[900]" {
		t.Fatalf("slept %v", h.waits)
	}
	h.finish()
}

func TestATimerInThePastFiresInTheNextTimersPhase(t *testing.T) {
	h := newHost(t, setup{})
	h.timer(-5, func(ev *wire.Event) { h.logf("%d", ev.Num) })
	h.timer(math.MinInt64, func(ev *wire.Event) { h.logf("first") })
	h.turn(0)
	h.wants("first -5")
	h.finish()
}

func TestANestedTimerWaitsForTheNextPass(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		h.watcher(wire.OpCheck, nil)
		h.after(0, func(*wire.Event) {
			h.logf("outer %d", h.step.Pass)
			h.after(0, func(*wire.Event) { h.logf("inner %d", h.step.Pass) })
			h.timer(0, func(*wire.Event) { h.logf("past %d", h.step.Pass) })
		})
		h.after(0, func(*wire.Event) { h.logf("second %d", h.step.Pass) })
		for range 20 {
			h.turn(wire.StepNowait)
		}
		got := fmt.Sprint(h.log)
		if want := "[outer 1 second 1 past 2 inner 2]"; got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
		h.finish()
	}
}

func TestAnIntervalDoesNotDriftAndCountsWhatItMissed(t *testing.T) {
	h := newHost(t, setup{})
	start := h.clock.ns
	id := h.interval(100, func(ev *wire.Event) {
		if ev.Flags&wire.EvMore == 0 {
			t.Fatalf("final event %+v", *ev)
		}
		h.logf("%d:%d", ev.Num-start, ev.Aux)
	})
	for _, at := range []int64{100, 205, 299, 300, 650, 700, 1000} {
		h.clock.ns = start + at
		h.turn(wire.StepNowait)
		h.turn(wire.StepNowait)
	}
	h.wants("100:0 200:0 300:0 400:2 700:0 800:2")
	h.clear(id)
	h.run()
	h.finish()
}

func TestAnIntervalFromLongAgoFiresOnce(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: wire.OpTimer, Flags: wire.OpFlagRepeat, Arg: math.MinInt64, Target: 1},
		func(ev *wire.Event) { h.logf("%d", ev.Aux) })
	h.turn(0)
	h.wants(fmt.Sprint(uint64(h.clock.ns) + 1<<63))
	h.turn(wire.StepNowait)
	h.wants("")
	h.finish()
}

func TestAHugePeriodSaturates(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{
		Code: wire.OpTimer, Flags: wire.OpFlagRepeat, Arg: h.clock.ns, Target: math.MaxInt64,
	}, h.says("once"))
	h.turn(0)
	h.wants("once")
	h.turn(0)
	if h.answer != wire.AnswerWait || h.step.WaitNS != math.MaxInt64-h.clock.ns {
		t.Fatalf("answer %d, wait %d", h.answer, h.step.WaitNS)
	}
	h.finish()
}

func TestAnIntervalRunsBetweenTimersOfItsTime(t *testing.T) {
	h := newHost(t, setup{})
	var id uint64
	n := 0
	id = h.interval(10, func(*wire.Event) {
		h.logf("tick")
		if n++; n == 3 {
			h.clear(id)
		}
	})
	h.after(15, h.says("15"))
	h.after(25, h.says("25"))
	h.after(35, h.says("35"))
	h.run()
	h.wants("tick 15 tick 25 tick 35")
	h.finish()
}

func TestRefreshMovesATimerAndGivesItALaterPlace(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(100, h.says("moved"))
	h.after(500, h.says("other"))
	h.raw(wire.Op{Code: wire.OpRefresh, Target: id, Arg: h.clock.ns + 500})
	h.run()
	h.wants("other moved")
	if fmt.Sprint(h.waits) != "[500]" {
		t.Fatalf("slept %v", h.waits)
	}
	h.finish()
}

func TestRefreshMovesAnInterval(t *testing.T) {
	h := newHost(t, setup{})
	start := h.clock.ns
	var id uint64
	id = h.interval(100, func(ev *wire.Event) {
		h.logf("%d", ev.Num-start)
		if ev.Num-start > 300 {
			h.clear(id)
		}
	})
	h.raw(wire.Op{Code: wire.OpRefresh, Target: id, Arg: start + 250})
	h.run()
	h.wants("250 350")
	h.finish()
}

func TestRefreshTakesBackATimerThatIsDueAndNotDelivered(t *testing.T) {
	for _, flags := range []uint16{0, wire.OpFlagRepeat} {
		h := newHost(t, setup{capacity: 1})
		start := h.clock.ns
		var second uint64
		h.timer(start, func(*wire.Event) {
			h.raw(wire.Op{Code: wire.OpRefresh, Target: second, Arg: start + 70})
		})
		op := wire.Op{Code: wire.OpTimer, Flags: flags, Arg: start}
		if flags != 0 {
			op.Target = 1000
		}
		second = h.start(op, func(ev *wire.Event) {
			h.logf("%d:%d", ev.Num-start, ev.Aux)
			if flags != 0 {
				h.clear(second)
			}
		})
		h.run()
		h.wants("70:0")
		h.finish()
	}
}

func TestRefreshOfAnythingElseIsRefused(t *testing.T) {
	h := newHost(t, setup{})
	idle := h.watcher(wire.OpIdle, nil)
	ending := h.after(10, nil)
	h.cancel(ending)
	h.raw(wire.Op{Code: wire.OpRefresh, Target: idle})
	h.raw(wire.Op{Code: wire.OpRefresh, Target: ending})
	h.clear(idle)
	h.wantRefused(wire.EBADID, wire.EBADID)
	h.finish()
}

func TestDeadKeysDoNotPileUp(t *testing.T) {
	h := newHost(t, setup{})
	const n = 5000
	var ids []uint64
	for range n {
		ids = append(ids, h.after(1e9, nil))
	}
	for _, id := range ids[:n-10] {
		h.clear(id)
	}
	h.turn(0)
	if got := h.e.timers.Len(); got > 100 {
		t.Fatalf("%d keys for 10 timers", got)
	}
	id := ids[n-1]
	for i := range int64(20_000) {
		h.raw(wire.Op{Code: wire.OpRefresh, Target: id, Arg: 1e12 - i})
		if i%1000 == 0 {
			h.turn(wire.StepSubmit)
		}
	}
	h.turn(wire.StepSubmit)
	if got := h.e.timers.Len(); got > 2000 {
		t.Fatalf("%d keys after refreshes of 10 timers", got)
	}
	h.finish()
}

func TestDueInAndPeriodOfATimer(t *testing.T) {
	h := newHost(t, setup{})
	ask := func(what uint32, id uint64) (int64, int32) {
		out := int64(-77)
		code := h.e.Ask(what, id, &out)
		return out, code
	}
	want := func(what uint32, id uint64, value int64, code int32) {
		t.Helper()
		if got, c := ask(what, id); got != value || c != code {
			t.Fatalf("ask %d: %d, %d; want %d, %d", what, got, c, value, code)
		}
	}
	oneShot := h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns + 400, Data: 401}, nil)
	interval := h.interval(60, nil)
	at := h.after(500, nil)
	idle := h.watcher(wire.OpIdle, nil)
	h.turn(wire.StepSubmit)
	want(wire.AskDueIn, oneShot, 400, wire.OK)
	want(wire.AskDueIn, interval, 60, wire.OK)
	want(wire.AskDueIn, idle, -77, wire.EBADID)
	want(wire.AskDueIn, oneShot+1, -77, wire.EBADID)
	want(wire.AskPeriod, oneShot, 400, wire.OK)
	want(wire.AskPeriod, interval, 60, wire.OK)
	want(wire.AskPeriod, at, -77, wire.EINVAL)
	want(wire.AskPeriod, idle, -77, wire.EBADID)
	want(99, 0, -77, wire.EINVAL)
	h.clock.ns += 450
	want(wire.AskDueIn, oneShot, 0, wire.OK)
	h.clear(idle)
	h.clear(interval)
	for h.byRef[oneShot] != nil {
		h.turn(wire.StepNowait)
	}
	want(wire.AskPeriod, oneShot, 400, wire.OK) // for a refresh from its own callback
	want(wire.AskDueIn, oneShot, -77, wire.EBADID)
	h.finish()
}
