// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"syscall"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// outQueue is what waits to be sent on a stream. A stream has one only while something waits.
type outQueue struct{ items fifo[outgoing] }

// outgoing is one piece.
type outgoing struct {
	id    uint64 // of the write it belongs to; 0: of a send
	data  uintptr
	to    uintptr // a datagram: a wire.Address; 0: the peer
	n     int
	block uintptr // memory of our own that data is in; 0: it is the host's
	size  int     // bytes of it, for a send
	last  bool    // the last piece of its write
	lent  bool    // the host's only while its op is taken
	kind  uint8   // outBytes ...
	fd    int32   // of our own; not of outBytes
}

// What a piece is.
const (
	outBytes = iota // bytes
	outFD           // bytes, and a descriptor that goes with the first
	outFile         // n bytes of the file fd, from the offset data on
)

const (
	maxPieces  = 64        // in one call
	maxAtOnce  = 256 << 10 // bytes in one call, so that no stop of Go's world waits for long
	sendBlock  = 4096      // least memory for a send that waits: small ones are gathered
	maxVector  = 1 << 20   // pieces of a write
	outsKept   = 256       // queues without a user that are kept
	bufSize    = unsafe.Sizeof(wire.Buf{})
	noResource = retrySoon
)

// mayWrite says why a stream takes no more bytes: EBADF, EPIPE, ECANCELED, or OK.
func (x *socket) mayWrite() int32 {
	switch {
	case x.is(sockNoWrite):
		return wire.EBADF
	case x.is(sockEnding | sockClosing):
		return wire.EPIPE
	case x.is(sockBroken):
		return wire.ECANCELED
	}
	return wire.OK
}

// streamOf returns the stream with an id, nil for any other number or one that ends.
func (e *Engine) streamOf(id uint64) *socket {
	s := e.find(id)
	if s == nil || s.code != wire.OpNet || s.state != stateLive || s.flags&flagMuted != 0 {
		return nil
	}
	if x := e.sockets.of(s); !x.is(sockListens) {
		return x
	}
	return nil
}

// send takes a SEND op.
func (t *sockets) send(e *Engine, x *socket, s *slot, op *wire.Op) int32 {
	if status := x.mayWrite(); status != wire.OK {
		return status
	}
	data, n := op.Data, int(op.Len)
	if x.out == nil && x.flags&(sockConnecting|sockCanWrite) == sockCanWrite && n > 0 {
		sent, errno := t.trySend(e, x, data, n)
		if errno != 0 {
			t.fail(e, x, opWrite, errno)
			return wire.OK
		}
		if sent == n {
			return wire.OK
		}
		data, n = data+uintptr(sent), n-sent
	}
	if n == 0 {
		return wire.OK
	}
	if !t.gather(e, x, data, n) {
		x.op = opWrite
		e.end(x.ref, s, wire.ENOMEM, 0)
		return wire.OK
	}
	t.waits(e, x, s, n)
	return wire.OK
}

// directFD returns the descriptor of a stream to which the C half may send by itself: nothing waits, and as far as is
// known there is room. -1: it may not.
func (x *socket) directFD() int32 {
	const told = sockConnecting | sockCanWrite | sockNoWrite | sockEnding | sockClosing | sockBroken | sockPlain | sockAlways
	if x.out == nil && x.flags&told == sockCanWrite {
		return x.fd
	}
	return -1
}

// trySend hands bytes to the system. Fewer than n: it has no room, and the poller will say when it has.
func (t *sockets) trySend(e *Engine, x *socket, data uintptr, n int) (int, syscall.Errno) {
	total := 0
	for most := t.atOnce(x, n); total < most; {
		sent, errno := t.put(x, data+uintptr(total), min(most-total, maxAtOnce))
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 { // a part that is sent does not mean that there is no room: only EAGAIN does
			return total, t.noRoom(e, x, errno)
		}
		total += sent
	}
	return total, 0
}

// noRoom takes an error of sending. 0: it is to be tried again later.
func (t *sockets) noRoom(e *Engine, x *socket, errno syscall.Errno) syscall.Errno {
	switch errno {
	case syscall.EAGAIN:
	case syscall.ENOBUFS, syscall.ENOMEM, syscall.ETOOMANYREFS: // the last: of descriptors on their way
		t.again(e, x, noResource) // nothing reports when there is room
	default:
		return errno
	}
	if x.is(sockAlways) && errno == syscall.EAGAIN {
		t.again(e, x, noResource)
	}
	x.flags &^= sockCanWrite
	return 0
}

