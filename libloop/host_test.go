// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// fakeClock stands still until a test moves it.
type fakeClock struct{ ns int64 }

func (c *fakeClock) Now() int64 { return c.ns }

// host plays the C half and a host on top of it: it hands out ids, queues ops, steps, dispatches events to
// closures, runs jobs, and sleeps by moving the clock. It checks the promise about ids at every event.
type host struct {
	t      testing.TB
	e      *Engine
	mem    *wire.HeapMemory
	shared *wire.Shared
	clock  *fakeClock
	poll   *fakePoller
	step   wire.Step

	ops    []wire.Op
	opMem  []wire.Op // what the engine reads: a copy, so that ops may be queued while it does
	events []wire.Event
	posts  []wire.Post
	keep   []any // memory that ops point at

	slots []hostSlot
	spare []uint32
	byRef map[uint64]*hostID

	batch   []wire.Event // being dispatched
	at      int
	skipped []*hostID // whose skip is set
	pass    uint64    // of the last check phase with immediates
	imm     []func()
	ticks   []func()
	holds   uint64
	closed  bool

	fns      []func(*wire.Value) int32 // by job function number
	queue    [wire.Lanes][]*wire.Job
	running  []*wire.Job
	finished *wire.Job
	lastDone *wire.Job
	values   uintptr
	returned uintptr
	released int

	log     []string
	records []wire.Trace
	refused []wire.Event
	waits   []int64
	steps   int
	answer  uint32
	code    int32
	onPost  func(uint64)
	answers [32]uint64 // the record of statistics
}

// hostSlot is a slot of maker 2.
type hostSlot struct{ gen uint64 }

// hostID is a live id.
type hostID struct {
	id      uint64
	cb      func(*wire.Event)
	started wire.Op
	final   func(*wire.Event)
	outcome bool
	status  int32 // of the outcome
	muted   bool
	skip    bool // its events in this batch are muted

	cancelled, cleared bool // by the host
}

type setup struct {
	capacity   int
	phaseLimit uint32
	queueLimit uint32
	real       bool
	backend    uint32
}

func newHost(t testing.TB, conf setup) *host {
	t.Helper()
	h := &host{
		t: t, mem: &wire.HeapMemory{}, shared: &wire.Shared{}, clock: &fakeClock{ns: 1_000_000},
		byRef: map[uint64]*hostID{}, slots: make([]hostSlot, 0, 16),
	}
	if conf.capacity == 0 {
		conf.capacity = 1024
	}
	h.events = make([]wire.Event, conf.capacity)
	opts := &wire.Options{PhaseLimit: conf.phaseLimit, QueueLimit: conf.queueLimit, Backend: conf.backend}
	var code int32
	if conf.real {
		h.e, code = newEngine(opts, h.shared, h.mem, h.clock, openReal)
	} else {
		h.poll = newFakePoller()
		h.e, code = newEngine(opts, h.shared, h.mem, h.clock, h.poll.open)
	}
	if code != wire.OK {
		t.Fatalf("newEngine: %d", code)
	}
	h.e.tasks.nouns = &testNouns
	return h
}

// logf notes something that happened, for the order tests.
func (h *host) logf(format string, args ...any) { h.log = append(h.log, fmt.Sprintf(format, args...)) }

// newID hands out an id of maker 2.
func (h *host) newID() uint64 {
	var n uint32
	if k := len(h.spare); k > 0 {
		n, h.spare = h.spare[k-1], h.spare[:k-1]
	} else {
		n = uint32(len(h.slots))
		h.slots = append(h.slots, hostSlot{})
	}
	h.slots[n].gen++
	return makerHost<<(slotBits+generationBits) | uint64(n)<<generationBits | h.slots[n].gen
}

// start queues an op that names a new id, which it returns.
func (h *host) start(op wire.Op, cb func(*wire.Event)) uint64 {
	op.ID = h.newID()
	h.byRef[op.ID] = &hostID{id: op.ID, cb: cb, started: op}
	h.ops = append(h.ops, op)
	return op.ID
}

func (h *host) timer(deadline int64, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: wire.OpTimer, Arg: deadline}, cb)
}

func (h *host) after(delay int64, cb func(*wire.Event)) uint64 {
	return h.timer(h.clock.ns+delay, cb)
}

func (h *host) interval(period int64, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{
		Code: wire.OpTimer, Flags: wire.OpFlagRepeat, Arg: h.clock.ns + period, Target: uint64(period),
	}, cb)
}

func (h *host) watcher(code uint16, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: code}, cb)
}

