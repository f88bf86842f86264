// SPDX-License-Identifier: MIT

// Package watch tells a loop what changes in files and folders: what inotify says on Linux, or what looking
// again and again finds.
//
// # Contract
//
// A loop has one Watcher. Start, Cancel, Fail, Collect, Abandon and Close run on the loop's thread and wait for
// nothing but short locks: no call of theirs looks at a disk. Results are pushed by goroutines and workers,
// which call Config.Notify after each; Notify and Config.Panic must be ready for any goroutine.
//
// Start returns wire.OK, or wire.ECLOSED; then nothing more comes for the id. A started id gives any number of
// Changes, the first of kind WatchReady, and at most one End, after which nothing comes. After Cancel nothing is
// queued; what was queued before it still comes, and whoever collects it drops it with the id.
//
// What may wait for a disk is done by workers. A Result of kind Errand carries a Task that the receiver gives to
// a worker of the file lane, and nothing else: it has no result of its own. It must be run to its end, unless its
// id has ended meanwhile; if it cannot be, Fail is called.
//
// The queue is bounded: while more than 1 MiB of Changes was not collected, goroutines and workers stop, what the
// system has to say is lost in its own queue, and a Change of kind WatchOverflow tells that.
//
// Abandon is for a loop that has panicked: it ends everything and does not wait. Close ends everything and waits
// for all goroutines; no Task may be with a worker any more. Neither Notify nor Panic is called afterwards.
package watch

import (
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Kinds of a Result.
const (
	Change uint8 = iota
	Errand
	End
)

// Result is one thing that a watch came to.
type Result struct {
	ID    uint64
	Kind  uint8
	Kinds uint32        // Change: wire.Watch*
	Aux   uint64        // Change: 1 for a folder; WatchReady: how many folders are watched
	Path  []byte        // Change: below what is watched; two with a NUL between them for WatchRenamed
	Task  task.Task     // Errand
	Errno syscall.Errno // End: why
	Text  string        // End: what is watched, and what helps
}

// Spec is what to watch and how.
type Spec struct {
	Path      string
	Recursive bool
	Events    uint32        // wire.Watch* that are told; 0: all
	Poll      time.Duration // look again after this long; 0: be told by the system
}

// Watcher watches for one loop; see the contract above.
type Watcher interface {
	Start(id uint64, spec Spec) (code int32)
	Cancel(id uint64)
	Fail(id uint64, errno syscall.Errno) // no worker could be had for the Task of an id
	Collect(dst []Result) []Result
	Abandon()
	Close()
}

// Config is what a Watcher needs to know.
type Config struct {
	Notify func() // a Result waits for Collect
	Panic  func(value any, stack []byte)
}

const (
	queueBytes = 1 << 20                // of Changes that may wait
	changeSize = 96                     // bytes that a Change counts for, beside its path
	pollLeast  = time.Millisecond       // between two looks
	pollUsual  = time.Second            // where the system tells nothing
	missGrace  = 100 * time.Millisecond // a file that is there again within this time was replaced
)

type watcher struct {
	cfg   Config
	work  sync.WaitGroup // goroutines
	notes notes          // what the system tells

	mu      sync.Mutex
	room    sync.Cond         // the queue has room again, or is closed
	live    map[uint64]*watch // guarded by mu
	results []Result          // guarded by mu
	waiting int               // guarded by mu. Bytes of Changes in results
	hungry  []*watch          // guarded by mu. They have more to tell than there was room for
	closed  bool              // guarded by mu
}

// New makes a watcher. It opens nothing yet.
func New(cfg Config) Watcher {
	c := &watcher{cfg: cfg, live: make(map[uint64]*watch)}
	c.room.L = &c.mu
	c.notes.init(c)
	return c
}

// Start begins a watch.
func (c *watcher) Start(id uint64, spec Spec) int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return wire.ECLOSED
	}
	w := &watch{c: c, id: id, spec: spec, path: fromHere(spec.Path)}
	w.eye = newEye(w)
	c.live[id] = w
	c.ask(w)
	return wire.OK
}

// Cancel ends a watch; nothing more of it is queued.
func (c *watcher) Cancel(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.live[id]; w != nil {
		c.stop(w)
	}
}

// Fail ends a watch whose errand nobody can run.
func (c *watcher) Fail(id uint64, errno syscall.Errno) {
	c.mu.Lock()
	w := c.live[id]
	c.mu.Unlock()
	if w != nil {
		w.end(errno, "")
	}
}

// Collect appends what has come.
func (c *watcher) Collect(dst []Result) []Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	dst = append(dst, c.results...)
	clear(c.results)
	if cap(c.results) > 1024 { // after a burst
		c.results = nil
	}
	c.results, c.waiting = c.results[:0], 0
	for _, w := range c.hungry {
		if !w.Stopped.Load() {
			dst = append(dst, Result{ID: w.id, Kind: Errand, Task: w})
		}
	}
	clear(c.hungry)
	c.hungry = c.hungry[:0]
	c.room.Broadcast()
	return dst
}

// Abandon ends all watches without waiting for anything.
func (c *watcher) Abandon() {
	c.shut()
	go c.notes.close()
}

// Close ends the watcher.
func (c *watcher) Close() {
	c.notes.leave()
	c.shut()
	c.notes.close()
	c.work.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.results)
	c.results = nil
}

// shut ends every watch and lets nothing be pushed any more.
func (c *watcher) shut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.live {
		c.stop(w)
	}
	c.closed = true
	c.room.Broadcast()
}

// stop ends a watch. What it holds is let go of by its errand, if that is under way, or by a goroutine. Under mu.
func (c *watcher) stop(w *watch) {
	delete(c.live, w.id)
	w.Stopped.Store(true)
	if w.timer != nil {
		w.timer.Stop()
	}
	if !c.closed {
		c.spawn(w.retire)
	}
}

// spawn starts a goroutine that Close waits for. Not once the watcher is closed.
func (c *watcher) spawn(f func()) {
	c.work.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				c.cfg.Panic(v, debug.Stack())
			}
		}()
		f()
	})
}

// push queues a result and says so. Under mu.
func (c *watcher) push(r Result) {
	if c.closed {
		return
	}
	if r.Kind == Change {
		c.waiting += changeSize + len(r.Path)
	}
	c.results = append(c.results, r)
	c.cfg.Notify()
}

// ask queues an errand of a watch that has none. Under mu.
func (c *watcher) ask(w *watch) { c.push(Result{ID: w.id, Kind: Errand, Task: w}) }

// hasRoom says whether a Change may be queued.
func (c *watcher) hasRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.waiting < queueBytes
}

// waitRoom waits until a Change may be queued. False: the watcher is closed.
func (c *watcher) waitRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.waiting >= queueBytes && !c.closed {
		c.room.Wait()
	}
	return !c.closed
}
