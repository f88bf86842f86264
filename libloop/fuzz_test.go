// SPDX-License-Identifier: MIT

package libloop

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// fuzzing plays a host that submits whatever the fuzzer says, and keeps its own account of ids: an id lives
// from the op that is not refused to its final event.
type fuzzing struct {
	*host
	asked    map[uint64]int  // ops that name an id and are not refused or ended yet
	outcome  map[uint64]bool // ids whose outcome was told
	ended    map[uint64]bool
	refusals int
	total    int
}

// FuzzStep takes 16 bytes for each op: code, flags, slot, generation, target and argument. Nothing may
// panic, and each id ends exactly once.
func FuzzStep(f *testing.F) {
	seed := func(ops ...[8]uint16) {
		var b []byte
		for _, op := range ops {
			for _, v := range op {
				b = binary.LittleEndian.AppendUint16(b, v)
			}
		}
		f.Add(b)
	}
	seed([8]uint16{1, 0, 0, 1, 0, 0, 5, 0}, [8]uint16{32, 0, 0, 0, 0, 1, 0, 0})
	seed([8]uint16{1, 2, 0, 1, 0, 0, 5, 7}, [8]uint16{6, 0, 1, 1, 0, 0, 1, 0}, [8]uint16{33, 0, 0, 0, 1, 1, 0, 0},
		[8]uint16{0xfff0, 0, 0, 0, 0, 0, 0, 0})
	seed([8]uint16{5, 4, 2, 1, 0, 0, 7, 1}, [8]uint16{2, 1, 3, 9, 0, 0, 0, 40}, [8]uint16{38, 0, 0, 0, 0, 0, 3, 0},
		[8]uint16{36, 0, 0, 0, 2, 1, 9, 0}, [8]uint16{37, 0, 0, 0, 2, 1, 0, 3})
	f.Fuzz(func(t *testing.T, data []byte) { fuzzOps(t, data) })
}

func fuzzOps(t *testing.T, data []byte) *fuzzing {
	x := &fuzzing{host: newHost(t, setup{capacity: 1 + len(data)%7, phaseLimit: uint32(len(data) % 5)})}
	x.asked, x.outcome, x.ended = map[uint64]int{}, map[uint64]bool{}, map[uint64]bool{}
	x.slots = make([]hostSlot, 16) // slots that are handed out; generations are the fuzzer's
	x.fns = append(x.fns, func(v *wire.Value) int32 { v.Kind = wire.KindInt; return 0 })
	ids := map[uint64]wire.Op{}
	for len(data) >= 16 {
		var v [8]uint16
		for i := range v {
			v[i] = binary.LittleEndian.Uint16(data[2*i:])
		}
		data = data[16:]
		if v[0] >= 0xfff0 {
			x.drive(ids, uint32(v[0]&0xf))
			continue
		}
		x.total++
		op := wire.Op{
			Code: v[0], Flags: v[1], User: uint64(x.total), CB: uintptr(x.total),
			Arg: x.clock.ns + int64(int16(v[6])), TimeoutNS: int64(int16(v[7])) / 16,
		}
		switch {
		case op.Code >= wire.OpTimer && op.Code <= wire.OpWork:
			op.ID = hostID0(uint64(v[2]%20), uint64(v[3]))
			if op.Flags&wire.OpFlagRepeat != 0 {
				op.Target = uint64(v[4])
			}
			if op.Code == wire.OpPollFD {
				op.Arg, op.Len = int64(v[6]%1000), uint32(v[4])
			}
			if op.Code == wire.OpWork {
				op.Arg, op.Len = 1, uint32(v[4]%5)
			}
		case op.Code == wire.OpLabel:
			text := make([]byte, 1+v[6]%64)
			x.keep = append(x.keep, text)
			for i := range text {
				text[i] = byte(v[7]) | 1
			}
			op.Data, op.Len, op.TimeoutNS = uintptr(unsafe.Pointer(&text[0])), uint32(len(text)), 0
		case op.Code == wire.OpHttp:
			small := &[8]uint64{} // by its size field
			x.keep = append(x.keep, small)
			op.Data = uintptr(unsafe.Pointer(small))
		default:
			op.Target = hostID0(uint64(v[4]%20), uint64(v[5]))
			op.Len = uint32(v[7])
		}
		x.raw(op)
		ids[op.User] = op
	}
	x.drive(ids, 0)
	x.host.closed = true
	for range 5000 {
		x.drive(ids, 0)
		if x.answer == wire.AnswerDone {
			break
		}
	}
	x.giveBack()
	for id, n := range x.asked {
		if n != 0 {
			t.Fatalf("%d ops for id %#x without an end", n, id)
		}
	}
	if code := x.e.Free(); code != wire.OK {
		t.Fatalf("Free: %d", code)
	}
	if n := x.mem.Live(); n != 0 {
		t.Fatalf("%d allocations left", n)
	}
	return x
}