func (h *host) pollFD(fd int, interest uint32, flags uint16, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: wire.OpPollFD, Flags: flags, Len: interest, Arg: int64(fd)}, cb)
}

func (h *host) work(fn func(*wire.Value) int32, cb func(*wire.Event)) uint64 {
	return h.start(h.workOp(fn), cb)
}

func (h *host) workOp(fn func(*wire.Value) int32) wire.Op {
	h.fns = append(h.fns, fn)
	return wire.Op{Code: wire.OpWork, Arg: int64(len(h.fns))}
}

func (h *host) control(code uint16, target uint64) {
	h.ops = append(h.ops, wire.Op{Code: code, Target: target})
}

// pendingEvents returns the indexes of events of an id that are in the batch and not dispatched, and
// whether the final one is among them.
func (h *host) inBatch(id uint64) (some, final bool) {
	for i := h.at; i < len(h.batch); i++ {
		if h.batch[i].ID == id && h.batch[i].Flags&wire.EvRefused == 0 {
			some = true
			final = final || h.batch[i].Flags&wire.EvMore == 0
		}
	}
	return some, final
}

// clear mutes an id the way the C half does: what is in the batch is not called for.
func (h *host) clear(id uint64) {
	x := h.byRef[id]
	if x == nil {
		return
	}
	some, final := h.inBatch(id)
	x.cleared = true
	if some {
		h.skipInBatch(x)
	}
	if !final {
		x.muted = true
		h.control(wire.OpClear, id)
	}
}

// skipInBatch keeps the events of an id that are left in the batch from being called for.
func (h *host) skipInBatch(x *hostID) {
	if !x.skip {
		x.skip = true
		h.skipped = append(h.skipped, x)
	}
}

// cancel leaves a result that is in the batch alone.
func (h *host) cancel(id uint64) {
	x := h.byRef[id]
	if x == nil {
		return
	}
	x.cancelled = true
	if _, final := h.inBatch(id); !final {
		h.control(wire.OpCancel, id)
	}
}

func (h *host) label(text string) {
	b := []byte(text + "\x00")
	h.keep = append(h.keep, b)
	h.ops = append(h.ops, wire.Op{
		Code: wire.OpLabel, Data: uintptr(unsafe.Pointer(&b[0])), Len: uint32(len(text)),
	})
}

func (h *host) post(value uint64) { h.posts = append(h.posts, wire.Post{Value: value, User: 77}) }

// turn makes one step and dispatches its batch.
func (h *host) turn(flags uint32) uint32 {
	h.t.Helper()
	h.giveBack()
	s := &h.step
	h.opMem = append(h.opMem[:0], h.ops...)
	h.ops = h.ops[:0]
	s.Ops, s.OpCount, s.OpStride = 0, uint32(len(h.opMem)), uint32(unsafe.Sizeof(wire.Op{}))
	if len(h.opMem) > 0 {
		s.Ops = uintptr(unsafe.Pointer(&h.opMem[0]))
	}
	s.Events, s.EventCapacity = uintptr(unsafe.Pointer(&h.events[0])), uint32(len(h.events))
	s.EventStride = uint32(unsafe.Sizeof(wire.Event{}))
	s.Posts, s.PostCount = 0, uint32(len(h.posts))
	if len(h.posts) > 0 {
		s.Posts = uintptr(unsafe.Pointer(&h.posts[0]))
	}
	s.Finished, s.Returned = addrOf(h.finished), h.returned
	h.finished, h.lastDone, h.returned = nil, nil, 0
	s.Flags = flags
	if h.closed {
		s.Flags |= wire.StepClose
	}
	s.Immediates, s.Ticks = uint32(len(h.imm)), uint32(len(h.ticks))
	s.KeepAlive = h.holds + uint64(len(h.posts)+len(h.imm)+len(h.ticks))
	s.HostSlots = uint32(len(h.slots))
	h.code = h.e.Step(s)
	h.steps++
	h.answer = s.Answer
	h.posts = h.posts[s.PostsTaken:]
	h.records = append(h.records, wire.Slice[wire.Trace](s.Trace, int(s.TraceCount))...)
	h.take(s.Start)
	h.values = s.Values
	if h.code != wire.OK {
		return s.Answer
	}
	h.dispatch(s)
	return s.Answer
}

// giveBack ends the last batch: its values are released.
func (h *host) giveBack() {
	for addr := h.values; addr != 0; {
		j := wire.At[wire.Job](addr)
		if j.Out.Release != 0 {
			h.released++
		}
		next := j.Next
		j.Next = h.returned
		h.returned = addr
		addr = next
	}
	h.values = 0
}

