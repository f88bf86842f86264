// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestBadOpsAreRefused(t *testing.T) {
	text := []byte("bad\x00label\xff")
	at := func(i int) uintptr { return addrOf8(text) + uintptr(i) }
	request := func(change func(*wire.HTTP)) uintptr {
		r := &wire.HTTP{Size: httpSize, URL: at(0)}
		change(r)
		kept = append(kept, r)
		return uintptr(unsafe.Pointer(r))
	}
	const live, fresh = 1, 2 // stand for the id of a live timer and a new id
	timer := wire.Op{Code: wire.OpTimer, ID: fresh}
	with := func(op wire.Op, change func(*wire.Op)) wire.Op { change(&op); return op }
	for name, c := range map[string]struct {
		op   wire.Op
		want int32
	}{
		"code 0":                 {wire.Op{Code: 0}, wire.EINVAL},
		"an unknown code":        {wire.Op{Code: lastNaming, ID: fresh}, wire.EINVAL},
		"a code of events":       {wire.Op{Code: wire.OpPost}, wire.EINVAL},
		"a private code":         {wire.Op{Code: 0x8003}, wire.EINVAL},
		"the last code":          {wire.Op{Code: math.MaxUint16}, wire.EINVAL},
		"id 0 for a timer":       {with(timer, func(o *wire.Op) { o.ID = 0 }), wire.EINVAL},
		"a negative timeout":     {with(timer, func(o *wire.Op) { o.TimeoutNS = -1 }), wire.EINVAL},
		"an unknown flag":        {with(timer, func(o *wire.Op) { o.Flags = 0x4000 }), wire.EINVAL},
		"a flag of another code": {with(timer, func(o *wire.Op) { o.Flags = wire.OpFlagEdge }), wire.EINVAL},
		"a period without REPEAT": {with(timer, func(o *wire.Op) { o.Target = 1 }),
			wire.EINVAL},
		"REPEAT without a period": {with(timer, func(o *wire.Op) { o.Flags = wire.OpFlagRepeat }),
			wire.EINVAL},
		"a negative period": {with(timer, func(o *wire.Op) { o.Flags, o.Target = wire.OpFlagRepeat, 1<<63 }),
			wire.EINVAL},
		"REPEAT for idle":      {wire.Op{Code: wire.OpIdle, ID: fresh, Flags: wire.OpFlagRepeat}, wire.EINVAL},
		"ONESHOT for prepare":  {wire.Op{Code: wire.OpPrepare, ID: fresh, Flags: wire.OpFlagOneshot}, wire.EINVAL},
		"BORROWED for check":   {wire.Op{Code: wire.OpCheck, ID: fresh, Flags: wire.OpFlagBorrowed}, wire.EINVAL},
		"no interest":          {wire.Op{Code: wire.OpPollFD, ID: fresh, Arg: 7}, wire.EINVAL},
		"an unknown interest":  {wire.Op{Code: wire.OpPollFD, ID: fresh, Arg: 7, Len: 4}, wire.EINVAL},
		"a negative fd":        {wire.Op{Code: wire.OpPollFD, ID: fresh, Arg: -1, Len: 1}, wire.EINVAL},
		"an fd beyond 31 bits": {wire.Op{Code: wire.OpPollFD, ID: fresh, Arg: 1 << 31, Len: 1}, wire.EINVAL},
		"ONESHOT and EDGE": {wire.Op{Code: wire.OpPollFD, ID: fresh, Arg: 7, Len: 1,
			Flags: wire.OpFlagOneshot | wire.OpFlagEdge}, wire.EINVAL},
		"work without a function": {wire.Op{Code: wire.OpWork, ID: fresh}, wire.EINVAL},
		"an unknown lane":         {wire.Op{Code: wire.OpWork, ID: fresh, Arg: 1, Len: 3}, wire.EINVAL},
		"http without a request":  {wire.Op{Code: wire.OpHttp, ID: fresh}, wire.EINVAL},
		"a small request": {wire.Op{Code: wire.OpHttp, ID: fresh,
			Data: request(func(r *wire.HTTP) { r.Size = 8 })}, wire.EINVAL},
		"an unknown request flag": {wire.Op{Code: wire.OpHttp, ID: fresh,
			Data: request(func(r *wire.HTTP) { r.Flags = 0x20 })}, wire.EINVAL},
		"a request without a URL": {wire.Op{Code: wire.OpHttp, ID: fresh,
			Data: request(func(r *wire.HTTP) { r.URL = 0 })}, wire.EINVAL},
		"a body at NULL": {wire.Op{Code: wire.OpHttp, ID: fresh,
			Data: request(func(r *wire.HTTP) { r.BodyLen = 4 })}, wire.EINVAL},
		"cancel without a target": {wire.Op{Code: wire.OpCancel}, wire.EINVAL},
		"cancel with an id":       {wire.Op{Code: wire.OpCancel, ID: fresh, Target: live}, wire.EINVAL},
		"cancel with a flag":      {wire.Op{Code: wire.OpCancel, Flags: 1, Target: live}, wire.EINVAL},
		"clear of a forged id":    {wire.Op{Code: wire.OpClear, Target: 99}, wire.EBADID},
		"modify of a timer":       {wire.Op{Code: wire.OpPollModify, Target: live, Len: 1}, wire.EBADID},
		"a label with an id":      {wire.Op{Code: wire.OpLabel, ID: fresh}, wire.EINVAL},
		"a label with a flag":     {wire.Op{Code: wire.OpLabel, Flags: 1}, wire.EINVAL},
		"a label at NULL":         {wire.Op{Code: wire.OpLabel, Len: 3}, wire.EINVAL},
		"a long label":            {wire.Op{Code: wire.OpLabel, Data: at(0), Len: maxLabel + 1}, wire.EINVAL},
		"a label with NUL inside": {wire.Op{Code: wire.OpLabel, Data: at(0), Len: 9}, wire.EINVAL},
		"a label that is not UTF-8": {wire.Op{Code: wire.OpLabel, Data: at(9), Len: 1},
			wire.EINVAL},
		"a queue limit for no lane": {wire.Op{Code: wire.OpQueueLimit, Len: 3}, wire.EINVAL},
		"a negative queue limit":    {wire.Op{Code: wire.OpQueueLimit, Arg: -1}, wire.EINVAL},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			id := h.after(1000, h.says("fired"))
			op := c.op
			if op.ID == fresh {
				op.ID = h.newID()
			}
			if op.Target == live {
				op.Target = id
			}
			op.User, op.CB = 31, 32
			h.raw(op)
			h.turn(0)
			if len(h.refused) != 1 {
				t.Fatalf("%d refusals", len(h.refused))
			}
			got := h.refused[0]
			want := wire.Event{
				ID: op.ID, CB: 32, User: 31, Status: c.want, Code: op.Code,
				Flags: wire.EvRefused | wire.KindError,
			}
			if got != want {
				t.Fatalf("got  %+v\nwant %+v", got, want)
			}
			if h.step.Phase != wire.PhasePending {
				t.Fatalf("in phase %d", h.step.Phase)
			}
			h.run()
			h.wants("fired")
			h.finish()
		})
	}
}

