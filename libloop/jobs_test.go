// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestTheValueOfAFunctionIsTheValueOfItsEvent(t *testing.T) {
	text := []byte("text")
	data := addrOf8(text)
	for name, c := range map[string]struct {
		status int32
		value  wire.Value
		want   wire.Event
		text   string
	}{
		"undefined": {want: wire.Event{Flags: wire.KindUndefined}},
		"null":      {value: wire.Value{Kind: wire.KindNull}, want: wire.Event{Flags: wire.KindNull}},
		"bool": {value: wire.Value{Kind: wire.KindBool, Num: 1},
			want: wire.Event{Flags: wire.KindBool, Num: 1}},
		"int": {value: wire.Value{Kind: wire.KindInt, Num: -5},
			want: wire.Event{Flags: wire.KindInt, Num: -5}},
		"double": {value: wire.Value{Kind: wire.KindDouble, Num: int64(math.Float64bits(0.5))},
			want: wire.Event{Flags: wire.KindDouble, Num: int64(math.Float64bits(0.5))}},
		"bytes": {value: wire.Value{Kind: wire.KindBytes, Data: data, Len: 4, Release: 1},
			want: wire.Event{Flags: wire.KindBytes, Data: data, Len: 4}},
		"string": {value: wire.Value{Kind: wire.KindString, Data: data, Len: 2},
			want: wire.Event{Flags: wire.KindString, Data: data, Len: 2}},
		"bytes at NULL": {value: wire.Value{Kind: wire.KindBytes, Len: 4},
			want: wire.Event{Flags: wire.KindBytes}},
		"an error with a text": {value: wire.Value{Kind: wire.KindError, Data: data, Len: 4, OSErrno: 2, Release: 1},
			want: wire.Event{Flags: wire.KindError, Status: wire.ENOENT, Data: data, Len: 4, Aux: 2}},
		"an error without a name": {value: wire.Value{Kind: wire.KindError, OSErrno: int32(syscall.ENOTTY)},
			want: wire.Event{Flags: wire.KindError, Status: wire.ESYS, Aux: uint64(syscall.ENOTTY)}, text: "work work"},
		"an error without an errno": {value: wire.Value{Kind: wire.KindError},
			want: wire.Event{Flags: wire.KindError, Status: wire.EJOB}, text: "work work"},
		"a named code": {status: wire.EACCES,
			want: wire.Event{Flags: wire.KindError, Status: wire.EACCES}, text: "work work"},
		"a named code and an error": {status: wire.EIO, value: wire.Value{Kind: wire.KindError, Data: data, Len: 4, OSErrno: 7},
			want: wire.Event{Flags: wire.KindError, Status: wire.EIO, Data: data, Len: 4, Aux: 7}},
		"a named code and a value": {status: wire.EIO, value: wire.Value{Kind: wire.KindBytes, Data: data, Len: 4, Release: 1},
			want: wire.Event{Flags: wire.KindError, Status: wire.EIO}, text: "work work"},
		"an unknown code": {status: -1000,
			want: wire.Event{Flags: wire.KindError, Status: wire.EJOB, Aux: 1<<64 - 1000}, text: "work work"},
		"a code between the names": {status: -31,
			want: wire.Event{Flags: wire.KindError, Status: wire.EJOB, Aux: 1<<64 - 31}, text: "work work"},
		"a positive code": {status: 3,
			want: wire.Event{Flags: wire.KindError, Status: wire.EJOB, Aux: 3}, text: "work work"},
		"an unknown kind": {value: wire.Value{Kind: 8},
			want: wire.Event{Flags: wire.KindError, Status: wire.EJOB}, text: "work work"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			var got wire.Event
			var said string
			id := h.work(func(v *wire.Value) int32 { *v = c.value; return c.status }, func(ev *wire.Event) {
				got = *ev
				if c.text != "" {
					said = string(wire.Slice[byte](ev.Data, int(ev.Len)))
					got.Data, got.Len = 0, 0
				}
			})
			h.run()
			c.want.ID, c.want.Code = id, wire.OpWork
			if got != c.want || said != c.text {
				t.Fatalf("got  %+v %q\nwant %+v %q", got, said, c.want, c.text)
			}
			h.finish()
			if want := int(c.value.Release); h.released != want {
				t.Fatalf("%d values released, want %d", h.released, want)
			}
		})
	}
}