// dispatch calls for the events of a batch.
func (h *host) dispatch(s *wire.Step) {
	h.t.Helper()
	h.batch, h.at = h.events[:s.NEvents], 0
	h.runTicks()
	if s.Phase == wire.PhaseCheck && s.Answer == wire.AnswerBatch && h.pass != s.Pass {
		h.pass = s.Pass
		list := h.imm
		h.imm = nil
		for _, f := range list {
			f()
			h.runTicks()
		}
	}
	for h.at < len(h.batch) {
		ev := h.batch[h.at]
		h.at++
		h.one(&ev)
		h.runTicks()
	}
	h.batch = nil
	for _, x := range h.skipped {
		x.skip = false
	}
	h.skipped = h.skipped[:0]
}

func (h *host) runTicks() {
	for len(h.ticks) > 0 {
		f := h.ticks[0]
		h.ticks = h.ticks[1:]
		f()
	}
}

// one checks an event against the promise about ids and calls for it.
func (h *host) one(ev *wire.Event) {
	h.t.Helper()
	if ev.Flags&wire.EvRefused != 0 {
		h.refused = append(h.refused, *ev)
		if x := h.byRef[ev.ID]; x != nil && x.started.User == ev.User && x.started.Code == ev.Code {
			delete(h.byRef, ev.ID)
		}
		return
	}
	if ev.ID == 0 {
		if ev.Code != wire.OpPost || ev.User != 77 {
			h.t.Fatalf("event without id: %+v", *ev)
		}
		if h.onPost != nil {
			h.onPost(uint64(ev.Num))
		}
		return
	}
	x := h.byRef[ev.ID]
	if x == nil {
		h.t.Fatalf("event for an id that is not live: %+v", *ev)
	}
	if ev.User != x.started.User || ev.CB != x.started.CB || ev.Code != x.started.Code {
		h.t.Fatalf("event %+v for op %+v", *ev, x.started)
	}
	if x.outcome && (ev.Flags&wire.EvMore != 0 || ev.Status != x.status) {
		h.t.Fatalf("after the outcome %d: %+v", x.status, *ev)
	}
	if ev.Flags&wire.EvOutcome != 0 {
		x.outcome, x.status = true, ev.Status
	}
	if x.muted && ev.Flags&wire.EvMuted == 0 && !x.skip {
		h.t.Fatalf("event of a cleared id: %+v", *ev)
	}
	final := ev.Flags&wire.EvMore == 0
	if final {
		delete(h.byRef, ev.ID)
	}
	if ev.Flags&wire.EvMuted == 0 && !x.skip && x.cb != nil {
		x.cb(ev)
	}
	if final {
		if x.final != nil {
			x.final(ev)
		}
		slot := uint32(ev.ID>>generationBits) & slotMask
		if ev.ID>>(slotBits+generationBits) == makerHost && h.slots[slot].gen < generationMask {
			h.spare = append(h.spare, slot)
		}
	}
}

// take gives jobs to the lanes.
func (h *host) take(addr uintptr) {
	for addr != 0 {
		j := wire.At[wire.Job](addr)
		h.queue[j.Lane] = append(h.queue[j.Lane], j)
		addr = j.Next
	}
}

// begin takes the next job of a lane that is not cancelled; nil if there is none.
func (h *host) begin(lane int) *wire.Job {
	for len(h.queue[lane]) > 0 {
		j := h.queue[lane][0]
		h.queue[lane] = h.queue[lane][1:]
		if atomic.CompareAndSwapUint32(&j.State, wire.JobQueued, wire.JobRunning) {
			atomic.AddUint32(&h.shared.Queued[lane], ^uint32(0))
			j.StartedNS = h.clock.ns
			h.running = append(h.running, j)
			return j
		}
		h.back(j)
	}
	return nil
}

// end runs the function of the oldest running job and gives the job back.
func (h *host) end() {
	j := h.running[0]
	h.running = h.running[1:]
	j.Out = wire.Value{}
	if j.Fn == 0 {
		j.Status = wire.OK
		for h.e.RunTask(j.Arg) {
		}
	} else {
		j.Status = h.fns[j.Fn-1](&j.Out)
	}
	j.EndedNS = h.clock.ns
	atomic.StoreUint32(&j.State, wire.JobFinished)
	h.back(j)
}

func (h *host) back(j *wire.Job) {
	j.Next = 0
	if h.lastDone != nil {
		h.lastDone.Next = addrOf(j)
	} else {
		h.finished = j
	}
	h.lastDone = j
}

