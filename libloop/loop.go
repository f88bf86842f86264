// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/monitor"
	"libloop.dev/libloop/libloop/internal/poller"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
	"libloop.dev/libloop/libloop/watch"
)

// Engine is one loop. Everything runs on the loop's thread, but for Poison, PanicText and what goroutines
// of the HTTP client do.
type Engine struct {
	ids
	mem    wire.Memory
	shared *wire.Shared
	clock  clock
	poller poller.Poller
	labels labels
	names  [wire.OpMicrotask + 1]uint32 // labels of codes
	conf   settings

	now   int64 // loop time, read once a phase
	fresh bool  // now was read in this phase
	opsAt int64 // when the ops of this step were taken; 0: not read yet

	live  int    // ids that are not free
	quiet int    // of those, a binding's own
	alive int    // ids that keep the loop alive
	count uint64 // naming ops accepted

	timers   *timers.Queue
	due      fifo[timers.Key] // the work list of the timers phase
	pending  fifo[verdict]
	refused  fifo[refusal]              // those that pending has a place for
	watchers [wire.OpCheck + 1]watchers // by code
	jobs     jobs
	tasks    tasks
	stats    stats
	polling  polling
	sockets  sockets
	http     requests
	openHTTP func(*Engine) (http.Client, int32)
	watching watching
	naming   naming

	openWatcher  func(*Engine) watch.Watcher
	openResolver func(*Engine) dns.Resolver
	closing      closing
	walk         walk
	out          batch
	trace        trace

	poisoned atomic.Bool
	panicMu  sync.Mutex
	panicked string    // guarded by panicMu
	epitaph  [2]uint32 // maker and slot where the next one goes on

}

// settings are the options that the engine reads.
type settings struct {
	queueLimit [wire.Lanes]uint32 // 0: none
	phaseLimit int
	retainMax  uint64
	proxy      string
	pem        []byte
	threads    int // that may be in Go at once: see processors.go
}

// New makes the engine of a loop. Strings in opts are read during the call.
func New(opts *wire.Options, shared *wire.Shared, mem wire.Memory) (*Engine, int32) {
	e, code := newEngine(opts, shared, mem, systemClock{}, poller.New)
	if code == wire.OK {
		e.conf.threads = threads(opts)
		admit(e.conf.threads)
	}
	return e, code
}

type openPoller func(backend uint32, shared *wire.Shared, mem wire.Memory) (poller.Poller, error)

func newEngine(opts *wire.Options, shared *wire.Shared, mem wire.Memory, c clock, open openPoller,
) (*Engine, int32) {
	if opts == nil || shared == nil || mem == nil {
		return nil, wire.EINVAL
	}
	e := &Engine{mem: mem, shared: shared, clock: c, labels: newLabels(mem), openHTTP: newHTTP, openWatcher: newWatcher, openResolver: newResolver}
	e.timers = timers.New(keys{&e.ids})
	e.conf.retainMax = opts.RetainLimit
	e.conf.phaseLimit = math.MaxInt64 / 2
	if opts.PhaseLimit > 0 {
		e.conf.phaseLimit = int(opts.PhaseLimit)
	}
	for lane := range e.conf.queueLimit {
		e.conf.queueLimit[lane] = opts.QueueLimit
	}
	e.conf.proxy = wire.Text(opts.HTTPProxy)
	if opts.CAPem != 0 && opts.CAPemLen <= math.MaxInt32 {
		e.conf.pem = append([]byte{}, wire.Slice[byte](opts.CAPem, int(opts.CAPemLen))...)
	}
	for code, name := range codeNames {
		if name != "" {
			if e.names[code] = e.labels.use([]byte(name)); e.names[code] == 0 {
				e.labels.close()
				return nil, wire.ENOMEM
			}
		}
	}
	if !e.stats.open(e) {
		e.labels.close()
		return nil, wire.ENOMEM
	}
	e.jobs.mem = mem
	e.tasks.nouns = batteries()
	e.out.mem = mem
	e.trace.mem = mem
	p, err := open(opts.Backend, shared, mem)
	if err != nil {
		e.labels.close()
		code, _ := fromError(err)
		return nil, code
	}
	e.poller = p
	e.sockets.calls, e.sockets.level = &net.System{}, shared.Backend == wire.BackendPoll
	e.now = c.Now()
	e.stats.sinceNS = e.now
	return e, wire.OK
}

