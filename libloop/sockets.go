// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/poller"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// Sockets: listeners and streams. All their system calls are made by the loop's thread and none of them waits.
//
// What the poller reports sets bits (canRead, canWrite) and puts a socket in the ready list; the poll phase goes
// through that list, and a socket that has used up its budget goes to the end of it with its bits kept. So each
// descriptor is registered once, edge-triggered, and no readiness is asked for twice. A read that fills less
// than its room has emptied a TCP socket. On poll(2), which has no edges, a descriptor is in the set only as far
// as something is wanted of it.

// Flags of a socket.
const (
	sockListens    = 1 << iota // a listener; else a stream
	sockConnecting             // a stream that is not open yet
	sockHalfOpen               // the peer's end does not end it
	sockNoDelay                // TCP_NODELAY
	sockReady                  // in the ready list
	sockDead                   // its id is gone; its entry is freed when it comes up in the ready list
	sockReads                  // reading (or accepting) is asked for
	sockPaused                 // by the host
	sockCanRead                // the system has something to read
	sockCanWrite               // the system has room
	sockHangup                 // the end, or an error, was seen: a short read does not mean empty
	sockSayOpen                // LOOP_NET_OPEN is to be told
	sockFull                   // more than high waits
	sockSaidFull               // the host was told so
	sockEOF                    // LOOP_NET_END was told
	sockEndSoon                // it ends its own side in the next pass, because the peer has ended
	sockEnding                 // no more writes: the sending half is shut down after what is queued
	sockEnded                  // it is shut down
	sockClosing                // closed after what is queued
	sockBroken                 // a write broke off in the middle: none can follow
	sockStarved                // a listener without descriptors; told

	sockPlain     // no socket: see pipes.go
	sockAlways    // always ready, and not in the poller
	sockNoRead    // it cannot be read
	sockNoWrite   // it cannot be written
	sockSized     // changes of its size are told
	sockLook      // its size may have changed
	sockUnblocked // the open file is the host's, too, and its mode to be restored
	sockBudgeted  // the host has chosen its budget
)

// What a read gives.
const (
	readFlow  = iota // data as it comes
	readOnce         // one piece of at most want bytes
	readExact        // one piece of want bytes
)

// socket is a listener or a stream. Its slot has its number as arg and its descriptor, or -1, as aux.
type socket struct {
	flags  uint32
	fd     int32 // -1: none
	ref    timers.Ref
	next   uint32 // next free entry
	mode   uint8  // readFlow ...
	op     uint8  // opRead ...: what an error is about
	kind   uint8  // wire.NetTCP ...; 0: as its address says
	within uint8  // interest in the poller's set; 0: not in it
	want   uint32 // readOnce, readExact: bytes
	size   uint32 // bytes of one piece of data at most
	budget uint32 // calls in one pass

	high, low uint64 // marks of queued
	queued    uint64 // bytes that wait to be sent
	out       *outQueue
	wakeAt    int64       // when it wants to be looked at again; 0: it does not
	peer      net.Address // a stream, or a datagram socket that is connected: its peer. Another: its own

	*rare // never nil. Read it freely, write it through own
}

// rare is what a stream that was accepted and waits for data does without: there may be very many of those.
type rare struct {
	timeout int64  // ns: a deadline of reading that begins when it is open
	window  uint32 // sockSized: columns << 16 | rows, as last told

	stash     uintptr // a block of what was read for readExact; 0: none
	from, got int     // its bytes are stash[from:got]
	room      int     // bytes that the block has

	dial  *dial
	dgram *dgram   // nil: a stream or a listener, none for datagrams
	pass  *passing // nil: descriptors that come are not wanted
}

// nothingRare is what all sockets share that have nothing of it. Nobody writes to it.
var nothingRare rare

// own returns what is rare of a socket, to be written.
func (x *socket) own() *rare {
	if x.rare == &nothingRare {
		x.rare = new(rare)
	}
	return x.rare
}

