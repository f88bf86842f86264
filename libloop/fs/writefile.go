// SPDX-License-Identifier: MIT

package fs

import (
	"strings"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// writeFile is write_file and append_file.
type writeFile struct {
	op
	data  []byte
	done  int // bytes of data that are written
	fd    int
	plain bool
	swap  *swap // nil: the file itself is written
}

func (t *writeFile) take(r *wire.FS) int32 {
	t.fd = -1
	t.data = wire.Slice[byte](r.Data, int(r.Len))
	if r.Flags&wire.FSBorrow == 0 && len(t.data) > 0 {
		if t.data = t.KeepInput(t.data); t.data == nil {
			return wire.ENOMEM
		}
	}
	t.req.Mode = modeOr(r.Mode, 0o666)
	if r.Flags&wire.FSAtomic != 0 {
		t.swap = &swap{dir: -1}
	}
	return wire.OK
}

func (t *writeFile) release() {
	_ = t.closeFD(&t.fd)
	if t.swap != nil {
		t.swap.release(&t.op)
	}
}

func (t *writeFile) step() int {
	if t.fd < 0 {
		wait, err := t.open()
		if err != nil {
			return t.failed(err)
		}
		if wait {
			return task.More
		}
	}
	if _, err := t.putAll(t.fd, t.data, &t.done, t.plain); err != nil {
		return t.failed(err)
	}
	if t.done < len(t.data) {
		return task.More
	}
	if err := t.finish(); err != nil {
		return t.failed(err)
	}
	return t.value(wire.KindInt, int64(t.done))
}

// open opens what is written to. wait: nobody reads it now.
func (t *writeFile) open() (wait bool, err error) {
	if t.swap != nil {
		t.plain = true
		t.fd, err = t.swap.begin(&t.op)
		return false, err
	}
	flags := unix.O_WRONLY | unix.O_CREAT
	if t.req.What == wire.FSAppendFile || t.req.Flags&wire.FSAppend != 0 {
		flags |= unix.O_APPEND
	} else {
		flags |= unix.O_TRUNC
	}
	if t.req.Flags&wire.FSExcl != 0 {
		flags |= unix.O_EXCL
	}
	fd, wait, err := t.openToWrite(t.path, flags, t.req.Mode)
	if wait || err != nil {
		return wait, err
	}
	t.fd = fd
	st, _, err := t.statFD(fd)
	t.plain = isPlain(st.Type)
	return false, err
}

// finish brings the data to the disk, if that is asked for, and the file to its place. What close says counts: a
// server may say only then that there was no room.
func (t *writeFile) finish() error {
	if t.swap != nil || t.req.Flags&wire.FSSync != 0 {
		if err := again(func() error { return t.sys.fsync(t.fd) }); err != nil {
			return err
		}
	}
	if err := t.closeFD(&t.fd); err != nil {
		return err
	}
	if t.swap != nil {
		return t.swap.end(&t.op)
	}
	return nil
}

// swap writes a new file beside the old one and puts it in its place: whoever opens the path finds all of the old or
// all of the new, also after a crash. The folder is held open, so that both names are in the same one.
type swap struct {
	dir  int
	base string // name of the file in dir
	temp string // name of the new one; "": there is none
}

// begin makes the new file and returns it open for writing.
func (s *swap) begin(o *op) (int, error) {
	folder, base := split(o.path)
	switch {
	case o.path == "":
		return -1, unix.ENOENT
	case base == "" || base == "." || base == "..":
		return -1, unix.EISDIR
	}
	s.base = base
	dir, err := o.openFolder(unix.AT_FDCWD, folder, 0)
	if err != nil {
		return -1, err
	}
	s.dir = dir
	var old wire.Stat
	err = again(func() error {
		_, err := o.sys.statat(dir, base, &old)
		return err
	})
	exists := err == nil
	switch {
	case err != nil && err != unix.ENOENT:
		return -1, err
	case exists && o.req.Flags&wire.FSExcl != 0:
		return -1, unix.EEXIST
	case exists && old.Type == wire.TypeDir:
		return -1, unix.EISDIR
	}
	keep := exists && old.Type == wire.TypeFile
	mode := o.req.Mode
	if keep {
		mode = 0o600 // nobody else reads it before it has the old one's permissions
	}
	fd, err := o.makeNew(func(random string) (int, error) {
		s.temp = ".loop-" + random
		return o.sys.openat(dir, s.temp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|always, mode)
	})
	if err != nil {
		s.temp = ""
		return -1, err
	}
	if keep {
		if err := s.keepOwner(o, fd, &old); err != nil {
			_ = o.closeFD(&fd)
			return -1, err
		}
	}
	return fd, nil
}

// keepOwner gives the new file owner and permissions of the old. Not everybody may give files away; then it is ours,
// and no set-user-id bit may come along.
func (s *swap) keepOwner(o *op, fd int, old *wire.Stat) error {
	mode := old.Mode & 0o7777
	st, _, err := o.statFD(fd)
	if err != nil {
		return err
	}
	if st.UID != old.UID || st.GID != old.GID {
		if err := again(func() error { return o.sys.fchown(fd, int(old.UID), int(old.GID)) }); err != nil {
			mode &= 0o777
		}
	}
	return again(func() error { return o.sys.fchmod(fd, mode) })
}

// end puts the new file in its place.
func (s *swap) end(o *op) error {
	put := o.sys.renameat
	if o.req.Flags&wire.FSExcl != 0 {
		put = o.sys.renameNew
	}
	if err := again(func() error { return put(s.dir, s.temp, s.base) }); err != nil {
		return err
	}
	s.temp = ""
	err := again(func() error { return o.sys.fsync(s.dir) })
	if err == unix.EINVAL || err == unix.ENOTSUP {
		return nil // this file system brings names to the disk by itself
	}
	return err
}

// release takes away a new file that did not come to its place.
func (s *swap) release(o *op) {
	if s.temp != "" {
		_ = again(func() error { return o.sys.unlinkat(s.dir, s.temp, 0) })
		s.temp = ""
	}
	_ = o.closeFD(&s.dir)
}

// split parts a path into the folder and the name in it. The name is empty if the path ends with a slash.
func split(path string) (folder, base string) {
	i := strings.LastIndexByte(path, '/')
	switch {
	case i < 0:
		return ".", path
	case i == 0:
		return "/", path[1:]
	}
	return path[:i], path[i+1:]
}
