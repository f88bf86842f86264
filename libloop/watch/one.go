// SPDX-License-Identifier: MIT

package watch

import (
	"bytes"
	"errors"
	"syscall"
	"time"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// watch is one id. It is also the task of its errands.
type watch struct {
	task.State
	c    *watcher
	id   uint64
	spec Spec
	path string // Spec.Path, from where the process was when the watch began
	eye  eye

	// Guarded by c.mu, as is the change of Stopped.
	timer   *time.Timer // of a pause
	running bool        // a worker is in Run
	gone    bool        // what the eye held is let go of, or will be by who set this
}

// eye is how a watch sees. Its methods run on a worker, but for free, which may run on any goroutine; never two
// at a time.
type eye interface {
	// piece does about a millisecond of what there is to do; pause goes with later.
	piece() (what outcome, pause time.Duration)
	// settle is called after piece said rest: true, nothing was found meanwhile that piece must do.
	settle() bool
	// free lets go of everything. Nothing else is called afterwards.
	free()
}

// outcome is what a piece came to.
type outcome int

const (
	rest  outcome = iota // nothing to do until something happens
	again                // more to do at once
	full                 // more to tell than there is room for
	later                // more to do after a while
)

// How much one piece does.
const (
	pieceTime  = time.Millisecond
	pieceNames = 128 // entries of a folder read at once
)

const pathMost = 4096 // bytes of a path with its NUL that the system takes

// What to raise when there is no more of something.
const (
	moreMarks     = "raise fs.inotify.max_user_watches"
	moreInstances = "raise fs.inotify.max_user_instances, or the limit of open files"
	moreFiles     = "raise the limit of open files"
)

// fromHere makes a path independent of where the process goes. Nothing is looked up. Without a working directory,
// or with one too far down, it stays as it is.
func fromHere(path string) string {
	if path == "" || path[0] == '/' {
		return path
	}
	here, err := syscall.Getwd()
	if err != nil || here[0] != '/' || len(here)+1+len(path) >= pathMost {
		return path
	}
	return here + "/" + path
}

// Run does the next piece of what a watch has to do on the disk.
func (w *watch) Run() int {
	if !w.begin() {
		return task.End
	}
	what, pause := w.eye.piece()
	if w.finish(what, pause) {
		return task.More
	}
	return task.End
}

// begin says whether the watch still lives.
func (w *watch) begin() bool {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if w.gone || w.c.closed {
		return false
	}
	w.running = true
	return true
}

// finish ends a piece. True: there is more to do at once.
func (w *watch) finish(what outcome, pause time.Duration) bool {
	if w.left(what, pause) {
		w.eye.free()
		return false
	}
	return what == again || what == rest && !w.eye.settle()
}

// left ends a piece. True: the watch has ended, and the caller lets go of everything.
func (w *watch) left(what outcome, pause time.Duration) bool {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	w.running = false
	switch {
	case w.Stopped.Load():
		w.gone = true
		return true
	case what == full && c.waiting < queueBytes:
		c.ask(w)
	case what == full:
		c.hungry = append(c.hungry, w)
	case what == later:
		w.timer = time.AfterFunc(pause, w.due)
	}
	return false
}

// due ends a pause.
func (w *watch) due() {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if !w.Stopped.Load() {
		w.c.ask(w)
	}
}

// retire lets go of everything, unless a worker does or will.
func (w *watch) retire() {
	w.c.mu.Lock()
	mine := !w.running && !w.gone
	w.gone = w.gone || mine
	w.c.mu.Unlock()
	if mine {
		w.eye.free()
	}
}

// tell queues a change. One like the last, if that still waits, is no news.
func (w *watch) tell(kinds uint32, path []byte, aux uint64) {
	const control = wire.WatchReady | wire.WatchOverflow | wire.WatchUnwatched
	if w.spec.Events != 0 {
		kinds &= w.spec.Events | control
	}
	if kinds == 0 {
		return
	}
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.Stopped.Load() {
		return
	}
	if n := len(c.results); n > 0 && kinds&^(wire.WatchModified|wire.WatchAttributes) == 0 {
		last := &c.results[n-1]
		if last.ID == w.id && last.Kind == Change && last.Kinds == kinds && bytes.Equal(last.Path, path) {
			return
		}
	}
	c.push(Result{ID: w.id, Kind: Change, Kinds: kinds, Path: path, Aux: aux})
}

// end queues the end of a watch, the first time.
func (w *watch) end(errno syscall.Errno, advice string) {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.Stopped.Load() {
		return
	}
	text := w.spec.Path
	if advice != "" {
		text += ": " + advice
	}
	c.push(Result{ID: w.id, Kind: End, Errno: errno, Text: text})
	c.stop(w)
}

// folderBit is Aux of a change.
func folderBit(dir bool) uint64 {
	if dir {
		return 1
	}
	return 0
}

// errnoOf returns the number behind an error of a system call; EIO for one without.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return syscall.EIO
}

// advice says what to raise; files is for EMFILE.
func advice(err error, files string) string {
	switch err {
	case syscall.ENOSPC:
		return moreMarks
	case syscall.EMFILE:
		return files
	}
	return ""
}
