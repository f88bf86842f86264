// SPDX-License-Identifier: MIT

// Package dns answers a loop's questions about names: lookups through Go's resolver, which reads the hosts file
// and resolv.conf, and queries to DNS servers.
//
// # Contract
//
// A loop has one Resolver. Start, Cancel, Collect, Abandon and Close run on the loop's thread and wait for
// nothing but short locks (Close: see below). Results are pushed by goroutines, which call Config.Notify after
// each, or by Start itself when nobody has to be asked; Notify and Config.Panic must be ready for any goroutine.
//
// Start returns wire.OK, or wire.ECLOSED; then nothing comes for the id. Exactly one Result comes for each
// started id, unless it is cancelled: after Cancel nothing is queued, what was queued before it still comes, and
// nothing is asked any more.
//
// Abandon is for a loop that has panicked: it ends everything and does not wait. Close ends everything, waits for
// the goroutines and closes the sockets. Neither Notify nor Panic is called afterwards.
package dns

import (
	"container/list"
	"context"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Spec is a question.
type Spec struct {
	What    uint32 // wire.DNSLookup, wire.DNSReverse or wire.DNSQuery
	Flags   uint32 // wire.DNSIPv4First, wire.DNSIPv6First
	Type    uint16 // wire.DNSA ...
	Family  uint32 // 4, 6, or 0 for both
	Name    string
	Servers string        // see parseServers; "": those of resolv.conf
	Tries   int           // for each server; 0: what resolv.conf says
	Try     time.Duration // to wait for an answer; 0: what resolv.conf says
}

// Result is what a question came to.
type Result struct {
	ID     uint64
	Status int32  // wire.OK or the code of the failure
	Aux    int32  // of a failure: wire.DNSNotFound ... with wire.EDNS, else an errno or 0
	Count  int    // of records
	Data   []byte // records, as wire.DNSRecord says
	Text   string // of a failure: "MX example.com: reason"
}

// Resolver answers the questions of one loop; see the contract above.
type Resolver interface {
	Start(id uint64, spec Spec) (code int32)
	Cancel(id uint64)
	Collect(dst []Result) []Result
	Abandon()
	Close()
}

// Config is what a Resolver needs to know.
type Config struct {
	Notify func() // a Result waits for Collect
	Panic  func(value any, stack []byte)
}

// most is how many questions are on their way at a time. A lookup has two sockets, and a process may have no more
// than 1,024 descriptors.
const most = 128

type resolver struct {
	cfg  Config
	conf string // path of resolv.conf
	dial net.Dialer
	aim  func(network, addr string) string // where to dial instead; nil but for tests
	root context.Context                   // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup // goroutines of questions, sockets

	mu      sync.Mutex
	live    map[uint64]*question // guarded by mu
	waiting *list.List           // guarded by mu. *question, those whose turn has not come
	running int                  // guarded by mu. Goroutines
	results []Result             // guarded by mu
	closed  bool                 // guarded by mu
}

// question is a Spec on its way.
type question struct {
	Spec
	id     uint64
	ctx    context.Context
	cancel context.CancelFunc
	place  *list.Element // guarded by the resolver's mu. In waiting; nil: a goroutine has it
}

// New makes a resolver. It opens nothing yet.
func New(cfg Config) Resolver { return newResolver(cfg) }

func newResolver(cfg Config) *resolver {
	r := &resolver{
		cfg: cfg, conf: "/etc/resolv.conf", live: make(map[uint64]*question), waiting: list.New(),
	}
	r.root, r.stop = context.WithCancel(context.Background())
	return r
}

// Start begins a question.
func (r *resolver) Start(id uint64, spec Spec) int32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return wire.ECLOSED
	}
	q := &question{Spec: spec, id: id}
	r.live[id] = q
	if a, err := q.atOnce(); err != nil || a != nil {
		r.push(q, a, err)
		return wire.OK
	}
	q.ctx, q.cancel = context.WithCancel(r.root)
	if r.running == most {
		q.place = r.waiting.PushBack(q)
		return wire.OK
	}
	r.running++
	r.work.Go(func() { r.answer(q) })
	return wire.OK
}

// Cancel ends a question.
func (r *resolver) Cancel(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.live[id]
	if q == nil {
		return
	}
	delete(r.live, id)
	q.cancel()
	if q.place != nil {
		r.waiting.Remove(q.place)
	}
}

// Collect appends what has come.
func (r *resolver) Collect(dst []Result) []Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	dst = append(dst, r.results...)
	clear(r.results)
	if cap(r.results) > 1024 { // after a burst
		r.results = nil
	}
	r.results = r.results[:0]
	return dst
}

// Abandon ends all questions without waiting for anything.
func (r *resolver) Abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.stop()
	r.waiting.Init()
}

// Close ends the resolver.
func (r *resolver) Close() {
	r.Abandon()
	r.work.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live, r.results = nil, nil
}

// answer is a goroutine: it answers a question, and then those that wait.
func (r *resolver) answer(q *question) {
	defer func() {
		if v := recover(); v != nil {
			r.cfg.Panic(v, debug.Stack())
		}
	}()
	for q != nil {
		a, err := q.find(r)
		q.cancel()
		q = r.next(q, a, err)
	}
}

// next pushes the result of a question and gives one that waits, nil if none does.
func (r *resolver) next(q *question, a *answer, err error) *question {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.push(q, a, err)
	if r.waiting.Len() == 0 {
		r.running--
		return nil
	}
	q = r.waiting.Remove(r.waiting.Front()).(*question)
	q.place = nil
	return q
}

// push queues the result of a question and says so, unless it was cancelled. Under mu.
func (r *resolver) push(q *question, a *answer, err error) {
	if r.closed || r.live[q.id] != q {
		return
	}
	delete(r.live, q.id)
	res := Result{ID: q.id}
	if err != nil {
		res.Status, res.Aux, res.Text = q.failure(err)
	} else {
		res.Count, res.Data = a.count, a.data
	}
	r.results = append(r.results, res)
	r.cfg.Notify()
}

// find answers a question, whatever it takes. Runs on: a goroutine.
func (q *question) find(r *resolver) (*answer, error) {
	switch q.What {
	case wire.DNSLookup:
		return q.lookup(r)
	case wire.DNSReverse:
		return q.reverse(r)
	}
	return q.query(r, q.Name, q.Type)
}
