// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/watch"
)

// fakeWatcher gives what a test says.
type fakeWatcher struct {
	e         *Engine
	results   []watch.Result
	specs     []watch.Spec
	canceled  []uint64
	failed    map[uint64]syscall.Errno
	code      int32
	closed    bool
	abandoned bool
}

func (w *fakeWatcher) Start(_ uint64, spec watch.Spec) int32 {
	w.specs = append(w.specs, spec)
	return w.code
}

func (w *fakeWatcher) Cancel(id uint64) { w.canceled = append(w.canceled, id) }

func (w *fakeWatcher) Fail(id uint64, errno syscall.Errno) { w.failed[id] = errno }

func (w *fakeWatcher) Collect(dst []watch.Result) []watch.Result {
	dst = append(dst, w.results...)
	w.results = nil
	return dst
}

func (w *fakeWatcher) Abandon() { w.abandoned = true }

func (w *fakeWatcher) Close() { w.closed = true }

// give is what a goroutine of the watcher does.
func (w *fakeWatcher) give(r watch.Result) {
	w.results = append(w.results, r)
	w.e.notify()
}

func (w *fakeWatcher) change(id uint64, path string) {
	w.give(watch.Result{ID: id, Kind: watch.Change, Kinds: wire.WatchCreated, Path: []byte(path), Aux: 1})
}

func newWatchHost(t *testing.T, conf setup) (*host, *fakeWatcher) {
	h := newHost(t, conf)
	w := &fakeWatcher{e: h.e, failed: map[uint64]syscall.Errno{}}
	h.e.openWatcher = func(*Engine) watch.Watcher { return w }
	return h, w
}

func (h *host) watchRecord(path string) *wire.Watch {
	text := []byte(path + "\x00")
	rec := &wire.Watch{Size: watchSize, Path: addrOf8(text)}
	h.keep = append(h.keep, rec)
	return rec
}

func (h *host) watch(path string, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: wire.OpWatch, Data: uintptr(unsafe.Pointer(h.watchRecord(path)))}, cb)
}

// stray is an errand that counts its pieces.
type stray struct {
	task.State
	pieces int
}

func (x *stray) Run() int {
	if x.pieces++; x.pieces < 3 {
		return task.More
	}
	return task.End
}

func TestAChangeIsAnEventAndTheWatchGoesOn(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h, w := newWatchHost(t, setup{capacity: capacity})
		id := h.watch("/a", h.hears)
		h.turn(0)
		w.change(id, "b")
		w.change(id, strings.Repeat("c", blockMin+1))
		w.give(watch.Result{ID: id, Kind: watch.Change, Kinds: wire.WatchReady, Aux: 7})
		w.give(watch.Result{ID: id, Kind: watch.End, Errno: syscall.ENOENT, Text: "/a: gone"})
		h.run()
		h.heard(`0 kind5 1/1 "b" more`, `0 kind5 1/1 "16385 bytes" block+more`, `0 kind5 256/7 "" more`,
			`-33 kind7 0/2 "watch /a: gone" `)
		h.finish()
		if !w.closed {
			t.Fatal("the watcher is open")
		}
	}
}

func TestARecordSaysWhatToWatch(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	rec := h.watchRecord("/path/and more")
	rec.PathLen, rec.Flags, rec.Events, rec.PollNS = 5, wire.WatchRecursive, wire.WatchRenamed, 9
	rec.Size++ // a larger one of a later version
	h.start(wire.Op{Code: wire.OpWatch, Data: uintptr(unsafe.Pointer(rec))}, h.hears)
	h.turn(0)
	want := watch.Spec{Path: "/path", Recursive: true, Events: wire.WatchRenamed, Poll: 9}
	if len(w.specs) != 1 || w.specs[0] != want {
		t.Fatalf("%+v", w.specs)
	}
	h.closed = true
	h.run()
	h.heard(`-11 kind7 0/0 "watch /path" `)
	h.finish()
}

func TestARecordThatIsNoneIsRefused(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	h.start(wire.Op{Code: wire.OpWatch}, h.hears)
	for _, spoil := range []func(*wire.Watch){
		func(r *wire.Watch) { r.Size-- },
		func(r *wire.Watch) { r.Flags = 2 },
		func(r *wire.Watch) { r.Events = wire.WatchReady },
		func(r *wire.Watch) { r.PollNS = -1 },
		func(r *wire.Watch) { r.Path = 0 },
		func(r *wire.Watch) { r.PathLen = 3 }, // with the NUL
		func(r *wire.Watch) { r.PathLen = 1 << 31 },
	} {
		rec := h.watchRecord("/a")
		spoil(rec)
		h.start(wire.Op{Code: wire.OpWatch, Data: uintptr(unsafe.Pointer(rec))}, h.hears)
	}
	h.start(wire.Op{
		Code: wire.OpWatch, Flags: wire.OpFlagBorrowed, Data: uintptr(unsafe.Pointer(h.watchRecord("/a"))),
	}, h.hears)
	h.run()
	if len(h.refused) != 9 || len(w.specs) != 0 {
		t.Fatalf("%d refused, %d started", len(h.refused), len(w.specs))
	}
	for _, ev := range h.refused {
		if ev.Status != wire.EINVAL {
			t.Fatalf("%+v", ev)
		}
	}
	h.finish()
}