// queue returns the queue of a stream, making it if needed.
func (t *sockets) queue(x *socket) *outQueue {
	if x.out == nil {
		if n := len(t.outs); n > 0 {
			x.out, t.outs = t.outs[n-1], t.outs[:n-1]
		} else {
			x.out = new(outQueue)
		}
	}
	return x.out
}

// unqueue takes the queue from a stream for which nothing waits.
func (t *sockets) unqueue(x *socket) {
	if x.out != nil && x.out.items.len() == 0 {
		if len(t.outs) < outsKept {
			t.outs = append(t.outs, x.out)
		}
		x.out = nil
	}
}

// gather queues a copy of bytes that were sent. False: there is no memory.
func (t *sockets) gather(e *Engine, x *socket, data uintptr, n int) bool {
	bytes := wire.Slice[byte](data, n)
	if x.out != nil && x.out.items.len() > 0 {
		items := x.out.items.items
		last := &items[len(items)-1]
		if used := int(last.data-last.block) + last.n; last.block != 0 && last.id == 0 && last.size-used >= n {
			copy(wire.Slice[byte](last.data+uintptr(last.n), n), bytes)
			last.n += n
			return true
		}
	}
	size := max(n, sendBlock)
	block := e.mem.Alloc(uintptr(size))
	if block == 0 {
		return false
	}
	copy(wire.Slice[byte](block, n), bytes)
	t.queue(x).items.push(outgoing{data: block, n: n, block: block, size: size})
	return true
}

// waits counts bytes that were queued.
func (t *sockets) waits(e *Engine, x *socket, s *slot, n int) {
	if x.queued += uint64(n); x.queued > x.high {
		x.flags |= sockFull
	}
	if x.busy() {
		t.push(x, uint32(s.arg))
	}
	if errno := t.watch(e, x); errno != 0 {
		t.fail(e, x, opWrite, errno)
	}
}

// write takes a WRITE op to a stream. Codes: EBADF, EPIPE, ECANCELED, ENOMEM, EINVAL.
func (t *sockets) write(e *Engine, r timers.Ref, s *slot, op *wire.Op, x *socket) int32 {
	if x.dgram != nil {
		return t.writeDatagram(e, r, s, op, x)
	}
	if op.Arg != 0 {
		return wire.EINVAL // a stream has one peer
	}
	if status := x.mayWrite(); status != wire.OK {
		return status
	}
	of := e.at(x.ref)
	id := idOf(r, s)
	s.arg, s.aux = of.arg, 0
	s.flags |= flagStream
	pieces := []wire.Buf(nil)
	if op.Flags&wire.OpFlagVector != 0 {
		if pieces = wire.Slice[wire.Buf](op.Data, int(op.Len)); !vectorOK(pieces) {
			return wire.EINVAL
		}
	}
	lent := op.Flags&wire.OpFlagBorrowed == 0
	q := t.queue(x)
	first := q.items.len()
	total := 0
	if op.Flags&wire.OpFlagVector != 0 {
		for i, p := range pieces {
			q.items.push(outgoing{id: id, data: p.Data, n: int(p.Len), last: i == len(pieces)-1, lent: lent})
			total += int(p.Len)
		}
	} else {
		total = int(op.Len)
		q.items.push(outgoing{id: id, data: op.Data, n: total, last: true, lent: lent})
	}
	x.queued += uint64(total)
	before := q.items.len()
	if first == 0 && x.flags&(sockConnecting|sockCanWrite) == sockCanWrite {
		t.flush(e, x)
		if of.state != stateLive {
			return wire.OK // it failed, and took its writes along
		}
	}
	if x.out != nil && lent && !t.own(e, x, min(before-first, x.out.items.len())) {
		t.cancelWrite(e, id, s)
		return wire.ENOMEM
	}
	t.waits(e, x, of, 0)
	return wire.OK
}

// vectorOK checks the pieces of a write.
func vectorOK(pieces []wire.Buf) bool {
	if len(pieces) == 0 || len(pieces) > maxVector {
		return false
	}
	total := uint64(0)
	for _, p := range pieces {
		if p.Data == 0 && p.Len > 0 || p.Len > math.MaxUint32-total {
			return false
		}
		total += p.Len
	}
	return true
}

// own copies what is left of the last n pieces, which the host takes back when the op is taken.
func (t *sockets) own(e *Engine, x *socket, n int) bool {
	items := x.out.items.items
	for i := len(items) - n; i < len(items); i++ {
		p := &items[i]
		if !p.lent || p.n == 0 {
			continue
		}
		block := e.mem.Alloc(uintptr(p.n))
		if block == 0 {
			return false
		}
		copy(wire.Slice[byte](block, p.n), wire.Slice[byte](p.data, p.n))
		p.data, p.block, p.lent = block, block, false
	}
	return true
}

