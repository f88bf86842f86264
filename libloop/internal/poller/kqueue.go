// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// kqueuePoller is the BSD backend. Reading and writing are two filters of a descriptor; a record's udata is
// the id, 0 for the wake pipe. A closed descriptor leaves the queue by itself, by number, so no id can
// outlive its Remove. Source: kqueue(2).
//
// Two differences to epoll remain: a descriptor that is readable and writable gives two records, and
// interest in neither reports nothing, since hangup and error are flags of the two filters.
type kqueuePoller struct {
	shared  *wire.Shared
	mem     wire.Memory
	wake    wake
	changes uintptr // kevent[2]: C memory, since udata must not pass for a Go pointer
	fds     map[int]entry
}

// kevents must mirror unix.Kevent_t: the two are views of the same memory.
const _ = -(unsafe.Sizeof(kevent{}) ^ unsafe.Sizeof(unix.Kevent_t{}))

func openKqueue(shared *wire.Shared, mem wire.Memory) (Poller, error) {
	w, err := openWake()
	if err != nil {
		return nil, err
	}
	kq, err := unix.Kqueue()
	if err != nil {
		w.close()
		return nil, err
	}
	unix.CloseOnExec(kq)
	p := &kqueuePoller{
		shared: shared, mem: mem, wake: w, fds: make(map[int]entry),
		changes: mem.Alloc(2 * unsafe.Sizeof(kevent{})),
	}
	ready := mem.Alloc(readyRecords * unsafe.Sizeof(kevent{}))
	err = unix.ENOMEM
	if ready != 0 && p.changes != 0 {
		p.change(0, w.read, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR, 0)
		err = p.submit(kq, 1)
	}
	if err != nil {
		mem.Free(ready)
		mem.Free(p.changes)
		_ = unix.Close(kq)
		w.close()
		return nil, err
	}
	shared.WakeFD = int32(w.write)
	shared.PollFD = int32(kq)
	shared.Backend = wire.BackendKqueue
	shared.Ready = ready
	shared.ReadyCapacity = readyRecords
	shared.PollCount = 0
	return p, nil
}

func (p *kqueuePoller) change(at, fd int, filter int16, flags uint16, id uint64) {
	wire.Slice[kevent](p.changes, 2)[at] = kevent{ident: uint64(fd), filter: filter, flags: flags, udata: id}
}

func (p *kqueuePoller) submit(kq, n int) error {
	for {
		_, err := unix.Kevent(kq, wire.Slice[unix.Kevent_t](p.changes, n), nil, nil)
		if err != unix.EINTR {
			return err
		}
	}
}

// apply brings the two filters of fd from the old interest to that of e.
func (p *kqueuePoller) apply(fd int, old Interest, e entry) error {
	flags := uint16(unix.EV_ADD | unix.EV_ENABLE)
	if e.mode == Edge {
		flags |= unix.EV_CLEAR
	}
	n := 0
	for _, f := range filters {
		switch {
		case e.interest&f.bit != 0:
			if old&f.bit != 0 {
				// EV_ADD alone keeps EV_CLEAR and the state of an edge: begin anew.
				p.change(0, fd, f.filter, unix.EV_DELETE, 0)
				_ = p.submit(int(p.shared.PollFD), 1)
			}
			p.change(0, fd, f.filter, flags, e.id)
			n = 1
		case old&f.bit != 0:
			p.change(0, fd, f.filter, unix.EV_DELETE, 0)
			n = 1
		default:
			continue
		}
		if err := p.submit(int(p.shared.PollFD), n); err != nil && err != unix.ENOENT {
			return err
		}
	}
	return nil
}

var filters = [2]struct {
	bit    Interest
	filter int16
}{{wire.Readable, unix.EVFILT_READ}, {wire.Writable, unix.EVFILT_WRITE}}

func (p *kqueuePoller) Name() string { return "kqueue" }

func (p *kqueuePoller) Add(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	if _, ok := p.fds[fd]; ok {
		return unix.EEXIST
	}
	return p.set(fd, 0, entry{id: id, interest: interest, mode: mode})
}

func (p *kqueuePoller) Modify(fd int, id uint64, interest Interest, mode Mode) error {
	if err := check(id, interest, mode); err != nil {
		return err
	}
	old, ok := p.fds[fd]
	if !ok || old.id != id {
		return unix.ENOENT
	}
	return p.set(fd, old.interest, entry{id: id, interest: interest, mode: mode})
}

func (p *kqueuePoller) set(fd int, old Interest, e entry) error {
	if err := pollable(fd); err != nil {
		return err
	}
	if err := p.apply(fd, old, e); err != nil {
		_ = p.apply(fd, wire.Readable|wire.Writable, entry{})
		return err
	}
	p.fds[fd] = e
	return nil
}

func (p *kqueuePoller) Remove(fd int, id uint64) error {
	e, ok := p.fds[fd]
	if !ok || e.id != id {
		return unix.ENOENT
	}
	delete(p.fds, fd)
	return p.apply(fd, e.interest, entry{})
}

func (p *kqueuePoller) Poll() (int, error) {
	var none unix.Timespec
	n, err := unix.Kevent(int(p.shared.PollFD), nil,
		wire.Slice[unix.Kevent_t](p.shared.Ready, int(p.shared.ReadyCapacity)), &none)
	if err == unix.EINTR {
		return 0, nil
	}
	return n, err
}

func (p *kqueuePoller) Ready(i int) (uint64, Interest) {
	if i < 0 || i >= int(p.shared.ReadyCapacity) {
		return 0, 0
	}
	rec := wire.Slice[kevent](p.shared.Ready, int(p.shared.ReadyCapacity))[i]
	if rec.udata == 0 {
		p.wake.drain()
		return 0, 0
	}
	fd := int(rec.ident)
	if e, ok := p.fds[fd]; ok && e.id == rec.udata && e.mode == OneShot {
		if e.fired {
			return 0, 0 // the other filter, in the same wait
		}
		_ = p.apply(fd, e.interest, entry{})
		e.interest, e.fired = 0, true
		p.fds[fd] = e
	}
	var what Interest
	if rec.filter == unix.EVFILT_READ {
		what = wire.Readable
	} else {
		what = wire.Writable
	}
	if rec.flags&unix.EV_EOF != 0 {
		what |= wire.Hangup
		if rec.fflags != 0 { // the socket's error
			what |= wire.Error
		}
	}
	return rec.udata, what
}

// Rebuild has nothing to do: the kernel drops a descriptor when its number is closed.
func (p *kqueuePoller) Rebuild() error { return nil }

func (p *kqueuePoller) Close() error {
	err := unix.Close(int(p.shared.PollFD))
	p.wake.close()
	p.mem.Free(p.shared.Ready)
	p.mem.Free(p.changes)
	clearShared(p.shared)
	return err
}