func TestAJobCarriesWhatThePoolNeeds(t *testing.T) {
	h := newHost(t, setup{})
	arg := []byte{1}
	h.after(1e9, nil)
	op := h.workOp(func(*wire.Value) int32 { return 0 })
	op.Data, op.Len = addrOf8(arg), wire.LaneFile
	h.label("File read")
	id := h.start(op, nil)
	h.turn(wire.StepSubmit)
	j := h.queue[wire.LaneFile][0]
	if j.Arg != op.Data || j.Fn != uintptr(op.Arg) || j.ID != id || j.Seq != 2 || j.State != wire.JobQueued ||
		j.Lane != wire.LaneFile || j.QueuedNS != h.clock.ns || wire.Text(j.Label) != "File read" {
		t.Fatalf("job %+v", *j)
	}
	h.finish()
}

func TestALabelOpWinsOverTheStaticLabel(t *testing.T) {
	h := newHost(t, setup{})
	static := []byte("static\x00")
	op := h.workOp(func(*wire.Value) int32 { return 0 })
	op.Target = uint64(addrOf8(static))
	h.start(op, nil)
	h.label("copied")
	h.start(op, nil)
	op.Target = 0
	h.start(op, nil)
	h.turn(wire.StepSubmit)
	var got []string
	for _, j := range h.queue[0] {
		got = append(got, wire.Text(j.Label))
	}
	if fmt.Sprint(got) != "[static copied work]" {
		t.Fatal(got)
	}
	h.finish()
}

func TestResultsComeInTheOrderJobsCameBack(t *testing.T) {
	h := newHost(t, setup{})
	for i := range 5 {
		h.work(func(*wire.Value) int32 { return 0 }, h.says(fmt.Sprint(i)))
	}
	h.turn(wire.StepSubmit)
	for h.begin(0) != nil {
	}
	for _, i := range []int{3, 0, 4, 2, 1} {
		for k, j := range h.running {
			if j.ID == hostID0(uint64(i), 1) {
				h.running[0], h.running[k] = h.running[k], h.running[0]
			}
		}
		h.end()
	}
	h.run()
	h.wants("3 0 4 2 1")
	h.finish()
}

func TestJobBlocksAreUsedAgainAndGivenBackAfterABurst(t *testing.T) {
	h := newHost(t, setup{})
	fn := func(*wire.Value) int32 { return 0 }
	h.work(fn, nil)
	h.run()
	before := h.mem.Live()
	for range 100 {
		h.work(fn, nil)
		h.run()
	}
	if n := h.mem.Live(); n != before {
		t.Fatalf("%d allocations, before %d", n, before)
	}
	const burst = 100 * jobsPerPage
	for range burst {
		h.work(fn, nil)
	}
	h.turn(wire.StepSubmit)
	if n := h.mem.Live() - before; n < burst/jobsPerPage-1 {
		t.Fatalf("%d pages for %d jobs", n, burst)
	}
	h.run()
	if n := h.mem.Live() - before; n > emptyKept {
		t.Fatalf("%d pages kept", n)
	}
	h.work(fn, h.says("again"))
	h.run()
	h.wants("again")
	h.finish()
}

func TestAValueIsReleasedExactlyOnceWhateverHappensToItsId(t *testing.T) {
	for name, f := range map[string]func(*host, uint64){
		"delivered": func(h *host, id uint64) { h.end() },
		"cleared":   func(h *host, id uint64) { h.clear(id); h.turn(0); h.end() },
		"canceled":  func(h *host, id uint64) { h.cancel(id); h.turn(0); h.end() },
		"closed":    func(h *host, id uint64) { h.closed = true; h.turn(0); h.turn(0); h.end() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			f(h, h.runningJob())
			h.run()
			h.finish()
			if h.released != 1 {
				t.Fatalf("%d times", h.released)
			}
		})
	}
}

func TestAJobWithoutMemoryEndsWithENOMEM(t *testing.T) {
	h := newHost(t, setup{})
	h.e.mem = noMemory{}
	h.e.jobs.mem = noMemory{}
	h.work(nil, func(ev *wire.Event) { h.logf("%d", ev.Status) })
	h.e.mem = h.mem
	h.run()
	h.wants("-8")
	h.e.jobs.mem = h.mem
	h.finish()
}

// noMemory has none.
type noMemory struct{}

func (noMemory) Alloc(uintptr) uintptr { return 0 }
func (noMemory) Free(uintptr)          {}
func (noMemory) Block(uintptr) uintptr { return 0 }
func (noMemory) UnrefBlock(uintptr)    {}
