// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// epollPoller is the Linux backend. The data of a record is the id, with oneShotBit on those that report
// once; 0 is the eventfd, added edge-triggered and never read. Source: epoll(7), epoll_ctl(2).
//
// Nothing here can sleep in the kernel (timeout 0), so the calls are raw: they keep the P.
type epollPoller struct {
	shared  *wire.Shared
	mem     wire.Memory
	wake    wake
	fds     entries
	absent  map[int]bool   // fds left out by a Rebuild: fired, or closed by the host
	oneShot map[uint64]int // id to fd, of one-shots
	lost    bool           // a Remove failed: the kernel may hold an id nobody can delete
}

const oneShotBit = 1 << 63

func openEpoll(shared *wire.Shared, mem wire.Memory) (Poller, error) {
	w, err := openWake()
	if err != nil {
		return nil, err
	}
	ep, err := newSet(w)
	if err != nil {
		w.close()
		return nil, err
	}
	ready := mem.Alloc(readyRecords * unsafe.Sizeof(unix.EpollEvent{}))
	if ready == 0 {
		_ = unix.Close(ep)
		w.close()
		return nil, unix.ENOMEM
	}
	shared.WakeFD = int32(w.write)
	shared.PollFD = int32(ep)
	shared.Backend = wire.BackendEpoll
	shared.Ready = ready
	shared.ReadyCapacity = readyRecords
	shared.PollCount = 0
	return &epollPoller{
		shared: shared, mem: mem, wake: w,
		absent: make(map[int]bool), oneShot: make(map[uint64]int),
	}, nil
}

// newSet makes an epoll descriptor that watches the eventfd and nothing else.
func newSet(w wake) (int, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if err := control(ep, unix.EPOLL_CTL_ADD, w.read, 0, unix.EPOLLIN|unix.EPOLLET); err != nil {
		_ = unix.Close(ep)
		return -1, err
	}
	return ep, nil
}

// control is epoll_ctl(2). Fd and Pad are the two halves of the 64 bits of data.
func control(ep, op, fd int, data uint64, events uint32) error {
	rec := unix.EpollEvent{Events: events, Fd: int32(uint32(data)), Pad: int32(uint32(data >> 32))}
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(ep), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(&rec)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// encode gives the data and the events of an entry. EPOLLHUP and EPOLLERR need not be asked for.
func (e entry) encode() (data uint64, events uint32) {
	data = e.id
	if e.interest&wire.Readable != 0 {
		events |= unix.EPOLLIN | unix.EPOLLRDHUP
	}
	if e.interest&wire.Writable != 0 {
		events |= unix.EPOLLOUT
	}
	switch e.mode {
	case OneShot:
		data |= oneShotBit
		events |= unix.EPOLLONESHOT
	case Edge:
		events |= unix.EPOLLET
	}
	return data, events
}

func (p *epollPoller) Name() string { return "epoll" }

func (p *epollPoller) Add(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	if p.fds.at(fd).id != 0 {
		return unix.EEXIST
	}
	return p.set(unix.EPOLL_CTL_ADD, fd, entry{id: id, interest: interest, mode: mode})
}

func (p *epollPoller) Modify(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	if p.fds.at(fd).id != id {
		return unix.ENOENT
	}
	op := unix.EPOLL_CTL_MOD
	if p.absent[fd] {
		op = unix.EPOLL_CTL_ADD
	}
	return p.set(op, fd, entry{id: id, interest: interest, mode: mode})
}

func (p *epollPoller) set(op, fd int, e entry) error {
	data, events := e.encode()
	if err := control(int(p.shared.PollFD), op, fd, data, events); err != nil {
		return err
	}
	p.fds.put(fd, e)
	delete(p.absent, fd)
	if e.mode == OneShot {
		p.oneShot[e.id] = fd
	} else {
		delete(p.oneShot, e.id)
	}
	return nil
}

func (p *epollPoller) Remove(fd int, id uint64) error {
	if p.fds.at(fd).id != id {
		return unix.ENOENT
	}
	p.fds.put(fd, entry{})
	delete(p.oneShot, id)
	if p.absent[fd] {
		delete(p.absent, fd)
		return nil
	}
	if err := control(int(p.shared.PollFD), unix.EPOLL_CTL_DEL, fd, 0, 0); err != nil {
		p.lost = true
		return unix.EBADF // ENOENT, too: the host closed it, and the number is another file's by now
	}
	return nil
}

func (p *epollPoller) Poll() (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.shared.PollFD), p.shared.Ready,
		uintptr(p.shared.ReadyCapacity), 0, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		return 0, nil
	}
	return 0, errno
}

func (p *epollPoller) Ready(i int) (uint64, Interest) {
	if i < 0 || i >= int(p.shared.ReadyCapacity) {
		return 0, 0
	}
	rec := wire.Slice[unix.EpollEvent](p.shared.Ready, int(p.shared.ReadyCapacity))[i]
	id := uint64(uint32(rec.Fd)) | uint64(uint32(rec.Pad))<<32
	if id == 0 {
		return 0, 0
	}
	if id&oneShotBit != 0 {
		id &^= oneShotBit
		if fd, ok := p.oneShot[id]; ok {
			e := p.fds.at(fd)
			e.fired = true
			p.fds.put(fd, e)
		}
	}
	var what Interest
	if rec.Events&unix.EPOLLIN != 0 {
		what |= wire.Readable
	}
	if rec.Events&unix.EPOLLOUT != 0 {
		what |= wire.Writable
	}
	if rec.Events&(unix.EPOLLHUP|unix.EPOLLRDHUP) != 0 {
		what |= wire.Hangup
	}
	if rec.Events&unix.EPOLLERR != 0 {
		what |= wire.Error
	}
	return id, what
}

// Rebuild makes a second set and puts it under the number of the first.
func (p *epollPoller) Rebuild() error {
	if !p.lost {
		return nil
	}
	ep, err := newSet(p.wake)
	if err != nil {
		return err
	}
	absent := make(map[int]bool)
	for fd, e := range p.fds.all() {
		err := error(unix.EBADF)
		// A one-shot that has fired stays out: in the set it would report EPOLLHUP again. A number that
		// the host closed may be that of the new set.
		if !e.fired && fd != ep {
			data, events := e.encode()
			err = control(ep, unix.EPOLL_CTL_ADD, fd, data, events)
		}
		switch err {
		case nil:
		case unix.EBADF, unix.EPERM: // EPERM: the host closed it, and the number is a regular file's now
			absent[fd] = true
		default:
			_ = unix.Close(ep)
			return err
		}
	}
	err = unix.Dup3(ep, int(p.shared.PollFD), unix.O_CLOEXEC)
	_ = unix.Close(ep)
	if err != nil {
		return err
	}
	p.lost, p.absent = false, absent
	return nil
}

func (p *epollPoller) Close() error {
	err := unix.Close(int(p.shared.PollFD))
	p.wake.close()
	p.mem.Free(p.shared.Ready)
	clearShared(p.shared)
	return err
}