// drive makes a step and accounts for its events. how says what happens around it.
func (x *fuzzing) drive(ids map[uint64]wire.Op, how uint32) {
	x.t.Helper()
	for _, op := range x.ops {
		if op.Code >= wire.OpTimer && op.Code <= wire.OpHttp {
			x.asked[op.ID]++
		}
	}
	if how&1 != 0 {
		x.clock.ns += 150
	}
	if how&2 != 0 {
		x.poll.set(int(how), wire.Readable|wire.Error)
	}
	if how&4 != 0 {
		for lane := range x.queue {
			x.begin(lane)
		}
	} else if len(x.running) > 0 {
		x.end()
	}
	x.batchOps()
	x.account(ids)
	if x.answer == wire.AnswerWait {
		x.clock.ns += max(0, min(x.step.WaitNS, 1<<20))
		x.runJobs()
	}
}

// batchOps steps without dispatching.
func (x *fuzzing) batchOps() {
	x.giveBack()
	s := &x.step
	x.opMem = append(x.opMem[:0], x.ops...)
	x.ops = x.ops[:0]
	s.Ops, s.OpCount, s.OpStride = 0, uint32(len(x.opMem)), 64
	if len(x.opMem) > 0 {
		s.Ops = uintptr(unsafe.Pointer(&x.opMem[0]))
	}
	s.Events, s.EventCapacity, s.EventStride = uintptr(unsafe.Pointer(&x.events[0])), uint32(len(x.events)), 64
	s.Finished, s.Returned = addrOf(x.finished), x.returned
	x.finished, x.lastDone, x.returned = nil, nil, 0
	if s.Flags = wire.StepNowait; x.closed {
		s.Flags = wire.StepClose
	}
	s.HostSlots = uint32(len(x.slots))
	if x.code = x.e.Step(s); x.code != wire.OK {
		x.t.Fatalf("Step: %d", x.code)
	}
	x.answer = s.Answer
	x.take(s.Start)
	x.values = s.Values
}

func (x *fuzzing) account(ids map[uint64]wire.Op) {
	for _, ev := range x.events[:x.step.NEvents] {
		op, ok := ids[ev.User]
		if !ok || ev.Code != op.Code || ev.CB != op.CB || ev.ID != op.ID {
			x.t.Fatalf("event %+v for op %+v", ev, op)
		}
		if ev.Flags&wire.EvRefused != 0 {
			if ev.Status >= 0 {
				x.t.Fatalf("refused with %d", ev.Status)
			}
			x.refusals++
			if op.Code >= wire.OpTimer && op.Code <= wire.OpHttp {
				x.asked[ev.ID]--
			}
			continue
		}
		if x.asked[ev.ID] <= 0 || x.ended[ev.ID] || x.outcome[ev.ID] && ev.Flags&wire.EvMore != 0 {
			x.t.Fatalf("event of an id that has ended: %+v", ev)
		}
		x.outcome[ev.ID] = ev.Flags&wire.EvOutcome != 0
		if ev.Flags&wire.EvMore == 0 {
			x.asked[ev.ID]--
			x.ended[ev.ID] = true
		}
	}
}

func TestRandomOpsEndEveryIdOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	codes := []uint16{1, 1, 1, 1, 1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 32, 32, 33, 33, 34, 35, 36, 36, 37, 38, 40, 64, 0x8001}
	refused, total := 0, 0
	for range 250 {
		var data []byte
		gens := make([]uint16, 20)
		for range 10 + r.IntN(100) {
			if r.IntN(3) == 0 {
				data = binary.LittleEndian.AppendUint16(data, 0xfff0|uint16(r.IntN(16)))
				data = append(data, make([]byte, 14)...)
				continue
			}
			code := codes[r.IntN(len(codes))]
			slot := r.IntN(17)
			if code <= wire.OpHttp && r.IntN(20) > 0 {
				if r.IntN(4) == 0 {
					for _, v := range []uint16{wire.OpClear, 0, 0, 0, uint16(slot), gens[slot], 0, 0} {
						data = binary.LittleEndian.AppendUint16(data, v)
					}
					data = binary.LittleEndian.AppendUint16(data, 0xfff0)
					data = append(data, make([]byte, 14)...)
				}
				gens[slot]++
			}
			var flags uint16
			if r.IntN(6) == 0 {
				flags = 1 << r.IntN(6)
			}
			target := uint16(slot)
			if code == wire.OpPollFD || code == wire.OpWork {
				target = uint16(1 + r.IntN(3)) // interest or lane
			}
			for _, v := range []uint16{
				code, flags, uint16(slot), gens[slot], target, gens[slot], uint16(r.IntN(200)),
				uint16(r.IntN(64) + 65536 - 8),
			} {
				data = binary.LittleEndian.AppendUint16(data, v)
			}
		}
		x := fuzzOps(t, data)
		refused += x.refusals
		total += x.total
	}
	if refused*4 > total*3 || refused*10 < total {
		t.Fatalf("%d of %d ops refused", refused, total)
	}
}
