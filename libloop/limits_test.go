// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// perPass runs the loop n passes without sleeping and returns how many events each of them gave.
func (h *host) perPass(n int) []int {
	var counts []int
	for range n {
		before := len(h.log)
		h.runMode(wire.StepOnce | wire.StepNowait)
		counts = append(counts, len(h.log)-before)
	}
	return counts
}

func TestThePhaseLimitLeavesTheRestForTheNextPass(t *testing.T) {
	const n, limit = 10, 4
	for name, fill := range map[string]func(*host, func(string) func(*wire.Event)){
		"timers": func(h *host, says func(string) func(*wire.Event)) {
			for i := range n {
				h.after(0, says(fmt.Sprint(i)))
			}
		},
		"pending": func(h *host, says func(string) func(*wire.Event)) {
			for i := range n {
				h.cancel(h.after(100, says(fmt.Sprint(i))))
			}
		},
		"posts": func(h *host, _ func(string) func(*wire.Event)) {
			h.onPost = func(v uint64) { h.logf("%d", v) }
			for i := range n {
				h.post(uint64(i))
			}
		},
		"jobs": func(h *host, says func(string) func(*wire.Event)) {
			for i := range n {
				h.work(func(*wire.Value) int32 { return 0 }, says(fmt.Sprint(i)))
			}
			h.turn(wire.StepSubmit)
			h.runJobs()
		},
		"descriptors": func(h *host, says func(string) func(*wire.Event)) {
			for i := range n {
				h.pollFD(i+10, wire.Readable, wire.OpFlagOneshot, says(fmt.Sprint(i)))
				h.poll.set(i+10, wire.Readable)
			}
		},
	} {
		for _, capacity := range []int{1, 3, 1024} {
			t.Run(fmt.Sprint(name, " capacity ", capacity), func(t *testing.T) {
				h := newHost(t, setup{capacity: capacity, phaseLimit: limit})
				h.holds = 1
				fill(h, h.says)
				if got := fmt.Sprint(h.perPass(4)); got != "[4 4 2 0]" {
					t.Fatalf("events in the passes: %s", got)
				}
				h.wants("0 1 2 3 4 5 6 7 8 9")
				h.finish()
			})
		}
	}
}

func TestThePhaseLimitIsFairToWatchers(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity, phaseLimit: 2})
		ids := map[string]uint64{}
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			ids[name] = h.watcher(wire.OpIdle, h.says(name))
		}
		if got := fmt.Sprint(h.perPass(5)); got != "[2 2 2 2 2]" {
			t.Fatalf("events in the passes: %s", got)
		}
		h.wants("a b c d e a b c d e")
		h.perPass(1)
		h.clear(ids["c"]) // the one to go on with
		h.clear(ids["a"])
		h.log = nil
		h.perPass(3)
		h.wants("d e b d e b")
		h.clear(ids["d"])
		h.log = nil
		h.perPass(3)
		h.wants("e b b e b e") // from the second pass on the list is finished in every pass
		h.finish()
	}
}

func TestWatchersGoBackToTheOrderOfStartingWhenTheLimitNoLongerBinds(t *testing.T) {
	h := newHost(t, setup{phaseLimit: 3})
	ids := map[string]uint64{}
	for _, name := range []string{"a", "b", "c", "d"} {
		ids[name] = h.watcher(wire.OpIdle, h.says(name))
	}
	h.perPass(1)
	h.wants("a b c")
	h.clear(ids["c"])
	h.perPass(3)
	h.wants("d a b a b d a b d")
	h.finish()
}

func TestThePhaseLimitFinishesAPollListBeforeAnythingNew(t *testing.T) {
	h := newHost(t, setup{phaseLimit: 2})
	h.holds = 1
	h.onPost = func(v uint64) {
		h.logf("post%d", v)
		if v < 100 {
			h.post(v + 100) // a flood: as much again every time
		}
	}
	for i := range 3 {
		h.post(uint64(i))
	}
	h.work(func(*wire.Value) int32 { return 0 }, h.says("job"))
	h.pollFD(9, wire.Readable, wire.OpFlagOneshot, h.says("fd"))
	h.poll.set(9, wire.Readable)
	h.turn(wire.StepSubmit)
	h.runJobs()
	h.perPass(5)
	h.wants("post0 post1 post2 job fd post100 post101 post102")
	h.finish()
}

func TestExpiredDeadlinesDoNotUseUpTheLimitOfTheTimersPhase(t *testing.T) {
	h := newHost(t, setup{phaseLimit: 2})
	for i := range 3 {
		h.start(wire.Op{Code: wire.OpPollFD, Arg: int64(i), Len: 1, TimeoutNS: 5}, h.says("late"))
	}
	h.after(6, h.says("timer"))
	h.turn(wire.StepSubmit)
	h.clock.ns += 10
	h.perPass(2)
	h.wants("timer late late late")
	h.finish()
}

func TestTheQueueLimitEndsAJobWithEFULL(t *testing.T) {
	h := newHost(t, setup{queueLimit: 2})
	fn := func(*wire.Value) int32 { return 0 }
	for i := range 4 {
		h.work(fn, h.tells(fmt.Sprint("job", i)))
	}
	op := h.workOp(fn)
	op.Len = wire.LaneCpu
	h.start(op, h.tells("other lane"))
	h.turn(0)
	h.wants("job2(-9)@0 job3(-9)@0")
	if h.shared.Queued != [3]uint32{2, 0, 1} {
		t.Fatalf("queued %v", h.shared.Queued)
	}
	h.raw(wire.Op{Code: wire.OpQueueLimit, Len: wire.LaneHost, Arg: 3})
	h.work(fn, h.tells("fits"))
	h.work(fn, h.tells("full"))
	h.perPass(2)
	h.wants("full(-9)@0")
	h.raw(wire.Op{Code: wire.OpQueueLimit, Len: wire.LaneHost, Arg: 0})
	for range 10 {
		h.work(fn, nil)
	}
	h.run()
	h.wantRefused()
	h.finish()
}
