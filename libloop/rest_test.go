// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// restOf returns what a batch with the news of a descriptor says of a sleep behind it.
func restOf(t *testing.T, flags uint32, prepare func(h *host)) (rest uint32, until int64) {
	t.Helper()
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, wire.OpFlagEdge, nil)
	if prepare != nil {
		prepare(h)
	}
	h.poll.set(7, wire.Readable)
	more := uint32(0)
	for h.turn(flags|more) != wire.AnswerBatch || h.step.Phase != wire.PhasePoll {
		if more = 0; h.answer == wire.AnswerWait {
			more = h.sleep()
		}
	}
	rest, until = h.step.Rest, h.step.RestUntilNS
	h.shared.TraceOn = 0
	h.clear(id)
	h.finish()
	return rest, until
}

func TestASleepIsOfferedBehindABatchWhereNothingElseIsToDo(t *testing.T) {
	rest, until := restOf(t, 0, nil)
	if rest != 1 || until != math.MaxInt64 {
		t.Fatalf("rest %d, until %d", rest, until)
	}
}

func TestNoSleepIsOfferedWhereAPhaseHasSomethingToDo(t *testing.T) {
	for name, prepare := range occupations {
		if rest, _ := restOf(t, 0, prepare); rest != 0 {
			t.Errorf("%s: a sleep is offered", name)
		}
	}
	if rest, _ := restOf(t, 0, func(h *host) {
		h.pollFD(8, wire.Readable, wire.OpFlagEdge, nil)
		h.poll.set(8, wire.Readable)
		h.events = h.events[:1]
	}); rest != 0 {
		t.Error("another descriptor, for which the batch has no room: a sleep is offered")
	}
	if rest, _ := restOf(t, wire.StepOnce, nil); rest != 0 {
		t.Error("a single pass: a sleep is offered")
	}
}

func TestTheSleepThatIsOfferedEndsWithTheFirstTimer(t *testing.T) {
	var at int64
	_, until := restOf(t, 0, func(h *host) {
		at = h.clock.ns + 5_000_000
		h.timer(at, nil)
	})
	if until != at {
		t.Fatalf("until %d, the timer is due at %d", until, at)
	}
}

// A sleep that the C half made by itself is followed by what a sleep of the engine's is followed by.
func TestASleepThatWasOfferedIsOneOfTheNextPassAndLosesNothing(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, wire.OpFlagEdge, h.says("ready"))
	h.timer(h.clock.ns+9_000_000, h.says("timer"))
	h.poll.set(7, wire.Readable)
	for more := uint32(0); h.turn(more) == wire.AnswerWait; {
		more = h.sleep()
	}
	h.wants("ready")
	before, steps := h.step.Pass, h.steps
	if !h.rests() {
		t.Fatal("no sleep is offered")
	}
	h.poll.set(7, wire.Readable)
	more := h.sleep()
	// Ops that come between the sleep and the next step find the loop as any other sleep leaves it.
	h.raw(wire.Op{Code: wire.OpUnref, Target: id})
	h.turn(wire.StepSubmit)
	h.turn(more)
	h.wants("ready")
	if h.step.Pass != before+1 || h.steps != steps+2 {
		t.Fatalf("pass %d after %d, in %d steps", h.step.Pass, before, h.steps-steps)
	}
	h.poll.silence()
	h.run()
	h.wants("timer")
	h.clear(id)
	h.finish()
}
