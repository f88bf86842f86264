// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	readable = wire.Readable
	writable = wire.Writable
	hangup   = wire.Hangup
	failed   = wire.Error
)

var backends = []struct {
	name   string
	number uint32
	edge   bool
}{
	{"epoll", wire.BackendEpoll, true},
	{"poll", wire.BackendPoll, false},
}

// rig is a poller with the memory it shares.
type rig struct {
	Poller
	t      *testing.T
	shared *wire.Shared
	mem    *wire.HeapMemory
}

type report struct {
	id   uint64
	what Interest
}

// each runs a test on every backend and checks that Close gives everything back.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			r := newRig(t, b.number)
			defer r.finish()
			test(t, r)
		})
	}
}

func newRig(t *testing.T, backend uint32) *rig {
	t.Helper()
	r := &rig{t: t, shared: &wire.Shared{}, mem: &wire.HeapMemory{}}
	p, err := New(backend, r.shared, r.mem)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	r.Poller = p
	return r
}

func (r *rig) finish() {
	r.t.Helper()
	r.ok("Close", r.Close())
	if n := r.mem.Live(); n != 0 {
		r.t.Errorf("Close left %d allocations", n)
	}
}

func (r *rig) ok(what string, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

func (r *rig) fails(what string, err error, want unix.Errno) {
	r.t.Helper()
	if !errors.Is(err, want) {
		r.t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// reports polls once and decodes all records.
func (r *rig) reports() []report {
	r.t.Helper()
	n, err := r.Poll()
	r.ok("Poll", err)
	return r.decode(n)
}

func (r *rig) decode(n int) []report {
	var got []report
	for i := range n {
		if id, what := r.Ready(i); id != 0 {
			got = append(got, report{id, what})
		}
	}
	return got
}

// sees polls once and compares, in order of ids.
func (r *rig) sees(want ...report) {
	r.t.Helper()
	got := r.reports()
	slices.SortFunc(got, func(a, b report) int { return int(a.id) - int(b.id) })
	if !slices.Equal(got, want) {
		r.t.Fatalf("reports %v, want %v", got, want)
	}
}

func (r *rig) pipe() (rd, wr int) {
	r.t.Helper()
	var p [2]int
	r.ok("pipe2", unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK))
	r.closeAtEnd(p[:])
	return p[0], p[1]
}

func (r *rig) pair() (a, b int) {
	r.t.Helper()
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	r.ok("socketpair", err)
	r.closeAtEnd(p[:])
	return p[0], p[1]
}

// closeAtEnd closes what the test has not closed itself, marked by close below.
func (r *rig) closeAtEnd(fds []int) {
	own := slices.Clone(fds)
	r.t.Cleanup(func() {
		for _, fd := range own {
			if !closed[fd] {
				_ = unix.Close(fd)
			}
			delete(closed, fd)
		}
	})
}

// closed holds the descriptors that a test closed early. Tests of this package do not run in parallel.
var closed = map[int]bool{}

func (r *rig) close(fd int) {
	r.t.Helper()
	r.ok("close", unix.Close(fd))
	closed[fd] = true
}

func (r *rig) write(fd int) {
	r.t.Helper()
	_, err := unix.Write(fd, []byte("x"))
	r.ok("write", err)
}

func (r *rig) drain(fd int) {
	r.t.Helper()
	var buf [4096]byte
	for {
		if _, err := unix.Read(fd, buf[:]); err != nil {
			return
		}
	}
}

func TestNewFillsTheSharedRecord(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		s := r.shared
		if s.WakeFD < 0 || s.Ready == 0 || s.ReadyCapacity == 0 {
			t.Fatalf("shared is incomplete: %+v", *s)
		}
		switch r.Name() {
		case "epoll":
			if s.Backend != wire.BackendEpoll || s.PollFD < 0 || s.PollCount != 0 {
				t.Fatalf("epoll: %+v", *s)
			}
		case "poll":
			if s.Backend != wire.BackendPoll || s.PollFD != -1 || s.PollCount != 1 {
				t.Fatalf("poll: %+v", *s)
			}
		}
	})
}

