// SPDX-License-Identifier: MIT

package libloop

import (
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

func hostID0(slot, gen uint64) uint64 {
	return makerHost<<(slotBits+generationBits) | slot<<generationBits | gen
}

// raw queues an op as it is.
func (h *host) raw(op wire.Op) { h.ops = append(h.ops, op) }

// wantRefused runs the loop and compares the statuses of all refusals so far.
func (h *host) wantRefused(want ...int32) {
	h.t.Helper()
	h.run()
	var got []int32
	for _, ev := range h.refused {
		got = append(got, ev.Status)
	}
	if len(got) != len(want) {
		h.t.Fatalf("refused with %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			h.t.Fatalf("refused with %v, want %v", got, want)
		}
	}
	h.refused = nil
}

func TestASlotIsOneCacheLine(t *testing.T) {
	if n := unsafe.Sizeof(slot{}); n != 64 {
		t.Fatalf("%d bytes", n)
	}
}

func TestForgedIdsAreRefused(t *testing.T) {
	for name, id := range map[string]uint64{
		"a slot that was not handed out": hostID0(5, 1),
		"the last slot there is":         hostID0(slotMask, 1),
		"generation 0":                   hostID0(0, 0),
		"the loop's own maker":           3<<61 | 1,
		"maker 0":                        1,
		"a slot of the C half":           1<<61 | 1,
		"bit 63":                         1<<63 | hostID0(0, 1),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			h.newID() // hands out slot 0
			h.raw(wire.Op{Code: wire.OpTimer, ID: id})
			h.wantRefused(wire.EBADID)
			h.raw(wire.Op{Code: wire.OpCancel, Target: id})
			h.wantRefused(wire.EBADID)
			h.finish()
		})
	}
}

func TestALiveIdCannotBeNamedAgain(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(100, h.says("fired"))
	h.raw(wire.Op{Code: wire.OpTimer, ID: id, User: 5})
	h.raw(wire.Op{Code: wire.OpIdle, ID: id + 1, User: 5})
	h.wantRefused(wire.EBADID, wire.EBADID)
	h.wants("fired")
	h.finish()
}

func TestAUsedGenerationIsStale(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(0, nil)
	h.run()
	h.raw(wire.Op{Code: wire.OpTimer, ID: id, User: 5})
	h.wantRefused(wire.EBADID)
	for _, code := range []uint16{wire.OpCancel, wire.OpClear, wire.OpRef, wire.OpUnref, wire.OpRefresh} {
		h.control(code, id)
	}
	h.wantRefused(wire.EBADID, wire.EBADID, wire.EBADID, wire.EBADID, wire.EBADID)
	if next := h.after(0, nil); next != id+1 {
		t.Fatalf("next id %#x after %#x", next, id)
	}
	h.run()
	h.finish()
}

func TestGenerationsMayBeSkippedButNotGoBack(t *testing.T) {
	h := newHost(t, setup{})
	h.newID()
	h.slots[0].gen = 40
	h.spare = []uint32{0}
	h.after(0, h.says("41"))
	h.run()
	h.wants("41")
	h.raw(wire.Op{Code: wire.OpTimer, ID: hostID0(0, 40)})
	h.wantRefused(wire.EBADID)
	h.finish()
}

func TestTheLastGenerationWorksAndThenTheSlotIsSpent(t *testing.T) {
	h := newHost(t, setup{})
	h.newID()
	h.slots[0].gen = generationMask - 1
	h.spare = []uint32{0}
	id := h.after(0, h.says("last"))
	if id != hostID0(0, generationMask) {
		t.Fatalf("id %#x", id)
	}
	h.run()
	h.wants("last")
	if len(h.spare) != 0 {
		t.Fatal("the host uses a spent slot again")
	}
	for _, gen := range []uint64{1, generationMask - 1, generationMask} {
		h.raw(wire.Op{Code: wire.OpTimer, ID: hostID0(0, gen)})
	}
	h.wantRefused(wire.EBADID, wire.EBADID, wire.EBADID)
	h.finish()
}

func TestBothMakersHaveTheirOwnSlots(t *testing.T) {
	h := newHost(t, setup{})
	h.step.ShimSlots = 1
	id := h.after(0, h.says("host"))
	shim := id&^(3<<61) | makerShim<<61
	h.byRef[shim] = &hostID{id: shim, cb: h.says("shim"), started: wire.Op{Code: wire.OpTimer}}
	h.raw(wire.Op{Code: wire.OpTimer, ID: shim, Arg: h.clock.ns})
	h.run()
	h.wants("host shim")
	h.finish()
}

func TestSlotTablesGrowInChunks(t *testing.T) {
	h := newHost(t, setup{})
	const n = 3*chunkLen + 1
	fired := 0
	for range n {
		h.after(10, func(*wire.Event) { fired++ })
	}
	h.run()
	if fired != n {
		t.Fatalf("%d of %d fired", fired, n)
	}
	if got := len(h.e.tables[makerHost]); got != 4 {
		t.Fatalf("%d chunks", got)
	}
	h.finish()
}

func TestExtraRecordsAreUsedAgainAndShrink(t *testing.T) {
	h := newHost(t, setup{})
	for range 3 {
		for range 2000 {
			h.start(wire.Op{Code: wire.OpTimer, Arg: h.clock.ns, TimeoutNS: 50}, nil)
		}
		h.turn(wire.StepSubmit)
		if n := len(h.e.extras); n != 2001 {
			t.Fatalf("%d extra records for 2000 ids", n)
		}
		h.run()
		if n := len(h.e.extras); n != 0 {
			t.Fatalf("%d extra records kept", n)
		}
	}
	h.finish()
}
