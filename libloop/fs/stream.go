// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	pieceDefault = 64 << 10 // bytes in one event of read_stream
	pieceMax     = task.PieceBytes
)

// readStream gives a file piece by piece: each piece is an event, and the next is read when that is delivered and
// the host has not paused. So a file of any size takes the memory of one piece.
type readStream struct {
	op
	fd      int
	piece   int
	left    uint64 // bytes that may still be read
	total   int64
	waiting bool // for a writer of a FIFO, or for what a pipe or terminal has
	plain   bool
}

func (t *readStream) take(r *wire.FS) int32 {
	t.fd, t.piece, t.left = -1, pieceDefault, r.Len
	if r.Limit > 0 {
		t.piece = int(min(r.Limit, pieceMax))
	}
	if t.left == 0 {
		t.left = 1<<64 - 1
	}
	return wire.OK
}

func (t *readStream) release() { _ = t.closeFD(&t.fd) }

func (t *readStream) step() int {
	if t.fd < 0 {
		if err := t.open(); err != nil {
			return t.failed(err)
		}
	}
	if t.waiting && !t.ready(t.fd, unix.POLLIN) {
		return task.More
	}
	size := int(min(uint64(t.piece), t.left))
	if t.Alloc(size); t.Data == 0 {
		return t.noMemory()
	}
	buf := wire.Slice[byte](t.Data, size)
	n, err := again2(func() (int, error) { return t.sys.read(t.fd, buf) })
	switch {
	case err == unix.EAGAIN && !t.plain:
		t.Drop()
		t.waiting = true
		return task.More
	case err != nil:
		return t.failed(err)
	case n == 0:
		t.Drop()
		return t.value(wire.KindInt, t.total)
	}
	t.Len = uint64(n)
	*wire.At[byte](t.Data + uintptr(n)) = 0 // as behind all data
	t.left -= uint64(n)
	t.total += int64(n)
	t.waiting = !t.plain
	t.value(wire.KindBytes, int64(n))
	return task.Out
}

// open opens the file and goes to where the first byte is.
func (t *readStream) open() (err error) {
	if t.fd, err = t.openToRead(t.path); err != nil {
		return err
	}
	st, _, err := t.statFD(t.fd)
	if err != nil {
		return err
	}
	if st.Type == wire.TypeDir {
		return unix.EISDIR
	}
	t.plain = isPlain(st.Type)
	t.waiting = !t.plain
	if t.req.Offset > 0 {
		_, err = t.sys.seek(t.fd, t.req.Offset, 0)
	}
	return err
}

// writeStream writes a file from the input of a flow. The file is opened with the first input, or the end.
type writeStream struct {
	writeFile
	fed   bool // data is input that is not used up
	last  bool
	total int64
}

// Feed implements task.Feeder.
func (t *writeStream) Feed(data []byte, last bool) {
	t.data, t.done, t.fed, t.last = data, 0, true, last
}

func (t *writeStream) step() int {
	if !t.fed {
		return task.Idle
	}
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
	t.total += int64(t.done)
	if t.last {
		if err := t.finish(); err != nil {
			return t.failed(err)
		}
		return t.value(wire.KindInt, t.total)
	}
	t.data, t.done, t.fed = nil, 0, false
	return task.Consumed
}