// What an error of a socket was about.
const (
	opRead = iota
	opWrite
	opConnect
	opListen
	opAccept
	opAdopt
	opBind
)

var socketOps = [...]string{
	opRead: "read ", opWrite: "write ", opConnect: "connect ", opListen: "listen ", opAccept: "accept ", opAdopt: "adopt ",
	opBind: "bind ",
}

const (
	socketPageLen = 64
	defaultSize   = 64 << 10
	defaultBudget = 16
	streamBytes   = 256 << 10 // of a stream in a pass, if that is less than its default budget; see streamBudget
	defaultHigh   = 64 << 10
	defaultQueue  = 511 // connections that wait for accept

	// How soon something is tried again that the system had no resources for.
	retrySoon   = 10_000_000
	retryAccept = 100_000_000
)

type socketPage [socketPageLen]socket

// sockets are the sockets of a loop.
type sockets struct {
	calls    net.Calls
	level    bool // the poller has no edges
	pages    []*socketPage
	free     uint32       // first free entry; 0: none
	ready    fifo[uint32] // sockets with something to do
	left     int          // of those, in the work list of the phase
	spent    uint32       // calls made for the first one in this pass
	starved  []uint32     // listeners without descriptors
	sized    []uint32     // terminals whose size is asked for
	holders  []timers.Ref // by descriptor: who had it last; 0: nobody
	outs     []*outQueue  // not in use
	iov      uintptr      // memory for the pieces of one call
	box      box          // and for the datagrams
	gathered []uint32     // datagram sockets that send what ops brought in this step
	scratch  net.Address
	made     []uint32 // slots of the loop's own ids that are free
	slots    uint32   // that were used

	directFDs uintptr // of the step: see wire.Step; 0: not wanted, or no longer good
}

func (x *socket) is(flag uint32) bool { return x.flags&flag != 0 }

func (t *sockets) at(n uint32) *socket { return &t.pages[n/socketPageLen][n%socketPageLen] }

// of returns the socket of a slot with code NET.
func (t *sockets) of(s *slot) *socket { return t.at(uint32(s.arg)) }

// add makes an entry for the id of a slot.
func (t *sockets) add(r timers.Ref, s *slot) *socket {
	if t.free == 0 {
		page := new(socketPage)
		first := uint32(len(t.pages)) * socketPageLen
		for i := range page {
			page[i].rare = &nothingRare // also of entry 0, which is that of no socket and is looked at
			if n := first + uint32(i); n != 0 {
				page[i].next, t.free = t.free, n
			}
		}
		t.pages = append(t.pages, page)
	}
	n := t.free
	x := t.at(n)
	t.free = x.next
	*x = socket{
		ref: r, fd: -1, size: defaultSize, budget: defaultBudget,
		high: defaultHigh, low: defaultHigh / 4, rare: &nothingRare,
	}
	s.arg, s.aux = int64(n), -1
	return x
}

// forget frees the entry of an id that ends.
func (t *sockets) forget(s *slot) {
	n := uint32(s.arg)
	x := t.at(n)
	maker, slot := x.ref>>slotBits, uint32(x.ref)&slotMask
	if maker == makerLoop && s.gen < generationMask {
		t.made = append(t.made, slot)
	}
	s.arg = 0
	if x.is(sockSized) {
		t.unsize(n)
	}
	if x.is(sockReady) {
		x.flags |= sockDead
		return
	}
	t.release(x, n)
}

// release makes an entry free.
func (t *sockets) release(x *socket, n uint32) {
	*x = socket{next: t.free, rare: &nothingRare}
	t.free = n
}

// opened gives a socket its descriptor, which is not in the poller yet. A socket that still holds the number ends: the
// host has closed it, and what comes now is not for that one.
func (t *sockets) opened(e *Engine, x *socket, fd int) {
	if n := len(t.holders); fd >= n {
		grown := make([]timers.Ref, max(fd+1, 2*n))
		copy(grown, t.holders)
		t.holders = grown
	}
	if old := t.holders[fd]; old != x.ref && old != 0 {
		if s := e.at(old); s != nil && s.state == stateLive && s.code == wire.OpNet && s.aux == int64(fd) {
			t.expel(e, old, s)
		}
	}
	t.holders[fd] = x.ref
	x.fd = int32(fd)
	e.at(x.ref).aux = int64(fd)
}

