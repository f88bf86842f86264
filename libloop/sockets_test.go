// SPDX-License-Identifier: MIT

package libloop

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// noise makes bytes that no two places have in common.
func noise(n int) []byte {
	b := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1, 2, 3})
	_, _ = source.Read(b)
	return b
}

func TestWhatIsSentToAStreamComesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		w.on = func(ev *wire.Event) {
			if ev.Aux == wire.NetData && ev.Status == wire.OK && ev.Flags&wire.EvMore != 0 {
				h.sends(w, append([]byte{}, wire.Slice[byte](ev.Data, int(ev.Len))...))
			}
		}
		h.reads(w)
		for _, text := range []string{"hello", "world"} {
			_, err := peer.Write([]byte(text))
			h.must(err)
			n := len(w.data) + len(text)
			h.until(func() bool { return len(w.data) == n })
			h.settle()
			got := make([]byte, len(text))
			_, err = io.ReadFull(peer, got)
			h.must(err)
			if string(got) != text {
				t.Fatalf("%q came back", got)
			}
		}
		h.must(peer.Close())
		h.gone(w)
		h.tells(w, "data data end final")
		h.ends(l)
	})
}

func TestTheListenersEventsSayWhoConnected(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		if got, want := string(l.addr.Append(nil)), peer.LocalAddr().String(); got != want {
			t.Fatalf("peer %s, said %s", want, got)
		}
		h.tells(l, "open accepted")
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestTwoStreamsOfOneLoopTalk(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		c := h.connect(l.port, wire.Net{})
		h.sends(c, []byte("early")) // before it is open
		s := h.takes(l)
		h.reads(s)
		h.reads(c)
		h.until(func() bool { return len(s.data) == 5 })
		h.sends(s, []byte("answer"))
		h.until(func() bool { return len(c.data) == 6 })
		h.control(wire.OpEnd, c.id)
		h.gone(s)
		h.gone(c)
		h.tells(c, "open data end final")
		h.tells(s, "data end final")
		h.ends(l)
	})
}

func TestALargeWriteArrivesWholeAndInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		data := noise(6 << 20)
		l := h.listen(wire.Net{})
		c := h.connect(l.port, wire.Net{})
		s := h.takes(l)
		h.reads(s)
		one := h.writes(c, data[:3<<20], 0)
		two := h.writes(c, data[3<<20:5<<20], wire.OpFlagBorrowed)
		h.sends(c, data[5<<20:])
		h.control(wire.OpEnd, c.id)
		h.reads(c)
		h.gone(s)
		h.gone(c)
		if !bytes.Equal(s.data, data) {
			t.Fatalf("%d bytes, not the same", len(s.data))
		}
		if one.final.Num != 3<<20 || two.final.Num != 2<<20 || one.final.Status != wire.OK {
			t.Fatalf("writes: %+v %+v", *one.final, *two.final)
		}
		if two.final.Aux > 1<<20 {
			t.Fatalf("behind it: %d", two.final.Aux)
		}
		h.ends(l)
	})
}

func TestFullAndDrainAreToldAtTheMarks(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{HighWater: 100_000, LowWater: 50_000})
		data := noise(8 << 20)
		h.sends(w, data)
		h.until(func() bool { return len(w.all) > 0 })
		h.settle()
		h.tells(w, "full")
		read := make(chan error, 1)
		go func() {
			_, err := io.CopyN(io.Discard, peer, int64(len(data)))
			read <- err
		}()
		h.until(func() bool { return len(w.all) > 1 })
		h.tells(w, "full drain")
		h.until(func() bool { return h.e.sockets.at(uint32(h.e.find(w.id).arg)).queued == 0 })
		h.must(<-read) // all has come, and nobody uses the descriptor when it is closed and counted
		h.ends(w, l)
		h.settle()
		h.must(peer.Close())
	})
}

func TestThePeersEndEndsAStreamAfterWhatItsCallbackSends(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		w.on = func(ev *wire.Event) {
			if ev.Flags&wire.EvMore != 0 && ev.Aux == wire.NetEnd {
				h.sends(w, []byte("bye"))
			}
		}
		h.reads(w)
		h.must(peer.CloseWrite())
		h.gone(w)
		h.tells(w, "end final")
		got, err := io.ReadAll(peer)
		h.must(err)
		if string(got) != "bye" {
			t.Fatalf("%q", got)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAHalfOpenStreamOutlivesThePeersEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{Flags: wire.NetHalfOpen})
		h.reads(w)
		h.must(peer.CloseWrite())
		h.until(func() bool { return len(w.all) > 0 })
		h.settle()
		h.settle()
		h.tells(w, "end")
		h.sends(w, []byte("later"))
		h.control(wire.OpEnd, w.id)
		h.gone(w)
		h.tells(w, "end final")
		got, err := io.ReadAll(peer)
		h.must(err)
		if string(got) != "later" {
			t.Fatalf("%q", got)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestEndIsSeenByThePeerWhileReadingGoesOn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.reads(w)
		h.sends(w, []byte("last"))
		h.control(wire.OpEnd, w.id)
		h.control(wire.OpEnd, w.id) // twice is allowed
		h.settle()
		got, err := io.ReadAll(peer)
		h.must(err)
		if string(got) != "last" {
			t.Fatalf("%q", got)
		}
		_, err = peer.Write([]byte("still"))
		h.must(err)
		h.until(func() bool { return len(w.data) == 5 })
		h.must(peer.Close())
		h.gone(w)
		h.tells(w, "data end final")
		h.ends(l)
	})
}

