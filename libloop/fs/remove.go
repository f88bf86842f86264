// SPDX-License-Identifier: MIT

package fs

import (
	"strings"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// remove takes a file, link or folder away.
//
// A tree is walked by descriptors: each folder is opened by its name in the one above with O_NOFOLLOW, and names are
// taken away relative to it. So a link that somebody puts in the place of a folder meanwhile leads nowhere. Of a very
// deep tree only the lowest folders are held open. The way back up is ".."; that it leads where we came from is
// checked, else somebody has moved a folder out of the tree.
type remove struct {
	op
	folders []folder // from the path downwards
	removed int64
	err     error  // the first
	where   string // the path of what it is about
}

// folder is one that is being emptied.
type folder struct {
	name     string // in the folder above; of the first: its path
	fd       int    // -1: not held open
	dev, ino uint64
	dir      dirReader
	gone     int             // taken away since reading began
	stay     map[string]bool // what cannot be taken away
}

const foldersOpen = 32 // held at most

func (t *remove) release() {
	for i := range t.folders {
		_ = t.closeFD(&t.folders[i].fd)
	}
	t.folders = nil
}

func (t *remove) step() int {
	if t.folders == nil {
		if end, err := t.begin(); err != nil {
			return t.failed(err)
		} else if end {
			return t.value(wire.KindInt, t.removed)
		}
	}
	for range stepCalls {
		if f := &t.folders[len(t.folders)-1]; t.takeOne(f) {
			continue
		}
		if t.up(); len(t.folders) > 0 {
			continue
		}
		if t.err != nil {
			return t.Fail(wire.FromErrno(errnoOf(t.err)), int32(errnoOf(t.err)), t.kind.name+" "+t.where)
		}
		return t.value(wire.KindInt, t.removed)
	}
	return task.More
}

// begin takes the path away, or opens it if it is a folder that is to be emptied. end: that was all.
func (t *remove) begin() (end bool, err error) {
	recursive := t.req.Flags&wire.FSRecursive != 0
	// A slash behind the name of a link would make it stand for the folder it leads to.
	path := strings.TrimRight(t.path, "/")
	if path == "" && t.path != "" {
		path = "/"
	}
	if _, base := split(path); recursive && (base == "." || base == "..") {
		return false, unix.EINVAL
	}
	force := t.req.Flags&wire.FSForce != 0
	err = t.unlink(unix.AT_FDCWD, t.path, 0)
	if err == unix.ENOTDIR && path != t.path {
		// A slash behind the name of a link: what is wrong with the way to its folder says more. As in Node, by force
		// only that it is not there counts.
		if _, _, err2 := t.statPath(t.path, false); err2 == unix.ENOENT || err2 != nil && !force {
			err = err2
		}
	}
	switch {
	case err == nil:
		t.removed++
		return true, nil
	case err == unix.ENOENT && force:
		return true, nil
	case err != unix.EISDIR && err != unix.EPERM:
		return false, err
	}
	if st, _, err2 := t.statPath(path, false); err2 != nil || st.Type != wire.TypeDir {
		return false, err
	}
	if !recursive {
		if err = t.unlink(unix.AT_FDCWD, path, unix.AT_REMOVEDIR); err == nil {
			t.removed++
		}
		return true, err
	}
	if err = t.down(unix.AT_FDCWD, path); err != nil {
		return false, err
	}
	if root, _, err := t.statPath("/", true); err == nil && root.Dev == t.folders[0].dev && root.Ino == t.folders[0].ino {
		return false, unix.EBUSY // as rmdir says, but before all is lost
	}
	return false, nil
}

func (t *remove) unlink(dir int, name string, flags int) error {
	return again(func() error { return t.sys.unlinkat(dir, name, flags) })
}

// down opens a folder and makes it the one that is being emptied.
func (t *remove) down(dir int, name string) error {
	fd, err := t.openFolder(dir, name, unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	st, _, err := t.statFD(fd)
	if err != nil {
		_ = t.closeFD(&fd)
		return err
	}
	t.folders = append(t.folders, folder{name: name, fd: fd, dev: st.Dev, ino: st.Ino})
	if i := len(t.folders) - 1 - foldersOpen; i >= 0 {
		_ = t.closeFD(&t.folders[i].fd)
		t.folders[i].dir = dirReader{}
	}
	return nil
}

// takeOne takes away the next entry of a folder, or goes down into it. False: there are no more.
func (t *remove) takeOne(f *folder) bool {
	e, ok := f.dir.next()
	if !ok {
		more, err := f.dir.fill(&t.op, f.fd)
		if err != nil {
			t.note(err, "")
		}
		return more
	}
	name := string(e.name)
	if f.stay[name] {
		return true
	}
	err := error(unix.EISDIR)
	if e.kind != wire.TypeDir {
		err = t.unlink(f.fd, name, 0)
	}
	if err == unix.EISDIR || err == unix.EPERM && e.kind == wire.TypeUnknown {
		err = t.takeFolder(f, name)
	} else if err == nil {
		t.took(f)
	}
	if err != nil && err != unix.ENOENT { // somebody else may have taken it away
		t.note(err, name)
		f.keep(name)
	}
	return true
}

// takeFolder goes down into a folder, or takes away what is there instead by now.
func (t *remove) takeFolder(f *folder, name string) error {
	dir := f.fd
	err := t.down(dir, name) // f is no longer valid
	f = &t.folders[len(t.folders)-1]
	var err2 error
	switch err {
	case unix.ENOTDIR, unix.ELOOP, unix.EMLINK: // FreeBSD says EMLINK of a link
		err = t.unlink(dir, name, 0)
		err2 = err
	case unix.EACCES, unix.EPERM:
		err2 = t.unlink(dir, name, unix.AT_REMOVEDIR) // it may be empty
	default:
		return err
	}
	if err2 == nil {
		t.took(f)
		return nil
	}
	return err
}

func (t *remove) took(f *folder) {
	t.removed++
	f.gone++
}

func (f *folder) keep(name string) {
	if f.stay == nil {
		f.stay = map[string]bool{}
	}
	f.stay[name] = true
}

// note keeps the first error and the path it is about: of an entry of the lowest folder, or of the folder itself.
func (t *remove) note(err error, name string) {
	if t.err != nil {
		return
	}
	t.err = err
	var path strings.Builder
	for i, f := range t.folders {
		if i > 0 {
			path.WriteByte('/')
		}
		path.WriteString(f.name)
	}
	if name != "" {
		path.WriteByte('/')
		path.WriteString(name)
	}
	t.where = path.String()
}

// up takes the lowest folder away, all of which has been read, and goes on in the one above.
func (t *remove) up() {
	last := len(t.folders) - 1
	f := &t.folders[last]
	above := unix.AT_FDCWD
	if last > 0 {
		if err := t.reopen(&t.folders[last-1], f.fd); err != nil {
			// There is no way back: what is left stays.
			t.note(err, "")
			t.release()
			return
		}
		above = t.folders[last-1].fd
	}
	err := t.unlink(above, f.name, unix.AT_REMOVEDIR)
	if err == unix.ENOTDIR {
		err = t.unlink(above, f.name, 0) // somebody has put something else there
	}
	if (err == unix.ENOTEMPTY || err == unix.EEXIST) && f.gone > 0 {
		// A folder that changes while it is read may leave entries out.
		if _, err2 := t.sys.seek(f.fd, 0, 0); err2 == nil {
			f.gone = 0
			return
		}
	}
	if err != nil && err != unix.ENOENT {
		t.note(err, "")
	}
	_ = t.closeFD(&f.fd)
	name := f.name
	t.folders = t.folders[:last]
	if last == 0 {
		if err == nil {
			t.removed++
		}
		return
	}
	f = &t.folders[last-1]
	switch err {
	case nil:
		t.took(f)
	case unix.ENOENT:
	default:
		f.keep(name)
	}
}

// reopen opens the folder above again if it was not held open. It is read from its beginning.
func (t *remove) reopen(f *folder, below int) error {
	if f.fd >= 0 {
		return nil
	}
	fd, err := t.openFolder(below, "..", unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	st, _, err := t.statFD(fd)
	if err == nil && (st.Dev != f.dev || st.Ino != f.ino) {
		err = unix.ESTALE
	}
	if err != nil {
		_ = t.closeFD(&fd)
		return err
	}
	f.fd = fd
	return nil
}
