// SPDX-License-Identifier: MIT

package watch

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const patience = 60 * time.Second

// rig plays the loop and its pool.
type rig struct {
	t       *testing.T
	c       *watcher
	bell    chan struct{}
	workers sync.WaitGroup
	held    bool // errands wait for runErrands
	errands []task.Task
	log     map[uint64][]string // what came and was not expected yet
	all     func(Result)        // if set, sees each change instead of the log
	ended   map[uint64]bool
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, bell: make(chan struct{}, 1), log: map[uint64][]string{}, ended: map[uint64]bool{}}
	r.c = New(Config{
		Notify: func() {
			select {
			case r.bell <- struct{}{}:
			default:
			}
		},
		Panic: func(v any, stack []byte) { panic(fmt.Sprintf("%v\n%s", v, stack)) },
	}).(*watcher)
	t.Cleanup(r.close)
	return r
}

// close ends the watcher as the engine does.
func (r *rig) close() {
	r.held = false
	r.c.mu.Lock()
	for _, w := range r.c.live {
		r.c.stop(w)
	}
	r.c.mu.Unlock()
	r.runErrands()
	r.workers.Wait()
	r.c.Close()
}

func (r *rig) runErrands() {
	for _, x := range r.errands {
		r.workers.Go(func() {
			for x.Run() == task.More {
			}
		})
	}
	r.errands = nil
}

// collect takes what has come.
func (r *rig) collect() {
	for _, res := range r.c.Collect(nil) {
		switch {
		case r.ended[res.ID]:
			r.t.Errorf("%d after its end: %+v", res.ID, res)
		case res.Kind == Errand:
			r.errands = append(r.errands, res.Task)
		case res.Kind == Change && r.all != nil:
			r.all(res)
		default:
			r.ended[res.ID] = res.Kind == End
			r.log[res.ID] = append(r.log[res.ID], say(res))
		}
	}
	if !r.held {
		r.runErrands()
	}
}

func say(res Result) string {
	if res.Kind == End {
		return fmt.Sprintf("end %d %s", int(res.Errno), res.Text)
	}
	var words []string
	for bit, word := range map[uint32]string{
		wire.WatchCreated: "created", wire.WatchDeleted: "deleted", wire.WatchModified: "modified",
		wire.WatchAttributes: "attributes", wire.WatchRenamed: "renamed", wire.WatchReady: "ready",
		wire.WatchOverflow: "overflow", wire.WatchUnwatched: "unwatched",
	} {
		if res.Kinds&bit != 0 {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	text := strings.Join(words, "+")
	switch {
	case res.Kinds&(wire.WatchReady|wire.WatchOverflow) != 0:
		return fmt.Sprint(text, " ", res.Aux)
	case res.Kinds == wire.WatchRenamed:
		text += " " + strings.ReplaceAll(string(res.Path), "\x00", " -> ")
	case len(res.Path) > 0:
		text += " " + string(res.Path)
	}
	if res.Aux == 1 {
		text += "/"
	}
	return text
}

// until collects until a condition holds.
func (r *rig) until(what string, holds func() bool) {
	r.t.Helper()
	late := time.After(patience)
	for r.collect(); !holds(); r.collect() {
		select {
		case <-r.bell:
		case <-late:
			for id, lines := range r.log {
				r.t.Logf("of %d came %d, at last %q", id, len(lines), lines[max(0, len(lines)-20):])
			}
			r.t.Fatal("never came: ", what)
		}
	}
}

// want waits for the next events of a watch, which must be these.
func (r *rig) want(id uint64, lines ...string) {
	r.t.Helper()
	r.until(fmt.Sprintf("%q", lines), func() bool { return len(r.log[id]) >= len(lines) })
	if got := r.log[id][:len(lines)]; !slices.Equal(got, lines) {
		r.t.Fatalf("got  %q\nwant %q", r.log[id], lines)
	}
	r.log[id] = r.log[id][len(lines):]
}

// start begins a watch that is ready when it returns.
func (r *rig) start(id uint64, spec Spec) {
	r.t.Helper()
	r.begin(id, spec)
	r.until("ready", func() bool { return len(r.log[id]) > 0 })
	if !strings.HasPrefix(r.log[id][0], "ready") {
		r.t.Fatalf("got %q", r.log[id])
	}
	r.log[id] = r.log[id][1:]
	r.workers.Wait() // so that the next thing to do is an errand of its own
}

func (r *rig) begin(id uint64, spec Spec) {
	r.t.Helper()
	if code := r.c.Start(id, spec); code != wire.OK {
		r.t.Fatal(code)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func do(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// disk is a temp folder with short words for what is done in it.
type disk struct {
	t   *testing.T
	dir string
}

func newDisk(t *testing.T) disk { return disk{t, t.TempDir()} }

// newMemoryDisk is for tests that make very many files.
func newMemoryDisk(t *testing.T) disk {
	dir, err := os.MkdirTemp("/dev/shm", "watch")
	if err != nil {
		return newDisk(t)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return disk{t, dir}
}

func (d disk) at(name string) string { return filepath.Join(d.dir, name) }

func (d disk) mkdir(name string) { d.t.Helper(); do(d.t, os.MkdirAll(d.at(name), 0o755)) }

func (d disk) create(name string) {
	d.t.Helper()
	do(d.t, unix.Mknod(d.at(name), unix.S_IFREG|0o644, 0)) // one call: tests make many
}

func (d disk) write(name, text string) {
	d.t.Helper()
	f := must(os.OpenFile(d.at(name), os.O_WRONLY|os.O_APPEND, 0))
	_, err := f.WriteString(text)
	do(d.t, err, f.Close())
}

func (d disk) chmod(name string) { d.t.Helper(); do(d.t, os.Chmod(d.at(name), 0o700)) }

func (d disk) remove(name string) { d.t.Helper(); do(d.t, os.Remove(d.at(name))) }

func (d disk) rename(from, to string) { d.t.Helper(); do(d.t, os.Rename(d.at(from), d.at(to))) }
