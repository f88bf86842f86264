// SPDX-License-Identifier: MIT

package libloop

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// pipe makes a pipe of the host's: the end to read from, the end to write to.
func (h *netRig) pipe() (int, int) {
	h.t.Helper()
	var ends [2]int
	h.must(unix.Pipe2(ends[:], unix.O_CLOEXEC))
	return ends[0], ends[1]
}

func (h *netRig) takesOver(fd int, flags uint32) *told {
	w := &told{}
	h.net(wire.Net{What: wire.NetAdopt, FD: int32(fd), Flags: flags}, w)
	return w
}

func isBlocking(t *testing.T, fd int) bool {
	t.Helper()
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		t.Fatal(err)
	}
	return flags&unix.O_NONBLOCK == 0
}

func TestAPipeCarriesEverythingAndThenItsEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		from, to := h.pipe()
		r, w := h.takesOver(from, 0), h.takesOver(to, 0)
		data := noise(300_000)
		h.reads(r)
		x := h.writes(w, data, 0)
		h.sends(w, []byte("last"))
		h.control(wire.OpEnd, w.id)
		h.gone(r)
		h.gone(w)
		if !bytes.Equal(r.data, append(append([]byte{}, data...), "last"...)) || x.final.Num != int64(len(data)) {
			t.Fatalf("%d bytes came, %d were written", len(r.data), x.final.Num)
		}
		if n := len(r.all); r.all[n-2] != "end" || r.all[n-1] != "final" || w.all[len(w.all)-1] != "final" {
			t.Fatalf("%s; %s", r, w)
		}
	})
}

func TestEachEndOfAPipeRefusesTheOtherDirection(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		from, to := h.pipe()
		r, w := h.takesOver(from, wire.NetHalfOpen), h.takesOver(to, 0)
		h.settle()
		x := h.writes(r, []byte("no"), 0)
		h.reads(w)
		h.gone(x)
		if x.final.Status != wire.EBADF {
			t.Fatalf("write: %d", x.final.Status)
		}
		h.sends(w, []byte("yes"))
		h.closes(w)
		h.reads(r)
		h.gone(r)
		h.tells(r, "open data end final")
		h.tells(w, "open final")
	})
}

func TestAWriterNoticesThatItsReaderHasGone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		from, to := h.pipe()
		idle := h.takesOver(to, 0)
		h.settle()
		h.tells(idle, "open")
		h.must(unix.Close(from))
		h.gone(idle)
		if idle.final.Status != wire.EPIPE || idle.text != "write pipe" {
			t.Fatalf("%s %q", idle, idle.text)
		}

		from, to = h.pipe()
		busy := h.takesOver(to, 0)
		h.settle()
		x := h.writes(busy, noise(300_000), 0)
		h.settle()
		h.must(unix.Close(from))
		h.gone(busy)
		if busy.final.Status != wire.EPIPE || x.final == nil || x.final.Status != wire.EPIPE || x.final.Num != 65536 {
			t.Fatalf("%s %s", busy, x)
		}
	})
}

func TestEveryHiccupOfAPipeIsWeathered(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := 0
		hiccup := func(_, most int) (int, syscall.Errno, bool) {
			n++
			switch n % 8 {
			case 1:
				return 0, syscall.EINTR, true
			case 2:
				return 0, syscall.ENOBUFS, true
			case 3:
				return 0, syscall.ENOMEM, true
			}
			return min(most, 1000+n%7), 0, true
		}
		h.calls.send, h.calls.recv = hiccup, hiccup
		from, to := h.pipe()
		r, w := h.takesOver(from, 0), h.takesOver(to, 0)
		data := noise(200_000)
		h.reads(r)
		h.writes(w, data, 0)
		h.closes(w)
		h.gone(r)
		if !bytes.Equal(r.data, data) {
			t.Fatalf("%d bytes came", len(r.data))
		}
	})
}

