// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Descriptors that go over Unix streams. One that is sent is a piece of the queue with a call of its own. Those that
// come are kept here until the events before have had their room: they are told one by one, before the bytes that
// came with them, which wait in the stash.

// passing is what came on a stream for which descriptors are wanted.
type passing struct {
	fds   []int32 // not told yet, from at on
	at    int
	cut   bool    // there were more, which are lost: to be told
	spare uintptr // a block of size bytes, for data that has to wait; 0: none
}

// waits says that something has to be told before data.
func (p *passing) waits() bool { return p.at < len(p.fds) || p.cut }

// passes says that descriptors go over a socket: a Unix stream, or a listener of such.
func (x *socket) passes() bool {
	return !x.is(sockPlain) && x.dgram == nil && x.told() == wire.NetUnix
}

// sendFD takes a SEND_FD op.
func (t *sockets) sendFD(e *Engine, x *socket, s *slot, op *wire.Op) int32 {
	switch {
	case x.is(sockListens), x.dgram != nil:
		return wire.EBADID
	case op.Len == 0 || op.Arg < 0 || op.Arg > 1<<31-1:
		return wire.EINVAL
	case !x.passes():
		return wire.ENOTSUP
	}
	if status := x.mayWrite(); status != wire.OK {
		return status
	}
	own, errno := t.calls.Dup(int(op.Arg))
	if errno != 0 {
		t.fail(e, x, opWrite, errno)
		return wire.OK
	}
	n := int(op.Len)
	q := t.queue(x)
	alone := q.items.len() == 0
	q.items.push(outgoing{data: op.Data, n: n, lent: true, kind: outFD, fd: int32(own)})
	x.queued += uint64(n)
	if alone && x.flags&(sockConnecting|sockCanWrite) == sockCanWrite {
		t.flush(e, x)
		if s.state != stateLive {
			return wire.OK
		}
	}
	if x.out != nil && !t.own(e, x, 1) {
		x.op = opWrite
		e.end(x.ref, s, wire.ENOMEM, 0)
		return wire.OK
	}
	t.waits(e, x, s, 0)
	return wire.OK
}

// putFD sends the first piece, which has a descriptor.
func (t *sockets) putFD(x *socket, p *outgoing) (int, syscall.Errno) {
	sent, errno := t.calls.SendFD(int(x.fd), p.data, min(p.n, maxAtOnce), int(p.fd))
	if errno == 0 && sent > 0 {
		t.calls.Close(int(p.fd))
		p.kind = outBytes // what is left of it
	}
	return sent, errno
}

// passRoom has memory for what cannot be told at once. False: there is none.
func (t *sockets) passRoom(e *Engine, x *socket) bool {
	if x.pass.spare == 0 {
		if x.pass.spare = e.mem.Block(uintptr(x.size)); x.pass.spare == 0 {
			t.again(e, x, retrySoon)
			return false
		}
	}
	return true
}

// getPassed is get for a stream for which descriptors are wanted.
func (t *sockets) getPassed(x *socket, addr uintptr, room int) (got int, errno syscall.Errno) {
	p := x.pass
	var cut bool
	got, p.fds, cut, errno = t.calls.RecvFDs(int(x.fd), addr, room, p.fds)
	p.cut = p.cut || cut
	return got, errno
}

// setAside keeps bytes that came with descriptors.
func (t *sockets) setAside(e *Engine, x *socket, addr uintptr, n int) {
	if x.stash != 0 {
		t.dropStash(e, x) // empty, of an exact read that was asked for before
	}
	copy(wire.Slice[byte](x.pass.spare, n), wire.Slice[byte](addr, n))
	r := x.own()
	r.stash, r.from, r.got, r.room = x.pass.spare, 0, n, int(x.size)
	x.pass.spare = 0
}

// tellPassed tells of the next descriptor, or that some are lost.
func (t *sockets) tellPassed(e *Engine, x *socket, s *slot) int {
	p := x.pass
	if p.at < len(p.fds) {
		e.tellSocket(x, s, wire.NetFD, wire.Event{Flags: wire.KindInt | wire.EvFD, Num: int64(p.fds[p.at])})
		if p.at++; p.at == len(p.fds) {
			p.fds, p.at = p.fds[:0], 0
		}
		return sockAgain
	}
	x.op = opRead
	if !e.failed(x.ref, s, wire.EMFILE, int32(syscall.EMFILE), wire.EvMore) {
		return sockNoRoom
	}
	p.cut = false
	return sockAgain
}

// dropPassed closes what was not told.
func (t *sockets) dropPassed(e *Engine, x *socket) {
	for _, fd := range x.pass.fds[x.pass.at:] {
		t.calls.Close(int(fd))
	}
	if x.pass.spare != 0 {
		e.mem.UnrefBlock(x.pass.spare)
	}
	*x.pass = passing{}
}