func TestNewChoosesEpollByItself(t *testing.T) {
	r := newRig(t, wire.BackendAuto)
	defer r.finish()
	if r.Name() != "epoll" {
		t.Fatalf("backend %s", r.Name())
	}
}

func TestNewRefusesABackendOfAnotherSystem(t *testing.T) {
	for _, number := range []uint32{wire.BackendKqueue, 99} {
		if _, err := New(number, &wire.Shared{}, &wire.HeapMemory{}); !errors.Is(err, unix.ENOTSUP) {
			t.Errorf("backend %d: %v", number, err)
		}
	}
}

func TestDescriptorsAreClosedOnExec(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, fd := range []int32{r.shared.WakeFD, r.shared.PollFD} {
			if fd < 0 {
				continue
			}
			flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			r.ok("fcntl", err)
			if flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("fd %d lacks FD_CLOEXEC", fd)
			}
		}
	})
}

func TestLevelReportsInEveryPollWhileReady(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 7, readable, Level))
		r.sees()
		r.write(wr)
		r.sees(report{7, readable})
		r.sees(report{7, readable})
		r.drain(rd)
		r.sees()
	})
}

func TestOneShotReportsOnceUntilModify(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 7, readable, OneShot))
		r.sees()
		r.write(wr)
		r.sees(report{7, readable})
		r.sees()
		r.write(wr)
		r.close(wr) // not even a hangup wakes it
		r.sees()
		r.ok("Modify", r.Modify(rd, 7, readable, OneShot))
		r.sees(report{7, readable | hangup})
		r.sees()
	})
}

func TestEdgeReportsAgainOnlyAfterNewData(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		if r.Name() == "poll" {
			r.fails("Add", r.Add(rd, 7, readable, Edge), unix.ENOTSUP)
			r.ok("Add", r.Add(rd, 7, readable, Level))
			r.fails("Modify", r.Modify(rd, 7, readable, Edge), unix.ENOTSUP)
			return
		}
		r.ok("Add", r.Add(rd, 7, readable, Edge))
		r.write(wr)
		r.sees(report{7, readable})
		r.sees()
		r.write(wr)
		r.sees(report{7, readable})
		r.sees()
		r.drain(rd)
		r.sees()
		r.write(wr)
		r.ok("Modify", r.Modify(rd, 7, readable, Edge))
		r.sees(report{7, readable})
		r.sees()
	})
}

func TestOnlyWhatIsAskedForIsReported(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.pair()
		r.write(b)
		r.ok("Add", r.Add(a, 1, readable, Level))
		r.ok("Add", r.Add(b, 2, writable, Level))
		r.sees(report{1, readable}, report{2, writable})
		r.ok("Modify", r.Modify(a, 1, writable, Level))
		r.sees(report{1, writable}, report{2, writable})
		r.ok("Modify", r.Modify(a, 1, readable|writable, Level))
		r.ok("Modify", r.Modify(b, 2, readable, Level))
		r.sees(report{1, readable | writable})
	})
}

func TestAHalfClosedPeerIsAHangupForReaders(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.pair()
		r.ok("Add", r.Add(a, 1, readable, Level))
		r.ok("shutdown", unix.Shutdown(b, unix.SHUT_WR))
		r.sees(report{1, readable | hangup})
		r.ok("Modify", r.Modify(a, 1, writable, Level))
		r.sees(report{1, writable})
	})
}

func TestHangupAndErrorAreReportedUnasked(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		rd2, wr2 := r.pipe()
		r.ok("Add", r.Add(rd, 1, 0, Level))
		r.ok("Add", r.Add(wr2, 2, 0, Level))
		r.sees()
		r.close(wr)
		r.close(rd2)
		r.sees(report{1, hangup}, report{2, failed})
	})
}

