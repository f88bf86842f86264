// SPDX-License-Identifier: MIT

package libloop

import (
	"cmp"
	"slices"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// closing is the end of a loop after loop_close.
type closing struct {
	begun bool          // no new ids, no timers, no watchers
	fixed bool          // the list is made
	told  bool          // the list is delivered; ids still in use are waited for
	list  fifo[verdict] // the final events of all that was alive, in the order of starting

	listing bool // the list is being made
}

// beginClosing ends everything alive but what has a result already.
func (e *Engine) beginClosing() {
	c := &e.closing
	if c.fixed {
		return
	}
	c.fixed = true
	type started struct {
		seq uint64
		r   timers.Ref
	}
	var all []started
	e.each(func(r timers.Ref, s *slot) {
		if s.state == stateLive && !e.decided(r, s) {
			all = append(all, started{s.seq, r})
		}
	})
	slices.SortStableFunc(all, func(a, b started) int { return cmp.Compare(a.seq, b.seq) })
	c.listing = true
	for _, x := range all {
		s := e.at(x.r)
		if s.state != stateLive {
			continue // a write, whose stream has taken it along
		}
		if e.detach(x.r, s) {
			s.flags |= flagInUse
		}
		s.state = stateEnding
		c.list.push(verdict{id: idOf(x.r, s), status: wire.ECANCELED})
	}
	c.listing = false
	c.told = c.list.len() == 0
}

// oneClosing writes the next final event of the closing phase.
func (e *Engine) oneClosing() bool {
	c := &e.closing
	if c.list.len() == 0 {
		c.told = c.fixed
		return false
	}
	v := *c.list.first()
	if !e.deliverVerdict(v) {
		return false
	}
	c.list.pop()
	c.told = c.list.len() == 0
	return true
}
