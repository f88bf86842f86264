// SPDX-License-Identifier: MIT

package libloop

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// driver steps an engine without the bookkeeping of host: for what is measured.
type driver struct {
	tb     testing.TB
	e      *Engine
	mem    *wire.HeapMemory
	shared *wire.Shared
	clock  *fakeClock
	step   wire.Step
	ops    []wire.Op
	events []wire.Event
	posts  []wire.Post
}

func newDriver(tb testing.TB, slots uint32) *driver {
	d := &driver{
		tb: tb, mem: &wire.HeapMemory{}, shared: &wire.Shared{}, clock: &fakeClock{ns: 1e9},
		events: make([]wire.Event, 1024), ops: make([]wire.Op, 0, 4096), posts: make([]wire.Post, 64),
	}
	e, code := newEngine(&wire.Options{}, d.shared, d.mem, d.clock, newFakePoller().open)
	if code != wire.OK {
		tb.Fatalf("newEngine: %d", code)
	}
	d.e = e
	d.step.HostSlots = slots
	d.step.Events = uintptr(unsafe.Pointer(&d.events[0]))
	d.step.EventCapacity, d.step.EventStride, d.step.OpStride = 1024, 64, 64
	return d
}

// take makes one step with the ops queued.
func (d *driver) take(flags uint32) uint32 {
	s := &d.step
	s.Ops, s.OpCount, s.Flags = uintptr(unsafe.Pointer(unsafe.SliceData(d.ops))), uint32(len(d.ops)), flags
	if code := d.e.Step(s); code != wire.OK {
		d.tb.Fatalf("Step: %d", code)
	}
	d.ops = d.ops[:0]
	return s.Answer
}

func (d *driver) op(op wire.Op) {
	if d.ops = append(d.ops, op); len(d.ops) == cap(d.ops) {
		d.take(wire.StepSubmit)
	}
}

// drain steps until nothing more is told now.
func (d *driver) drain() (events int) {
	for d.take(wire.StepNowait) == wire.AnswerBatch {
		events += int(d.step.NEvents)
	}
	return events
}

func wantNoAllocs(t *testing.T, f func()) {
	t.Helper()
	for range 20 {
		f()
	}
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Fatalf("%v allocations in a round", n)
	}
}

func TestTimersAllocateNothing(t *testing.T) {
	d := newDriver(t, 100)
	gen := uint64(0)
	wantNoAllocs(t, func() {
		gen++
		for i := range uint64(100) {
			d.op(wire.Op{Code: wire.OpTimer, ID: hostID0(i, gen), Arg: d.clock.ns + int64(i%7), TimeoutNS: int64(i % 2)})
			if i%3 == 0 {
				d.op(wire.Op{Code: wire.OpClear, Target: hostID0(i, gen)})
			}
		}
		d.clock.ns += 10
		n := d.drain()
		if n += d.drain(); n != 100 {
			t.Fatalf("%d events", n)
		}
	})
}

func TestPostsAllocateNothing(t *testing.T) {
	d := newDriver(t, 0)
	d.step.Posts, d.step.KeepAlive = uintptr(unsafe.Pointer(&d.posts[0])), 1
	wantNoAllocs(t, func() {
		d.step.PostCount = uint32(len(d.posts))
		d.take(wire.StepNowait)
		if d.step.NEvents != 64 || d.step.PostsTaken != 64 {
			t.Fatalf("%d events", d.step.NEvents)
		}
		d.step.PostCount = 0
		d.drain()
	})
}

func TestJobsAllocateNothing(t *testing.T) {
	label := uint64(addrOf8([]byte("label\x00")))
	d := newDriver(t, 64)
	gen := uint64(0)
	wantNoAllocs(t, func() {
		gen++
		for i := range uint64(64) {
			d.op(wire.Op{Code: wire.OpWork, ID: hostID0(i, gen), Arg: 1, Target: label})
		}
		d.drain()
		d.pool()
		if n := d.drain(); n != 64 {
			t.Fatalf("%d events", n)
		}
	})
}

func TestWatchersDescriptorsAndErrorsAllocateNothing(t *testing.T) {
	d := newDriver(t, 64)
	for i := range uint64(8) {
		d.op(wire.Op{Code: wire.OpIdle, ID: hostID0(i, 1)})
		d.op(wire.Op{Code: wire.OpCheck, ID: hostID0(8+i, 1)})
	}
	gen := uint64(0)
	label := addrOf8([]byte("label"))
	wantNoAllocs(t, func() {
		gen++
		d.op(wire.Op{Code: wire.OpLabel, Data: label, Len: 5})
		d.op(wire.Op{Code: wire.OpTimer, ID: hostID0(20, gen), Arg: 1 << 60})
		d.op(wire.Op{Code: wire.OpCancel, Target: hostID0(20, gen)})
		d.op(wire.Op{Code: wire.OpTimer})
		for range 6 {
			d.take(0)
		}
	})
}

// benchTimers starts b.N timers with random deadlines within a second and returns their driver.
func benchTimers(b *testing.B) *driver {
	d := newDriver(b, uint32(b.N))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range b.N {
		d.op(wire.Op{Code: wire.OpTimer, ID: hostID0(uint64(i), 1), Arg: d.clock.ns + 1e6 + r.Int64N(999e6)})
	}
	d.take(wire.StepSubmit)
	return d
}

func BenchmarkTimersStart(b *testing.B) {
	b.ReportAllocs()
	benchTimers(b)
}

func BenchmarkTimersStop(b *testing.B) {
	d := benchTimers(b)
	b.ResetTimer()
	for i := range b.N {
		d.op(wire.Op{Code: wire.OpClear, Target: hostID0(uint64(i), 1)})
	}
	d.take(wire.StepSubmit)
	if n := d.drain(); n != b.N {
		b.Fatalf("%d events", n)
	}
}

func BenchmarkTimersFire(b *testing.B) {
	d := benchTimers(b)
	b.ResetTimer()
	n := 0
	for range 1001 {
		d.clock.ns += 1e6
		n += d.drain()
		n += d.drain()
	}
	if n != b.N {
		b.Fatalf("%d events", n)
	}
}

// BenchmarkPass is a pass with one immediate: what an immediate that starts the next one costs.
func BenchmarkPass(b *testing.B) {
	d := newDriver(b, 1)
	d.e.clock = systemClock{}
	d.step.Immediates, d.step.KeepAlive = 1, 1
	for range b.N {
		if d.take(0) != wire.AnswerBatch {
			b.Fatal("no batch")
		}
	}
}

// BenchmarkJobs runs 64 empty jobs at once.
func BenchmarkJobs(b *testing.B) {
	label := uint64(addrOf8([]byte("label\x00")))
	d := newDriver(b, 64)
	gen := uint64(0)
	for range b.N / 64 {
		gen++
		for i := range uint64(64) {
			d.op(wire.Op{Code: wire.OpWork, ID: hostID0(i, gen), Arg: 1, Target: label})
		}
		d.drain()
		d.pool()
		d.drain()
	}
}

// pool ends every job that the last step started.
func (d *driver) pool() {
	for addr := d.step.Start; addr != 0; {
		j := wire.At[wire.Job](addr)
		j.StartedNS, j.EndedNS = j.QueuedNS+20_000+int64(j.ID>>30&0xfff), j.QueuedNS+25_000
		atomic.StoreUint32(&j.State, wire.JobFinished)
		atomic.AddUint32(&d.shared.Queued[j.Lane], ^uint32(0))
		addr = j.Next
	}
	d.step.Finished, d.step.Start = d.step.Start, 0
}