// flush sends what waits as far as the system has room, and then does what had to wait for it.
func (t *sockets) flush(e *Engine, x *socket) {
	if x.dgram != nil {
		t.flushDatagrams(e, x)
		return
	}
	if t.iov == 0 {
		if t.iov = e.mem.Alloc(maxPieces * bufSize); t.iov == 0 {
			t.again(e, x, noResource)
			x.flags &^= sockCanWrite
			return
		}
	}
	files := 0
	for rounds := 0; x.out != nil && x.is(sockCanWrite) && (rounds < fileRounds || !x.is(sockAlways)); rounds++ {
		if x.out.items.first().kind == outFile {
			if files++; files > fileCalls {
				break // the others have their turn: the disk may be slow
			}
		}
		sent, errno := t.sendFirst(e, x)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			if errno = t.noRoom(e, x, errno); errno == 0 {
				break
			}
			t.blame(e, x, errno)
			t.fail(e, x, opWrite, errno)
			return
		}
		t.sent(e, x, sent)
		t.unqueue(x)
	}
	if x.is(sockFull) && x.queued <= x.low {
		x.flags &^= sockFull
	}
	t.settle(e, x)
}

// sendFirst sends what one call takes of the first pieces.
func (t *sockets) sendFirst(e *Engine, x *socket) (int, syscall.Errno) {
	switch p := x.out.items.first(); p.kind {
	case outFD:
		return t.putFD(x, p)
	case outFile:
		return t.putFile(e, x, p)
	}
	n, bytes := t.collect(x)
	if bytes == 0 {
		return 0, 0
	}
	return t.putV(x, n)
}

// collect lists the pieces for one call, up to the first that needs one of its own.
func (t *sockets) collect(x *socket) (n, bytes int) {
	iov := wire.Slice[wire.Buf](t.iov, maxPieces)
	for i := range x.out.items.len() {
		p := &x.out.items.items[x.out.items.head+i]
		if n == maxPieces || bytes >= maxAtOnce || p.kind != outBytes {
			break
		}
		if p.n == 0 {
			continue
		}
		iov[n] = wire.Buf{Data: p.data, Len: uint64(min(p.n, maxAtOnce-bytes))}
		bytes += int(iov[n].Len)
		n++
	}
	return n, bytes
}

// sent takes n bytes off the queue, and the pieces that are empty then.
func (t *sockets) sent(e *Engine, x *socket, n int) {
	x.queued -= uint64(n)
	for x.out.items.len() > 0 {
		p := x.out.items.first()
		k := min(n, p.n)
		p.data, p.n, n = p.data+uintptr(k), p.n-k, n-k
		if p.id != 0 {
			e.find(p.id).aux += int64(k)
		}
		if p.n > 0 {
			return
		}
		done := *p
		x.out.items.pop()
		e.mem.Free(done.block)
		if done.kind == outFile {
			t.calls.Close(int(done.fd))
		}
		if done.last && done.id != 0 {
			t.wrote(e, done.id, wire.OK, 0, x.queued)
		}
	}
}

// wrote decides how a write ends.
func (t *sockets) wrote(e *Engine, id uint64, status, errno int32, behind uint64) {
	s := e.find(id)
	e.disarm(s)
	if status != wire.OK {
		e.more(s).text = e.labels.use(t.writeText(e, s))
	}
	s.arg = int64(behind)
	s.state = stateEnding
	e.decide(verdict{id: id, status: status, errno: int16(errno)})
}

// writeText is the text of an error of a write.
func (t *sockets) writeText(e *Engine, s *slot) []byte {
	x := t.at(uint32(s.arg))
	e.out.text = append(e.out.text[:0], socketOps[opWrite]...)
	if x.dgram != nil && x.dgram.about.Family != net.None {
		e.out.text = x.dgram.about.Append(e.out.text)
	} else {
		e.out.text = x.name(e.out.text)
	}
	return e.out.text
}

// blame ends the write that is being sent with an error of the system.
func (t *sockets) blame(e *Engine, x *socket, errno syscall.Errno) {
	if id := x.out.items.first().id; id != 0 {
		t.takeOut(e, x, id)
		t.wrote(e, id, wire.FromErrno(errno), int32(errno), x.queued)
	}
}