func TestWritingAfterEndIsEPIPE(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.control(wire.OpEnd, w.id)
		x := h.writes(w, []byte("no"), 0)
		h.sends(w, []byte("no"))
		h.until(func() bool { return x.final != nil && len(h.refused) > 0 })
		if x.final.Status != wire.EPIPE || len(h.refused) != 1 || h.refused[0].Status != wire.EPIPE {
			t.Fatalf("%+v %+v", *x.final, h.refused)
		}
		h.refused = nil
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestCloseSendsWhatIsQueuedFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		data := noise(4 << 20)
		x := h.writes(w, data, 0)
		h.closes(w)
		h.settle()
		if w.final != nil {
			t.Fatal("closed with data queued")
		}
		type result struct {
			data []byte
			err  error
		}
		done := make(chan result, 1)
		go func() {
			got, err := io.ReadAll(peer)
			done <- result{got, err}
		}()
		h.gone(w)
		got := <-done
		h.must(got.err)
		if !bytes.Equal(got.data, data) || x.final.Status != wire.OK || w.final.Status != wire.OK {
			t.Fatalf("%d bytes; %+v %+v", len(got.data), *x.final, *w.final)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestResetIsSeenByThePeer(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.ops = append(h.ops, wire.Op{Code: wire.OpClose, Target: w.id, Arg: 1})
		h.gone(w)
		h.tells(w, "final")
		_, err := peer.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAResetWhileReadingEndsTheStream(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.reads(w)
		h.settle()
		h.must(peer.SetLinger(0))
		h.must(peer.Close())
		h.gone(w)
		if w.final.Status != wire.ECONNRESET || w.final.Aux != uint64(syscall.ECONNRESET) ||
			w.text != "read "+peer.LocalAddr().String() {
			t.Fatalf("%+v %s", *w.final, w.text)
		}
		h.ends(l)
	})
}

func TestAResetWhileWritingEndsTheWritesAndThenTheStream(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		var order []string
		one := h.writes(w, noise(8<<20), 0)
		two := h.writes(w, noise(10), 0)
		for name, x := range map[string]*told{"one": one, "two": two, "stream": w} {
			x.on = func(ev *wire.Event) {
				if ev.Flags&wire.EvMore == 0 {
					order = append(order, name)
				}
			}
		}
		h.settle()
		h.must(peer.SetLinger(0))
		h.must(peer.Close())
		h.gone(w)
		if one.final.Status != wire.ECONNRESET || one.final.Num <= 0 || one.final.Num >= 8<<20 ||
			two.final.Status != wire.ECANCELED || two.final.Num != 0 || w.final.Status != wire.ECONNRESET {
			t.Fatalf("%+v\n%+v\n%+v", *one.final, *two.final, *w.final)
		}
		if len(order) != 3 || order[0] != "one" || order[1] != "two" || order[2] != "stream" {
			t.Fatalf("order %v", order)
		}
		h.ends(l)
	})
}

func TestAConnectionResetBeforeAcceptHarmsNoListener(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		peer := h.dialPeer(l.port)
		h.must(peer.SetLinger(0))
		h.must(peer.Close())
		w := h.takes(l)
		h.reads(w)
		h.gone(w)
		if w.final.Status != wire.ECONNRESET {
			t.Fatalf("%+v", *w.final)
		}
		other := h.dialPeer(l.port)
		h.ends(h.takes(l), l)
		h.must(other.Close())
	})
}

func TestCancelEndsTheWritesThatWaitBeforeTheStream(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		x := h.writes(w, noise(8<<20), 0)
		w.on = func(ev *wire.Event) {
			if ev.Flags&wire.EvMore == 0 && x.final == nil {
				t.Error("the stream ended before its write")
			}
		}
		h.turn(0)
		h.cancel(w.id)
		h.gone(w)
		if x.final.Status != wire.ECANCELED || w.final.Status != wire.ECANCELED || x.final.Num == 0 {
			t.Fatalf("%+v %+v", *x.final, *w.final)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestClearedStreamsAreSilentAndClosedAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.reads(w)
		_, err := peer.Write([]byte("unread"))
		h.must(err)
		n := len(h.calls.closed)
		h.clear(w.id)
		h.turn(wire.StepSubmit)
		if len(h.calls.closed) != n+1 {
			t.Fatal("still open")
		}
		h.settle()
		h.tells(w, "")
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAStreamCanBeClosedInEachOfItsCallbacks(t *testing.T) {
	ways := map[string]func(h *netRig, w *told){
		"close":  func(h *netRig, w *told) { h.closes(w) },
		"cancel": func(h *netRig, w *told) { h.cancel(w.id) },
		"clear":  func(h *netRig, w *told) { h.clear(w.id) },
		"reset": func(h *netRig, w *told) {
			h.ops = append(h.ops, wire.Op{Code: wire.OpClose, Target: w.id, Arg: 1})
		},
	}
	for name, way := range ways {
		for _, at := range []uint64{wire.NetOpen, wire.NetData, wire.NetEnd, wire.NetFull, wire.NetDrain} {
			onBoth(t, func(t *testing.T, h *netRig) {
				l := h.listen(wire.Net{})
				c := h.connect(l.port, wire.Net{HighWater: 1000})
				ended := false
				c.on = func(ev *wire.Event) {
					if ev.Flags&wire.EvMore != 0 && ev.Aux == at {
						way(h, c)
						ended = true
					}
				}
				h.reads(c)
				h.sends(c, noise(4<<20))
				s := h.takes(l)
				h.reads(s)
				h.sends(s, []byte("hello"))
				h.until(func() bool { return len(s.data) == 4<<20 || s.final != nil || ended })
				if s.final == nil {
					h.control(wire.OpEnd, s.id)
				}
				h.until(func() bool { return ended })
				h.gone(s)
				h.settle()
				h.settle()
				if name != "clear" && c.final == nil || h.e.find(c.id) != nil {
					t.Fatalf("%s: %s", name, c)
				}
				h.ends(l)
			})
		}
	}
}