func TestAWatchThatCannotStartEndsWithItsCode(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	w.code = wire.ECLOSED
	h.watch("/a", h.hears)
	h.run()
	h.heard(`-3 kind7 0/0 "watch /a" `)
	h.finish()
}

func TestAWatchEndsOnceWhateverEndsIt(t *testing.T) {
	for name, end := range map[string]func(*host, uint64){
		"cancel":  (*host).cancel,
		"clear":   (*host).clear,
		"timeout": func(h *host, _ uint64) { h.clock.ns += 1000 },
		"close":   func(h *host, _ uint64) { h.closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			h, w := newWatchHost(t, setup{})
			id := h.watch("/a", h.hears)
			h.ops[0].TimeoutNS = 1000
			h.turn(0)
			end(h, id)
			for range 4 {
				h.turn(wire.StepNowait)
			}
			w.change(id, "late")
			w.give(watch.Result{ID: id, Kind: watch.End, Errno: syscall.ENOENT})
			h.run()
			switch name {
			case "clear":
				h.heard()
			case "timeout":
				h.heard(`-12 kind7 0/0 "watch /a" `)
			default:
				h.heard(`-11 kind7 0/0 "watch /a" `)
			}
			if len(w.canceled) != 1 {
				t.Fatal(w.canceled)
			}
			h.finish()
		})
	}
}

func TestAnEndThatExistsIsDeliveredInsteadOfACancel(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h, w := newWatchHost(t, setup{capacity: capacity})
		var id uint64
		id = h.watch("/a", func(ev *wire.Event) {
			h.hears(ev)
			h.cancel(id)
		})
		h.turn(0)
		w.change(id, "b")
		w.give(watch.Result{ID: id, Kind: watch.End, Errno: syscall.EMFILE, Text: "/a"})
		h.run()
		h.heard(`0 kind5 1/1 "b" more`, `-37 kind7 0/24 "watch /a" `)
		h.finish()
	}
}

func TestWhatIsInTheWorkListComesBeforeTheCancelWhateverTheBatch(t *testing.T) {
	for _, capacity := range []int{1, 2, 1024} {
		h, w := newWatchHost(t, setup{capacity: capacity})
		var id uint64
		id = h.watch("/a", func(ev *wire.Event) {
			h.hears(ev)
			h.cancel(id)
		})
		h.turn(0)
		w.change(id, "b")
		w.change(id, "c")
		h.run()
		h.heard(`0 kind5 1/1 "b" more`, `0 kind5 1/1 "c" more`, `-11 kind7 0/0 "watch /a" `)
		h.finish()
	}
}

func TestAClearedWatchIsSilentAtOnce(t *testing.T) {
	h, w := newWatchHost(t, setup{capacity: 1})
	var id uint64
	id = h.watch("/a", func(ev *wire.Event) {
		h.hears(ev)
		h.clear(id)
	})
	h.turn(0)
	w.change(id, "b")
	w.change(id, "c")
	w.give(watch.Result{ID: id, Kind: watch.End, Errno: syscall.ENOENT})
	h.run()
	h.heard(`0 kind5 1/1 "b" more`)
	h.finish()
}

func TestTheDeadlineOfAWatchCountsAnewFromEachEvent(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	id := h.watch("/a", h.hears)
	h.ops[0].TimeoutNS = 100
	for range 3 {
		h.turn(wire.StepNowait)
		h.clock.ns += 60
		w.change(id, "b")
		h.turn(wire.StepNowait)
	}
	h.heard(`0 kind5 1/1 "b" more`, `0 kind5 1/1 "b" more`, `0 kind5 1/1 "b" more`)
	h.clock.ns += 100
	h.run()
	h.heard(`-12 kind7 0/0 "watch /a" `)
	h.finish()
}

func TestAnErrandIsRunByTheFileLaneAndGivesNoEvent(t *testing.T) {
	h, w := newWatchHost(t, setup{queueLimit: 1})
	h.work(func(*wire.Value) int32 { return 0 }, func(*wire.Event) {})
	id := h.watch("/a", h.hears)
	other := h.watch("/b", h.hears)
	h.turn(0)
	x, y := &stray{}, &stray{}
	w.give(watch.Result{ID: id, Kind: watch.Errand, Task: x})
	w.give(watch.Result{ID: other, Kind: watch.Errand, Task: y})
	h.turn(wire.StepNowait)
	if n := len(h.queue[wire.LaneFile]); n != 2 { // no limit of the queue counts
		t.Fatal(n)
	}
	h.runJobs()
	h.turn(wire.StepNowait)
	if x.pieces != 3 || y.pieces != 3 {
		t.Fatal(x.pieces, y.pieces)
	}
	h.heard()
	h.closed = true
	h.run()
	h.finish()
}

