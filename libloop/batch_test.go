// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// cancelled starts n timers with a label of size bytes and cancels them, so that each event has data.
func (h *host) cancelled(n, size int, cb func(*wire.Event)) {
	for range n {
		h.label(strings.Repeat("x", size))
		h.cancel(h.after(1e9, cb))
	}
}

func TestDataOfABatchStaysUntilTheNextStepThatDelivers(t *testing.T) {
	h := newHost(t, setup{capacity: 2})
	var first wire.Event
	h.cancelled(4, 10, func(ev *wire.Event) {
		if first.ID == 0 {
			first = *ev
		}
	})
	h.turn(0)
	for range 10 {
		h.turn(wire.StepSubmit)
	}
	got := string(wire.Slice[byte](first.Data, int(first.Len)))
	if got != "timer xxxxxxxxxx" {
		t.Fatalf("%q", got)
	}
	h.run()
	h.finish()
}

func TestABatchHasAtMostAMebibyteOfData(t *testing.T) {
	h := newHost(t, setup{capacity: 65536})
	const n, size = 1000, 4000
	got := 0
	h.cancelled(n, size, func(ev *wire.Event) {
		if int(ev.Len) != len("timer ")+size {
			t.Errorf("%d bytes", ev.Len)
		}
		got++
	})
	h.turn(0)
	if fits := slabMax / (size + 8); got > fits || got < fits*9/10 {
		t.Fatalf("%d events of %d bytes in one batch", got, size)
	}
	h.run()
	if got != n {
		t.Fatalf("%d of %d events", got, n)
	}
	h.finish()
}

func TestTheSlabGrowsToWhatStepsNeedAndShrinksAfterwards(t *testing.T) {
	h := newHost(t, setup{})
	sizes := func() string {
		var s []string
		for _, slab := range h.e.out.slabs {
			s = append(s, fmt.Sprint(slab.size>>10))
		}
		return strings.Join(s, " ")
	}
	h.cancelled(1, 10, nil)
	h.run()
	if got := sizes(); got != "16" {
		t.Fatalf("slabs of %s KiB", got)
	}
	h.cancelled(50, 4000, nil)
	h.turn(0)
	if got := sizes(); got != "16 32 64 128" {
		t.Fatalf("slabs of %s KiB", got)
	}
	h.run()
	if got := sizes(); got != "256" {
		t.Fatalf("slabs of %s KiB", got)
	}
	live := h.mem.Live()
	for range 5 {
		h.cancelled(50, 4000, nil)
		h.run()
	}
	if got := sizes(); got != "256" || h.mem.Live() != live {
		t.Fatalf("slabs of %s KiB", got)
	}
	for range 5*slabCalm + 10 {
		h.turn(wire.StepNowait)
	}
	if got := sizes(); got != "16" {
		t.Fatalf("slabs of %s KiB after a calm time", got)
	}
	h.finish()
}

func TestLongDataGetsABlockOfItsOwn(t *testing.T) {
	h := newHost(t, setup{})
	b := &h.e.out
	b.begin(&wire.Step{EventCapacity: 4})
	before := h.mem.Live()
	long := make([]byte, blockMin+1)
	long[blockMin] = 'x'
	addr, n, block, ok := b.put(long)
	if !ok || !block || n != blockMin+1 || wire.Slice[byte](addr, int(n))[blockMin] != 'x' {
		t.Fatalf("%d bytes, block %t, ok %t", n, block, ok)
	}
	if _, _, block, ok = b.put(long[:blockMin]); !ok || block {
		t.Fatalf("block %t, ok %t", block, ok)
	}
	b.begin(&wire.Step{})
	if n := h.mem.Live() - before; n != 1 { // the slab
		t.Fatalf("%d allocations left", n)
	}
	h.finish()
}

func TestWithoutMemoryForDataEventsComeWithoutIt(t *testing.T) {
	h := newHost(t, setup{})
	h.e.out.mem = noMemory{}
	h.cancel(h.after(1e9, func(ev *wire.Event) { h.logf("%d:%d", ev.Status, ev.Len) }))
	h.run()
	h.wants("-11:0")
	h.e.out.mem = h.mem
	h.finish()
}

func TestAFifoKeepsItsOrderAndItsRoomSmall(t *testing.T) {
	var f fifo[int]
	next, last := 0, 0
	for round := range 50 {
		for range 1000 + round*100 {
			f.push(last)
			last++
		}
		for range 900 + round*100 {
			if got := *f.first(); got != next {
				t.Fatalf("got %d, want %d", got, next)
			}
			f.pop()
			next++
		}
	}
	if f.len() != last-next {
		t.Fatalf("length %d, want %d", f.len(), last-next)
	}
	if len(f.items) > 4*f.len() {
		t.Fatalf("room for %d with %d items", len(f.items), f.len())
	}
	for f.len() > 0 {
		f.pop()
	}
	if cap(f.items) > roomKept {
		t.Fatalf("an empty queue keeps room for %d", cap(f.items))
	}
}
