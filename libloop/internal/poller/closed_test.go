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

func TestADescriptorClosedByTheHostDoesNotSpin(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.write(wr)
		r.ok("Add", r.Add(rd, 1, readable, Level))
		r.close(rd)
		if r.Name() == "poll" {
			r.sees(report{1, failed})
		}
		r.sees()
		r.sees()
		if n, _ := r.Poll(); n != 0 {
			t.Fatalf("%d records for a closed descriptor", n)
		}
	})
}

func TestRemoveAfterCloseForgets(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 1, readable, Level))
		r.close(rd)
		if err := r.Remove(rd, 1); err != nil && !errors.Is(err, unix.EBADF) {
			t.Fatalf("Remove: %v", err)
		}
		r.close(wr)
		rd2, wr2 := r.pipe()
		if rd2 != rd {
			t.Skipf("the number %d was not given again", rd)
		}
		r.ok("Add", r.Add(rd2, 2, readable, Level))
		r.ok("Rebuild", r.Rebuild())
		r.write(wr2)
		r.sees(report{2, readable})
	})
}

func TestRebuildSilencesAnIdThatADupKeeps(t *testing.T) {
	r := newRig(t, wire.BackendEpoll)
	defer r.finish()
	rd, wr := r.pipe()
	live, liveWr := r.pipe()
	twin, err := unix.FcntlInt(uintptr(rd), unix.F_DUPFD_CLOEXEC, 0)
	r.ok("dup", err)
	r.closeAtEnd([]int{twin})
	r.write(wr)
	r.write(liveWr)
	r.ok("Add", r.Add(rd, 1, readable, Level))
	r.ok("Add", r.Add(live, 2, readable, Level))
	r.close(rd)
	r.fails("Remove", r.Remove(rd, 1), unix.EBADF)
	r.sees(report{1, readable}, report{2, readable}) // the dead id is still reported
	number := r.shared.PollFD
	r.ok("Rebuild", r.Rebuild())
	r.sees(report{2, readable})
	if r.shared.PollFD != number {
		t.Fatalf("PollFD changed from %d to %d", number, r.shared.PollFD)
	}
	r.shared.Armed = 1
	Wake(r.shared)
	n, err := r.Poll()
	r.ok("Poll", err)
	if n != 2 {
		t.Fatalf("after Rebuild the wake descriptor is not watched: %d records", n)
	}
}

func TestRebuildKeepsOneShotsAsTheyWere(t *testing.T) {
	r := newRig(t, wire.BackendEpoll)
	defer r.finish()
	fired, firedWr := r.pipe()
	armed, armedWr := r.pipe()
	gone, goneWr := r.pipe()
	lost, _ := r.pipe()
	r.write(firedWr)
	r.ok("Add", r.Add(fired, 1, readable, OneShot))
	r.ok("Add", r.Add(armed, 2, readable, OneShot))
	r.ok("Add", r.Add(lost, 3, readable, Level))
	r.ok("Add", r.Add(gone, 4, readable, Level))
	r.sees(report{1, readable})
	r.close(gone)
	r.close(goneWr)
	r.close(lost)
	r.fails("Remove", r.Remove(lost, 3), unix.EBADF)
	r.ok("Rebuild", r.Rebuild())
	r.close(firedWr)
	r.sees()
	r.write(armedWr)
	r.sees(report{2, readable})
	r.ok("Modify", r.Modify(fired, 1, readable, OneShot))
	r.sees(report{1, readable | hangup})
	r.ok("Remove", r.Remove(fired, 1))
	r.ok("Remove what Rebuild left out", r.Remove(gone, 4))
}

func TestRebuildWithoutAFailedRemoveKeepsTheSet(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		rd, wr := r.pipe()
		r.ok("Add", r.Add(rd, 1, readable, Level))
		r.write(wr)
		before := openFiles(t)
		r.ok("Rebuild", r.Rebuild())
		r.sees(report{1, readable})
		if after := openFiles(t); after != before {
			t.Fatalf("%d descriptors, before %d", after, before)
		}
	})
}

func TestNewWithoutDescriptorsIsEMFILE(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			// Every descriptor that New makes may be the one too many.
			succeeded := false
			for room := range 4 {
				shared, mem := &wire.Shared{}, &wire.HeapMemory{}
				before := openFiles(t)
				release := exhaust(t, room)
				p, err := New(b.number, shared, mem)
				release()
				if err == nil {
					succeeded = true
					_ = p.Close()
					break
				}
				if !errors.Is(err, unix.EMFILE) {
					t.Fatalf("room for %d: %v", room, err)
				}
				if after := openFiles(t); after != before || mem.Live() != 0 || *shared != (wire.Shared{}) {
					t.Fatalf("room for %d: %d descriptors (before %d), %d allocations, %+v left",
						room, after, before, mem.Live(), *shared)
				}
			}
			if !succeeded {
				t.Fatal("New never succeeded: nothing was tested")
			}
		})
	}
}

func TestNewWithoutMemoryIsENOMEM(t *testing.T) {
	for _, b := range backends {
		before := openFiles(t)
		if _, err := New(b.number, &wire.Shared{}, noMemory{}); !errors.Is(err, unix.ENOMEM) {
			t.Errorf("%s: %v", b.name, err)
		}
		if after := openFiles(t); after != before {
			t.Errorf("%s: %d descriptors, before %d", b.name, after, before)
		}
	}
}

// noMemory is Memory that has none.
type noMemory struct{}

func (noMemory) Alloc(uintptr) uintptr { return 0 }
func (noMemory) Free(uintptr)          {}
func (noMemory) Block(uintptr) uintptr { return 0 }
func (noMemory) UnrefBlock(uintptr)    {}

func TestGrowingWithoutMemoryIsENOMEMAndKeepsTheSet(t *testing.T) {
	r := newRig(t, wire.BackendPoll)
	defer r.finish()
	p := r.Poller.(*pollPoller)
	first, firstWr := r.pipe()
	r.write(firstWr)
	r.ok("Add", r.Add(first, 1, readable, Level))
	id := uint64(2)
	for p.shared.PollCount < p.shared.ReadyCapacity {
		rd, _ := r.pipe()
		r.ok("Add", r.Add(rd, id, readable, Level))
		id++
	}
	rd, _ := r.pipe()
	p.mem = noMemory{}
	r.fails("Add", r.Add(rd, id, readable, Level), unix.ENOMEM)
	p.mem = r.mem
	r.sees(report{1, readable})
	r.ok("Add", r.Add(rd, id, readable, Level))
}

func openFiles(t *testing.T) int {
	t.Helper()
	dir, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(dir)
	buf := make([]byte, 64<<10)
	names := []string{}
	for {
		n, err := unix.ReadDirent(dir, buf)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return len(names)
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}

// exhaust lowers the limit so that just room more descriptors can be opened.
func exhaust(t *testing.T, room int) (release func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	// The limit is on numbers: fill the gaps below the highest one first.
	var filler []int
	highest := 0
	for range 256 {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		if fd > highest {
			highest = fd
		}
		filler = append(filler, fd)
	}
	slices.Sort(filler)
	lowered := unix.Rlimit{Cur: uint64(highest + 1), Max: old.Max}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &lowered); err != nil {
		t.Fatal(err)
	}
	for range room {
		_ = unix.Close(filler[len(filler)-1])
		filler = filler[:len(filler)-1]
	}
	return func() {
		for _, fd := range filler {
			_ = unix.Close(fd)
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
	}
}