func TestARefusedIdCanBeUsedByTheNextOp(t *testing.T) {
	h := newHost(t, setup{})
	id := h.newID()
	h.raw(wire.Op{Code: wire.OpTimer, ID: id, Target: 3, User: 9})
	h.wantRefused(wire.EINVAL)
	h.byRef[id] = &hostID{cb: h.says("fired"), started: wire.Op{Code: wire.OpTimer}}
	h.raw(wire.Op{Code: wire.OpTimer, ID: id})
	h.run()
	h.wants("fired")
	h.finish()
}

func TestAStepWithBadStridesIsEINVAL(t *testing.T) {
	h := newHost(t, setup{})
	s := &wire.Step{OpCount: 1, OpStride: 8}
	if code := h.e.Step(s); code != wire.EINVAL {
		t.Fatalf("op stride 8: %d", code)
	}
	s = &wire.Step{EventCapacity: 1, EventStride: 63}
	if code := h.e.Step(s); code != wire.EINVAL {
		t.Fatalf("event stride 63: %d", code)
	}
	h.finish()
}

func TestLongerRecordsAreSteppedOver(t *testing.T) {
	h := newHost(t, setup{})
	ops := make([][96]byte, 2)
	events := make([][80]byte, 2)
	h.keep = append(h.keep, ops, events)
	for i := range ops {
		op := wire.At[wire.Op](uintptr(unsafe.Pointer(&ops[i])))
		*op = wire.Op{Code: wire.OpTimer, ID: h.newID(), User: uint64(i + 7)}
	}
	s := &wire.Step{
		Ops: uintptr(unsafe.Pointer(&ops[0])), OpCount: 2, OpStride: 96, HostSlots: 2,
		Events: uintptr(unsafe.Pointer(&events[0])), EventCapacity: 2, EventStride: 80,
	}
	if code := h.e.Step(s); code != wire.OK || s.NEvents != 2 {
		t.Fatalf("code %d, %d events", code, s.NEvents)
	}
	for i := range events {
		ev := wire.At[wire.Event](uintptr(unsafe.Pointer(&events[i])))
		if ev.User != uint64(i+7) {
			t.Fatalf("event %d has user %d", i, ev.User)
		}
	}
	h.finish()
}

