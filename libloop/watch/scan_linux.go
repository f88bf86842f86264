// SPDX-License-Identifier: MIT

package watch

import (
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// want is a folder to be marked and read.
type want struct {
	parent *node // nil: the root
	name   string
	tell   bool // what is in it is told as created
}

// listing is a folder that is being read.
type listing struct {
	x    *node
	file *os.File
	tell bool
	read bool // to its end
}

// fileID is which file something is, whatever its path.
type fileID struct{ dev, ino uint64 }

func fileOf(st *unix.Stat_t) fileID { return fileID{uint64(st.Dev), st.Ino} }

func isFolder(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFDIR }

// find looks for the root under its path: for the first time, or because it may be there no more. A pause: it was
// not there, and perhaps comes back.
func (t *tree) find() time.Duration {
	if err := t.n.open(); err != nil {
		t.w.end(errnoOf(err), advice(err, moreInstances))
		return 0
	}
	fd, st, err := openPath(t.w.path)
	defer func() { closeFD(fd) }()
	switch {
	case t.root != nil && !t.dir && !t.missed && (err == unix.ENOENT || err == unix.ENOTDIR):
		t.missed = true
		return missGrace
	case err != nil:
		t.w.end(errnoOf(err), advice(err, moreFiles))
		return 0
	case t.root == nil:
		t.begin(fd, st)
		return 0
	}
	same := fileOf(st) == t.is && t.hasMark() // a number may be used again by a new file
	if isFolder(st) != t.dir || t.dir && !same {
		t.w.end(unix.ENOENT, "") // something else has its name
		return 0
	}
	t.is = fileOf(st)
	if !t.markRoot(fd) {
		return 0
	}
	switch {
	case !same:
		t.w.tell(wire.WatchModified, nil, 0)
	case t.attrib:
		t.w.tell(wire.WatchAttributes, nil, 0)
	}
	t.missed, t.look, t.attrib = false, false, false
	return 0
}

// begin makes the root.
func (t *tree) begin(fd int, st *unix.Stat_t) {
	t.is, t.dir = fileOf(st), isFolder(st)
	t.root = &node{t: t, mark: -1}
	if !t.markRoot(fd) || !t.dir {
		return
	}
	t.folders = 1
	if t.w.spec.Recursive {
		t.todo = append(t.todo, want{})
	}
}

// hasMark says whether the system still watches the root.
func (t *tree) hasMark() bool {
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	return t.root.mark >= 0
}

// markRoot has the root watched. False: the watch has ended.
func (t *tree) markRoot(fd int) bool {
	mask := t.mask(rootMask)
	if t.dir {
		mask = t.mask(folderMask | rootMask)
	}
	_, err := t.n.mark(t.root, fd, t.w.path, mask)
	if err != nil {
		t.w.end(errnoOf(err), advice(err, moreFiles))
	}
	return err == nil
}

// mask adds what only some want to know.
func (t *tree) mask(mask uint32) uint32 {
	if events := t.w.spec.Events; events == 0 || events&wire.WatchModified != 0 {
		mask |= unix.IN_MODIFY
	}
	return mask
}

// openPath opens what a path leads to, whatever it is, only to name it.
func openPath(path string) (int, *unix.Stat_t, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0) })
	if err != nil {
		return -1, nil, err
	}
	st := new(unix.Stat_t)
	return fd, st, unix.Fstat(fd, st)
}

// openRoot opens the root for a piece of scanning. What has its name now must be what is watched.
func (t *tree) openRoot() int {
	fd, st, err := openPath(t.w.path)
	if err == nil && (!isFolder(st) || fileOf(st) != t.is) {
		err = unix.ENOENT
	}
	if err != nil {
		closeFD(fd)
		t.w.end(errnoOf(err), advice(err, moreFiles))
		return -1
	}
	return fd
}

// through is for a folder on the way to another one: it need not be readable.
const through = unix.O_PATH

// openBelow opens a folder below an open one. Nothing on the way may be a symlink.
func openBelow(root int, path string) (int, error) {
	fd, err := retry(func() (int, error) {
		return unix.Openat2(root, path, &unix.OpenHow{
			Flags: folderFlags, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
		})
	})
	if err == unix.ENOSYS || err == unix.EPERM { // before Linux 5.6; in a sandbox that does not know the call
		return walkBelow(root, path)
	}
	return fd, err
}