// ---- Readiness ----

// push puts a socket in the ready list.
func (t *sockets) push(x *socket, n uint32) {
	if !x.is(sockReady) {
		x.flags |= sockReady
		t.ready.push(n)
	}
}

// reads says that data, or a connection, is wanted.
func (x *socket) reads() bool { return x.flags&(sockReads|sockPaused|sockClosing) == sockReads }

// busy says that there is something to do for a socket now.
func (x *socket) busy() bool {
	return x.is(sockConnecting|sockSayOpen|sockEndSoon) ||
		x.is(sockCanRead) && (x.reads() && !x.is(sockStarved)) || x.got > x.from && x.reads() ||
		x.is(sockCanWrite) && x.out != nil || x.is(sockFull) != x.is(sockSaidFull) || x.lost() ||
		x.dgram != nil && (x.is(sockHangup) || x.dgram.faults.len() > 0)
}

// report takes what the poller says of a live socket.
func (t *sockets) report(e *Engine, s *slot, what uint32) {
	x := t.of(s)
	if e.traces(s) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, ID: idOf(x.ref, s), Seq: s.seq, Num: int64(what), Code: wire.OpNet,
			Label: e.labelOf(s),
		})
	}
	if what&(wire.Hangup|wire.Error) != 0 {
		x.flags |= sockHangup | sockCanRead | sockCanWrite
	}
	if what&wire.Readable != 0 {
		x.flags |= sockCanRead
	}
	if what&wire.Writable != 0 {
		x.flags |= sockCanWrite
	}
	if x.busy() {
		t.push(x, uint32(s.arg))
	}
}

// watch has the poller report what is wanted of a socket. With edges that is all, once.
func (t *sockets) watch(e *Engine, x *socket) syscall.Errno {
	if x.fd < 0 || x.is(sockAlways) {
		return 0
	}
	want, mode := uint32(wire.Readable|wire.Writable), poller.Edge
	if x.is(sockListens) {
		want = wire.Readable
	}
	if t.level {
		want, mode = 0, poller.Level
		if x.reads() && !x.is(sockEOF|sockStarved) {
			want = wire.Readable
		}
		if x.out != nil && (x.dgram == nil || !x.dgram.rests) {
			want |= wire.Writable
		}
		if x.is(sockNoRead) {
			want |= wire.Error // the reader may go
		}
	}
	if want == uint32(x.within) {
		return 0
	}
	id := idOf(x.ref, e.at(x.ref))
	var err error
	switch {
	case want == 0:
		t.unwatch(e, x)
	case x.within == 0:
		if err = e.poller.Add(int(x.fd), id, want, mode); err == nil {
			e.polling.watched++
		}
	default:
		err = e.poller.Modify(int(x.fd), id, want, mode)
	}
	if err != nil {
		_, errno := fromError(err)
		return errno
	}
	x.within = uint8(want)
	return 0
}

// unwatch takes a socket out of the poller.
func (t *sockets) unwatch(e *Engine, x *socket) {
	if x.within != 0 {
		_ = e.poller.Remove(int(x.fd), idOf(x.ref, e.at(x.ref)))
		e.polling.watched--
		x.within = 0
	}
}

// evict ends what still holds the number of a descriptor that the system has just given out: the host closed it.
func (t *sockets) evict(e *Engine, fd int) {
	e.each(func(r timers.Ref, s *slot) {
		if s.state == stateLive && (s.code == wire.OpNet && s.aux == int64(fd) || s.code == wire.OpPollFD && s.arg == int64(fd)) {
			t.expel(e, r, s)
		}
	})
}

