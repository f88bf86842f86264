// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"syscall"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Files that are sent: pieces of a stream's queue whose bytes the system takes from the file. They have the id of a
// SEND_FILE op, which ends as a write does.

// fileCalls is how many calls, of at most maxAtOnce bytes, a stream sends of files in one go.
const fileCalls = 4

// fileOK checks a SEND_FILE op: len is the descriptor, arg the offset, data the number of bytes.
func fileOK(op *wire.Op) bool {
	return op.Target != 0 && op.Len <= math.MaxInt32 && op.Arg >= 0 && uint64(op.Data) <= uint64(math.MaxInt64-op.Arg)
}

// sendFile takes a SEND_FILE op. Codes: EBADID, ENOTSUP, EPIPE, ECANCELED; ESPIPE and EISDIR for what is no file.
func (t *sockets) sendFile(e *Engine, r timers.Ref, s *slot, op *wire.Op) (status, errno int32) {
	x := e.streamOf(op.Target)
	switch {
	case x == nil:
		return wire.EBADID, 0
	case x.dgram != nil:
		return wire.ENOTSUP, 0
	}
	if status := x.mayWrite(); status != wire.OK {
		return status, 0
	}
	own, no := t.fileOf(int(op.Len))
	if no != 0 {
		return wire.FromErrno(no), int32(no)
	}
	of := e.at(x.ref)
	s.arg, s.aux = of.arg, 0
	s.flags |= flagStream
	q := t.queue(x)
	alone := q.items.len() == 0
	n := int(op.Data)
	q.items.push(outgoing{id: idOf(r, s), data: uintptr(op.Arg), n: n, last: true, kind: outFile, fd: int32(own)})
	x.queued += uint64(n)
	if alone && x.flags&(sockConnecting|sockCanWrite) == sockCanWrite {
		t.flush(e, x)
		if of.state != stateLive {
			return wire.OK, 0
		}
	}
	t.waits(e, x, of, 0)
	return wire.OK, 0
}

// fileOf returns a descriptor of our own for a file of the host's.
func (t *sockets) fileOf(fd int) (int, syscall.Errno) {
	what, errno := t.calls.Find(fd)
	switch {
	case errno == syscall.ENOTSOCK:
		return -1, syscall.ESPIPE
	case errno != 0:
		return -1, errno
	case what.Kind != wire.NetFile || !what.Always:
		return -1, syscall.ESPIPE
	case !what.Reads:
		return -1, syscall.EBADF
	}
	return t.calls.Dup(fd)
}

// putFile sends bytes of the first piece, which is a file. When that has ended, nothing is left of the piece.
func (t *sockets) putFile(e *Engine, x *socket, p *outgoing) (int, syscall.Errno) {
	if p.n == 0 {
		return 0, 0
	}
	most := min(p.n, maxAtOnce)
	sent, errno := t.calls.SendFile(int(x.fd), int(p.fd), int64(p.data), most)
	if errno == syscall.EINVAL || errno == syscall.ENOSYS || errno == syscall.ENOTSUP {
		sent, errno = t.copyFile(e, x, p, most)
	}
	if errno == 0 && sent == 0 {
		x.queued -= uint64(p.n)
		p.n = 0
	}
	return sent, errno
}

// copyFile does what SendFile cannot do with these two.
func (t *sockets) copyFile(e *Engine, x *socket, p *outgoing, most int) (int, syscall.Errno) {
	most = min(most, defaultSize)
	data := e.mem.Alloc(uintptr(most))
	if data == 0 {
		return -1, syscall.ENOMEM
	}
	defer e.mem.Free(data)
	got, errno := t.calls.ReadAt(int(p.fd), data, most, int64(p.data))
	if errno != 0 || got == 0 {
		return got, errno
	}
	return t.put(x, data, got)
}

// sendsFile says that there is more of a file to be sent at once.
func (x *socket) sendsFile() bool {
	return x.out != nil && x.is(sockCanWrite) && x.dgram == nil && x.out.items.first().kind == outFile
}

// readMeanwhile reads a stream that goes on with a file in the next pass.
func (t *sockets) readMeanwhile(e *Engine, x *socket, s *slot) int {
	if x.reads() && !x.is(sockEOF) {
		if then := t.read(e, x, s); then != sockDone || s.state != stateLive {
			return then
		}
	}
	return sockLater
}