// takeOut removes the pieces of a write.
func (t *sockets) takeOut(e *Engine, x *socket, id uint64) {
	q := &x.out.items
	kept := q.items[q.head:q.head]
	for _, p := range q.items[q.head:] {
		if p.id != id {
			kept = append(kept, p)
			continue
		}
		x.queued -= uint64(p.n)
		e.mem.Free(p.block)
		if p.kind != outBytes {
			t.calls.Close(int(p.fd))
		}
	}
	q.items = q.items[:q.head+len(kept)]
}

// cancelWrite takes a live write out of its stream: it ends. Half sent, it breaks the stream for those behind
// it, because the peer would not see where the gap is.
func (t *sockets) cancelWrite(e *Engine, id uint64, s *slot) {
	x := t.at(uint32(s.arg))
	if s.flags&flagMuted == 0 {
		e.more(s).text = e.labels.use(t.writeText(e, s))
	}
	if x.out == nil {
		return
	}
	t.takeOut(e, x, id)
	s.arg = int64(x.queued)
	if s.aux > 0 && x.dgram == nil {
		t.breakWrites(e, x)
	}
	t.unqueue(x)
	if x.is(sockFull) && x.queued <= x.low {
		x.flags &^= sockFull
	}
	n := uint32(e.at(x.ref).arg)
	if x.busy() || x.out == nil {
		t.push(x, n)
	}
}

// breakWrites ends all writes of a stream, now and later.
func (t *sockets) breakWrites(e *Engine, x *socket) {
	x.flags |= sockBroken
	t.breakOff(e, x)
}

// feedsSocket says that an id is that of a write, or of a file, to a socket.
func (s *slot) feedsSocket() bool {
	return (s.code == wire.OpWrite || s.code == wire.OpSendFile) && s.flags&flagStream != 0
}

// streamOfWrite returns the stream of a live write, nil for any other id.
func (t *sockets) streamOfWrite(s *slot) *socket {
	if !s.feedsSocket() {
		return nil
	}
	if x := t.at(uint32(s.arg)); x.dgram == nil {
		return x
	}
	return nil // a datagram that is left out leaves no gap
}

// breakOff ends the writes that wait.
func (t *sockets) breakOff(e *Engine, x *socket) {
	if x.out == nil {
		return
	}
	for x.out.items.len() > 0 {
		p := *x.out.items.first()
		x.out.items.pop()
		x.queued -= uint64(p.n)
		e.mem.Free(p.block)
		if p.kind != outBytes {
			t.calls.Close(int(p.fd))
		}
		if p.last && p.id != 0 {
			if s := e.find(p.id); s != nil && s.state == stateLive {
				t.wrote(e, p.id, wire.ECANCELED, 0, 0)
			}
		}
	}
	t.unqueue(x)
}

// settle does what has to wait until everything is sent.
func (t *sockets) settle(e *Engine, x *socket) {
	if x.out != nil || x.is(sockConnecting) || x.dgram != nil && x.dgram.faults.len() > 0 {
		return
	}
	switch {
	case x.is(sockClosing), x.is(sockEnding) && x.is(sockEOF|sockNoRead):
		e.end(x.ref, e.at(x.ref), wire.OK, 0)
	case x.is(sockEnding) && !x.is(sockEnded) && x.dgram == nil:
		// A connection that is gone already says so when it is read.
		if !x.is(sockPlain) {
			_ = t.calls.Shutdown(int(x.fd))
		}
		x.flags |= sockEnded
	}
}

// finish takes an END op.
func (t *sockets) finish(e *Engine, x *socket) int32 {
	if x.is(sockListens) {
		return wire.EBADID
	}
	x.flags |= sockEnding
	t.settle(e, x)
	return wire.OK
}

// shut takes a CLOSE op.
func (t *sockets) shut(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	x := t.of(s)
	switch {
	case op.Arg == 1 && !x.is(sockListens):
		if x.fd >= 0 && x.dgram == nil && x.peer.Family != net.Unix && x.peer.Family != net.None {
			_ = t.calls.Set(int(x.fd), net.Abort, 1)
		}
		e.end(r, s, wire.OK, 0)
	case op.Arg != 0:
		return wire.EINVAL
	default:
		x.flags = x.flags&^sockReads | sockClosing
		e.deadline(r, s, op.TimeoutNS)
		if x.out == nil && (x.dgram == nil || x.dgram.faults.len() == 0) {
			e.end(r, s, wire.OK, 0)
		} else if errno := t.watch(e, x); errno != 0 {
			t.fail(e, x, opWrite, errno)
		}
	}
	return wire.OK
}
