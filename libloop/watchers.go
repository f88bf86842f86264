// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// watchers is the list of idle, prepare or check watchers in the order of starting, linked through the
// slots: arg is the next one, aux the one before. Ref 0 is nobody's.
type watchers struct {
	head, tail timers.Ref
	n          int

	// The work list of the phase: from cursor to last; then, if a phase limit cut the list of an earlier
	// pass short, a second part from the head to before stop.
	cursor, last, stop timers.Ref
	rotated            bool // the second part is to come
	second             bool // it is being delivered
}

func (e *Engine) link(r timers.Ref, s *slot) {
	w := &e.watchers[s.code]
	s.arg, s.aux = 0, int64(w.tail)
	if w.tail != 0 {
		e.at(w.tail).arg = int64(r)
	} else {
		w.head = r
	}
	w.tail = r
	w.n++
}

func (e *Engine) unlink(r timers.Ref, s *slot) {
	w := &e.watchers[s.code]
	next, prev := timers.Ref(s.arg), timers.Ref(s.aux)
	if w.cursor == r {
		w.step(r, next)
	}
	if w.stop == r {
		w.stop = next
	}
	if w.last == r {
		w.last = prev
	}
	if next != 0 {
		e.at(next).aux = int64(prev)
	} else {
		w.tail = prev
	}
	if prev != 0 {
		e.at(prev).arg = int64(next)
	} else {
		w.head = next
	}
	w.n--
}

// step moves the cursor from r to the one behind it.
func (w *watchers) step(r, next timers.Ref) {
	if w.cursor = next; r == w.last {
		w.cursor = 0
	}
}

// beginWatchers fixes the work list. It goes on where a phase limit cut the last one short.
func (e *Engine) beginWatchers(w *watchers) {
	if w.cursor == 0 {
		w.cursor = w.head
	}
	w.rotated, w.second = w.cursor != w.head, false
	w.stop, w.last = w.cursor, w.tail
}

// nextWatcher returns the next watcher of the work list, 0 at its end.
func (e *Engine) nextWatcher(w *watchers) timers.Ref {
	if w.cursor == 0 && w.rotated {
		w.rotated, w.second = false, true
		w.cursor = w.head
	}
	if w.second && w.cursor == w.stop {
		w.cursor = 0
	}
	r := w.cursor
	if r != 0 {
		w.step(r, timers.Ref(e.at(r).arg))
	}
	return r
}

// endWatchers leaves the cursor where the next pass goes on: at the head if the list was finished.
func (e *Engine) endWatchers(w *watchers) {
	w.cursor = e.nextWatcher(w)
	w.rotated, w.second = false, false
}

// awaits says whether a watcher is in the work list of a phase that a full batch has cut short.
func (e *Engine) awaits(r timers.Ref, s *slot) bool {
	if e.walk.listed == 0 || e.watcherList(e.walk.phase) != &e.watchers[s.code] {
		return false
	}
	w := e.watchers[s.code] // a copy to walk on with
	for {
		switch e.nextWatcher(&w) {
		case 0:
			return false
		case r:
			return true
		}
	}
}

// deliverWatcher writes the event of a watcher, if it has not ended since the phase began. One whose
// deadline has passed (while the loop slept, before the check phase) gets none: its event would count
// the deadline anew, for ever. The next timers phase ends it.
func (e *Engine) deliverWatcher(r timers.Ref) {
	s := e.at(r)
	if s.flags&flagLast != 0 {
		s.flags &^= flagLast
		e.unlink(r, s)
		if s.flags&flagMuted != 0 {
			return
		}
	}
	now := e.time()
	if s.extra != 0 && e.extras[s.extra].timeout > 0 && e.extras[s.extra].expires <= now {
		return
	}
	ev := e.event(r, s)
	ev.Flags = wire.EvMore
	e.restart(s, now)
	e.deliver(ev, s)
}