func TestAListeningSocketIsReadableWhenAPeerWaits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		lis, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		r.ok("socket", err)
		peer, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		r.ok("socket", err)
		r.closeAtEnd([]int{lis, peer})
		r.ok("bind", unix.Bind(lis, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
		r.ok("listen", unix.Listen(lis, 8))
		name, err := unix.Getsockname(lis)
		r.ok("getsockname", err)
		r.ok("Add", r.Add(lis, 3, readable, Level))
		r.sees()
		r.ok("connect", unix.Connect(peer, name)) // returns when the peer is in the listener's queue
		r.sees(report{3, readable})
	})
}

func TestAnEventfdIsReadableWhenCounted(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		r.ok("eventfd", err)
		r.closeAtEnd([]int{fd})
		r.ok("Add", r.Add(fd, 3, readable, Level))
		r.sees()
		_, err = unix.Write(fd, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		r.ok("write", err)
		r.sees(report{3, readable})
	})
}

func TestIdsOf63BitsComeBackWhole(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const id = 0x7edc_ba98_7654_3210
		for _, mode := range []Mode{Level, OneShot} {
			rd, wr := r.pipe()
			r.write(wr)
			r.ok("Add", r.Add(rd, id, readable, mode))
			r.sees(report{id, readable})
			r.ok("Remove", r.Remove(rd, id))
		}
	})
}

func TestArgumentsThatMeanNothingAreEINVAL(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, _ := r.pipe()
		r.ok("Add", r.Add(rd, 1, readable, Level))
		for _, c := range []struct {
			name     string
			id       uint64
			interest Interest
			mode     Mode
		}{
			{"id 0", 0, readable, Level},
			{"id of 64 bits", 1 << 63, readable, Level},
			{"unknown interest", 2, 0x10, Level},
			{"unknown mode", 2, readable, 3},
		} {
			r.fails(c.name, r.Add(rd, c.id, c.interest, c.mode), unix.EINVAL)
			r.fails(c.name, r.Modify(rd, c.id, c.interest, c.mode), unix.EINVAL)
		}
	})
}

func TestOneIdPerDescriptor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 1, readable, Level))
		r.fails("Add again", r.Add(rd, 2, readable, Level), unix.EEXIST)
		r.fails("Modify as another", r.Modify(rd, 2, readable, Level), unix.ENOENT)
		r.fails("Remove as another", r.Remove(rd, 2), unix.ENOENT)
		r.write(wr)
		r.sees(report{1, readable})
	})
}

func TestRemoveStopsTheReports(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.write(wr)
		r.ok("Add", r.Add(rd, 1, readable, Level))
		r.ok("Remove", r.Remove(rd, 1))
		r.sees()
		r.fails("Remove again", r.Remove(rd, 1), unix.ENOENT)
		r.fails("Modify", r.Modify(rd, 1, readable, Level), unix.ENOENT)
		r.ok("Add", r.Add(rd, 2, readable, OneShot))
		r.sees(report{2, readable})
	})
}

func TestFilesThatAreAlwaysReadyAreEPERM(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		dir := t.TempDir()
		file, err := unix.Open(dir+"/file", unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
		r.ok("open", err)
		folder, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		r.ok("open", err)
		r.closeAtEnd([]int{file, folder})
		r.fails("regular file", r.Add(file, 1, readable, Level), unix.EPERM)
		r.fails("directory", r.Add(folder, 1, readable, Level), unix.EPERM)
		r.sees()
	})
}

func TestClosedDescriptorsAreEBADF(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(wr, 2, writable, Level))
		r.close(rd)
		r.fails("Add", r.Add(rd, 1, readable, Level), unix.EBADF)
		r.fails("Add -1", r.Add(-1, 1, readable, Level), unix.EBADF)
		r.close(wr)
		r.fails("Modify", r.Modify(wr, 2, writable, Level), unix.EBADF)
	})
}