// runJobs runs everything in the pool.
func (h *host) runJobs() {
	for lane := range h.queue {
		for h.begin(lane) != nil {
		}
	}
	for len(h.running) > 0 {
		h.end()
	}
}

// busyPool says whether the pool has anything.
func (h *host) busyPool() bool {
	for lane := range h.queue {
		if len(h.queue[lane]) > 0 {
			return true
		}
	}
	return len(h.running) > 0
}

// run steps until the loop is done. Asleep, it runs jobs if there are any, else moves the clock.
func (h *host) run() { h.t.Helper(); h.runMode(0) }

func (h *host) runMode(flags uint32) {
	h.t.Helper()
	more := uint32(0)
	for range 1_000_000 {
		answer := h.turn(flags | more)
		if h.code != wire.OK {
			h.t.Fatalf("Step: %d", h.code)
		}
		more = 0
		switch answer {
		case wire.AnswerDone, wire.AnswerPass:
			return
		case wire.AnswerWait:
			more = h.sleep()
		default:
			if flags == 0 && h.rests() {
				more = h.sleep()
			}
		}
	}
	h.t.Fatal("the loop does not end")
}

// rests says, as the C half does, whether to sleep behind a batch without another step.
func (h *host) rests() bool {
	s := &h.step
	if s.Rest == 0 || len(h.ops)+len(h.posts)+len(h.imm)+len(h.ticks) > 0 || h.finished != nil || h.closed ||
		h.shared.TraceOn != 0 || atomic.LoadUint32(&h.shared.GoPending) > 0 {
		return false
	}
	if s.WaitNS = -1; s.RestUntilNS != math.MaxInt64 {
		s.WaitNS = s.RestUntilNS - h.clock.ns
	}
	return s.WaitNS > 0 || s.RestUntilNS == math.MaxInt64
}

// sleep plays the wait and returns the flag for the next step.
func (h *host) sleep() uint32 {
	h.t.Helper()
	wait := h.step.WaitNS
	h.waits = append(h.waits, wait)
	h.step.NReady, h.step.WaitErrno = 0, 0
	switch {
	case h.busyPool():
		h.runJobs()
		return 0
	case h.poll != nil && h.poll.any():
		h.step.NReady = uint32(h.poll.look())
	case h.poll == nil:
		n, err := h.e.poller.Poll()
		if err == nil && n == 0 && wait < 0 {
			n = h.await()
		}
		if err != nil || n == 0 && wait < 0 {
			h.t.Fatalf("%d ready, %v", n, err)
		}
		if h.step.NReady = uint32(n); n == 0 {
			h.clock.ns += wait
		}
	case wait > 0:
		h.clock.ns += wait
	default:
		h.t.Fatalf("asleep for ever; live: %d, alive: %d", h.e.live, h.e.alive)
	}
	return wire.StepWaited
}

// await plays a sleep of the real poller, for at most some seconds.
func (h *host) await() int {
	const patience = 10_000 // ms
	if h.shared.PollFD < 0 {
		n, _ := unix.Poll(wire.Slice[unix.PollFd](h.shared.Ready, int(h.shared.PollCount)), patience)
		return max(n, 0)
	}
	_, _ = unix.Poll([]unix.PollFd{{Fd: h.shared.PollFD, Events: unix.POLLIN}}, patience)
	n, _ := h.e.poller.Poll()
	return n
}

// finish frees the engine and checks that nothing is left.
func (h *host) finish() {
	h.t.Helper()
	h.closed = true
	h.poll.silence()
	h.run()
	h.giveBack()
	if n := len(h.byRef); n != 0 {
		h.t.Fatalf("%d ids without a final event", n)
	}
	if h.e.alive != 0 || h.e.live != 0 {
		h.t.Fatalf("alive %d, live %d at the end", h.e.alive, h.e.live)
	}
	if code := h.e.Free(); code != wire.OK {
		h.t.Fatalf("Free: %d", code)
	}
	if nothingRare != (rare{}) {
		h.t.Fatal("something has written to what all sockets share")
	}
	if n := h.mem.Live(); n != 0 {
		h.t.Fatalf("%d allocations left", n)
	}
}

// kept keeps memory alive that only an address points at, and off the stack, which moves.
var kept []any

// addrOf8 returns the address of bytes that stay where they are for the rest of the tests.
func addrOf8(b []byte) uintptr {
	kept = append(kept, b)
	return uintptr(unsafe.Pointer(&b[0]))
}