func TestALoopThatClosesWaitsForErrands(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	id := h.watch("/a", h.hears)
	h.turn(0)
	w.give(watch.Result{ID: id, Kind: watch.Errand, Task: &stray{}})
	h.turn(wire.StepNowait)
	h.begin(wire.LaneFile)
	h.closed = true
	for range 4 {
		if h.turn(wire.StepNowait) == wire.AnswerDone {
			t.Fatal("done, and a worker is in the watch")
		}
	}
	h.heard(`-11 kind7 0/0 "watch /a" `)
	h.end()
	h.run()
	h.finish()
}

func TestAnErrandWithoutAWorkerFailsItsWatch(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	id := h.watch("/a", h.hears)
	h.turn(0)
	w.give(watch.Result{ID: id, Kind: watch.Errand, Task: &stray{}})
	h.turn(wire.StepNowait)
	j := h.begin(wire.LaneFile)
	h.running = nil
	j.Status, j.Out = wire.EAGAIN, wire.Value{Kind: wire.KindError, OSErrno: 11}
	j.State = wire.JobFinished
	h.back(j)
	h.turn(wire.StepNowait)
	if w.failed[id] != syscall.EAGAIN {
		t.Fatal(w.failed)
	}
	h.closed = true
	h.run()
	h.finish()
}

func TestAnErrandOfAWatchThatIsOverIsNotRun(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	id := h.watch("/a", h.hears)
	h.turn(0)
	h.cancel(id)
	h.turn(wire.StepNowait)
	w.give(watch.Result{ID: id, Kind: watch.Errand, Task: &stray{}})
	h.run()
	if h.busyPool() {
		t.Fatal("it is in the queue")
	}
	h.heard(`-11 kind7 0/0 "watch /a" `)
	h.finish()
}

func TestResponsesAndChangesDoNotHideEachOther(t *testing.T) {
	for _, limit := range []uint32{0, 1, 2} {
		h, w := newWatchHost(t, setup{phaseLimit: limit})
		c := &fakeClient{e: h.e, delivered: map[uint64]int{}}
		h.e.openHTTP = func(*Engine) (http.Client, int32) { return c, wire.OK }
		request := h.request(wire.HTTPStream, false, h.hears)
		id := h.watch("/a", h.hears)
		h.turn(wire.StepNowait)
		for i := range 3 {
			w.change(id, fmt.Sprint("change ", i))
			c.give(http.Result{ID: request, Kind: http.Chunk, Data: fmt.Append(nil, "chunk ", i)})
			h.turn(wire.StepNowait)
		}
		w.give(watch.Result{ID: id, Kind: watch.End, Errno: syscall.ENOENT, Text: "/a"})
		c.give(http.Result{ID: request, Kind: http.Done, HTTPStatus: 200})
		h.run()
		slices.Sort(h.log)
		h.heard(`-33 kind7 0/2 "watch /a" `, `0 kind0 200/0 "" `,
			`0 kind5 0/0 "chunk 0" more`, `0 kind5 0/0 "chunk 1" more`, `0 kind5 0/0 "chunk 2" more`,
			`0 kind5 1/1 "change 0" more`, `0 kind5 1/1 "change 1" more`, `0 kind5 1/1 "change 2" more`)
		h.finish()
	}
}

func TestAPanicEndsWatchesAndAbandonsTheWatcher(t *testing.T) {
	h, w := newWatchHost(t, setup{})
	h.watch("/a", h.hears)
	h.turn(0)
	h.e.Poison("a test", nil)
	h.step.NEvents = 0
	if code := h.e.Epitaph(&h.step); code != wire.OK || h.step.NEvents != 1 || !w.abandoned {
		t.Fatalf("code %d, %d events, abandoned %v", code, h.step.NEvents, w.abandoned)
	}
	if h.events[0].Status != wire.EPANIC || h.events[0].Code != wire.OpWatch {
		t.Fatalf("%+v", h.events[0])
	}
}

// The real watcher, in an engine.

func TestAnEngineWatchesAFolder(t *testing.T) {
	h := newHost(t, setup{})
	dir := t.TempDir()
	id := h.watch(dir, h.hears)
	late := time.Now().Add(time.Minute)
	until := func(n int) {
		t.Helper()
		for len(h.log) < n {
			if time.Now().After(late) {
				t.Fatalf("%q", h.log)
			}
			h.turn(wire.StepNowait)
			h.runJobs()
		}
	}
	until(1)
	if err := os.WriteFile(filepath.Join(dir, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	until(2)
	h.heard(`0 kind5 256/1 "" more`, `0 kind5 1/0 "a" more`)
	h.cancel(id)
	h.run()
	h.heard(fmt.Sprintf(`-11 kind7 0/0 "watch %s" `, dir))
	h.finish()
}
