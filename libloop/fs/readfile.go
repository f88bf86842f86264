// SPDX-License-Identifier: MIT

package fs

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// readFile reads a whole file.
//
// The content is collected in parts. A file that does not change is one part, which becomes the result as it is;
// what has no size, or has grown, takes further parts, which are put together in the end. The first part of a small
// file is the operation's own memory.
type readFile struct {
	op
	fd      int
	found   wire.Stat // what Start has found
	key     uint64    // of the mount, once Start has asked
	limit   uint64
	known   bool   // what it is has been found out
	waiting bool   // for a writer of a FIFO
	room    []byte // for the content of a small file; kept for the next operation
	parts   []part
	first   [1]part // room for most of them
	total   uint64  // bytes in parts that are full
	size    uint64  // of a file that has one, when it was looked at; 0: not known
	joining bool    // the result has room for all parts
	done    int     // parts that are put together
	at      int     // of the next one: bytes that are
}

// part is a block of memory and how much of it is filled.
type part struct {
	addr uintptr
	n    int
	size int
	own  bool // it is the operation's, not a block
}

// free returns the part that is not filled. It is never empty.
func (p *part) free() []byte { return wire.Slice[byte](p.addr+uintptr(p.n), p.size-p.n) }

const (
	limitDefault = 2 << 30  // bytes
	partFirst    = 64 << 10 // of what has no size
)

func (t *readFile) take(r *wire.FS) int32 {
	t.fd, t.limit, t.parts = -1, r.Limit, t.first[:0]
	if t.limit == 0 {
		t.limit = limitDefault
	}
	return wire.OK
}

func (t *readFile) release() {
	_ = t.closeFD(&t.fd)
	for _, p := range t.parts[t.done:] {
		t.drop(p)
	}
	t.parts = nil
}

func (t *readFile) drop(p part) {
	if !p.own {
		t.Mem.UnrefBlock(p.addr)
	}
}

// Reuse implements task.Reuser.
func (t *readFile) Reuse() {
	path, room := t.keepRoom(), t.room
	*t = readFile{}
	t.pathRoom, t.room = path, room
	spareReadFiles.keep(t)
}

// addPart adds an empty part. Nil: there is no memory.
func (t *readFile) addPart(size int) *part {
	p := part{size: size}
	if p.own = len(t.parts) == 0 && size <= task.OwnMost+1; p.own {
		if len(t.room) < size {
			t.room = make([]byte, size)
		}
		p.addr = uintptr(unsafe.Pointer(&t.room[0]))
	} else if p.addr = t.Mem.Block(uintptr(size)); p.addr == 0 {
		return nil
	}
	t.parts = append(t.parts, p)
	return &t.parts[len(t.parts)-1]
}

func (t *readFile) step() int {
	switch {
	case t.joining:
		return t.join()
	case t.fd < 0:
		if err := t.open(); err != nil {
			return t.failed(err)
		}
		fallthrough
	case !t.known:
		if said, ok := t.look(); !ok {
			return said
		}
	}
	if t.waiting {
		if !t.ready(t.fd, unix.POLLIN) {
			return task.More
		}
		t.waiting = false
	}
	return t.read()
}

// open opens the file so that nothing waits: a FIFO without a writer, a terminal without a carrier.
func (t *readFile) open() (err error) {
	t.fd, err = t.openToRead(t.path)
	return err
}

// look finds out what is open. False: said is the end.
func (t *readFile) look() (said int, ok bool) {
	st, key, err := t.statFD(t.fd)
	if err != nil {
		return t.failed(err), false
	}
	t.known = true
	t.mounts.learn(t.sys, key, t.fd)
	if len(t.parts) > 0 {
		// Start has begun to read, without moving the position.
		if _, err = t.sys.seek(t.fd, int64(t.parts[0].n), 0); err != nil {
			return t.failed(err), false
		}
		return 0, true
	}
	size := uint64(partFirst)
	switch {
	case st.Type == wire.TypeDir:
		return t.failed(unix.EISDIR), false
	case st.Type == wire.TypeFile && st.Size > t.limit:
		return t.tooBig(), false
	case st.Type == wire.TypeFile && st.Size > 0:
		t.size = st.Size
		size = st.Size + 1 // so that the end shows without a further part
	case st.Type == wire.TypeFifo:
		t.waiting = true
	}
	if t.addPart(int(size)) == nil {
		return t.noMemory(), false
	}
	return 0, true
}

func (t *readFile) tooBig() int { return t.Fail(wire.ETOOBIG, 0, t.Text()) }

// read reads the next piece.
func (t *readFile) read() int {
	p := &t.parts[len(t.parts)-1]
	for left := task.PieceBytes; left > 0; {
		if p.n == p.size {
			t.total += uint64(p.n)
			if p = t.addPart(min(2*p.size, task.PieceBytes)); p == nil {
				return t.noMemory()
			}
		}
		buf := p.free()
		buf = buf[:min(len(buf), left)]
		n, err := again2(func() (int, error) { return t.sys.read(t.fd, buf) })
		if err == unix.EAGAIN {
			t.ready(t.fd, unix.POLLIN)
			return task.More
		}
		if err != nil {
			return t.failed(err)
		}
		if n == 0 {
			t.total += uint64(p.n)
			return t.finish()
		}
		p.n += n
		left -= n
		if t.total+uint64(p.n) > t.limit {
			return t.tooBig()
		}
		if n < len(buf) && t.total+uint64(p.n) == t.size { // there was room for more: no call is needed to see the end
			t.total = t.size
			return t.finish()
		}
	}
	return task.More
}

// finish makes what was read the result.
func (t *readFile) finish() int {
	if len(t.parts) == 1 {
		p := t.parts[0]
		t.parts = nil
		if p.own {
			t.Own = t.room[:p.n]
			return t.value(wire.KindBytes, int64(p.n))
		}
		t.Data, t.Len = p.addr, uint64(p.n)
		*wire.At[byte](p.addr + uintptr(p.n)) = 0 // as behind all data
		return t.value(wire.KindBytes, int64(p.n))
	}
	if t.Alloc(int(t.total)) == nil {
		return t.noMemory()
	}
	t.joining = true
	return t.join()
}

// join puts the next piece of what was read into its place.
func (t *readFile) join() int {
	for left := task.PieceBytes; left > 0; {
		if t.done == len(t.parts) {
			return t.value(wire.KindBytes, int64(t.Len))
		}
		p := t.parts[t.done]
		to := wire.Slice[byte](t.Data, int(t.Len))[t.Len-t.total:]
		n := copy(to[:min(len(to), left)], wire.Slice[byte](p.addr, p.n)[t.at:])
		t.total -= uint64(n)
		left -= n
		if t.at += n; t.at == p.n {
			t.drop(p)
			t.done, t.at = t.done+1, 0
		}
	}
	return task.More
}
