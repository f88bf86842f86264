// SPDX-License-Identifier: MIT

package libloop

import (
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/poller"
)

// arrivals are the results that goroutines of one kind have brought, as a work list of the poll phase.
type arrivals[R any] struct {
	list []R
	at   int  // first one not delivered
	upTo int  // end of the work list
	news bool // there is more to be collected
}

// left says that a result of the work list is not delivered.
func (a *arrivals[R]) left() bool { return a.at < a.upTo }

// collect makes what has come the work list, and returns what is new in it. What a phase limit has left of the
// last one comes first.
func (a *arrivals[R]) collect(take func(dst []R) []R) []R {
	if a.at < len(a.list) {
		a.upTo = len(a.list)
		return nil
	}
	clear(a.list)
	a.list, a.at, a.upTo = a.list[:0], 0, 0
	if !a.news {
		return nil
	}
	a.news = false
	a.list = take(a.list)
	a.upTo = len(a.list)
	return a.list
}

// awaits says that a result is in the work list.
func (a *arrivals[R]) awaits(is func(*R) bool) bool {
	for i := a.at; i < a.upTo; i++ {
		if is(&a.list[i]) {
			return true
		}
	}
	return false
}

// done ends the delivery of the first result.
func (a *arrivals[R]) done() {
	var none R
	a.list[a.at] = none
	a.at++
}

// subjects are what ids are about, for the texts of their errors. A slot's arg is an index.
type subjects struct {
	list []string // 0 is not used
	free []int64
}

func (x *subjects) of(s *slot) string { return x.list[s.arg] }

func (x *subjects) set(s *slot, text string) {
	if s.arg == 0 {
		if len(x.list) == 0 {
			x.list = make([]string, 1)
		}
		if n := len(x.free); n > 0 {
			s.arg, x.free = x.free[n-1], x.free[:n-1]
		} else {
			s.arg = int64(len(x.list))
			x.list = append(x.list, "")
		}
	}
	x.list[s.arg] = text
}

// forget drops the subject of an id that ends.
func (x *subjects) forget(s *slot) {
	if s.arg != 0 {
		x.list[s.arg] = ""
		x.free = append(x.free, s.arg)
		s.arg = 0
	}
}

// notify tells the loop that a goroutine has something for it. Any goroutine.
func (e *Engine) notify() {
	atomic.AddUint32(&e.shared.GoPending, 1)
	poller.Wake(e.shared)
}

// GoPanic is how a goroutine that panicked ends the loop. Any goroutine.
func (e *Engine) GoPanic(v any, stack []byte) {
	e.Poison(v, stack)
	e.notify()
}

// arrived says that a result of goroutines is in the work list.
func (e *Engine) arrived() bool { return e.http.left() || e.watching.left() || e.naming.left() }

// arriving says that there are results of goroutines.
func (e *Engine) arriving() bool {
	return atomic.LoadUint32(&e.shared.GoPending) > 0 || e.http.news || e.watching.news || e.naming.news || e.arrived()
}

// gather makes what goroutines have brought the work lists of the poll phase.
func (e *Engine) gather() {
	if atomic.LoadUint32(&e.shared.GoPending) > 0 {
		atomic.StoreUint32(&e.shared.GoPending, 0) // before the look: what comes behind it is counted anew
		e.http.news, e.watching.news = e.http.client != nil, e.watching.watcher != nil
		e.naming.news = e.naming.resolver != nil
		if atomic.SwapUint32(&e.shared.Resized, 0) != 0 {
			e.sockets.resized()
		}
	}
	e.http.collect(e)
	e.watching.collect(e)
	e.naming.collect(e)
}
