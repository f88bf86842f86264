// SPDX-License-Identifier: MIT

package watch

import (
	"bytes"
	"time"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// tree is the eye of a watch that the system tells: one file, one folder, or a folder with all below it.
//
// Its events are handled one after the other, in the order of the system. While it is busy, an errand of its own
// works on it, alone, and what the system tells meanwhile waits in the inbox; else whoever holds the lock of the
// notes may, and an event that needs no disk is told at once by the goroutine that read it. So a new folder is
// marked and read before anything that happens after it is handled.
//
// What is read of a disk is newer than the event that is being handled: see tree.cover.
type tree struct {
	w *watch
	n *notes

	root    *node // nil: not begun
	is      fileID
	dir     bool
	folders int           // nodes with a mark
	kids    map[kid]*node // the folders below the root
	missing map[kid]bool  // folders that were not where they should be, and whether to tell what is in them

	todo    []want   // folders to be marked and read
	current *listing // the folder that is being read
	look    bool     // the root has to be looked for
	attrib  bool     // that it is there is told as a change of attributes
	missed  bool     // it was not there when it was looked for last
	scan    uint32   // what is told when nothing is to be done any more: WatchReady, WatchOverflow, or 0

	// Guarded by n.mu.
	busy    bool        // an errand has it
	lost    bool        // events were lost
	inbox   []item      // events that wait
	taken   int         // of them, handled
	pending map[kid]int // how many of those that wait say that a name leads elsewhere
}

// node is a folder of a tree, or the root.
type node struct {
	t      *tree
	parent *node // nil: the root
	name   string
	mark   int32 // guarded by n.mu; -1: none
	dead   bool

	// The names that were told, from when the folder is read until all events of that time are handled.
	told map[string]struct{}

	first, next, prev *node // children
}

type kid struct {
	parent *node
	name   string
}

// item is an event at a node, or a move from x to y, where name is the new one.
type item struct {
	x, y *node
	ev   note
	name string
}

const inboxMost = 16 << 10 // events, as many as the system keeps

func newTree(w *watch) *tree {
	return &tree{
		w: w, n: &w.c.notes, kids: make(map[kid]*node), missing: make(map[kid]bool),
		pending: make(map[kid]int), busy: true, scan: wire.WatchReady,
	}
}

func (x *node) isRoot() bool { return x.parent == nil }

// path returns where a name in a folder lies, below the root; with name "" the folder itself.
func (x *node) path(name string) []byte {
	path := x.appendPath(make([]byte, 0, len(name)+32))
	if len(path) > 0 && name != "" {
		path = append(path, '/')
	}
	return append(path, name...)
}

func (x *node) appendPath(path []byte) []byte {
	if x.isRoot() {
		return path
	}
	if path = x.parent.appendPath(path); len(path) > 0 {
		path = append(path, '/')
	}
	return append(path, x.name...)
}

// link makes a node a child.
func (t *tree) link(x, parent *node, name string) {
	x.parent, x.name = parent, name
	x.prev, x.next = nil, parent.first
	if parent.first != nil {
		parent.first.prev = x
	}
	parent.first = x
	t.kids[kid{parent, name}] = x
}

// unlink takes a node out of its parent.
func (t *tree) unlink(x *node) {
	delete(t.kids, kid{x.parent, x.name})
	if x.next != nil {
		x.next.prev = x.prev
	}
	if x.prev != nil {
		x.prev.next = x.next
	} else {
		x.parent.first = x.next
	}
}

// drop forgets a folder and all below it; nil is allowed. Under n.mu.
func (t *tree) drop(x *node) {
	if x == nil {
		return
	}
	t.unlink(x)
	for at := x; ; {
		if child := at.first; child != nil {
			t.unlink(child)
			at = child
			continue
		}
		at.dead = true
		t.folders--
		t.n.unmark(at)
		if at == x {
			return
		}
		at = at.parent
	}
}

// accept takes an event. Under n.mu.
func (t *tree) accept(it item) {
	switch {
	case t.w.Stopped.Load() || t.lost:
	case !t.busy:
		if t.handle(&it); t.look || t.lost || len(t.todo) > 0 {
			t.ask() // from now on the tree is the errand's
		}
	case len(t.inbox)-t.taken >= inboxMost:
		t.lose()
	default:
		t.inbox = append(t.inbox, it)
		t.count(&it, 1)
	}
}

// count keeps pending.
func (t *tree) count(it *item, by int) {
	if it.ev.mask&moving == 0 {
		return
	}
	k := kid{it.x, it.ev.name}
	if t.pending[k] += by; t.pending[k] == 0 {
		delete(t.pending, k)
	}
	if it.y != nil {
		k = kid{it.y, it.name}
		if t.pending[k] += by; t.pending[k] == 0 {
			delete(t.pending, k)
		}
	}
}

// miss says that events were lost. Under n.mu.
func (t *tree) miss() {
	if !t.w.Stopped.Load() {
		t.lose()
		t.ask()
	}
}

func (t *tree) lose() {
	t.lost, t.inbox, t.taken = true, nil, 0
	clear(t.pending)
}

// ask has an errand run. Under n.mu.
func (t *tree) ask() {
	if t.busy {
		return
	}
	t.busy = true
	t.w.c.mu.Lock()
	defer t.w.c.mu.Unlock()
	t.w.c.ask(t.w)
}

// settle ends an errand, unless something has come meanwhile.
func (t *tree) settle() bool {
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	if t.lost || t.taken < len(t.inbox) {
		return false
	}
	t.busy, t.inbox, t.taken = false, nil, 0
	return true
}

// piece does what there is to do, in this order: find the root, read folders, tell that all is read, handle the
// next event.
func (t *tree) piece() (outcome, time.Duration) {
	root := -1
	defer func() { closeFD(root) }()
	for until := time.Now().Add(pieceTime); ; {
		switch {
		case t.w.Stopped.Load():
			return rest, 0
		case !t.w.c.hasRoom():
			return full, 0
		case t.root == nil || t.look:
			if pause := t.find(); pause > 0 {
				return later, pause
			}
		case t.current != nil:
			t.read()
		case len(t.todo) > 0 && root < 0:
			root = t.openRoot()
		case len(t.todo) > 0:
			t.cover(root)
		case t.scan != 0:
			t.w.tell(t.scan, nil, uint64(t.folders))
			t.scan = 0
		case !t.take():
			return rest, 0
		}
		if time.Now().After(until) {
			return again, 0
		}
	}
}

// take handles the next event. False: there is none.
func (t *tree) take() bool {
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	if t.lost {
		t.recover()
		return true
	}
	if t.taken == len(t.inbox) {
		t.inbox, t.taken = t.inbox[:0], 0
		return false
	}
	it := t.inbox[t.taken]
	t.inbox[t.taken] = item{}
	t.taken++
	t.count(&it, -1)
	t.handle(&it)
	return true
}

// recover begins anew after events were lost. When all is read the host is told, and looks for itself. Under n.mu.
func (t *tree) recover() {
	t.lost = false
	for t.root.first != nil {
		t.drop(t.root.first)
	}
	clear(t.missing)
	t.look, t.scan = true, wire.WatchOverflow
	if t.dir && t.w.spec.Recursive {
		t.todo = append(t.todo, want{})
	}
}

// free lets go of everything, in pieces.
func (t *tree) free() {
	if t.current != nil {
		_ = t.current.file.Close()
		t.current = nil
	}
	for left := t.nodes(); len(left) > 0; {
		most := min(len(left), sliceOf)
		t.n.mu.Lock()
		for _, x := range left[:most] {
			t.n.unmark(x)
		}
		t.n.mu.Unlock()
		left = left[most:]
	}
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	t.inbox, t.pending, t.kids, t.missing, t.root = nil, nil, nil, nil, nil
}

// nodes returns the root and all folders. The lock waits for whoever found the watch alive and handles an event;
// when it has ended nobody else does.
func (t *tree) nodes() []*node {
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	all := make([]*node, 0, len(t.kids)+1)
	if t.root != nil {
		all = append(all, t.root)
	}
	for _, x := range t.kids {
		all = append(all, x)
	}
	return all
}

// handle tells what an event says. Under n.mu, and with the tree.
func (t *tree) handle(it *item) {
	x, ev := it.x, &it.ev
	dir := ev.mask&unix.IN_ISDIR != 0
	switch {
	case it.y != nil && it.y.dead:
		it.y = nil // it moved out
	case it.y != nil && x.dead:
		t.appeared(it.y, it.name, dir, true)
		return
	}
	switch {
	case x.dead:
	case ev.fence != nil:
		x.told = nil
	case ev.name == "":
		t.self(x, ev.mask)
	case it.y != nil:
		t.moved(it, dir)
	case ev.mask&unix.IN_CREATE != 0:
		t.appeared(x, ev.name, dir, false)
	case ev.mask&unix.IN_MOVED_TO != 0:
		t.appeared(x, ev.name, dir, true)
	case ev.mask&moving != 0:
		delete(x.told, ev.name)
		t.w.tell(wire.WatchDeleted, x.path(ev.name), folderBit(dir))
		t.leaves(kid{x, ev.name})
		t.lookAgain()
	case ev.mask&unix.IN_MODIFY != 0:
		t.w.tell(wire.WatchModified, x.path(ev.name), folderBit(dir))
	case ev.mask&unix.IN_ATTRIB != 0:
		t.w.tell(wire.WatchAttributes, x.path(ev.name), folderBit(dir))
		if dir && t.w.spec.Recursive && t.kids[kid{x, ev.name}] == nil {
			t.want(want{parent: x, name: ev.name, tell: true}) // perhaps it may be read now
		}
	}
}

// self does what happens to a watched file or folder itself.
func (t *tree) self(x *node, mask uint32) {
	switch {
	case !x.isRoot() && mask&unix.IN_UNMOUNT != 0:
		t.lose() // what was mounted there is gone, and another folder has come to light
		return
	case !x.isRoot():
		return // its folder tells that, too
	case mask&unix.IN_MODIFY != 0:
		t.w.tell(wire.WatchModified, nil, 0)
		return
	case t.dir && mask&unix.IN_ATTRIB != 0:
		t.w.tell(wire.WatchAttributes, nil, 1)
		return
	case mask&unix.IN_ATTRIB != 0:
		t.attrib = true // of a file it may be the sign that its name leads to another one now
	}
	t.look = true
}

// appeared tells of a name that is new in a folder. moved says that something with that name may have been there.
func (t *tree) appeared(x *node, name string, dir, moved bool) {
	k := kid{x, name}
	_, told := x.told[name]
	switch {
	case !told:
		t.w.tell(wire.WatchCreated, x.path(name), folderBit(dir))
	case !moved:
		return // the folder was read after that
	case !dir:
		t.w.tell(wire.WatchModified, x.path(name), 0) // this one was read, or the one before
	}
	if x.told != nil {
		x.told[name] = struct{}{}
	}
	if moved || !dir {
		t.leaves(k)
	}
	if dir && t.w.spec.Recursive && t.kids[k] == nil {
		t.want(want{parent: x, name: name, tell: true})
	}
}

// moved tells of a move within the tree.
func (t *tree) moved(it *item, dir bool) {
	from, to := kid{it.x, it.ev.name}, kid{it.y, it.name}
	t.w.tell(wire.WatchRenamed, bytes.Join([][]byte{it.x.path(from.name), it.y.path(to.name)}, []byte{0}),
		folderBit(dir))
	delete(it.x.told, from.name)
	if it.y.told != nil {
		it.y.told[to.name] = struct{}{}
	}
	child := t.kids[from]
	for above := it.y; above != nil; above = above.parent {
		if above == child {
			t.lose() // this cannot be, so something else was missed
			return
		}
	}
	t.leaves(to)
	if dir && child != nil {
		t.unlink(child)
		t.link(child, it.y, it.name)
	} else {
		t.leaves(from)
	}
	if dir && t.w.spec.Recursive {
		delete(t.missing, from)
		if child == nil {
			t.want(want{parent: it.y, name: it.name, tell: true})
		}
	}
	t.lookAgain()
}

// leaves forgets the folder that had a name.
func (t *tree) leaves(k kid) {
	t.drop(t.kids[k])
	delete(t.missing, k)
}

// want has a folder covered.
func (t *tree) want(it want) { t.todo = append(t.todo, it) }

// lookAgain looks once more for the folders that were not where they should be. After each event that says that a
// name leads elsewhere.
func (t *tree) lookAgain() {
	for k, tell := range t.missing {
		if !k.parent.dead {
			t.want(want{parent: k.parent, name: k.name, tell: tell})
		}
	}
	clear(t.missing)
}
