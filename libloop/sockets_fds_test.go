// SPDX-License-Identifier: MIT

package libloop

import (
	"io"
	"os"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// duo adopts both ends of a pair of Unix streams; the second takes descriptors.
func (h *netRig) duo() (a, b *told) {
	h.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	h.must(err)
	a, b = &told{}, &told{}
	h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[0])}, a)
	h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[1]), Flags: wire.NetFDs}, b)
	h.until(func() bool { return len(a.all) > 0 && len(b.all) > 0 })
	return a, b
}

// sendsFD queues a SEND_FD op.
func (h *netRig) sendsFD(w *told, fd int, data string) {
	bytes := []byte(data)
	h.keep = append(h.keep, bytes)
	h.ops = append(h.ops, wire.Op{
		Code: wire.OpSendFD, Target: w.id, Data: uintptr(unsafe.Pointer(unsafe.SliceData(bytes))),
		Len: uint32(len(bytes)), Arg: int64(fd),
	})
}

// takesFDs has a socket keep the files that come to it.
func (h *netRig) takesFDs(w *told) *[]*os.File {
	files := &[]*os.File{}
	w.on = func(ev *wire.Event) {
		if ev.Status == wire.OK && ev.Flags&wire.EvMore != 0 && ev.Aux == wire.NetFD {
			*files = append(*files, os.NewFile(uintptr(ev.Num), "came"))
		}
	}
	h.byEnd = append(h.byEnd, func() {
		for _, f := range *files {
			_ = f.Close()
		}
	})
	return files
}

func TestADescriptorIsSentOnceWhateverTheSystemSays(t *testing.T) {
	// Each call has its turn of every error that passes, and then sends one byte of what it could.
	for _, hiccup := range []syscall.Errno{
		syscall.EINTR, syscall.ENOBUFS, syscall.ENOMEM, syscall.ETOOMANYREFS,
	} {
		onBoth(t, func(t *testing.T, h *netRig) {
			n := 0
			fault := func(_, most int) (int, syscall.Errno, bool) {
				if n++; n%2 == 1 {
					return 0, hiccup, true
				}
				return 1, 0, true
			}
			a, b := h.duo()
			h.calls.send = fault
			h.calls.recv = func(_, room int) (int, syscall.Errno, bool) {
				if n++; n%2 == 1 && hiccup != syscall.ETOOMANYREFS {
					return 0, hiccup, true
				}
				return room, 0, true
			}
			r, w, err := os.Pipe()
			h.must(err)
			files := h.takesFDs(b)
			h.reads(b)
			h.sendsFD(a, int(r.Fd()), "first")
			h.sends(a, []byte("between"))
			h.sendsFD(a, int(w.Fd()), "second")
			h.until(func() bool { return len(b.data) == 18 })
			if string(b.data) != "firstbetweensecond" || len(*files) != 2 {
				t.Fatalf("%q and %d descriptors", b.data, len(*files))
			}
			h.must(r.Close())
			h.must(w.Close())
			_, err = (*files)[1].WriteString("pipe")
			h.must(err)
			h.must((*files)[1].Close())
			if got, err := io.ReadAll((*files)[0]); err != nil || string(got) != "pipe" {
				t.Fatalf("%q %v", got, err)
			}
			h.ends(a, b)
		})
	}
}

func TestADescriptorThatCannotBeSentEndsTheStreamAndIsClosed(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.duo()
		h.calls.send = func(int, int) (int, syscall.Errno, bool) { return 0, syscall.EPERM, true }
		h.sendsFD(a, 0, "x")
		h.sendsFD(a, 0, "y")
		h.gone(a)
		if a.final.Status != wire.EPERM {
			t.Fatalf("%+v", *a.final)
		}
		h.ends(b)
	})
}

func TestADescriptorThatIsNotOpenEndsTheStream(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.duo()
		h.sendsFD(a, 1_000_000, "x")
		h.gone(a)
		if a.final.Status != wire.EBADF {
			t.Fatalf("%+v", *a.final)
		}
		h.ends(b)
	})
}

func TestASendFDOpThatMakesNoSenseIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.duo()
		w, peer, l := h.pair(wire.Net{})
		bytes := []byte("x")
		data := uintptr(unsafe.Pointer(&bytes[0]))
		h.keep = append(h.keep, bytes)
		for _, bad := range []struct {
			op     wire.Op
			status int32
		}{
			{wire.Op{Target: a.id, Data: data, Len: 0}, wire.EINVAL},
			{wire.Op{Target: a.id, Data: 0, Len: 1}, wire.EINVAL},
			{wire.Op{Target: a.id, Data: data, Len: 1, Arg: -1}, wire.EINVAL},
			{wire.Op{Target: a.id, Data: data, Len: 1, Arg: 1 << 31}, wire.EINVAL},
			{wire.Op{Target: a.id, Data: data, Len: 1, Flags: wire.OpFlagOneshot}, wire.EINVAL},
			{wire.Op{Target: a.id, Data: data, Len: 1, ID: 1}, wire.EINVAL},
			{wire.Op{Target: w.id, Data: data, Len: 1}, wire.ENOTSUP},
			{wire.Op{Target: l.id, Data: data, Len: 1}, wire.EBADID},
			{wire.Op{Target: a.id + 1<<40, Data: data, Len: 1}, wire.EBADID},
		} {
			bad.op.Code = wire.OpSendFD
			op := bad.op
			if got := h.e.control(&op); got != bad.status {
				t.Fatalf("%+v: %d", bad.op, got)
			}
		}
		h.must(peer.Close())
		h.ends(a, b, w, l)
	})
}