// codeNames are the labels of ids and events without one of their own.
var codeNames = [wire.OpMicrotask + 1]string{
	wire.OpTimer: "timer", wire.OpIdle: "idle", wire.OpPrepare: "prepare", wire.OpCheck: "check",
	wire.OpPollFD: "poll", wire.OpWork: "work", wire.OpHttp: "http", wire.OpFS: "fs", wire.OpWatch: "watch", wire.OpDNS: "dns",
	wire.OpWrite: "write", wire.OpSendFile: "send_file", wire.OpCancel: "cancel",
	wire.OpClear: "clear", wire.OpRef: "ref", wire.OpUnref: "unref", wire.OpRefresh: "refresh",
	wire.OpPollModify: "poll_modify", wire.OpLabel: "label", wire.OpEnd: "end",
	wire.OpPause: "pause", wire.OpResume: "resume", wire.OpPost: "post",
	wire.OpNet: "net", wire.OpRead: "read", wire.OpSend: "send", wire.OpSendTo: "send_to", wire.OpSendFD: "send_fd", wire.OpClose: "close",
	wire.OpImmediate: "immediate", wire.OpTick: "tick", wire.OpMicrotask: "microtask",
}

// Step goes on from where the last step stopped to the first batch, or says what to wait for.
func (e *Engine) Step(s *wire.Step) int32 {
	if e.poisoned.Load() {
		return wire.EPANIC
	}
	monitor.Tick()
	if s.OpStride < uint32(unsafe.Sizeof(wire.Op{})) && s.OpCount > 0 ||
		s.EventStride < uint32(unsafe.Sizeof(wire.Event{})) && s.EventCapacity > 0 {
		return wire.EINVAL
	}
	e.limits[makerShim] = min(s.ShimSlots, 1<<slotBits)
	e.limits[makerHost] = min(s.HostSlots, 1<<slotBits)
	e.madeBase = uint64(s.MadeBase)
	submit := s.Flags&wire.StepSubmit != 0 || s.EventCapacity == 0
	s.Answer, s.NEvents, s.PostsTaken, s.WaitNS = wire.AnswerBatch, 0, 0, 0
	s.Phase = wire.PhaseNone
	s.Values, s.Spare, s.Rest = 0, 0, 0
	e.spared(s)
	e.trace.begin(e)
	if s.Flags&wire.StepWaited != 0 && !submit {
		if code := waitError(s.WaitErrno); code != wire.OK {
			e.finish(s)
			return code
		}
	}
	if s.Flags&wire.StepClose != 0 {
		e.closing.begun = true
	}
	e.opsAt = 0
	if !submit {
		e.rested(s)
		e.tasks.turn()
		e.tasks.unhold(e)
	}
	e.stats.steps++
	if s.OpCount > 0 {
		e.takeOps(s)
		e.stats.took(e, s.OpCount)
	}
	e.stats.now.ops += uint64(s.Sent)
	s.Direct, s.Sent, e.sockets.directFDs = 0, 0, 0
	e.jobs.take(e, s)
	code := int32(wire.OK)
	if !submit {
		e.polling.embedded = s.Flags&wire.StepEmbedded != 0
		e.labels.trim()
		e.out.begin(s)
		e.turns(s)
		e.sockets.directFDs = s.DirectFDs
		code = e.advance(s)
		if e.sockets.directFDs != 0 {
			s.Direct = 1
		}
		s.NEvents = uint32(e.out.n)
		e.stats.gave(s)
		s.Values = e.jobs.values()
	}
	e.finish(s)
	if e.poisoned.Load() {
		// A goroutine has panicked meanwhile. The events of this step are good, and the only ones of their
		// ids: the next step tells. This one may have taken the news of it for that of a response.
		atomic.StoreUint32(&e.shared.GoPending, 1)
	}
	return code
}

// waitError returns the code for what the sleep ended with. A signal is no error.
func waitError(errno int32) int32 {
	if errno == 0 || syscall.Errno(errno) == syscall.EINTR {
		return wire.OK
	}
	return wire.FromErrno(syscall.Errno(errno))
}

// finish fills what every answer has.
func (e *Engine) finish(s *wire.Step) {
	s.NowNS = e.now
	s.Pass = e.walk.pass
	s.Alive = uint64(e.alive)
	s.Start = e.jobs.start()
	s.Trace, s.TraceCount = e.trace.done()
}

