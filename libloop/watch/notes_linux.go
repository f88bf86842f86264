// SPDX-License-Identifier: MIT

package watch

import (
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// notes is the inotify instance of a loop, with a goroutine that reads it. Instances are few (128 for a user), so
// all watches share one. The system gives one number (a mark) to a file, however often it is watched: a mark has
// a node in each tree that it is in, and what happens to it is handed to each.
//
// The goroutine waits in Go's own poller and reads while the queue has room; the system's queue is bounded, too,
// and says when it overflowed.
type notes struct {
	c       *watcher
	calls   calls
	leaving atomic.Bool // everything ends: marks go with the descriptor

	// Locks, in the order of taking: reading, mu, the watcher's.
	reading sync.Mutex
	buf     []byte // guarded by reading
	rest    []note // guarded by reading. Read and not handed out

	mu    sync.Mutex
	fd    int      // guarded by mu; -1: not open
	file  *os.File // guarded by mu. Of fd
	marks map[int32][]*node
}

// calls are the system calls, which tests replace.
type calls struct {
	open   func() (int, error)
	add    func(fd int, path string, mask uint32) (int, error)
	remove func(fd int, mark uint32) error
}

const (
	readBytes = 64 << 10
	moveGrace = 10 * time.Millisecond // for the second half of a move
	sliceOf   = 64                    // events, or marks, for which mu is held at once
)

// What is asked of the system. Creation, removal and moves are always needed to know the tree.
const (
	folderMask = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO | unix.IN_ATTRIB |
		unix.IN_EXCL_UNLINK
	belowMask = folderMask | unix.IN_DONT_FOLLOW
	rootMask  = unix.IN_ATTRIB | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF
)

func (n *notes) init(c *watcher) {
	n.c, n.fd = c, -1
	n.calls = calls{
		open:   func() (int, error) { return unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK) },
		add:    unix.InotifyAddWatch,
		remove: func(fd int, mark uint32) error { _, err := unix.InotifyRmWatch(fd, mark); return err },
	}
	n.marks = make(map[int32][]*node)
}

// open makes the instance and its goroutine, the first time.
func (n *notes) open() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fd >= 0 {
		return nil
	}
	if n.leaving.Load() {
		return unix.EBADF
	}
	fd, err := n.calls.open()
	if err != nil {
		return err
	}
	n.fd, n.file = fd, os.NewFile(uintptr(fd), "inotify")
	n.c.mu.Lock()
	defer n.c.mu.Unlock()
	if file := n.file; !n.c.closed {
		n.c.spawn(func() { n.follow(file) })
	}
	return nil
}

// leave says that everything ends.
func (n *notes) leave() { n.leaving.Store(true) }

// close gives the instance back and ends the goroutine.
func (n *notes) close() {
	n.leave()
	n.mu.Lock()
	file := n.file
	n.fd, n.file = -1, nil
	clear(n.marks)
	n.mu.Unlock()
	if file != nil {
		_ = file.Close() // waits for a read that has begun
	}
}

// mark has the system tell what happens to the file behind a descriptor. A node of the same tree that has the
// file already is returned; then nothing has changed.
func (n *notes) mark(x *node, file int, path string, mask uint32) (other *node, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fd < 0 {
		return nil, unix.EBADF
	}
	// Through the descriptor: nothing is looked up on a disk while the lock is held, and what is marked is what
	// was opened. Without /proc the path must do.
	mask |= unix.IN_MASK_ADD
	wd, err := n.calls.add(n.fd, "/proc/self/fd/"+strconv.Itoa(file), mask&^unix.IN_DONT_FOLLOW)
	if err == unix.ENOENT {
		wd, err = n.calls.add(n.fd, path, mask)
	}
	if err != nil {
		return nil, err
	}
	number := int32(wd)
	if x.mark == number {
		return nil, nil
	}
	for _, other := range n.marks[number] {
		if other.t == x.t {
			return other, nil
		}
	}
	n.unmark(x)
	x.mark = number
	n.marks[number] = append(n.marks[number], x)
	return nil, nil
}

// unmark takes a node out of its mark, which goes with its last node. Under mu.
func (n *notes) unmark(x *node) {
	number := x.mark
	if number < 0 {
		return
	}
	x.mark = -1
	nodes := n.marks[number]
	if len(nodes) > 1 {
		for i, other := range nodes {
			if other == x {
				// A new slice: somebody may be on the way through the old one.
				n.marks[number] = append(append([]*node{}, nodes[:i]...), nodes[i+1:]...)
			}
		}
		return
	}
	delete(n.marks, number)
	if n.fd >= 0 && !n.leaving.Load() {
		_ = n.calls.remove(n.fd, uint32(number)) // an error: the system has removed it before us
	}
}

// follow is the goroutine.
func (n *notes) follow(file *os.File) {
	raw, err := file.SyscallConn()
	if err != nil {
		return
	}
	for n.c.waitRoom() {
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			var got int
			got, failed = n.pump(int(fd))
			return got > 0 || failed != nil || !n.c.hasRoom()
		})
		switch {
		case err != nil && os.IsTimeout(err):
			_ = file.SetReadDeadline(time.Time{})
			n.reading.Lock()
			n.handOut()
			n.reading.Unlock()
		case err != nil || failed != nil:
			return
		}
	}
}