// cover marks the next folder that is wanted, and begins to read it.
//
// The tree is as of the event that was handled last; the disk is as of now, and another folder may have the path
// by now. Then the events that say so are on their way. So all events there are by now are fetched: if none of
// them is about a name on the path, the folder is the right one. Else it is left for when they are handled.
func (t *tree) cover(root int) {
	last := len(t.todo) - 1
	it := t.todo[last]
	if it.parent != nil && it.parent.dead {
		t.todo = t.todo[:last]
		return
	}
	path := "."
	if it.parent != nil {
		path = string(it.parent.path(it.name))
	}
	fd, err := openBelow(root, path)
	x := t.root
	if err == nil && it.parent != nil {
		x, err = t.place(it, fd, path)
	}
	if err == errNoRoom {
		closeFD(fd)
		return
	}
	t.todo = t.todo[:last]
	switch {
	case err != nil:
		closeFD(fd)
		t.uncovered(it, err)
	case x == nil:
		closeFD(fd)
	default:
		if it.tell {
			x.told = make(map[string]struct{})
		}
		// Under this name package os finds the kinds of the entries where the folder does not have them.
		file := os.NewFile(uintptr(fd), "/proc/self/fd/"+strconv.Itoa(fd))
		t.current = &listing{x: x, file: file, tell: it.tell}
	}
}

// errNoRoom is no error of the system: events must be collected first.
const errNoRoom = unix.EAGAIN

// place makes the node of a folder that is open. Nil: there is nothing to be read.
func (t *tree) place(it want, fd int, path string) (*node, error) {
	k := kid{it.parent, it.name}
	if t.kids[k] != nil {
		return nil, nil
	}
	x := &node{t: t, parent: k.parent, name: k.name, mark: -1}
	other, err := t.n.mark(x, fd, t.w.path+"/"+path, t.mask(belowMask))
	if err != nil {
		return nil, err
	}
	switch {
	case !t.n.drain():
		err = errNoRoom
	case t.astray(k) || other != nil && t.astray(kid{other.parent, other.name}):
		err = unix.ENOENT
	case other != nil:
		return nil, nil // the folder is mounted twice, and told where it was found first
	default:
		t.link(x, k.parent, k.name)
		t.folders++
		return x, nil
	}
	t.n.mu.Lock()
	defer t.n.mu.Unlock()
	t.n.unmark(x)
	x.dead = true // events of it may wait already
	return nil, err
}

// astray says whether events that are not handled say that a name on the path of a folder leads elsewhere.
func (t *tree) astray(k kid) bool {
	for k.parent != nil {
		t.n.mu.Lock()
		waits := t.lost || t.pending[k] > 0
		t.n.mu.Unlock()
		if waits || t.n.unread(k) {
			return true
		}
		k = kid{k.parent.parent, k.parent.name}
	}
	return false
}

// uncovered says what it means that a folder cannot be opened or marked.
func (t *tree) uncovered(it want, err error) {
	switch err {
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP:
		// It is gone, or moved, or a folder above it is: events will say so.
		if it.parent != nil {
			t.missing[kid{it.parent, it.name}] = it.tell
		}
	case unix.ENOSPC, unix.EMFILE, unix.ENFILE, unix.ENOMEM:
		t.w.end(errnoOf(err), advice(err, moreFiles))
	default:
		if it.parent == nil {
			t.w.end(errnoOf(err), "")
			return
		}
		t.w.tell(wire.WatchUnwatched, it.parent.path(it.name), 1)
	}
}

// read reads some more names of the folder that is being read.
func (t *tree) read() {
	l := t.current
	if !l.read {
		entries, err := l.file.ReadDir(pieceNames)
		for _, entry := range entries {
			name, dir := entry.Name(), entry.IsDir()
			if l.tell {
				t.w.tell(wire.WatchCreated, l.x.path(name), folderBit(dir))
				l.x.told[name] = struct{}{}
			}
			if dir {
				t.todo = append(t.todo, want{parent: l.x, name: name, tell: l.tell})
			}
		}
		l.read = err != nil // at the end, or as far as it can be read
		return
	}
	if l.tell && !t.n.fence(l.x) {
		return
	}
	_ = l.file.Close()
	t.current = nil
}