// expel ends what holds a number that is another file's by now.
func (t *sockets) expel(e *Engine, r timers.Ref, s *slot) {
	if s.code == wire.OpNet {
		x := t.of(s)
		t.unwatch(e, x)
		x.fd, s.aux = -1, -1
	}
	e.end(r, s, wire.EBADF, int32(syscall.EBADF))
}

// again has the timers phase look at a socket in so many ns.
func (t *sockets) again(e *Engine, x *socket, ns int64) {
	s := e.at(x.ref)
	x.wakeAt = timers.Add(e.taken(), ns)
	e.disarm(s)
	e.arm(x.ref, s)
}

// wake does what a socket wanted to be looked at for.
func (t *sockets) wake(e *Engine, s *slot) {
	x := t.of(s)
	x.wakeAt = 0
	if x.is(sockConnecting) {
		t.dialNext(e, x)
		return
	}
	x.flags |= sockCanRead | sockCanWrite // nobody reports that the system has resources again
	t.push(x, uint32(s.arg))
}

// next returns when a socket wants to be looked at, and whether its deadline counts now.
func (x *socket) nextLook() (at int64, deadline bool) {
	return x.wakeAt, x.is(sockConnecting|sockClosing) || x.reads()
}

// ---- The end of a socket ----

// fail ends a live socket with an error of the system.
func (t *sockets) fail(e *Engine, x *socket, op uint8, errno syscall.Errno) {
	x.op = op
	e.end(x.ref, e.at(x.ref), wire.FromErrno(errno), int32(errno))
}

// drop takes a socket out of everything: its id ends. The writes that wait end before.
func (t *sockets) drop(e *Engine, s *slot) {
	x := t.of(s)
	t.dropDial(e, x)
	if x.fd >= 0 {
		t.unwatch(e, x)
		t.giveBack(x)
		x.fd, s.aux = -1, -1
		t.feed()
	}
	if x.is(sockListens) && x.peer.Family == net.Unix && len(x.peer.Path) > 0 && x.peer.Path[0] != 0 && x.op != opListen {
		t.calls.Unlink(x.peer.Path)
	}
	t.breakOff(e, x)
	if x.dgram != nil {
		t.unlinkDatagram(x)
	}
	if x.stash != 0 {
		t.dropStash(e, x)
	}
	if x.pass != nil {
		t.dropPassed(e, x)
	}
	x.wakeAt = 0
}

// feed has the listeners that found no descriptor try again: there is one more.
func (t *sockets) feed() {
	for _, n := range t.starved {
		if x := t.at(n); x.is(sockStarved) && !x.is(sockDead) && x.fd >= 0 {
			x.flags |= sockCanRead
			t.push(x, n)
		}
	}
	t.starved = t.starved[:0]
}

// close gives back what is left when no id lives.
func (t *sockets) close(e *Engine) {
	e.mem.Free(t.iov)
	e.mem.Free(t.box.addr)
	*t = sockets{}
}

// subject appends the text of an error of a socket: "operation address".
func (t *sockets) subject(to []byte, s *slot) []byte {
	x := t.of(s)
	to = append(to, socketOps[x.op]...)
	if x.dial != nil && x.peer.Family == net.None {
		return append(to, x.dial.host...)
	}
	if x.dgram != nil && x.dgram.about.Family != net.None {
		return x.dgram.about.Append(to)
	}
	return x.name(to)
}

// ask answers a question about a socket. EBADID: it is none.
func (t *sockets) ask(what uint32, s *slot) (int64, int32) {
	if s == nil || s.code != wire.OpNet {
		return 0, wire.EBADID
	}
	x := t.of(s)
	switch what {
	case wire.AskQueued:
		return int64(x.queued), wire.OK
	case wire.AskType:
		return x.told(), wire.OK
	}
	if x.fd < 0 || s.state != stateLive {
		return 0, wire.ENOTCONN
	}
	if what == wire.AskSize {
		return t.size(x, uint32(s.arg))
	}
	return int64(x.fd), wire.OK
}
