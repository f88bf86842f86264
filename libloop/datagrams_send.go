// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// What is sent with the ops of one step waits until all of them are taken, so that many datagrams go with one
// call. Until then nothing is copied.

// takeSend takes a SEND or SEND_TO op to a datagram socket.
func (t *sockets) takeSend(e *Engine, x *socket, op *wire.Op) int32 {
	if status := x.mayWrite(); status != wire.OK {
		return status
	}
	if op.Arg != 0 && !net.RecordOK(wire.At[wire.Address](uintptr(op.Arg))) {
		return wire.EINVAL
	}
	t.queueDatagram(e, x, outgoing{data: op.Data, n: int(op.Len), to: uintptr(op.Arg), last: true, lent: true})
	return wire.OK
}

// writeDatagram takes a WRITE op to a datagram socket. The pieces of a vector are one datagram.
func (t *sockets) writeDatagram(e *Engine, r timers.Ref, s *slot, op *wire.Op, x *socket) int32 {
	if status := x.mayWrite(); status != wire.OK {
		return status
	}
	if op.Arg != 0 && !net.RecordOK(wire.At[wire.Address](uintptr(op.Arg))) {
		return wire.EINVAL
	}
	p := outgoing{id: idOf(r, s), data: op.Data, n: int(op.Len), to: uintptr(op.Arg), last: true, lent: true}
	if op.Flags&wire.OpFlagVector != 0 {
		pieces := wire.Slice[wire.Buf](op.Data, int(op.Len))
		if !vectorOK(pieces) {
			return wire.EINVAL
		}
		if !t.join(e, &p, pieces) {
			return wire.ENOMEM
		}
	}
	s.arg, s.aux = e.at(x.ref).arg, 0
	s.flags |= flagStream
	t.queueDatagram(e, x, p)
	return wire.OK
}

// join makes the pieces of a vector one datagram of our own.
func (t *sockets) join(e *Engine, p *outgoing, pieces []wire.Buf) bool {
	p.n = 0
	for _, b := range pieces {
		p.n += int(b.Len)
	}
	block := e.mem.Alloc(addressRoom + uintptr(p.n))
	if block == 0 {
		return false
	}
	at := block + addressRoom
	p.data, p.block, p.lent = at, block, false
	for _, b := range pieces {
		at += uintptr(copy(wire.Slice[byte](at, int(b.Len)), wire.Slice[byte](b.Data, int(b.Len))))
	}
	if p.to != 0 {
		*wire.At[wire.Address](block) = *wire.At[wire.Address](p.to)
		p.to = block
	}
	return true
}

// queueDatagram queues one datagram, to be sent when the ops of this step are taken.
func (t *sockets) queueDatagram(e *Engine, x *socket, p outgoing) {
	t.queue(x).items.push(p)
	if x.queued += uint64(p.n); x.queued > x.high {
		x.flags |= sockFull
	}
	if !x.dgram.lent {
		x.dgram.lent = true
		t.gathered = append(t.gathered, uint32(e.at(x.ref).arg))
	}
}

// sendGathered sends what was queued with the ops that are taken, and copies what the system does not take.
func (t *sockets) sendGathered(e *Engine) {
	for _, n := range t.gathered {
		x := t.at(n)
		if x.is(sockDead) || x.dgram == nil || !x.dgram.lent {
			continue // it has ended
		}
		x.dgram.lent = false
		s := e.at(x.ref)
		if s.state != stateLive {
			continue
		}
		if x.is(sockCanWrite) && !x.is(sockConnecting) {
			t.flush(e, x)
		}
		if s.state == stateLive && x.out != nil && !t.ownDatagrams(e, x) {
			x.op = opWrite
			e.end(x.ref, s, wire.ENOMEM, 0)
		}
		if s.state == stateLive {
			t.waits(e, x, s, 0)
		}
	}
	t.gathered = t.gathered[:0]
}

// ownDatagrams copies what waits and is not ours. Borrowed bytes stay where they are.
func (t *sockets) ownDatagrams(e *Engine, x *socket) bool {
	items := x.out.items.items[x.out.items.head:]
	for i := len(items) - 1; i >= 0 && (items[i].lent || items[i].block != 0); i-- {
		p := &items[i]
		if !p.lent {
			continue
		}
		block := e.mem.Alloc(addressRoom + uintptr(p.n))
		if block == 0 {
			return false
		}
		copy(wire.Slice[byte](block+addressRoom, p.n), wire.Slice[byte](p.data, p.n))
		if p.to != 0 {
			*wire.At[wire.Address](block) = *wire.At[wire.Address](p.to)
			p.to = block
		}
		p.data, p.block, p.lent = block+addressRoom, block, false
	}
	return true
}

// flushDatagrams hands the system what it has room for.
func (t *sockets) flushDatagrams(e *Engine, x *socket) {
	d := x.dgram
	if !t.box.ready(e.mem) {
		t.restSending(e, x)
		return
	}
	d.rests = false
	refused := false
	for x.out != nil && x.is(sockCanWrite) {
		sent, errno := t.calls.SendMany(int(x.fd), t.load(x))
		if errno == 0 {
			refused = false
			t.sentDatagrams(e, x, sent, 0)
			continue
		}
		switch {
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN && (d.family != net.Unix || d.peer):
			x.flags &^= sockCanWrite
		case errno == syscall.EAGAIN, errno == syscall.ENOBUFS, errno == syscall.ENOMEM:
			// Nothing reports when the receiver of a Unix datagram, or the system, has room again.
			t.restSending(e, x)
		case errno == syscall.ECONNREFUSED && d.family != net.Unix && d.peer && !refused:
			// That is what an earlier datagram met with; this one was not sent.
			refused = true
			t.survives(e, x, opWrite, errno, x.peer)
		case errno == syscall.EBADF, errno == syscall.ENOTSOCK:
			t.fail(e, x, opWrite, errno)
			return
		default:
			refused = false
			t.sentDatagrams(e, x, 1, errno)
		}
	}
	if x.is(sockFull) && x.queued <= x.low {
		x.flags &^= sockFull
	}
	t.settle(e, x)
}

// restSending has sending tried again soon.
func (t *sockets) restSending(e *Engine, x *socket) {
	x.flags &^= sockCanWrite
	x.dgram.rests = true
	t.again(e, x, retrySoon)
}

// load lists the datagrams for one call.
func (t *sockets) load(x *socket) []net.Datagram {
	n := min(x.out.items.len(), net.MaxDatagrams)
	for i := range n {
		p := &x.out.items.items[x.out.items.head+i]
		t.box.list[i] = net.Datagram{Data: p.data, Addr: p.to, Len: p.n, Family: x.dgram.family}
	}
	return t.box.list[:n]
}

// sentDatagrams takes n datagrams off the queue: they are sent, or the one has failed.
func (t *sockets) sentDatagrams(e *Engine, x *socket, n int, errno syscall.Errno) {
	for range n {
		p := *x.out.items.first()
		x.out.items.pop()
		x.queued -= uint64(p.n)
		switch {
		case p.id == 0 && errno != 0:
			to := x.peer
			if p.to != 0 {
				to.Take(wire.At[wire.Address](p.to))
			}
			t.survives(e, x, opWrite, errno, to)
		case p.id != 0:
			if s := e.find(p.id); errno == 0 {
				s.aux = int64(p.n)
			} else if p.to != 0 {
				x.dgram.about.Take(wire.At[wire.Address](p.to))
			}
			t.wrote(e, p.id, datagramCode(errno), int32(errno), x.queued)
			x.dgram.about = net.Address{}
		}
		e.mem.Free(p.block)
	}
	t.unqueue(x)
}
