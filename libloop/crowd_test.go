// SPDX-License-Identifier: MIT

package libloop

import (
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// restAfter returns how long the loop wants to sleep for a timer in so many ns, after passes without a sleep in between,
// which had so many due timers each.
func restAfter(t *testing.T, next int64, passes ...int) int64 {
	t.Helper()
	h := newHost(t, setup{})
	for i, due := range passes {
		for range due {
			h.after(int64(i+1)*1_000, nil)
		}
	}
	h.after(int64(len(passes))*1_000+next, nil)
	for range passes {
		h.clock.ns += 1_000
		h.turn(0)
	}
	for h.turn(0) != wire.AnswerWait {
	}
	wait := h.step.WaitNS
	h.finish()
	return wait
}

func TestFewTimersAreWaitedForExactly(t *testing.T) {
	for _, next := range []int64{1, 100, crowdRest - 1, crowdRest + 1} {
		if wait := restAfter(t, next, crowded-1); wait != next {
			t.Errorf("waits %d ns for a timer in %d", wait, next)
		}
	}
}

func TestTimersBehindACrowdComeTogetherHalfAMillisecondLater(t *testing.T) {
	for _, next := range []int64{1, 100, crowdRest} {
		if wait := restAfter(t, next, crowded); wait != crowdRest {
			t.Errorf("waits %d ns for a timer in %d", wait, next)
		}
	}
	if wait := restAfter(t, crowdRest+1, crowded); wait != crowdRest+1 {
		t.Errorf("waits %d ns for a timer that is later than that", wait)
	}
}

func TestWhatIsLeftOfACrowdComesDueWhileItIsServedAndCounts(t *testing.T) {
	if wait := restAfter(t, 100, 100, 30, 9, 2, 1); wait != crowdRest {
		t.Errorf("waits %d ns", wait)
	}
}

func TestTimersOfManyPassesAreNoCrowd(t *testing.T) {
	for _, passes := range [][]int{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {3, 3, 3, 3, 3, 3}, {8, 1, 1}} {
		if wait := restAfter(t, 100, passes...); wait != 100 {
			t.Errorf("waits %d ns behind passes with %v timers", wait, passes)
		}
	}
}

func TestACrowdIsForgottenWithTheNextSleep(t *testing.T) {
	h := newHost(t, setup{})
	for range crowded {
		h.after(1_000, nil)
	}
	fd := h.pollFD(7, wire.Readable, 0, nil)
	h.clock.ns += 1_000
	for h.turn(0) != wire.AnswerWait {
	}
	h.poll.records = []fakeRecord{{fd, wire.Readable}}
	h.step.NReady, h.step.WaitErrno = 1, 0
	h.after(100, nil)
	h.turn(wire.StepWaited)
	for h.turn(0) != wire.AnswerWait {
	}
	if h.step.WaitNS != 100 {
		t.Errorf("waits %d ns for a timer in 100", h.step.WaitNS)
	}
	h.clear(fd)
	h.finish()
}
