// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// pipes makes n pipes, raising the soft limit of descriptors if it must.
func (r *rig) pipes(n int) (rd, wr []int) {
	r.t.Helper()
	var limit unix.Rlimit
	r.ok("getrlimit", unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	if limit.Max < uint64(2*n+64) {
		r.t.Skipf("at most %d descriptors are allowed", limit.Max)
	}
	if limit.Cur < uint64(2*n+64) {
		raised := unix.Rlimit{Cur: limit.Max, Max: limit.Max}
		r.ok("setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &raised))
	}
	for range n {
		a, b := r.pipe()
		rd, wr = append(rd, a), append(wr, b)
	}
	return rd, wr
}

func TestAThousandDescriptorsAreReportedOnceEach(t *testing.T) {
	const n = 1000
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipes(n)
		for i := range n {
			r.ok("Add", r.Add(rd[i], uint64(i+1), readable, OneShot))
			r.write(wr[i])
		}
		seen := make(map[uint64]int)
		for {
			got := r.reports()
			if len(got) == 0 {
				break
			}
			for _, g := range got {
				if seen[g.id]++; seen[g.id] > 1 {
					t.Fatalf("id %d was reported again", g.id)
				}
			}
		}
		for i := range n {
			if seen[uint64(i+1)] != 1 {
				t.Fatalf("id %d was reported %d times", i+1, seen[uint64(i+1)])
			}
		}
		for i := range n {
			r.ok("Remove", r.Remove(rd[i], uint64(i+1)))
		}
	})
}

func TestThePollArrayGrowsAndShrinks(t *testing.T) {
	const n = 1000
	r := newRig(t, wire.BackendPoll)
	defer r.finish()
	rd, _ := r.pipes(n)
	for i := range n {
		r.ok("Add", r.Add(rd[i], uint64(i+1), readable, Level))
	}
	if r.shared.PollCount != n+1 || r.shared.ReadyCapacity < n+1 {
		t.Fatalf("%d entries in room for %d", r.shared.PollCount, r.shared.ReadyCapacity)
	}
	for i := range n {
		r.ok("Remove", r.Remove(rd[i], uint64(i+1)))
	}
	if r.shared.PollCount != 1 || r.shared.ReadyCapacity != firstPollRecords {
		t.Fatalf("%d entries in room for %d after removing all", r.shared.PollCount, r.shared.ReadyCapacity)
	}
	if r.mem.Live() != 1 {
		t.Fatalf("%d allocations", r.mem.Live())
	}
}

func TestPollReportsInTheOrderOfAdding(t *testing.T) {
	const n = 50
	r := newRig(t, wire.BackendPoll)
	defer r.finish()
	rd, wr := r.pipes(n)
	for i := n - 1; i >= 0; i-- {
		r.ok("Add", r.Add(rd[i], uint64(n-i), readable, Level))
		r.write(wr[i])
	}
	for i := range 30 { // more than half: the array closes up
		r.ok("Remove", r.Remove(rd[i], uint64(n-i)))
	}
	got := r.reports()
	if len(got) != n-30 {
		t.Fatalf("%d reports, want %d", len(got), n-30)
	}
	for i, g := range got {
		if g.id != uint64(i+1) {
			t.Fatalf("report %d is of id %d", i, g.id)
		}
	}
}

func TestChangesBetweenTwoReadyCallsLoseAndRepeatNothing(t *testing.T) {
	const n = 300
	for _, adding := range []bool{false, true} {
		each(t, func(t *testing.T, r *rig) {
			rd, wr := r.pipes(2 * n)
			for i := range n {
				r.ok("Add", r.Add(rd[i], uint64(i+1), readable, Level))
				r.write(wr[i])
			}
			count, err := r.Poll()
			r.ok("Poll", err)
			removed := map[uint64]bool{}
			seen := map[uint64]int{}
			for i := range count {
				id, _ := r.Ready(i)
				if id == 0 || removed[id] {
					continue
				}
				seen[id]++
				if id > n {
					t.Fatalf("id %d was added after the wait", id)
				}
				// Each report removes its own descriptor, and another that most often is still to come.
				for _, gone := range []uint64{id, (id*7)%n + 1} {
					if !removed[gone] && gone%4 != 0 {
						r.ok("Remove", r.Remove(rd[gone-1], gone))
						removed[gone] = true
					}
				}
				if adding {
					r.write(wr[n+i])
					r.ok("Add", r.Add(rd[n+i], uint64(n+i+1), readable, Level))
				}
			}
			for id := uint64(1); id <= n; id++ {
				if seen[id] > 1 || seen[id] == 0 && !removed[id] {
					t.Fatalf("id %d was reported %d times", id, seen[id])
				}
			}
		})
	}
}

func TestPollAndReadyAllocateNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.write(wr)
		r.ok("Add", r.Add(rd, 1, readable, Level))
		if n := testing.AllocsPerRun(100, func() {
			n, _ := r.Poll()
			for i := range n {
				r.Ready(i)
			}
		}); n != 0 {
			t.Fatalf("%v allocations a poll", n)
		}
	})
}
