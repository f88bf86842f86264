// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// pipeBytes is what a pipe that is ready takes at least, so that writing it waits for nobody.
const pipeBytes = 4096

// put writes one piece of at most task.PieceBytes; offset -1: at the current position. plain: a file, which never
// waits for somebody else. wait: nobody takes more now.
func (o *op) put(fd int, p []byte, offset int64, plain bool) (n int, wait bool, err error) {
	p = p[:min(len(p), task.PieceBytes)]
	if !plain {
		if !o.ready(fd, unix.POLLOUT) {
			return 0, true, nil
		}
		p = p[:min(len(p), pipeBytes)]
	}
	n, err = again2(func() (int, error) {
		if offset < 0 {
			return o.sys.write(fd, p)
		}
		return o.sys.pwrite(fd, p, offset)
	})
	if err == unix.EAGAIN && !plain {
		return 0, true, nil
	}
	if err == nil && n == 0 && len(p) > 0 {
		err = unix.EIO // a file that takes nothing and says nothing would be tried for ever
	}
	return n, false, err
}

// putAll writes p in pieces, those of one step. done counts what is written.
func (o *op) putAll(fd int, p []byte, done *int, plain bool) (wait bool, err error) {
	for left := task.PieceBytes; *done < len(p) && left > 0; {
		n, wait, err := o.put(fd, p[*done:], -1, plain)
		*done += n
		left -= n
		if wait || err != nil {
			return wait, err
		}
	}
	return false, nil
}

// pieces is the memory that readv and writev, and read and write, go through.
type pieces struct {
	bufs [][]byte // not done yet
	all  int      // bytes in bufs
	done int      // bytes before them
}

func (p *pieces) add(addr uintptr, n uint64) {
	if n > 0 {
		p.bufs = append(p.bufs, wire.Slice[byte](addr, int(n)))
		p.all += int(n)
	}
}

// advance takes n bytes off the front.
func (p *pieces) advance(n int) {
	p.done += n
	p.all -= n
	for n > 0 {
		if k := len(p.bufs[0]); n >= k {
			p.bufs = p.bufs[1:]
			n -= k
		} else {
			p.bufs[0] = p.bufs[0][n:]
			n = 0
		}
	}
}

const bufsAtOnce = 1024 // that the system takes

// first returns the next memory, of at most that many bytes.
func (p *pieces) first(most int) []byte {
	if len(p.bufs) == 0 {
		return nil
	}
	return p.bufs[0][:min(len(p.bufs[0]), most)]
}

// next returns the next pieces, of at most that many bytes together, and how many they have.
func (p *pieces) next(most int) (bufs [][]byte, n int) {
	bufs = make([][]byte, 0, min(len(p.bufs), bufsAtOnce))
	for _, b := range p.bufs {
		if len(bufs) == bufsAtOnce || n == most {
			break
		}
		b = b[:min(len(b), most-n)]
		n += len(b)
		bufs = append(bufs, b)
	}
	return bufs, n
}

// readFD is read and readv.
type readFD struct {
	op
	pieces pieces
	own    bool // into the library's memory
	known  bool
	plain  bool
}

func (t *readFD) take(r *wire.FS) int32 {
	switch {
	case r.What == wire.FSReadv:
		for _, b := range wire.Slice[wire.Buf](r.Bufs, int(r.BufCount)) {
			t.pieces.add(b.Data, b.Len)
		}
	case r.Buffer != 0:
		t.pieces.add(r.Buffer, r.Len)
	default:
		t.own = true
	}
	t.plain = r.Offset >= 0 // what has no offsets says so
	t.known = t.plain
	return wire.OK
}

