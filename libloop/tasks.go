// SPDX-License-Identifier: MIT

package libloop

import (
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// nouns are the batteries, by the code of their ops.
type nouns [lastNaming + 1]*task.Noun

// What the loop's thread may do itself in one turn, so that no burst of cached files keeps it from the rest.
const (
	earlyBytes = 256 << 10
	earlyTasks = 8 // more would keep workers idle that could share a burst
)

// tasks are the ops of batteries that are alive. A slot has the number of its task as arg, a job as Arg; the
// function of such a job is 0.
type tasks struct {
	nouns  *nouns
	pages  atomic.Pointer[[]*taskPage] // replaced when it grows: workers look at it
	free   uint32                      // first free entry; 0: none
	names  map[string]uint32           // labels of what batteries call their ops
	ready  fifo[early]                 // done by the loop's thread
	left   int                         // of ready, in the work list of the poll phase
	held   []uint64                    // ids that go on when the host has given retained data back
	bytes  int                         // that the loop's thread may still read in this turn
	budget int                         // tasks that it may still do in this turn
}

// taskEntry is one task. Workers touch task and said only.
type taskEntry struct {
	task   task.Task
	said   int     // what the last Run came to, and the loop's thread has not told yet
	job    uintptr // its block; 0: it has none
	place  uint64  // of its block among all results
	ran    bool    // Start or Run was called, so that it may hold something: it must come to its End
	rests  bool    // its block is with the engine
	held   bool    // the same, because the host retains too much; its id keeps the loop alive
	paused bool    // by the host
	errand bool    // it belongs to a watch and gives no event
	flow   *flow   // nil: it takes no input
	next   uint32  // next free entry
	begun  bool    // something of it was done already; for statistics, as are
	waitNS int64   // how long it has waited for a worker
	runNS  int64   // how long it has been worked at
}

const taskPageLen = 64

type taskPage [taskPageLen]taskEntry

// early is a result that was complete when its op was taken.
type early struct {
	id   uint64
	pass uint64 // it comes in the poll phase of this pass: what is read at once comes no earlier than in Node
}

// at returns the entry with a number. Any thread.
func (t *tasks) at(n uint32) *taskEntry {
	return &(*t.pages.Load())[n/taskPageLen][n%taskPageLen]
}

// add makes an entry and returns its number.
func (t *tasks) add(x task.Task) uint32 {
	if t.free == 0 {
		var pages []*taskPage
		if old := t.pages.Load(); old != nil {
			pages = append(pages, *old...)
		}
		page := new(taskPage)
		first := uint32(len(pages)) * taskPageLen
		for i := range page {
			if n := first + uint32(i); n != 0 { // 0 is no number
				page[i].next, t.free = t.free, n
			}
		}
		pages = append(pages, page)
		t.pages.Store(&pages)
	}
	n := t.free
	entry := t.at(n)
	t.free = entry.next
	*entry = taskEntry{task: x}
	return n
}

// drop forgets a task that has ended or never began.
func (t *tasks) drop(n uint32) {
	entry := t.at(n)
	entry.release()
	if x, ok := entry.task.(task.Reuser); ok {
		x.Reuse()
	}
	*entry = taskEntry{next: t.free}
	t.free = n
}

// release lets go of what a task holds that has ended or never began.
func (entry *taskEntry) release() {
	entry.task.Base().Close()
	if x, ok := entry.task.(task.Holder); ok {
		x.Release()
	}
}

// end lets go of the tasks that never began and whose blocks did not come back.
func (t *tasks) end() {
	pages := t.pages.Load()
	if pages == nil {
		return
	}
	for _, page := range *pages {
		for i := range page {
			if page[i].task != nil {
				page[i].release()
			}
		}
	}
}

// turn gives the loop's thread a fresh budget.
func (t *tasks) turn() { t.bytes, t.budget = earlyBytes, earlyTasks }

// taskOK checks what an op of a battery points at.
func (e *Engine) taskOK(op *wire.Op) bool {
	return op.Data != 0 && e.tasks.nouns[op.Code].Check(op)
}

// name returns the index of the label of a task that has none of its own; 0 when there is no memory.
func (t *tasks) name(e *Engine, text string) uint32 {
	i, ok := t.names[text]
	if !ok {
		if i = e.labels.use([]byte(text)); i == 0 {
			return 0
		}
		if t.names == nil {
			t.names = map[string]uint32{}
		}
		t.names[text] = i
	}
	return i
}

// submit makes the task of an op and does it at once or hands it to the pool. Codes: those of Make, EFULL,
// ENOMEM.
func (t *tasks) submit(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	noun := t.nouns[op.Code]
	var group uint16
	s.aux, group = e.jobLabel(s, 0, t.name(e, noun.Name(op)))
	lane := noun.Lane(op)
	if e.jobs.full(e, lane) {
		e.stats.rejected(group)
		return wire.EFULL
	}
	made, status := noun.Make(e.mem, op)
	if status != wire.OK {
		e.stats.rejected(group)
		return status
	}
	made.Base().Mem = e.mem
	n := t.add(made)
	s.arg = int64(n)
	entry := t.at(n)
	if _, ok := made.(task.Feeder); ok {
		entry.flow = &flow{waiting: true}
	}
	if x, ok := made.(task.Starter); ok && t.budget > 0 && t.bytes > 0 {
		began := e.clock.Now()
		used, done := x.Start(t.bytes)
		entry.ran = done || used > 0
		if entry.begun = entry.ran; entry.begun {
			entry.runNS = e.clock.Now() - began
		}
		t.budget--
		t.bytes -= used
		if done {
			s.flags |= flagResult
			entry.said = task.End
			e.stats.atOnce(group, entry)
			t.ready.push(early{idOf(r, s), e.passAfter()})
			return wire.OK
		}
	}
	addr := e.jobs.block(e, r, s, lane, group)
	if addr == 0 {
		// What Start left is let go of without a worker.
		made.Base().Stopped.Store(true)
		for entry.ran && made.Run()&task.End == 0 {
		}
		s.arg = 0
		t.drop(n)
		e.stats.rejected(group)
		return wire.ENOMEM
	}
	j := wire.At[wire.Job](addr)
	j.Fn, j.Arg = 0, uintptr(n)
	entry.job = addr
	if entry.flow != nil {
		t.rest(e, s, entry)
	} else {
		e.jobs.push(e, addr, j)
	}
	return wire.OK
}

// passAfter returns the pass whose poll phase has what is complete now.
func (e *Engine) passAfter() uint64 {
	if e.walk.phase == wire.PhaseNone {
		return e.walk.pass + 2 // the op belongs to the pass that begins now
	}
	return e.walk.pass + 1
}

// again hands the block of a task to the pool once more.
func (t *tasks) again(e *Engine, addr uintptr) {
	j := wire.At[wire.Job](addr)
	t.at(uint32(j.Arg)).ran = true
	atomic.StoreUint32(&j.State, wire.JobQueued)
	j.QueuedNS = e.taken()
	e.jobs.push(e, addr, j)
}

// cancel stops a task. False: it never began, nothing of it is in use.
func (t *tasks) cancel(e *Engine, s *slot) bool {
	entry := t.at(uint32(s.arg))
	entry.task.Base().Stopped.Store(true)
	if x, ok := entry.task.(task.Named); ok && s.flags&flagMuted == 0 {
		e.more(s).text = e.labels.use([]byte(x.Text()))
	}
	if entry.held {
		entry.held = false
		t.again(e, entry.job)
		return true
	}
	if entry.rests {
		t.goOn(e, s, entry)
		return true
	}
	if entry.ran || !e.jobs.unqueue(e, wire.At[wire.Job](entry.job)) {
		return true
	}
	s.arg = 0 // the block that comes back takes the task with it
	return false
}

// RunTask does the next piece of the task of a job; true: there is more to do at once. Runs on: a worker.
func (e *Engine) RunTask(n uintptr) bool {
	entry := e.tasks.at(uint32(n))
	said := task.End
	if !e.poisoned.Load() {
		if said = entry.task.Run(); said == task.More {
			return true
		}
	}
	entry.said = said
	return false
}

// decided says that the final result of a task exists.
func (t *tasks) decided(s *slot) bool {
	entry := t.at(uint32(s.arg))
	return entry.job != 0 && atomic.LoadUint32(&wire.At[wire.Job](entry.job).State) == wire.JobFinished &&
		entry.said&task.End != 0
}

// returned takes a block that comes back from a worker.
func (t *tasks) returned(e *Engine, addr uintptr, j *wire.Job) {
	n := uint32(j.Arg)
	entry := t.at(n)
	if j.Status != wire.OK {
		// No worker could be made. What Start left is let go of on the loop's thread.
		t.unserved(entry, j)
	}
	s := e.find(j.ID)
	end := entry.said&task.End != 0
	e.stats.returned(entry, j, end)
	switch {
	case s.state == stateLive:
		if end {
			s.flags |= flagResult
			e.disarm(s)
		} else if entry.said&(task.Out|task.Consumed) == 0 {
			t.next(e, s, entry) // it asks for input and has nothing to tell
			return
		}
	case end && s.state == stateEnding:
		s.flags &^= flagInUse // the verdict that waits is the final event now
		entry.job = 0
		t.close(e, entry)
		e.jobs.blocks.put(e.mem, addr)
		return
	case !end:
		entry.task.Base().Drop()
		t.again(e, addr)
		return
	}
	entry.place = e.jobs.add(addr)
}

// next goes on with a task that has told all its last Run came to.
func (t *tasks) next(e *Engine, s *slot, entry *taskEntry) {
	if entry.task.Base().Stopped.Load() {
		t.again(e, entry.job) // cancelled while its block was in the work list: on to its end
		return
	}
	if f := entry.flow; f != nil && entry.said&task.Idle != 0 {
		f.fed, f.waiting = false, true
		t.rest(e, s, entry)
		t.feed(e, s, entry)
		return
	}
	if entry.paused {
		t.rest(e, s, entry)
		return
	}
	if t.tooMuch(e) {
		entry.held = true
		t.held = append(t.held, wire.At[wire.Job](entry.job).ID)
		return
	}
	t.again(e, entry.job)
}

// heldCheck is how often a loop looks whether the host has given retained data back: that wakes nobody, because
// it may be done in any thread, after the loop, and often.
const heldCheck = 5_000_000

// tooMuch says that the host retains more than it should before it is given more.
func (t *tasks) tooMuch(e *Engine) bool {
	return e.conf.retainMax > 0 && atomic.LoadUint64(&e.shared.Retained) > e.conf.retainMax
}

// unhold goes on with the tasks that were held, once the host retains less.
func (t *tasks) unhold(e *Engine) {
	if len(t.held) == 0 || t.tooMuch(e) {
		return
	}
	for _, id := range t.held {
		// One that ended meanwhile is held no more, nor is another task that has its place now.
		if s := e.find(id); s != nil && e.isTask(s) {
			if entry := t.at(uint32(s.arg)); entry.held {
				entry.held = false
				t.again(e, entry.job)
			}
		}
	}
	t.held = t.held[:0]
}

// close ends what hangs on a task that has come to its end.
func (t *tasks) close(e *Engine, entry *taskEntry) {
	if entry.flow != nil {
		t.breakOff(e, entry.flow)
	}
}

// unserved ends a task for which there was no worker.
func (t *tasks) unserved(entry *taskEntry, j *wire.Job) {
	st := entry.task.Base()
	st.Stopped.Store(true)
	for entry.ran && entry.task.Run()&task.End == 0 {
	}
	st.Fail(j.Status, j.Out.OSErrno, st.Subject)
	entry.said = task.End
}

// listed says that an event of a task is in the work list of the poll phase.
func (t *tasks) listed(e *Engine, s *slot) bool {
	entry := t.at(uint32(s.arg))
	return entry.job != 0 && e.jobs.listed(entry.place)
}

// deliver writes the next event of a task whose block came back. ok false: no room, nothing has changed. more:
// the block has further events.
func (t *tasks) deliver(e *Engine, addr uintptr, j *wire.Job) (ok, more bool) {
	r := refOf(j.ID)
	s := e.find(j.ID)
	entry := t.at(uint32(j.Arg))
	end := entry.said&task.End != 0
	if !end && (s.state == stateInUse || s.state == stateEnding && s.flags&flagLast == 0) {
		entry.task.Base().Drop()
		t.again(e, addr)
		return true, false
	}
	switch {
	case entry.said&task.Out != 0:
		if !t.event(e, r, s, entry) {
			return false, false
		}
		entry.said &^= task.Out
	case entry.said&task.Consumed != 0:
		t.deliverWrite(e, entry.flow)
		entry.said &^= task.Consumed
	case end:
		job := entry.job
		entry.job = 0
		if s.state == stateInUse {
			s.flags &^= flagInUse
			ok = e.failed(r, s, e.extras[s.extra].status, 0, 0)
		} else {
			ok = t.event(e, r, s, entry)
		}
		if !ok {
			entry.job = job
			return false, false
		}
		e.jobs.blocks.put(e.mem, addr)
		return true, false
	}
	if entry.said&(task.Out|task.Consumed|task.End) != 0 {
		return true, true
	}
	s.flags &^= flagLast
	t.next(e, s, entry)
	return true, false
}

// deliverEarly writes the event of the oldest result that the loop's thread made itself.
func (t *tasks) deliverEarly(e *Engine) bool {
	x := t.ready.first()
	s := e.find(x.id)
	if !t.event(e, refOf(x.id), s, t.at(uint32(s.arg))) {
		return false
	}
	t.ready.pop()
	return true
}

// fix makes the early results that are due the work list of the poll phase.
func (t *tasks) fix(pass uint64) {
	t.left = t.ready.countWhile(func(x *early) bool { return x.pass <= pass })
}

// event writes the event of a live id's task. False: no room, nothing has changed.
func (t *tasks) event(e *Engine, r timers.Ref, s *slot, entry *taskEntry) bool {
	st := entry.task.Base()
	if s.flags&flagMuted != 0 {
		return e.failed(r, s, wire.ECANCELED, 0, 0)
	}
	if st.Status != wire.OK {
		return t.failed(e, r, s, st)
	}
	data, n, block := st.Data, st.Len, false
	switch small := st.Own; {
	case n > blockMin:
		e.out.blocks = append(e.out.blocks, data)
		st.Data, block = 0, true
	case data != 0 || small != nil:
		if small == nil {
			small = wire.Slice[byte](data, int(n))
		}
		var ok bool
		if data, n, block, ok = e.out.put(small); !ok {
			return false
		}
		if data == 0 {
			st.Fail(wire.ENOMEM, 0, st.Subject)
			return t.failed(e, r, s, st)
		}
	}
	ev := e.event(r, s)
	ev.Flags = st.Kind | st.Flags
	ev.Num, ev.Data, ev.Len, ev.Aux = st.Num, data, n, st.Aux
	st.Flags &^= wire.EvFD // whoever gets the event has the descriptor now
	if block {
		ev.Flags |= wire.EvBlock
	}
	if entry.said&task.Out != 0 {
		ev.Flags |= wire.EvMore
		e.restart(s, e.time())
		st.Drop()
	}
	e.deliver(ev, s)
	return true
}

// failed writes the error of a task.
func (t *tasks) failed(e *Engine, r timers.Ref, s *slot, st *task.State) bool {
	if st.Subject == "" {
		return e.failed(r, s, st.Status, st.Errno, 0)
	}
	data, n, _, ok := e.out.put([]byte(st.Subject))
	if !ok {
		return false
	}
	ev := e.event(r, s)
	ev.Status, ev.Flags, ev.Aux = st.Status, wire.KindError, uint64(uint32(st.Errno))
	ev.Data, ev.Len = data, n
	e.deliver(ev, s)
	return true
}

// forget drops the task of an id that ends.
func (t *tasks) forget(e *Engine, s *slot) {
	n := uint32(s.arg)
	t.close(e, t.at(n))
	t.drop(n)
	s.arg = 0
}
