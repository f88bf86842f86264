// SPDX-License-Identifier: MIT

package libloop

import (
	"sync"
	"sync/atomic"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// crew does jobs in threads of its own, as the C half's workers do.
type crew struct {
	todo, done chan *wire.Job
	queued     *[wire.Lanes]uint32
	workers    sync.WaitGroup
}

func newCrew(h *host, workers, room int) *crew {
	c := &crew{todo: make(chan *wire.Job, room), done: make(chan *wire.Job, room), queued: &h.shared.Queued}
	for range workers {
		c.workers.Go(func() {
			for j := range c.todo {
				c.do(h.e, j)
				c.done <- j
			}
		})
	}
	return c
}

func (c *crew) do(e *Engine, j *wire.Job) {
	if !atomic.CompareAndSwapUint32(&j.State, wire.JobQueued, wire.JobRunning) {
		return // cancelled
	}
	atomic.AddUint32(&c.queued[j.Lane], ^uint32(0))
	j.StartedNS = j.QueuedNS + 10
	for j.Fn == 0 && e.RunTask(j.Arg) {
	}
	j.Out, j.Status, j.EndedNS = wire.Value{}, wire.OK, j.StartedNS+3
	atomic.StoreUint32(&j.State, wire.JobFinished)
}

// trade hands the crew what the engine started, and the engine what the crew has done.
func (c *crew) trade(h *host) {
	for lane := range h.queue {
		for _, j := range h.queue[lane] {
			c.todo <- j
		}
		h.queue[lane] = nil
	}
	for len(c.done) > 0 {
		h.back(<-c.done)
	}
}

// With -race this proves that whoever looks shares with the workers only what is meant to be shared.
func TestLookingAndResettingWhileWorkersWork(t *testing.T) {
	const rounds = 300
	h := newHost(t, setup{})
	c := newCrew(h, 3, 8*rounds)
	var made, canceled, finished uint64
	count := func() {
		for _, name := range []string{"a", "trial"} {
			s := h.labelStats(name)
			made, finished, canceled = made+s.Queued, finished+s.Finished, canceled+s.Canceled
		}
	}
	for round := range rounds {
		ids := []uint64{h.job("a", 0), h.job("a", 0), h.trial(&trial{said: []int{task.Out, task.End}}, nil)}
		h.turn(wire.StepSubmit)
		c.trade(h)
		h.checkLive()
		h.cancel(ids[round%3])
		h.turn(wire.StepNowait)
		c.trade(h)
		h.checkLive()
		if round%50 == 49 {
			count()
			h.ask(wire.StatsReset, 0)
		}
	}
	for h.e.live > 0 {
		h.turn(wire.StepNowait)
		c.trade(h)
		h.checkLive()
	}
	count()
	close(c.todo)
	c.workers.Wait()
	if made != 3*rounds || finished+canceled != made {
		t.Fatalf("%d made, %d finished, %d canceled", made, finished, canceled)
	}
	h.finish()
}

// checkLive checks what must hold at every moment, a reset or not: nothing is less than it was, and all that is
// alive waits or runs.
func (h *host) checkLive() {
	h.t.Helper()
	var alive uint64
	for i := range h.stats().Labels {
		s := h.labelAt(i)
		alive += s.Waiting + s.Running
		if s.Queued > 1<<20 || s.Started > 1<<20 || s.Finished > 1<<20 || s.Canceled > 1<<20 {
			h.t.Fatalf("%s: %s", labelText(s), counts(s))
		}
	}
	var used int
	for _, p := range h.e.jobs.blocks.pages {
		used += p.used
	}
	if alive > uint64(used) {
		h.t.Fatalf("%d wait or run in %d blocks", alive, used)
	}
}
