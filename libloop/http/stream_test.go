// SPDX-License-Identifier: MIT

package http

import (
	nethttp "net/http"
	"sync/atomic"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// endless sends a body until the client goes away.
func endless(w nethttp.ResponseWriter, _ *nethttp.Request) {
	many := make([]byte, 100_000)
	for {
		if _, err := w.Write(many); err != nil {
			return
		}
	}
}

func TestAStreamStopsReadingWhile256KiBWait(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(endless))
	r := newRig(t, Config{})
	id := r.start(ask{url: s.URL, flags: wire.HTTPStream})
	r.manual[id] = true
	allowed := 256 << 10
	arrived := func() bool { return len(r.chunks(id)) == allowed }
	r.until("a full window", arrived)
	for _, n := range []int{1, 1000, 256 << 10, 70_000} {
		r.Delivered(id, n)
		allowed += n
		r.until("what the window has room for", arrived)
	}
	r.Cancel(id)
	if res := r.done(id); res.Status != wire.ECANCELED {
		t.Fatalf("status %d, %s", res.Status, res.Text)
	}
	if !arrived() {
		t.Fatalf("%d bytes, allowed were %d", len(r.chunks(id)), allowed)
	}
}

func TestReadingPausesWhileTheHostRetainsTooMuch(t *testing.T) {
	s := serve(t, text("the body"))
	for _, flags := range []uint32{0, wire.HTTPStream} {
		var retained atomic.Uint64
		asked := make(chan struct{}, 1)
		r := newRig(t, Config{PauseAbove: 1000, Retained: func() uint64 {
			select {
			case asked <- struct{}{}:
			default:
			}
			return retained.Load()
		}})
		retained.Store(1001)
		id := r.start(ask{url: s.URL, flags: flags})
		for range 3 { // it looks again and again, and does not read
			<-asked
		}
		r.collect()
		for _, res := range r.seen[id] {
			if res.Kind != Head {
				t.Fatalf("flags %d: a result of kind %d though reading is paused", flags, res.Kind)
			}
		}
		retained.Store(1000)
		if res := r.done(id); res.Status != wire.OK {
			t.Fatalf("status %d, %s", res.Status, res.Text)
		}
		retained.Store(1001)
		id = r.start(ask{url: s.URL, flags: flags})
		<-asked
		r.Cancel(id)
		if res := r.done(id); res.Status != wire.ECANCELED {
			t.Fatalf("a paused request was canceled: status %d, %s", res.Status, res.Text)
		}
	}
}