// pump reads once and hands out what there is. got is what was read, in bytes.
func (n *notes) pump(fd int) (got int, err error) {
	n.reading.Lock()
	defer n.reading.Unlock()
	return n.readOnce(fd)
}

// readOnce is pump. Under reading.
func (n *notes) readOnce(fd int) (got int, err error) {
	if n.handOut(); !n.c.hasRoom() {
		return 0, nil
	}
	if n.buf == nil {
		n.buf = make([]byte, readBytes)
	}
	got, err = retry(func() (int, error) { return unix.Read(fd, n.buf) })
	switch {
	case err == unix.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, err
	}
	n.rest = parse(n.rest, n.buf[:got], time.Now())
	n.handOut()
	return got, nil
}

// drain reads all that the system has to tell now. False: there is no room for it.
func (n *notes) drain() bool {
	n.reading.Lock()
	defer n.reading.Unlock()
	return n.drainNow()
}

// drainNow is drain. Under reading.
func (n *notes) drainNow() bool {
	n.mu.Lock()
	file := n.file
	n.mu.Unlock()
	if file == nil {
		return false
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return false
	}
	done := false
	_ = raw.Control(func(fd uintptr) {
		left, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		for err == nil && left > 0 {
			var got int
			if got, err = n.readOnce(int(fd)); got == 0 {
				return
			}
			left -= got
		}
		done = err == nil
	})
	return done
}

// fence has x.told forgotten when all that the system has told by now is handled. False: there is no room.
func (n *notes) fence(x *node) bool {
	n.reading.Lock()
	defer n.reading.Unlock()
	if !n.drainNow() {
		return false
	}
	n.rest = append(n.rest, note{fence: x})
	n.handOut()
	return true
}

// handOut hands events to the trees that they concern, while there is room. The first half of a move waits for
// the second one, and with it what follows. Under reading.
func (n *notes) handOut() {
	ready, wait := pair(n.rest, time.Now())
	at := 0
	for at < ready && n.c.hasRoom() {
		most := min(ready, at+sliceOf)
		n.mu.Lock()
		for at < most {
			n.one(&n.rest[at])
			at++
			if !n.c.hasRoom() {
				break
			}
		}
		n.mu.Unlock()
	}
	if at == len(n.rest) {
		n.rest = n.rest[:0]
		if cap(n.rest) > readBytes/noteSize {
			n.rest = nil
		}
		return
	}
	// A move that is handed out points at its second half: what is left gets a place of its own.
	n.rest = append([]note{}, n.rest[at:]...)
	if wait > 0 {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.file != nil {
			_ = n.file.SetReadDeadline(time.Now().Add(wait))
		}
	}
}

// one hands an event to the trees that it concerns. Under mu.
func (n *notes) one(ev *note) {
	switch {
	case ev.taken:
		return
	case ev.fence != nil:
		ev.fence.t.accept(item{x: ev.fence, ev: *ev})
		return
	case ev.mask&unix.IN_Q_OVERFLOW != 0:
		for t := range n.trees() {
			t.miss()
		}
		return
	case ev.mask&unix.IN_IGNORED != 0:
		nodes := n.marks[ev.mark]
		delete(n.marks, ev.mark)
		for _, x := range nodes {
			x.mark = -1
			x.t.accept(item{x: x, ev: *ev})
		}
		return
	}
	from := n.marks[ev.mark]
	if ev.to == nil {
		for _, x := range from {
			x.t.accept(item{x: x, ev: *ev})
		}
		return
	}
	to := n.marks[ev.to.mark]
	for _, x := range from {
		whole := item{x: x, ev: *ev}
		if y := inTree(to, x.t); y != nil {
			whole.y, whole.name = y, ev.to.name
		}
		x.t.accept(whole)
	}
	for _, y := range to {
		if inTree(from, y.t) == nil {
			y.t.accept(item{x: y, ev: *ev.to})
		}
	}
}

// inTree returns the node that belongs to a tree, or nil.
func inTree(nodes []*node, t *tree) *node {
	for _, x := range nodes {
		if x.t == t {
			return x
		}
	}
	return nil
}

// trees returns every tree that has a mark. Under mu.
func (n *notes) trees() map[*tree]bool {
	all := make(map[*tree]bool)
	for _, nodes := range n.marks {
		for _, x := range nodes {
			all[x.t] = true
		}
	}
	return all
}

// unread says whether something was read, and not handed out, that says where a folder is.
func (n *notes) unread(k kid) bool {
	n.reading.Lock()
	defer n.reading.Unlock()
	if len(n.rest) == 0 {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.rest {
		ev := &n.rest[i]
		if ev.mask&moving != 0 && ev.name == k.name && inTree(n.marks[ev.mark], k.parent.t) == k.parent {
			return true
		}
	}
	return false
}

func newEye(w *watch) eye {
	if w.spec.Poll > 0 {
		return newSurvey(w)
	}
	return newTree(w)
}