func TestALabelNamesOnlyTheNextNamingOp(t *testing.T) {
	h := newHost(t, setup{})
	h.shared.TraceOn = 1
	h.label("mine")
	h.after(0, nil)
	h.after(0, nil)
	h.label("overwritten")
	h.label("last")
	h.control(wire.OpCancel, 99) // a control op does not take the label
	h.after(0, nil)
	h.label("for a refused op")
	h.raw(wire.Op{Code: wire.OpTimer, ID: 0})
	h.after(0, nil)
	h.label("of this array only")
	h.turn(wire.StepSubmit)
	h.after(0, nil)
	h.turn(wire.StepSubmit)
	var got []string
	for _, r := range h.records {
		if r.Kind == wire.TraceRegister {
			got = append(got, wire.Text(r.Label))
		}
	}
	if want := "[mine timer last timer timer]"; fmt.Sprint(got) != want {
		t.Fatalf("got %v, want %s", got, want)
	}
	h.run()
	h.finish()
}

func TestLabelsAreKeptOnceAndTrimmed(t *testing.T) {
	h := newHost(t, setup{})
	before := h.mem.Live()
	for range 3 {
		h.label("same")
		h.after(0, nil)
	}
	h.turn(wire.StepSubmit)
	if n := h.mem.Live() - before; n != 1 {
		t.Fatalf("%d copies of one label", n)
	}
	for i := range maxUnused + 10 {
		h.label(fmt.Sprint("label ", i))
		h.after(0, nil)
		if i%100 == 0 {
			h.run()
		}
	}
	h.run()
	h.turn(wire.StepNowait)
	if n := len(h.e.labels.index); n > maxUnused+20 {
		t.Fatalf("%d labels kept", n)
	}
	h.finish()
}

func TestSubmitTakesOpsAndDeliversNothing(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, h.says("timer"))
	h.raw(wire.Op{Code: wire.OpTimer})
	h.turn(wire.StepSubmit)
	if h.answer != wire.AnswerBatch || h.step.NEvents != 0 || h.step.Alive != 1 || h.step.Pass != 0 {
		t.Fatalf("answer %d, %d events, %d alive, pass %d", h.answer, h.step.NEvents, h.step.Alive, h.step.Pass)
	}
	h.wants("")
	h.run()
	h.wants("timer")
	h.finish()
}

func TestCapacityZeroIsSubmit(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, h.says("timer"))
	h.opMem = append(h.opMem, h.ops...)
	s := &wire.Step{
		Ops: uintptr(unsafe.Pointer(&h.ops[0])), OpCount: 1, OpStride: 64, HostSlots: 1,
	}
	if code := h.e.Step(s); code != wire.OK || s.Answer != wire.AnswerBatch || s.Alive != 1 {
		t.Fatalf("code %d, answer %d, alive %d", code, s.Answer, s.Alive)
	}
	h.ops = nil
	h.run()
	h.wants("timer")
	h.finish()
}