func (t *readFD) step() int {
	fd := int(t.req.FD)
	if !t.known {
		st, _, err := t.statFD(fd)
		if err != nil {
			return t.failed(err)
		}
		t.known, t.plain = true, isPlain(st.Type)
	}
	if t.own && t.Data == 0 {
		if t.Alloc(int(t.req.Len)); t.Data == 0 {
			return t.noMemory()
		}
		t.pieces.add(t.Data, t.req.Len)
	}
	if !t.plain && t.pieces.all > 0 && !t.ready(fd, unix.POLLIN) {
		return task.More
	}
	n, asked, err := t.read(fd)
	switch {
	case err == unix.EAGAIN && !t.plain:
		return task.More
	case err != nil && t.pieces.done == 0:
		return t.failed(err)
	case err != nil:
		return t.end() // the next read tells it
	}
	t.pieces.advance(n)
	// A short read is the end of a file, or all that is there of anything else.
	if t.pieces.all == 0 || n < asked || !t.plain {
		return t.end()
	}
	return task.More
}

// read reads the next piece. 0 bytes are asked for, too: what is wrong with the descriptor shows all the same.
func (t *readFD) read(fd int) (n, asked int, err error) {
	offset := t.req.Offset
	if offset >= 0 {
		offset += int64(t.pieces.done)
	}
	if len(t.pieces.bufs) > 1 {
		bufs, asked := t.pieces.next(task.PieceBytes)
		n, err = again2(func() (int, error) { return t.sys.readv(fd, bufs, offset) })
		return n, asked, err
	}
	p := t.pieces.first(task.PieceBytes)
	n, err = again2(func() (int, error) {
		if offset < 0 {
			return t.sys.read(fd, p)
		}
		return t.sys.pread(fd, p, offset)
	})
	return n, len(p), err
}

func (t *readFD) end() int {
	n := t.pieces.done
	if !t.own {
		return t.value(wire.KindInt, int64(n))
	}
	t.Len = uint64(n)
	*wire.At[byte](t.Data + uintptr(n)) = 0 // as behind all data
	return t.value(wire.KindBytes, int64(n))
}

// writeFD is write and writev.
type writeFD struct {
	op
	pieces pieces
	known  bool
	plain  bool
}

func (t *writeFD) take(r *wire.FS) int32 {
	bufs := wire.Slice[wire.Buf](r.Bufs, int(r.BufCount))
	if r.What == wire.FSWrite {
		bufs = []wire.Buf{{Data: r.Data, Len: r.Len}}
	}
	for _, b := range bufs {
		t.pieces.add(b.Data, b.Len)
	}
	if r.Flags&wire.FSBorrow == 0 && t.pieces.all > 0 {
		copied := t.KeepInput(t.pieces.bufs...)
		if copied == nil {
			return wire.ENOMEM
		}
		t.pieces.bufs = [][]byte{copied}
	}
	t.plain = r.Offset >= 0
	t.known = t.plain
	return wire.OK
}

func (t *writeFD) step() int {
	fd := int(t.req.FD)
	if !t.known {
		st, _, err := t.statFD(fd)
		if err != nil {
			return t.failed(err)
		}
		t.known, t.plain = true, isPlain(st.Type)
	}
	for left := task.PieceBytes; left > 0; {
		n, wait, err := t.write(fd, left)
		if err != nil && t.pieces.done == 0 {
			return t.failed(err)
		}
		t.pieces.advance(n)
		left -= n
		if err != nil || t.pieces.all == 0 {
			return t.value(wire.KindInt, int64(t.pieces.done))
		}
		if wait {
			break
		}
	}
	return task.More
}

// write writes the next piece.
func (t *writeFD) write(fd, most int) (n int, wait bool, err error) {
	offset := t.req.Offset
	if offset >= 0 {
		offset += int64(t.pieces.done)
	}
	if len(t.pieces.bufs) < 2 || !t.plain {
		return t.put(fd, t.pieces.first(most), offset, t.plain)
	}
	bufs, _ := t.pieces.next(most)
	n, err = again2(func() (int, error) { return t.sys.writev(fd, bufs, offset) })
	if err == nil && n == 0 {
		err = unix.EIO
	}
	return n, false, err
}
