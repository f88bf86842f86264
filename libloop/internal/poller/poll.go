// SPDX-License-Identifier: MIT

//go:build linux || darwin || freebsd

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// pollPoller is the backend of last resort: poll(2) over one array, which is the set and the result in one.
// Entry 0 is the wake descriptor. New entries go to the end; a removed one leaves a hole (fd -1), so that
// the places of the others, and what they still have to report, stay as they are. When more than half are
// holes the array closes up, in order.
//
// A silenced entry (a one-shot that has reported, a descriptor that the host closed) has the complement of
// its fd, which poll(2) skips.
type pollPoller struct {
	shared *wire.Shared
	mem    wire.Memory
	wake   wake
	list   []entry     // parallel to the array; id 0: a hole, or entry 0
	index  map[int]int // fd to place
	holes  int
	cursor int // place where the next Ready goes on
}

const firstPollRecords = 64

func openPoll(shared *wire.Shared, mem wire.Memory) (Poller, error) {
	w, err := openWake()
	if err != nil {
		return nil, err
	}
	ready := mem.Alloc(firstPollRecords * unsafe.Sizeof(unix.PollFd{}))
	if ready == 0 {
		w.close()
		return nil, unix.ENOMEM
	}
	shared.WakeFD = int32(w.write)
	shared.PollFD = -1
	shared.Backend = wire.BackendPoll
	shared.Ready = ready
	shared.ReadyCapacity = firstPollRecords
	shared.PollCount = 1
	p := &pollPoller{shared: shared, mem: mem, wake: w, list: make([]entry, 1), index: make(map[int]int)}
	p.array()[0] = unix.PollFd{Fd: int32(w.read), Events: unix.POLLIN}
	return p, nil
}

func (p *pollPoller) array() []unix.PollFd {
	return wire.Slice[unix.PollFd](p.shared.Ready, int(p.shared.PollCount))
}

func (p *pollPoller) Name() string { return "poll" }

func (p *pollPoller) Add(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	if mode == Edge {
		return unix.ENOTSUP
	}
	if _, ok := p.index[fd]; ok {
		return unix.EEXIST
	}
	if err := pollable(fd); err != nil {
		return err
	}
	if p.shared.PollCount == p.shared.ReadyCapacity {
		if err := p.resize(p.shared.ReadyCapacity * 2); err != nil {
			return err
		}
	}
	at := int(p.shared.PollCount)
	p.shared.PollCount++
	p.array()[at] = unix.PollFd{Fd: int32(fd), Events: pollEvents(interest)}
	p.list = append(p.list, entry{id: id, interest: interest, mode: mode})
	p.index[fd] = at
	return nil
}

func (p *pollPoller) Modify(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	if mode == Edge {
		return unix.ENOTSUP
	}
	at, ok := p.index[fd]
	if !ok || p.list[at].id != id {
		return unix.ENOENT
	}
	if err := pollable(fd); err != nil {
		return err
	}
	p.list[at] = entry{id: id, interest: interest, mode: mode}
	rec := &p.array()[at]
	rec.Fd = int32(fd)
	rec.Events = pollEvents(interest)
	return nil
}

func (p *pollPoller) Remove(fd int, id uint64) error {
	at, ok := p.index[fd]
	if !ok || p.list[at].id != id {
		return unix.ENOENT
	}
	delete(p.index, fd)
	p.list[at] = entry{}
	p.array()[at] = unix.PollFd{Fd: -1}
	p.holes++
	if p.holes > len(p.index) {
		p.compact()
	}
	return nil
}

// compact closes the holes and moves the cursor along.
func (p *pollPoller) compact() {
	array := p.array()
	to, cursor := 1, p.cursor
	for at := 1; at < len(array); at++ {
		if p.list[at].id == 0 {
			if at < p.cursor {
				cursor--
			}
			continue
		}
		if at != to {
			array[to] = array[at]
			p.list[to] = p.list[at]
			p.index[watched(array[to])] = to
		}
		to++
	}
	p.cursor = cursor
	p.list = p.list[:to]
	p.shared.PollCount = uint32(to)
	p.holes = 0
	if half := p.shared.ReadyCapacity / 2; half >= firstPollRecords && uint32(to) <= half/2 {
		_ = p.resize(half) // without memory for the smaller array the larger one stays
	}
}

// resize moves the array to memory for capacity records.
func (p *pollPoller) resize(capacity uint32) error {
	ready := p.mem.Alloc(uintptr(capacity) * unsafe.Sizeof(unix.PollFd{}))
	if ready == 0 {
		return unix.ENOMEM
	}
	copy(wire.Slice[unix.PollFd](ready, int(capacity)), p.array())
	p.mem.Free(p.shared.Ready)
	p.shared.Ready = ready
	p.shared.ReadyCapacity = capacity
	return nil
}

func (p *pollPoller) Poll() (int, error) {
	n, err := pollNow(p.shared.Ready, p.shared.PollCount)
	if err == unix.EINTR {
		return 0, nil
	}
	return n, err
}

// Ready walks the array: each call goes on behind the entry that the last one found. When entries with
// something to report were removed, it finds fewer than the wait announced, and says 0 for the rest.
func (p *pollPoller) Ready(i int) (uint64, Interest) {
	if i == 0 {
		p.cursor = 0
	}
	array := p.array()
	for ; p.cursor < len(array); p.cursor++ {
		if array[p.cursor].Revents != 0 {
			p.cursor++
			return p.report(p.cursor - 1)
		}
	}
	return 0, 0
}

func (p *pollPoller) report(at int) (uint64, Interest) {
	if at == 0 {
		p.wake.drain()
		return 0, 0
	}
	e, rec := &p.list[at], &p.array()[at]
	if e.id == 0 {
		return 0, 0
	}
	got := rec.Revents
	var what Interest
	if got&unix.POLLIN != 0 {
		what |= wire.Readable
	}
	if got&unix.POLLOUT != 0 {
		what |= wire.Writable
	}
	if got&(unix.POLLHUP|pollRDHUP) != 0 {
		what |= wire.Hangup
	}
	if got&(unix.POLLERR|unix.POLLNVAL) != 0 {
		what |= wire.Error
	}
	if e.mode == OneShot || got&unix.POLLNVAL != 0 {
		rec.Fd = ^int32(watched(*rec))
	}
	return e.id, what
}

// watched gives the fd of a record, silenced or not.
func watched(rec unix.PollFd) int {
	if rec.Fd < 0 {
		return int(^rec.Fd)
	}
	return int(rec.Fd)
}

func pollEvents(interest Interest) int16 {
	var events int16
	if interest&wire.Readable != 0 {
		events |= unix.POLLIN | pollRDHUP
	}
	if interest&wire.Writable != 0 {
		events |= unix.POLLOUT
	}
	return events
}

// Rebuild has nothing to do: the set is asked by number, and Remove never leaves anything behind.
func (p *pollPoller) Rebuild() error { return nil }

func (p *pollPoller) Close() error {
	p.wake.close()
	p.mem.Free(p.shared.Ready)
	clearShared(p.shared)
	return nil
}
