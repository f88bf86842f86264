// SPDX-License-Identifier: MIT

package fs

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// entry is one of a folder. The name is valid until the next read.
type entry struct {
	name []byte
	kind uint32 // wire.Type*
	ino  uint64
}

func untilNul(p []byte) []byte {
	if i := bytes.IndexByte(p, 0); i >= 0 {
		return p[:i]
	}
	return p
}

// direntBytes is what one read of a folder gives at most. In our records it is no more.
const direntBytes = 32 << 10

// dirReader reads the entries of an open folder, without "." and "..".
type dirReader struct {
	buf     []byte
	at, end int
}

// fill reads the next entries when all are taken. False: there are no more.
func (d *dirReader) fill(o *op, fd int) (bool, error) {
	if d.buf == nil {
		d.buf = make([]byte, direntBytes)
	}
	n, err := again2(func() (int, error) { return o.sys.dirents(fd, d.buf) })
	if err != nil {
		d.at, d.end = 0, 0
		return false, err
	}
	d.at, d.end = 0, n
	return n > 0, nil
}

// next returns the next of the entries that were read.
func (d *dirReader) next() (entry, bool) {
	for d.at < d.end {
		e, size := parseDirent(d.buf[d.at:d.end])
		d.at += size
		if len(e.name) > 0 && string(e.name) != "." && string(e.name) != ".." {
			return e, true
		}
	}
	return entry{}, false
}

// openFolder opens a folder for reading its entries. dir is unix.AT_FDCWD, or the one that name is in.
func (o *op) openFolder(dir int, name string, flags int) (int, error) {
	return again2(func() (int, error) {
		return o.sys.openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK|always|flags, 0)
	})
}

// readDir tells the entries of a folder, as many as one read gives in each event.
type readDir struct {
	op
	fd  int
	dir dirReader
	err error // told after what was read before it
}

func (t *readDir) take(*wire.FS) int32 {
	t.fd = -1
	return wire.OK
}

func (t *readDir) release() { _ = t.closeFD(&t.fd) }

func (t *readDir) step() int {
	if t.fd < 0 {
		fd, err := t.openFolder(unix.AT_FDCWD, t.path, 0)
		if err != nil {
			return t.failed(err)
		}
		t.fd = fd
		_, t.err = t.dir.fill(&t.op, t.fd)
	}
	if t.err != nil {
		return t.failed(t.err)
	}
	if !t.tell() {
		return t.noMemory()
	}
	var more bool
	if more, t.err = t.dir.fill(&t.op, t.fd); more || t.err != nil {
		return task.Out
	}
	return task.End
}

const direntHead = int(unsafe.Sizeof(wire.Dirent{}))

// direntSize is the size of the record of an entry: its head, its name, a NUL, up to the next multiple of 8.
func direntSize(name []byte) int { return (direntHead + len(name) + 1 + 7) &^ 7 }

// tell makes the entries that were read the result. False: there is no memory.
func (t *readDir) tell() bool {
	start, size, count := t.dir.at, 0, int64(0)
	for e, ok := t.dir.next(); ok; e, ok = t.dir.next() {
		size += direntSize(e.name)
		count++
	}
	buf := t.Alloc(size)
	if t.Data == 0 {
		return false
	}
	clear(buf)
	t.dir.at = start
	for e, ok := t.dir.next(); ok; e, ok = t.dir.next() {
		if e.kind == wire.TypeUnknown {
			e.kind = t.typeOf(e.name)
		}
		n := direntSize(e.name)
		*wire.At[wire.Dirent](t.Data + uintptr(size-len(buf))) = wire.Dirent{
			Ino: e.ino, Type: e.kind, Size: uint16(n), NameLen: uint16(len(e.name)),
		}
		copy(buf[direntHead:], e.name)
		buf = buf[n:]
	}
	t.value(wire.KindBytes, count)
	return true
}

// typeOf asks for the type of an entry of which the file system did not say it.
func (t *readDir) typeOf(name []byte) uint32 {
	var st wire.Stat
	err := again(func() error {
		_, err := t.sys.statat(t.fd, string(name), &st)
		return err
	})
	if err != nil {
		return wire.TypeUnknown
	}
	return st.Type
}
