// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// sleep makes the blocking wait of the C half: over shared, in the records that Ready decodes.
// It gives up after a minute, so that a lost wake-up fails a test instead of hanging it.
func (r *rig) sleep() int {
	r.t.Helper()
	for {
		limit := unix.Timespec{Sec: 60}
		var n uintptr
		var errno unix.Errno
		if r.Name() == "epoll" {
			n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(r.shared.PollFD), r.shared.Ready,
				uintptr(r.shared.ReadyCapacity), uintptr(unsafe.Pointer(&limit)), 0, 0)
		} else {
			n, _, errno = unix.Syscall6(unix.SYS_PPOLL, r.shared.Ready, uintptr(r.shared.PollCount),
				uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
		}
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			r.t.Fatalf("sleep: %v", errno)
		case n == 0:
			r.t.Fatal("a wake-up was lost: slept for a minute")
		}
		return int(n)
	}
}

func TestASleepReportsWhatPollReports(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 5, readable, Level))
		r.write(wr)
		got := r.decode(r.sleep())
		if len(got) != 1 || got[0] != (report{5, readable}) {
			t.Fatalf("reports %v", got)
		}
	})
}

func TestWakeWritesOnlyWhenArmed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		Wake(r.shared)
		if n, _ := r.Poll(); n != 0 {
			t.Fatal("a wake-up without a sleeper wrote the descriptor")
		}
		r.shared.Armed = 1
		Wake(r.shared)
		Wake(r.shared)
		if r.shared.Armed != 0 {
			t.Fatal("the word is still armed")
		}
		n, err := r.Poll()
		r.ok("Poll", err)
		if n != 1 {
			t.Fatalf("%d records, want 1", n)
		}
		if id, what := r.Ready(0); id != 0 || what != 0 {
			t.Fatalf("the wake descriptor decodes to id %d, %#x", id, what)
		}
		if n, _ := r.Poll(); n != 0 {
			t.Fatal("one wake-up was reported twice")
		}
	})
}

func TestEveryWakeUpIsReportedThoughNoneIsRead(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for i := range 1000 {
			r.shared.Armed = 1
			Wake(r.shared)
			n, err := r.Poll()
			r.ok("Poll", err)
			if n != 1 {
				t.Fatalf("wake-up %d: %d records", i, n)
			}
			r.Ready(0)
		}
	})
}

func TestNoWorkIsLostBetweenArmingAndSleeping(t *testing.T) {
	const adders, each1 = 4, 5000
	each(t, func(t *testing.T, r *rig) {
		var work atomic.Int64
		var wg sync.WaitGroup
		for range adders {
			wg.Go(func() {
				for range each1 {
					work.Add(1)
					Wake(r.shared)
				}
			})
		}
		taken, sleeps := int64(0), 0
		for taken < adders*each1 {
			taken += work.Swap(0)
			atomic.StoreUint32(&r.shared.Armed, 1)
			if n := work.Swap(0); n != 0 {
				atomic.StoreUint32(&r.shared.Armed, 0)
				taken += n
				continue
			}
			if taken == adders*each1 {
				break
			}
			r.decode(r.sleep())
			atomic.StoreUint32(&r.shared.Armed, 0)
			sleeps++
		}
		wg.Wait()
		t.Logf("%d sleeps", sleeps)
	})
}

func TestCloseGivesTheDescriptorsBack(t *testing.T) {
	for _, b := range backends {
		before := openFiles(t)
		r := newRig(t, b.number)
		wake := int(r.shared.WakeFD)
		r.finish()
		if after := openFiles(t); after != before {
			t.Errorf("%s: %d descriptors, before %d", b.name, after, before)
		}
		if _, err := unix.FcntlInt(uintptr(wake), unix.F_GETFD, 0); err != unix.EBADF {
			t.Errorf("%s: the wake descriptor is still open", b.name)
		}
		if r.shared.Ready != 0 || r.shared.WakeFD != -1 || r.shared.Backend != wire.BackendAuto {
			t.Errorf("%s: shared was not cleared: %+v", b.name, *r.shared)
		}
	}
}
