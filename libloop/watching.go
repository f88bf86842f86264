// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/watch"
)

// watching are the watches of a loop, as requests are its HTTP requests. The watcher is made for the first one.
type watching struct {
	arrivals[watch.Result]
	watcher  watch.Watcher
	subjects subjects // the path
	out      int      // errands that are with the pool; a loop that closes waits for them
}

const (
	watchSize   = uint32(unsafe.Sizeof(wire.Watch{}))
	watchEvents = wire.WatchCreated | wire.WatchDeleted | wire.WatchModified | wire.WatchAttributes |
		wire.WatchRenamed
)

// watchOK checks a WATCH op.
func watchOK(op *wire.Op) bool {
	if op.Data == 0 || *wire.At[uint32](op.Data) < watchSize {
		return false
	}
	rec := wire.At[wire.Watch](op.Data)
	return rec.Flags&^wire.WatchRecursive == 0 && rec.Events&^watchEvents == 0 && rec.PollNS >= 0 &&
		rec.Path != 0 && rec.PathLen <= math.MaxInt32 && !strings.Contains(pathOf(rec), "\x00")
}

// pathOf copies the path of a watch.
func pathOf(rec *wire.Watch) string {
	if rec.PathLen == 0 {
		return wire.Text(rec.Path)
	}
	return string(wire.Slice[byte](rec.Path, int(rec.PathLen)))
}

// newWatcher makes the watcher of a loop.
func newWatcher(e *Engine) watch.Watcher {
	return watch.New(watch.Config{Notify: e.notify, Panic: e.GoPanic})
}

// start begins a watch. Codes: those of the watcher's Start.
func (w *watching) start(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	rec := wire.At[wire.Watch](op.Data)
	path := pathOf(rec)
	w.subjects.set(s, path)
	if w.watcher == nil {
		w.watcher = e.openWatcher(e)
	}
	return w.watcher.Start(idOf(r, s), watch.Spec{
		Path: path, Recursive: rec.Flags&wire.WatchRecursive != 0, Events: rec.Events,
		Poll: time.Duration(rec.PollNS),
	})
}

// cancel ends a watch. Nothing of the host is in use.
func (w *watching) cancel(r timers.Ref, s *slot) { w.watcher.Cancel(idOf(r, s)) }

// collect takes what has come and makes it the work list; errands go to the pool at once.
func (w *watching) collect(e *Engine) {
	if w.watcher == nil {
		return
	}
	fresh := w.arrivals.collect(w.watcher.Collect)
	for i := range fresh {
		s := e.find(fresh[i].ID)
		if s == nil || s.code != wire.OpWatch || s.state != stateLive {
			continue
		}
		switch fresh[i].Kind {
		case watch.Errand:
			w.errand(e, s, &fresh[i])
		case watch.End:
			s.flags |= flagResult // whatever comes now, it is delivered
			e.disarm(s)
		}
	}
}

// errand has a worker run what a watch has to do on the disk. It goes past the limit of the queue: a watch has at
// most one, and could not do without it.
func (w *watching) errand(e *Engine, s *slot, res *watch.Result) {
	_, group := e.jobLabel(s, 0, e.names[wire.OpWatch])
	addr := e.jobs.block(e, refOf(res.ID), s, wire.LaneFile, group)
	if addr == 0 {
		e.stats.rejected(group)
		w.watcher.Fail(res.ID, syscall.ENOMEM)
		return
	}
	j := wire.At[wire.Job](addr)
	j.Label = e.codeLabel(wire.OpWatch) // the id's own may go before the job does
	j.Arg = uintptr(e.tasks.add(res.Task))
	e.tasks.at(uint32(j.Arg)).errand = true
	w.out++
	e.jobs.push(e, addr, j)
}

// returned takes the block of an errand that comes back. Its id may be over.
func (w *watching) returned(e *Engine, addr uintptr, j *wire.Job) {
	w.out--
	if j.Status != wire.OK {
		w.watcher.Fail(j.ID, syscall.Errno(j.Out.OSErrno))
	}
	e.stats.returned(e.tasks.at(uint32(j.Arg)), j, true)
	e.tasks.drop(uint32(j.Arg))
	e.jobs.blocks.put(e.mem, addr)
}

// deliver writes the event of the next result, if its id still wants one. False: no room, nothing has changed.
func (w *watching) deliver(e *Engine) bool {
	res := &w.list[w.at]
	r := refOf(res.ID)
	s := e.find(res.ID)
	ok := true
	switch {
	case s == nil || s.code != wire.OpWatch || s.state == stateEnding && s.flags&flagLast == 0:
	case res.Kind == watch.Errand:
	case s.flags&flagMuted != 0:
		if res.Kind == watch.End {
			e.failed(r, s, wire.ECANCELED, 0, 0)
		}
	case res.Kind == watch.End:
		w.subjects.set(s, res.Text)
		ok = e.failed(r, s, wire.FromErrno(res.Errno), int32(res.Errno), 0)
	default:
		ok = w.event(e, r, s, res)
	}
	if ok {
		w.done()
	}
	return ok
}

// event writes the event of a change.
func (w *watching) event(e *Engine, r timers.Ref, s *slot, res *watch.Result) bool {
	data, n, block, ok := e.out.put(res.Path)
	if !ok {
		return false
	}
	if e.traces(s) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, ID: res.ID, Seq: s.seq, Num: int64(res.Kinds), Code: wire.OpWatch,
			Label: e.labelOf(s),
		})
	}
	ev := e.event(r, s)
	ev.Num, ev.Data, ev.Len, ev.Aux = int64(res.Kinds), data, n, res.Aux
	ev.Flags = wire.KindBytes | wire.EvMore
	if block {
		ev.Flags |= wire.EvBlock
	}
	if data == 0 { // no memory for the path: the host has to look for itself
		ev.Num, ev.Aux = wire.WatchOverflow, 0
	}
	e.restart(s, e.time())
	e.deliver(ev, s)
	return true
}

func (w *watching) close() {
	if w.watcher != nil {
		w.watcher.Close()
	}
	*w = watching{}
}

// abandon ends all watches after a panic. It may be called again.
func (w *watching) abandon() {
	defer func() { _ = recover() }()
	if w.watcher != nil {
		w.watcher.Abandon()
	}
}
