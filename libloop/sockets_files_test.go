// SPDX-License-Identifier: MIT

package libloop

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// file makes a file that a test may send.
func (h *netRig) file(data []byte) *os.File {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "file")
	h.must(os.WriteFile(path, data, 0o600))
	f, err := os.Open(path)
	h.must(err)
	h.byEnd = append(h.byEnd, func() { _ = f.Close() })
	return f
}

// sendsFile starts a SEND_FILE op.
func (h *netRig) sendsFile(w *told, f *os.File, offset, n int) *told {
	x := &told{}
	x.id = h.start(wire.Op{
		Code: wire.OpSendFile, Target: w.id, Len: uint32(f.Fd()), Arg: int64(offset), Data: uintptr(n),
	}, h.hears(x))
	return x
}

func TestAFileIsSentWhateverTheSystemSays(t *testing.T) {
	// Each call has its turn of every error that passes; EINVAL and ENOSYS mean that it has to be copied.
	for _, hiccup := range []syscall.Errno{
		syscall.EINTR, syscall.ENOBUFS, syscall.ENOMEM, syscall.EINVAL, syscall.ENOSYS,
	} {
		onBoth(t, func(t *testing.T, h *netRig) {
			data := noise(200_000)
			f := h.file(data)
			w, peer, l := h.pair(wire.Net{})
			n := 0
			h.calls.send = func(fd, most int) (int, syscall.Errno, bool) {
				if n++; n%3 == 1 {
					return 0, hiccup, true
				}
				return min(most, 10_000+n%7), 0, true
			}
			done := make(chan []byte, 1)
			go func() {
				got, _ := io.ReadAll(peer)
				done <- got
			}()
			x := h.sendsFile(w, f, 10, len(data))
			h.control(wire.OpEnd, w.id)
			h.until(func() bool { return x.final != nil })
			if x.final.Status != wire.OK || x.final.Num != int64(len(data)-10) {
				t.Fatalf("%+v", *x.final)
			}
			h.calls.send = nil
			if got := <-done; !bytes.Equal(got, data[10:]) {
				t.Fatalf("%d bytes arrived", len(got))
			}
			h.must(peer.Close())
			h.ends(w, l)
		})
	}
}

func TestAnErrorOfAFileEndsItAndItsStream(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		f := h.file(noise(100_000))
		w, peer, l := h.pair(wire.Net{})
		n := 0
		h.calls.send = func(int, int) (int, syscall.Errno, bool) {
			switch n++; n {
			case 1:
				return 5000, 0, true
			case 2:
				return 0, syscall.ENOBUFS, true // so that both are in the queue
			}
			return 0, syscall.EIO, true
		}
		x := h.sendsFile(w, f, 0, 100_000)
		y := h.sendsFile(w, f, 0, 100_000)
		h.gone(w)
		if x.final.Status != wire.EIO || x.final.Num != 5000 || y.final.Status != wire.ECANCELED ||
			w.final.Status != wire.EIO {
			t.Fatalf("%+v %+v %+v", *x.final, *y.final, *w.final)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestAStreamReadsWhileItSendsAFile(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		data := noise(8 << 20)
		f := h.file(data)
		w, peer, l := h.pair(wire.Net{})
		// Many small calls: however fast the peer is, the file takes many passes.
		h.calls.send = func(_, n int) (int, syscall.Errno, bool) { return min(n, 64<<10), 0, true }
		x := h.sendsFile(w, f, 0, len(data))
		heard := false
		w.on = func(ev *wire.Event) { heard = heard || ev.Aux == wire.NetData && x.final == nil }
		_, err := peer.Write([]byte("meanwhile"))
		h.must(err)
		read := make(chan struct{})
		go func() { _, _ = io.Copy(io.Discard, peer); close(read) }()
		h.reads(w)
		h.until(func() bool { return x.final != nil && len(w.data) == 9 })
		if !heard || x.final.Num != int64(len(data)) {
			t.Fatalf("%v %+v", heard, *x.final)
		}
		h.must(peer.Close())
		<-read // its descriptor is closed then
		h.ends(w, l)
	})
}

func TestASendFileOpThatMakesNoSenseIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		for _, op := range []wire.Op{
			{Target: 0, Len: 0, Data: 1},
			{Target: w.id, Len: 1 << 31, Data: 1},
			{Target: w.id, Len: 0, Arg: -1, Data: 1},
			{Target: w.id, Len: 0, Arg: 1, Data: 1<<63 - 1},
			{Target: w.id, Len: 0, Flags: wire.OpFlagBorrowed},
		} {
			op.Code, op.ID = wire.OpSendFile, 1
			if _, status := h.e.admit(&op); status != wire.EINVAL {
				t.Fatalf("%+v: %d", op, status)
			}
		}
		h.must(peer.Close())
		h.ends(w, l)
	})
}
