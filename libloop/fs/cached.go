// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// The loop's thread reads small files and asks about files when all it takes is in the system's caches: three
// system calls that never wait, in place of two changes of thread. Whatever does not go at once goes to a worker:
//
//   - a path that is not cached, or on a mount that is not known to be local (mounts.go);
//   - what is no file, a file without a size, as in /proc, and a large one;
//   - a file that is cached in part: the read is short;
//   - file systems that do not read without waiting (tmpfs, overlay): EOPNOTSUPP.
//
// What is open by then goes along with what was read: a FIFO that is closed and opened again kills its writer.

// nowMost is the size of the largest file that the loop's thread reads, in bytes.
const nowMost = 64 << 10

// openFailed says what comes of a path that openNow did not open: an error that the cache of names knows for sure
// is the result.
func (o *op) openFailed(err error) (used int, done bool) {
	switch err {
	case unix.ENOENT, unix.ENOTDIR:
		o.mounts.tried(true)
		o.failed(err)
		return 1, true
	case unix.ENOSYS, unix.EPERM:
		o.mounts.off.Store(true) // the kernel is older, or a filter of system calls is in force
	default:
		o.mounts.tried(false)
	}
	return 0, false
}

// letGo closes what openNow has opened.
func (o *op) letGo(fd *int) {
	_ = o.sys.closeNow(*fd)
	*fd = -1
}

// Start implements task.Starter.
func (t *readFile) Start(budget int) (used int, done bool) {
	if !t.mounts.try() {
		return 0, false
	}
	if used, done = t.openNow(); t.fd < 0 {
		return used, done
	}
	// From here on a worker goes on with the open descriptor, if anything is not as it should be.
	st := &t.found
	if st.Type != wire.TypeFile || st.Size == 0 || st.Size > min(nowMost, uint64(budget)-1, t.limit) {
		return 1, false
	}
	size := int(st.Size)
	p := t.addPart(size + 1)
	if p == nil {
		return 1, false // the worker says so
	}
	n, err := t.sys.readNow(t.fd, p.free(), 0)
	if err == unix.EOPNOTSUPP {
		t.mounts.note(t.key, mountStat)
	}
	if err == nil {
		p.n = n
	}
	if p.n != size {
		return 1 + p.n, false // not all of it is cached, or it has grown
	}
	t.mounts.tried(true)
	t.finish()
	t.letGo(&t.fd)
	return 1 + size, true
}

const readFlags = unix.O_RDONLY | unix.O_NONBLOCK | always

// openNow opens the file if that waits for nobody, and finds out what it is. Else the descriptor is -1, and the result may
// be complete.
func (t *readFile) openNow() (used int, done bool) {
	start, err := t.startKey()
	if err == nil && t.mounts.verdict(start) == mountRead && !t.mounts.crosses(t.path) {
		fd, err := t.sys.openNow(t.path, readFlags, true)
		switch err {
		case nil:
			t.fd = fd
			if t.key, err = t.sys.statNow(fd, &t.found); err != nil {
				t.found.Type = wire.TypeUnknown
			}
			if t.key != start {
				t.mounts.root.Store(0)
			}
			return 0, false
		case unix.EAGAIN, unix.EXDEV: // it leaves its mount, or is not cached
		default:
			return t.openFailed(err)
		}
	}
	return t.openByMount(start)
}

// startKey returns the key of the mount where the path starts. That of the root is asked once: a process that changes
// its root, or what is mounted there, has one open too many done by the loop's thread, which shows that the key is
// another one.
func (t *readFile) startKey() (key uint64, err error) {
	absolute := len(t.path) > 0 && t.path[0] == '/'
	if absolute {
		if key = t.mounts.root.Load(); key != 0 {
			return key, nil
		}
	}
	if key, err = t.sys.startNow(absolute, &t.found); err == nil && absolute {
		t.mounts.root.Store(key)
	}
	return key, err
}

// openByMount opens the file if it lies on a mount that is known to be local.
func (t *readFile) openByMount(start uint64) (used int, done bool) {
	fd, err := t.sys.openNow(t.path, pathOnly|unix.O_CLOEXEC, false)
	if err != nil {
		return t.openFailed(err)
	}
	t.key, err = t.sys.statNow(fd, &t.found)
	t.letGo(&fd)
	if err == nil && t.key != start && !t.mounts.crosses(t.path) {
		t.mounts.noteCross(t.path)
		t.mounts.root.Store(0)
	}
	if st := &t.found; err == nil && st.Type == wire.TypeFile && st.Size > 0 && st.Size <= nowMost &&
		t.mounts.verdict(t.key) == mountRead {
		if t.fd, err = t.sys.openNow(t.path, readFlags, false); err == nil {
			// It may be another one by now.
			if _, err = t.sys.statNow(t.fd, &t.found); err != nil {
				t.found.Type = wire.TypeUnknown
			}
			return 0, false
		}
	}
	t.mounts.tried(false)
	return 0, false
}