func TestAFileIsReadToItsEndAndWrittenFromItsOffset(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "file")
		data := noise(300_000)
		h.must(os.WriteFile(path, data, 0o600))
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		h.must(err)
		_, err = unix.Seek(fd, 1000, 0)
		h.must(err)
		r := h.takesOver(fd, 0)
		h.reads(r)
		h.gone(r)
		if !bytes.Equal(r.data, data[1000:]) || r.final.Status != wire.OK {
			t.Fatalf("%d bytes, %s", len(r.data), r.text)
		}
		fd, err = unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		h.must(err)
		_, err = unix.Seek(fd, 1000, 0)
		h.must(err)
		w := h.takesOver(fd, 0)
		more := noise(9_000_000) // more than one go
		x := h.writes(w, more, 0)
		h.sends(w, []byte("last"))
		h.closes(w)
		h.gone(w)
		got, err := os.ReadFile(path)
		h.must(err)
		if !bytes.Equal(got, append(append(append([]byte{}, data[:1000]...), more...), "last"...)) || x.final.Status != wire.OK {
			t.Fatalf("%d bytes, %s", len(got), x)
		}
	})
}

func TestAFileThatIsAlwaysReadyKeepsNobodyWaiting(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		fd, err := unix.Open("/dev/zero", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		h.must(err)
		z := h.takesOver(fd, 0)
		h.reads(z)
		from, to := h.pipe()
		r := h.takesOver(from, 0)
		h.reads(r)
		h.until(func() bool { return len(z.data) > 0 })
		_, err = unix.Write(to, []byte("me, too"))
		h.must(err)
		h.until(func() bool { return len(r.data) == 7 })
		h.must(unix.Close(to))
		h.ends(z, r)
	})
}

func TestTheNullDeviceTakesAllAndEndsAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
		h.must(err)
		w := h.takesOver(fd, wire.NetHalfOpen)
		x := h.writes(w, noise(300_000), 0)
		h.reads(w)
		h.gone(x)
		h.control(wire.OpEnd, w.id)
		h.gone(w)
		if x.final.Status != wire.OK || w.final.Status != wire.OK || len(w.data) != 0 {
			t.Fatalf("%s %s", w, x)
		}
	})
}

func TestAKeptDescriptorStaysOpenAndInItsMode(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		from, to := h.pipe()
		r, w := h.takesOver(from, wire.NetKeep), h.takesOver(to, wire.NetKeep)
		h.reads(r)
		h.sends(w, []byte("hello"))
		h.until(func() bool { return len(r.data) == 5 })
		if !isBlocking(t, from) || !isBlocking(t, to) {
			t.Fatal("the mode of a pipe has changed")
		}
		h.closes(w)
		h.closes(r)
		h.gone(w)
		h.gone(r)
		_, err := unix.Write(to, []byte("again"))
		h.must(err)
		h.must(unix.Close(to))
		got := make([]byte, 8)
		n, err := unix.Read(from, got)
		h.must(err)
		if string(got[:n]) != "again" {
			t.Fatalf("%q", got[:n])
		}
		h.must(unix.Close(from))
	})
}

func TestTheModeOfAFIFOAndOfASocketIsPutBack(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "fifo")
		h.must(unix.Mkfifo(path, 0o600))
		fifo, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
		h.must(err)
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		h.must(err)
		for _, fd := range []int{fifo, pair[0]} {
			w := h.takesOver(fd, wire.NetKeep)
			h.settle()
			h.tells(w, "open")
			if isBlocking(t, fd) {
				t.Fatal("it is in the mode that waits")
			}
			h.closes(w)
			h.gone(w)
			if !isBlocking(t, fd) {
				t.Fatal("its mode is not put back")
			}
			h.must(unix.Close(fd))
		}
		h.must(unix.Close(pair[1]))
	})
}

func TestAdoptingFailsWithNothingLeftBehind(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		set, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		h.must(err)
		kept := h.takesOver(set, wire.NetKeep)
		h.gone(kept)
		taken := h.takesOver(set, 0)
		h.gone(taken)
		for _, w := range []*told{kept, taken} {
			if w.final.Status != wire.ESYS || w.final.Aux != uint64(syscall.ENOTSOCK) {
				t.Fatalf("%s %s", w, w.text)
			}
		}
		closed := h.takesOver(1_000_000, wire.NetKeep)
		h.gone(closed)
		if closed.final.Status != wire.EBADF {
			t.Fatalf("%s", closed)
		}
	})
}