// Ask answers a question of the C half. Everything queued was submitted before.
func (e *Engine) Ask(what uint32, id uint64, out *int64) int32 {
	if e.poisoned.Load() {
		return wire.EPANIC
	}
	var answer int64
	switch what {
	case wire.AskHasRef:
		s := e.find(id)
		if s == nil {
			return wire.EBADID
		}
		if s.flags&flagRef != 0 {
			answer = 1
		}
	case wire.AskDueIn:
		s := e.find(id)
		if s == nil || s.code != wire.OpTimer || s.state != stateLive {
			return wire.EBADID
		}
		if s.flags&flagDue == 0 {
			answer = max(0, timers.Sub(s.arg, e.clock.Now()))
		}
	case wire.AskFD, wire.AskQueued, wire.AskType, wire.AskSize:
		var status int32
		if answer, status = e.sockets.ask(what, e.find(id)); status != wire.OK {
			return status
		}
	case wire.AskAlive:
		answer = int64(e.alive)
	case wire.AskBackendTimeout:
		answer = e.timeout()
	case wire.AskPeriod:
		// Also of a timer that has ended, as long as nothing else lives in its slot.
		s := e.at(refOf(id))
		if id>>63 != 0 || s == nil || s.gen != id&generationMask || s.code != wire.OpTimer {
			return wire.EBADID
		}
		if s.flags&flagRepeat != 0 {
			answer = s.aux
		} else if answer = s.aux - 1; answer < 0 {
			return wire.EINVAL
		}
	default:
		return wire.EINVAL
	}
	*out = answer
	return wire.OK
}

// Poison ends the engine after a panic: it is not called again but for Epitaph. Any goroutine.
func (e *Engine) Poison(v any, stack []byte) {
	e.panicMu.Lock()
	if e.panicked == "" {
		e.panicked = fmt.Sprintf("%v\n\n%s", v, stack)
	}
	e.panicMu.Unlock()
	e.poisoned.Store(true)
}

// PanicText returns what Poison was told first.
func (e *Engine) PanicText() string {
	e.panicMu.Lock()
	defer e.panicMu.Unlock()
	return e.panicked
}

// Epitaph writes the final events of live ids after a panic, as many as there is room for. It trusts
// nothing but the tables.
func (e *Engine) Epitaph(s *wire.Step) int32 {
	s.NEvents, s.PostsTaken, s.TraceCount = 0, 0, 0
	s.Start, s.Values, s.Trace = 0, 0, 0
	s.Answer, s.Phase = wire.AnswerBatch, wire.PhaseClosing
	e.alive = 0
	e.http.abandon()
	e.watching.abandon()
	e.naming.abandon()
	for ; e.epitaph[0] < makers; e.epitaph[0], e.epitaph[1] = e.epitaph[0]+1, 0 {
		table := e.tables[e.epitaph[0]]
		for ; int(e.epitaph[1]>>chunkBits) < len(table); e.epitaph[1]++ {
			chunk := table[e.epitaph[1]>>chunkBits]
			if chunk == nil {
				e.epitaph[1] |= chunkLen - 1
				continue
			}
			sl := &chunk[e.epitaph[1]&(chunkLen-1)]
			if sl.state == stateFree {
				continue
			}
			if s.NEvents == s.EventCapacity {
				return wire.OK
			}
			ev := wire.At[wire.Event](s.Events + uintptr(s.NEvents)*uintptr(s.EventStride))
			*ev = wire.Event{
				ID: uint64(e.epitaph[0]<<slotBits|e.epitaph[1])<<generationBits | sl.gen,
				CB: sl.cb, User: sl.user, Status: wire.EPANIC, Code: uint16(sl.code),
				Flags: wire.KindError,
			}
			if sl.flags&flagMuted != 0 {
				ev.Flags |= wire.EvMuted
			}
			if sl.code == wire.OpNet && sl.aux >= 0 {
				_ = syscall.Close(int(sl.aux))
			}
			sl.state = stateFree
			s.NEvents++
		}
	}
	s.Answer = wire.AnswerDone
	s.Alive = 0
	return wire.OK
}

// Free gives back descriptors, goroutines and memory. EBUSY when an id still lives.
func (e *Engine) Free() int32 {
	if e.poisoned.Load() {
		return wire.EPANIC
	}
	if e.live > 0 {
		return wire.EBUSY
	}
	e.http.close()
	e.watching.close()
	e.naming.close()
	err := e.poller.Close()
	e.tasks.end()
	e.sockets.close(e)
	e.jobs.close()
	e.out.close()
	e.trace.close()
	e.labels.close()
	e.timers.Close()
	e.ids.close()
	admit(-e.conf.threads)
	if err != nil {
		code, _ := fromError(err)
		return code
	}
	return wire.OK
}
