// SPDX-License-Identifier: MIT

package libloop

import (
	"io"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestAPausedStreamIsNotReadAndItsDeadlineDoesNotCount(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.ops = append(h.ops, wire.Op{Code: wire.OpRead, Target: w.id, TimeoutNS: 1000})
		h.control(wire.OpPause, w.id)
		_, err := peer.Write([]byte("x"))
		h.must(err)
		h.settle()
		h.clock.ns += 1_000_000
		h.settle()
		h.tells(w, "")
		h.control(wire.OpResume, w.id)
		h.until(func() bool { return len(w.data) == 1 })
		h.gone(w)
		h.tells(w, "data error-12")
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAPausedListenerAcceptsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		h.control(wire.OpPause, l.id)
		peer := h.dialPeer(l.port)
		h.settle()
		h.settle()
		h.tells(l, "open")
		h.control(wire.OpResume, l.id)
		w := h.takes(l)
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestADeadlineCountsAnewFromEachEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.ops = append(h.ops, wire.Op{Code: wire.OpRead, Target: w.id, TimeoutNS: 1_000_000})
		for n := range 3 {
			h.settle()
			h.clock.ns += 900_000
			_, err := peer.Write([]byte("x"))
			h.must(err)
			h.until(func() bool { return len(w.data) == n+1 })
		}
		h.tells(w, "data data data")
		h.gone(w)
		h.tells(w, "data data data error-12")
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAWriteWhoseDeadlinePassesBreaksTheStreamForLaterOnes(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		data := noise(8 << 20)
		h.keep = append(h.keep, data)
		x := &told{}
		x.id = h.start(wire.Op{
			Code: wire.OpWrite, Target: w.id, Data: uintptr(unsafe.Pointer(&data[0])), Len: uint32(len(data)),
			TimeoutNS: 1_000_000,
		}, h.hears(x))
		behind := h.writes(w, []byte("behind"), 0)
		h.gone(x)
		if x.final.Status != wire.ETIMEDOUT || x.final.Num == 0 || x.text != "write "+peer.LocalAddr().String() {
			t.Fatalf("%+v %s", *x.final, x.text)
		}
		h.gone(behind)
		later := h.writes(w, []byte("later"), 0)
		h.gone(later)
		if behind.final.Status != wire.ECANCELED || later.final.Status != wire.ECANCELED {
			t.Fatalf("%+v %+v", *behind.final, *later.final)
		}
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestWritesWhoseDeadlinesPassTogetherLeaveNoKeyCounted(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		data := noise(8 << 20)
		h.keep = append(h.keep, data)
		var all []*told
		for range 3 {
			x := &told{}
			x.id = h.start(wire.Op{
				Code: wire.OpWrite, Target: w.id, Data: uintptr(unsafe.Pointer(&data[0])), Len: uint32(len(data)),
				TimeoutNS: 1_000_000,
			}, h.hears(x))
			all = append(all, x)
		}
		h.after(1_000_000_000, nil)
		for _, x := range all {
			h.gone(x)
		}
		if all[0].final.Status != wire.ETIMEDOUT || all[1].final.Status != wire.ECANCELED {
			t.Fatalf("%+v %+v", *all[0].final, *all[1].final)
		}
		if q := h.e.timers; q.Pending() != q.Len() {
			t.Errorf("%d of %d keys count as dead", q.Len()-q.Pending(), q.Len())
		}
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestACancelledWriteOfWhichNothingWasSentIsLeftOut(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		first := noise(8 << 20)
		h.writes(w, first, 0)
		x := h.writes(w, noise(1000), 0)
		last := h.writes(w, []byte("last"), 0)
		h.turn(0)
		h.cancel(x.id)
		h.closes(w)
		h.turn(0)
		done := make(chan []byte, 1)
		go func() {
			got, _ := io.ReadAll(peer)
			done <- got
		}()
		h.gone(w)
		if got := <-done; len(got) != len(first)+4 || string(got[len(first):]) != "last" {
			t.Fatalf("%d bytes", len(got))
		}
		if x.final.Status != wire.ECANCELED || x.final.Num != 0 || last.final.Status != wire.OK {
			t.Fatalf("%+v %+v", *x.final, *last.final)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAFloodTakesItsBudgetAndThenTheNextHasItsTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{ReadBudget: 3, ReadSize: 10})
		peers := []io.WriteCloser{h.dialPeer(l.port), h.dialPeer(l.port)}
		flood := h.takes(l)
		polite := flood
		if h.until(func() bool { return len(l.fresh) == 2 }); true {
			polite = h.adopts(l.fresh[1])
		}
		_, err := peers[0].Write(noise(1000))
		h.must(err)
		_, err = peers[1].Write([]byte("p"))
		h.must(err)
		before := 0
		polite.on = func(*wire.Event) { before = len(flood.data) }
		h.reads(flood)
		h.reads(polite)
		h.until(func() bool { return len(polite.data) == 1 })
		if before > 30 {
			t.Fatalf("%d bytes of the flood before", before)
		}
		h.until(func() bool { return len(flood.data) == 1000 })
		for _, n := range flood.sizes {
			if n > 10 {
				t.Fatalf("a piece of %d bytes", n)
			}
		}
		for _, p := range peers {
			h.must(p.Close())
		}
		h.ends(flood, polite, l)
	})
}

// refuses checks how many ops were refused since the last look, and why.
func (h *netRig) refuses(n int, status int32) {
	h.t.Helper()
	if len(h.refused) != n {
		h.t.Fatalf("%d refused: %+v", len(h.refused), h.refused)
	}
	for _, ev := range h.refused {
		if ev.Status != status {
			h.t.Fatalf("refused: %+v", ev)
		}
	}
	h.refused = nil
}

func TestOpsThatMeanNothingAreRefusedAndHarmNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		timer := h.after(1e9, nil)
		byte1 := []byte{1}
		h.keep = append(h.keep, byte1)
		data := uintptr(unsafe.Pointer(&byte1[0]))
		for _, op := range []wire.Op{
			{Code: wire.OpRead, Target: w.id, Flags: wire.OpFlagEdge},
			{Code: wire.OpRead, Target: w.id, Arg: -1},
			{Code: wire.OpRead, Target: w.id, Arg: 1 << 31},
			{Code: wire.OpRead, Target: w.id, Flags: wire.OpFlagOneshot},
			{Code: wire.OpRead, Target: w.id, TimeoutNS: -1},
			{Code: wire.OpRead},
			{Code: wire.OpSend, Target: w.id, Len: 1},
			{Code: wire.OpSend, Target: w.id, Flags: 1, Data: data, Len: 1},
			{Code: wire.OpClose, Target: w.id, Arg: 2},
		} {
			h.raw(op)
		}
		h.settle()
		h.refuses(9, wire.EINVAL)
		for _, target := range []uint64{timer, l.id} {
			h.raw(wire.Op{Code: wire.OpRead, Target: target})
			h.raw(wire.Op{Code: wire.OpSend, Target: target, Data: data, Len: 1})
			h.raw(wire.Op{Code: wire.OpEnd, Target: target})
		}
		h.raw(wire.Op{Code: wire.OpClose, Target: timer})
		h.raw(wire.Op{Code: wire.OpSend, Target: w.id + 1})
		h.settle()
		h.refuses(8, wire.EBADID)
		h.tells(w, "")
		h.clear(timer)
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestAnEchoAllocatesNothing(t *testing.T) {
	h := newNetRig(t, setup{})
	w, peer, l := h.pair(wire.Net{})
	delete(h.byRef, w.id) // its events are looked at here, without the rig
	h.reads(w)
	h.settle()
	out, in := noise(64), make([]byte, 64)
	s := &h.step
	ops := make([]wire.Op, 1)
	s.Events = uintptr(unsafe.Pointer(&h.events[0]))
	wantNoAllocs(t, func() {
		if _, err := peer.Write(out); err != nil {
			t.Fatal(err)
		}
		s.OpCount, s.Flags = 0, wire.StepNowait
		for s.NEvents = 0; s.NEvents == 0; {
			h.e.Step(s)
		}
		ev := &h.events[0]
		ops[0] = wire.Op{Code: wire.OpSend, Target: w.id, Data: ev.Data, Len: uint32(ev.Len)}
		s.Ops, s.OpCount = uintptr(unsafe.Pointer(&ops[0])), 1
		h.e.Step(s)
		if _, err := io.ReadFull(peer, in); err != nil || in[63] != out[63] {
			t.Fatal("it did not come back")
		}
	})
	s.OpCount, s.NEvents = 0, 0
	h.must(peer.Close())
	h.byRef[w.id] = &hostID{id: w.id, cb: h.hears(w), started: wire.Op{Code: wire.OpNet}}
	h.ends(w, l)
	h.finish()
}

func TestTheEntryOfNoSocketCanBeLookedAt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		x := h.e.sockets.at(0)
		if x.dgram != nil || x.pass != nil || x.stash != 0 || x.busy() {
			t.Errorf("%+v", *x)
		}
		h.must(peer.Close())
		h.ends(w, l)
	})
}
