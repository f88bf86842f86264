// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/poller"
	"libloop.dev/libloop/libloop/internal/wire"
)

func openReal(backend uint32, shared *wire.Shared, mem wire.Memory) (poller.Poller, error) {
	return poller.New(backend, shared, mem)
}

// fakePoller reports what a test says is ready, in the order it was said.
type fakePoller struct {
	shared  *wire.Shared
	fds     map[int]*fakeFD
	state   map[int]uint32 // what is ready, by descriptor
	order   []int
	records []fakeRecord
	ghosts  []fakeRecord // reported in every poll until Rebuild
	polls   int
	rebuilt int
	fail    error
	closed  bool
}

type fakeFD struct {
	id       uint64
	interest uint32
	mode     poller.Mode
	spent    bool // one-shot or edge: reported
}

type fakeRecord struct {
	id   uint64
	what uint32
}

func newFakePoller() *fakePoller {
	return &fakePoller{fds: map[int]*fakeFD{}, state: map[int]uint32{}}
}

func (p *fakePoller) open(_ uint32, shared *wire.Shared, _ wire.Memory) (poller.Poller, error) {
	p.shared = shared
	shared.WakeFD, shared.PollFD, shared.ReadyCapacity = -1, -1, 1024
	return p, nil
}

// set says what is ready on a descriptor from now on.
func (p *fakePoller) set(fd int, what uint32) {
	if p.state[fd] == 0 && what != 0 {
		p.order = append(p.order, fd)
	}
	p.state[fd] = what
	if f := p.fds[fd]; f != nil && f.mode == poller.Edge {
		f.spent = false
	}
}

func (p *fakePoller) silence() {
	if p != nil {
		clear(p.state)
		p.order = nil
	}
}

func (p *fakePoller) Add(fd int, id uint64, interest uint32, mode poller.Mode) error {
	switch {
	case fd == 900:
		return syscall.EBADF
	case fd == 901:
		return syscall.EPERM
	case fd == 902:
		return syscall.ENOTTY // has no name of its own
	case p.fds[fd] != nil:
		return syscall.EEXIST
	}
	p.fds[fd] = &fakeFD{id: id, interest: interest, mode: mode}
	return nil
}

func (p *fakePoller) Modify(fd int, id uint64, interest uint32, mode poller.Mode) error {
	if fd == 903 {
		return syscall.EBADF
	}
	p.fds[fd].interest, p.fds[fd].spent = interest, false
	return nil
}

func (p *fakePoller) Remove(fd int, id uint64) error {
	if f := p.fds[fd]; f == nil || f.id != id {
		return syscall.ENOENT
	}
	delete(p.fds, fd)
	return nil
}

// any says whether a poll would report something.
func (p *fakePoller) any() bool { return len(p.find(false)) > 0 }

func (p *fakePoller) find(take bool) []fakeRecord {
	records := append([]fakeRecord{}, p.ghosts...)
	for _, fd := range p.order {
		f := p.fds[fd]
		if f == nil || f.spent {
			continue
		}
		if what := p.state[fd] & (f.interest | wire.Hangup | wire.Error); what != 0 {
			records = append(records, fakeRecord{f.id, what})
			if take {
				f.spent = f.mode != poller.Level
			}
		}
	}
	return records
}

func (p *fakePoller) look() int {
	p.records = p.find(true)
	return len(p.records)
}

func (p *fakePoller) Poll() (int, error) {
	p.polls++
	if p.fail != nil {
		return 0, p.fail
	}
	return p.look(), nil
}

func (p *fakePoller) Ready(i int) (uint64, uint32) { return p.records[i].id, p.records[i].what }

func (p *fakePoller) Rebuild() error {
	p.rebuilt++
	p.ghosts = nil
	return nil
}

func (p *fakePoller) Name() string { return "fake" }

func (p *fakePoller) Close() error {
	p.closed = true
	return nil
}
