// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// copyFile copies a file with its permissions.
type copyFile struct {
	op
	copier
	islands
	st      wire.Stat // of the old file
	sparse  bool      // its holes become holes of the new file
	opened  bool      // the old file is what it should be
	waiting bool      // for somebody who writes to a FIFO
	copying bool
	made    bool // the new file is ours: it goes when the copy fails
}

func (t *copyFile) take(*wire.FS) int32 {
	t.copier = copier{from: -1, to: -1, fromAt: -1, toAt: -1, left: copyAll}
	return wire.OK
}

func (t *copyFile) release() {
	_ = t.closeFD(&t.from)
	_ = t.closeFD(&t.to)
	if t.made {
		_ = again(func() error { return t.sys.unlinkat(unix.AT_FDCWD, t.path2, 0) })
		t.made = false
	}
}

func (t *copyFile) step() int {
	if !t.opened {
		if err := t.openOld(); err != nil {
			return t.failed(err)
		}
	}
	if t.waiting {
		if !t.ready(t.from, unix.POLLIN) {
			return task.More
		}
		t.waiting = false
	}
	if !t.copying {
		wait, same, err := t.openNew()
		switch {
		case err != nil:
			return t.failed(err)
		case wait:
			return task.More
		case same:
			return t.value(wire.KindInt, 0)
		}
		shared, err := t.share()
		if err != nil {
			return t.Fail(wire.ENOTSUP, int32(errnoOf(err)), t.Text())
		}
		t.copying = true
		if shared {
			t.done = int64(t.st.Size)
			return t.end()
		}
	}
	end, err := t.copyOn()
	if err != nil {
		return t.failed(err)
	}
	if !end {
		return task.More
	}
	return t.end()
}

func (t *copyFile) copyOn() (end bool, err error) {
	if t.sparse {
		return t.islands.step(&t.copier, &t.op)
	}
	return t.copier.step(&t.op)
}

func (t *copyFile) openOld() (err error) {
	if t.from, err = t.openToRead(t.path); err != nil {
		return err
	}
	if t.st, _, err = t.statFD(t.from); err != nil {
		return err
	}
	if t.st.Type == wire.TypeDir {
		return unix.EISDIR
	}
	t.opened, t.waiting = true, t.st.Type == wire.TypeFifo
	return nil
}

// openNew opens or makes the new file. It is not cut before it is known not to be the old one.
func (t *copyFile) openNew() (wait, same bool, err error) {
	mode := t.st.Mode & 0o777
	// What is made here is no FIFO, so this does not wait.
	t.to, _, err = t.openToWrite(t.path2, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, mode)
	switch {
	case err == nil:
		t.made = true
	case err == unix.EEXIST && t.req.Flags&wire.FSExcl == 0:
		if t.to, wait, err = t.openToWrite(t.path2, unix.O_WRONLY|unix.O_CREAT, mode); wait || err != nil {
			return wait, false, err
		}
	default:
		return false, false, err
	}
	st, _, err := t.statFD(t.to)
	if err != nil {
		return false, false, err
	}
	if st.Dev == t.st.Dev && st.Ino == t.st.Ino {
		return false, true, nil
	}
	if st.Type == wire.TypeFile && !t.made {
		if err = again(func() error { return t.sys.ftruncate(t.to, 0) }); err != nil {
			return false, false, err
		}
	}
	if st.Type == wire.TypeFile && st.Mode&0o777 != mode {
		// It may be somebody else's, or the file system may have no permissions.
		err = again(func() error { return t.sys.fchmod(t.to, mode) })
		if err != nil && err != unix.EPERM && err != unix.ENOTSUP && err != unix.ENOSYS {
			return false, false, err
		}
	}
	if t.sparse = hasHoles(&t.st) && st.Type == wire.TypeFile; t.sparse {
		t.left = 0 // no island yet
	}
	return false, false, t.begin(&t.op)
}

// share makes the new file share the blocks of the old. False: it is to be copied.
func (t *copyFile) share() (bool, error) {
	if t.req.Flags&(wire.FSReflink|wire.FSReflinkOnly) == 0 {
		return false, nil
	}
	err := again(func() error { return t.sys.clone(t.to, t.from) })
	if err == nil || t.req.Flags&wire.FSReflinkOnly == 0 {
		return err == nil, nil
	}
	return false, err
}

// end: what close says counts, a server may say only then that there was no room.
func (t *copyFile) end() int {
	if err := t.closeFD(&t.to); err != nil {
		return t.failed(err)
	}
	t.made = false
	return t.value(wire.KindInt, t.done)
}

// sendFile copies from one open file to another.
type sendFile struct {
	op
	copier
	begun bool
}

func (t *sendFile) take(r *wire.FS) int32 {
	t.copier = copier{
		from: int(r.FD2), to: int(r.FD), fromAt: r.Offset2, toAt: r.Offset, left: int64(r.Len),
	}
	return wire.OK
}

func (t *sendFile) release() { t.putBack(&t.op) }

func (t *sendFile) step() int {
	if !t.begun {
		if err := t.begin(&t.op); err != nil {
			return t.failed(err)
		}
		t.begun = true
	}
	end, err := t.copier.step(&t.op)
	switch {
	case err != nil && t.done == 0:
		return t.failed(err)
	case err != nil || end:
		return t.value(wire.KindInt, t.done)
	}
	return task.More
}
