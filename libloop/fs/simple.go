// SPDX-License-Identifier: MIT

package fs

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// simple is an operation that is one system call.
type simple struct{ op }

func (t *simple) step() int {
	switch t.req.What {
	case wire.FSStatfs:
		return t.statfs()
	case wire.FSReadlink:
		return t.readlink()
	case wire.FSClose:
		// A signal during close leaves the descriptor closed: it is not closed again.
		fd := int(t.req.FD)
		if err := t.closeFD(&fd); err != nil {
			return t.failed(err)
		}
		return t.value(wire.KindUndefined, 0)
	}
	for {
		switch err := t.call(); err {
		case nil:
			return t.value(wire.KindUndefined, 0)
		case unix.EINTR:
		default:
			return t.failed(err)
		}
	}
}

// call does those that give nothing but an error.
func (t *simple) call() error {
	r, sys := &t.req, t.sys
	switch r.What {
	case wire.FSAccess:
		return sys.access(t.path, r.Mode)
	case wire.FSUnlink:
		return sys.unlinkat(unix.AT_FDCWD, t.path, 0)
	case wire.FSRmdir:
		return sys.unlinkat(unix.AT_FDCWD, t.path, unix.AT_REMOVEDIR)
	case wire.FSRename:
		return sys.rename(t.path, t.path2)
	case wire.FSLink:
		return sys.link(t.path, t.path2)
	case wire.FSSymlink:
		return sys.symlink(t.path, t.path2)
	case wire.FSChmod:
		return sys.chmod(t.path, r.Mode)
	case wire.FSFchmod:
		return sys.fchmod(int(r.FD), r.Mode)
	case wire.FSChown:
		return sys.chown(t.path, int(int32(r.UID)), int(int32(r.GID)))
	case wire.FSLchown:
		return sys.lchown(t.path, int(int32(r.UID)), int(int32(r.GID)))
	case wire.FSFchown:
		return sys.fchown(int(r.FD), int(int32(r.UID)), int(int32(r.GID)))
	case wire.FSUtimes, wire.FSLutimes:
		if t.omitsTimes() {
			_, _, err := t.statPath(t.path, r.What == wire.FSUtimes)
			return err
		}
		return sys.utimes(t.path, t.times(), r.What == wire.FSUtimes)
	case wire.FSFutimes:
		if t.omitsTimes() {
			_, _, err := t.statFD(int(r.FD))
			return err
		}
		return sys.futimes(int(r.FD), t.times())
	case wire.FSTruncate:
		return sys.truncate(t.path, int64(r.Len))
	case wire.FSFtruncate:
		return sys.ftruncate(int(r.FD), int64(r.Len))
	case wire.FSFsync:
		return sys.fsync(int(r.FD))
	case wire.FSFdatasync:
		return sys.fdatasync(int(r.FD))
	}
	return unix.ENOSYS
}

func (t *simple) times() *[2]unix.Timespec {
	return &[2]unix.Timespec{timespec(t.req.AtimeNS), timespec(t.req.MtimeNS)}
}

// omitsTimes: then Linux does not even look whether the file is there.
func (t *simple) omitsTimes() bool {
	return t.req.AtimeNS == wire.TimeOmit && t.req.MtimeNS == wire.TimeOmit
}

func (t *simple) statfs() int {
	if t.Alloc(int(unsafe.Sizeof(wire.Statfs{}))) == nil {
		return t.noMemory()
	}
	if err := again(func() error { return t.sys.statfs(t.path, wire.At[wire.Statfs](t.Data)) }); err != nil {
		return t.failed(err)
	}
	return t.value(wire.KindBytes, 0)
}

func (t *simple) readlink() int {
	buf := make([]byte, 256)
	for {
		n, err := again2(func() (int, error) { return t.sys.readlink(t.path, buf) })
		if err != nil {
			return t.failed(err)
		}
		if n < len(buf) {
			return t.bytes(buf[:n])
		}
		buf = make([]byte, 2*len(buf))
	}
}
