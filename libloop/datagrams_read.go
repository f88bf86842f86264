// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// box is the memory of a loop into which datagrams are received, many with one call. Each is copied from there
// to the data of its event, behind the address of its sender; so a datagram takes no more of the batch than its
// length, whatever room it was given. Nothing stays in the box when a call of the engine returns.
type box struct {
	addr uintptr
	list []net.Datagram
}

const (
	boxSize   = 1 << 20
	boxRecord = 8 + addressSize // the NUL behind the data, and alignment
)

// ready says that the box has memory.
func (b *box) ready(mem wire.Memory) bool {
	if b.addr == 0 {
		if b.addr = mem.Alloc(boxSize); b.addr != 0 {
			b.list = make([]net.Datagram, net.MaxDatagrams)
		}
	}
	return b.addr != 0
}

// rooms lays n pieces of room out, each for size bytes.
func (b *box) rooms(n, size int) []net.Datagram {
	stride := (boxRecord + size + 7) &^ 7
	for i := range n {
		at := b.addr + uintptr(i*stride)
		b.list[i] = net.Datagram{Data: at + addressRoom, Addr: at, Len: size}
	}
	return b.list[:n]
}

// mayTake returns how many datagrams of a socket the box, the batch and the budgets have room for. 0: the
// batch has none left for their data.
func (t *sockets) mayTake(e *Engine, x *socket) int {
	size := int(x.size)
	n := min(net.MaxDatagrams, boxSize/((boxRecord+size+7)&^7), int(x.budget-t.spent), e.out.room-e.out.n,
		e.walk.budget)
	if e.out.n == 0 {
		n = max(n, 1)
	}
	return min(n, (slabMax-e.out.used)/(min(boxRecord+size, blockMin)+16))
}

// readDatagrams receives what there is, with one call.
func (t *sockets) readDatagrams(e *Engine, x *socket, s *slot) int {
	if e.tasks.tooMuch(e) {
		t.again(e, x, heldCheck)
		return sockDone
	}
	if !x.is(sockCanRead) {
		return sockDone
	}
	if !t.box.ready(e.mem) {
		t.again(e, x, retrySoon)
		return sockDone
	}
	n := t.mayTake(e, x)
	if n <= 0 {
		return sockNoRoom
	}
	list := t.box.rooms(n, int(x.size))
	got, errno := t.calls.RecvMany(int(x.fd), list)
	switch errno {
	case 0:
	case syscall.EAGAIN:
		x.flags &^= sockCanRead
		return sockDone
	case syscall.EINTR:
		return sockAgain
	case syscall.ENOBUFS, syscall.ENOMEM:
		t.again(e, x, retrySoon)
		return sockDone
	case syscall.EBADF, syscall.ENOTSOCK, syscall.EFAULT, syscall.EINVAL:
		t.fail(e, x, opRead, errno)
		return sockDone
	default:
		t.survives(e, x, opRead, errno, x.peer) // of a datagram that was sent before
		return sockAgain
	}
	for i := range got {
		t.tellDatagram(e, x, s, &list[i])
	}
	t.spent += uint32(got - 1)
	e.walk.budget -= got - 1
	if got < n {
		x.flags &^= sockCanRead // it is empty
	}
	return sockAgain
}

// tellDatagram writes the event of one datagram, for which there is room. Without memory it is lost, which is
// told.
func (t *sockets) tellDatagram(e *Engine, x *socket, s *slot, d *net.Datagram) {
	addr, _, _, _ := e.out.put(wire.Slice[byte](d.Addr, addressSize+d.Len))
	if addr == 0 {
		t.survives(e, x, opRead, syscall.ENOMEM, x.peer)
		return
	}
	e.tellSocket(x, s, wire.NetDatagram, wire.Event{
		Flags: wire.KindBytes, Num: int64(d.Real), Data: addr + addressRoom, Len: uint64(d.Len),
	})
}
