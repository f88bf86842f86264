// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"slices"
	"syscall"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// What came of going on with a socket.
const (
	sockDone   = iota // nothing more to do now
	sockAgain         // there may be more
	sockLater         // there is more, in the next pass
	sockNoRoom        // the batch has no room for it; nothing has changed
)

const (
	leastRoom   = 4096 // bytes that a read asks for at least
	addressSize = int(unsafe.Sizeof(wire.Address{}))
)

// one goes on with the first socket of the work list: one call of the system, at most one event. False: the
// event has no room in this batch.
func (t *sockets) one(e *Engine) bool {
	n := *t.ready.first()
	x := t.at(n)
	if x.is(sockDead) {
		t.pop()
		t.release(x, n)
		return true
	}
	s := e.at(x.ref)
	if s.state != stateLive {
		t.pop()
		x.flags &^= sockReady
		return true
	}
	switch t.advance(e, x, s) {
	case sockNoRoom:
		return false
	case sockAgain:
		if t.spent++; t.spent < x.budget {
			return true
		}
		t.pop()
		t.ready.push(n)
	case sockLater:
		t.pop()
		t.ready.push(n)
	default:
		t.pop()
		x.flags &^= sockReady
		if s.state == stateLive {
			if errno := t.watch(e, x); errno != 0 {
				t.fail(e, x, opRead, errno)
			}
		}
	}
	return true
}

// streamBudget is the default of a stream that reads pieces of so many bytes. Beside a flood, what a pass does for it is
// what the others wait for, and more than 256 KiB in a pass gets no more bytes through; of small pieces it takes 16 to
// get as many (bench/read_budget).
func streamBudget(size uint32) uint32 { return min(defaultBudget, max(streamBytes/size, 1)) }

// pop takes the first socket off the work list.
func (t *sockets) pop() {
	t.ready.pop()
	t.left--
	t.spent = 0
}

// advance does the next thing that there is to do for a live socket.
func (t *sockets) advance(e *Engine, x *socket, s *slot) int {
	if x.is(sockConnecting) {
		t.dialed(e, x)
		if s.state != stateLive || x.is(sockConnecting) {
			return sockDone
		}
	}
	if x.is(sockSayOpen) {
		return t.sayOpen(e, x, s)
	}
	if x.is(sockLook) && t.look(e, x, s) {
		return sockAgain
	}
	if x.is(sockListens) {
		return t.accept(e, x, s)
	}
	if x.dgram != nil {
		if then := t.advanceDatagram(e, x, s); then != sockLater {
			return then
		}
	}
	if x.is(sockCanWrite) && x.out != nil || x.out == nil && x.is(sockClosing) {
		t.flush(e, x)
		if s.state != stateLive {
			return sockDone
		}
	}
	if x.is(sockFull) != x.is(sockSaidFull) {
		what := uint64(wire.NetDrain)
		if x.is(sockFull) {
			what = wire.NetFull
		}
		x.flags ^= sockSaidFull
		e.tellSocket(x, s, what, wire.Event{Flags: wire.KindInt, Num: int64(x.queued)})
		return sockAgain
	}
	if x.lost() && x.out == nil {
		return t.lose(e, x)
	}
	if x.is(sockEndSoon) {
		x.flags = x.flags&^sockEndSoon | sockEnding
		t.settle(e, x)
		return sockDone
	}
	if x.is(sockAlways) && x.is(sockCanWrite) && x.out != nil {
		return sockLater
	}
	if x.sendsFile() {
		return t.readMeanwhile(e, x, s)
	}
	if x.reads() && x.dgram != nil {
		return t.readDatagrams(e, x, s)
	}
	if x.reads() && !x.is(sockEOF) {
		return t.read(e, x, s)
	}
	return sockDone
}

// tellSocket writes an event of a live socket that lives on. There is room.
func (e *Engine) tellSocket(x *socket, s *slot, what uint64, with wire.Event) {
	ev := e.event(x.ref, s)
	ev.Flags, ev.Num, ev.Data, ev.Len, ev.Aux = with.Flags|wire.EvMore, with.Num, with.Data, with.Len, what
	if s.extra != 0 {
		e.restart(s, e.time())
	}
	if what == wire.NetData && e.sockets.directFDs != 0 {
		*wire.At[int32](e.sockets.directFDs + uintptr(e.out.n-1)*unsafe.Sizeof(int32(0))) = x.directFD()
	}
	e.deliver(ev, s)
}

// sayOpen tells that a socket is connected or listens.
func (t *sockets) sayOpen(e *Engine, x *socket, s *slot) int {
	addr, room, ok := e.out.reserve(addressSize, addressSize)
	if !ok {
		return sockNoRoom
	}
	if room > 0 {
		x.peer.Record(wire.At[wire.Address](addr))
		e.out.commit(addressSize)
	}
	x.flags &^= sockSayOpen
	e.tellSocket(x, s, wire.NetOpen, wire.Event{Flags: wire.KindBytes, Data: addr, Len: uint64(room)})
	return sockAgain
}

// ---- Listeners ----

// accept takes one connection.
func (t *sockets) accept(e *Engine, x *socket, s *slot) int {
	if !x.reads() || !x.is(sockCanRead) || e.closing.begun {
		return sockDone
	}
	addr, room, ok := e.out.reserve(addressSize, addressSize)
	if !ok {
		return sockNoRoom
	}
	if room == 0 {
		return t.starve(e, x, s, syscall.ENOMEM)
	}
	fd, errno := t.calls.Accept(int(x.fd), &t.scratch)
	switch errno {
	case 0:
	case syscall.EAGAIN:
		x.flags &^= sockCanRead
		return sockDone
	case syscall.EINTR, syscall.ECONNABORTED, syscall.EPROTO, syscall.EPERM, syscall.ENETDOWN, syscall.EHOSTDOWN,
		syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP, syscall.ETIMEDOUT:
		return sockAgain // that connection is gone, not the listener (accept(2))
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		return t.starve(e, x, s, errno)
	default:
		t.fail(e, x, opAccept, errno)
		return sockDone
	}
	r, fresh := e.made()
	if fresh == nil {
		t.calls.Close(fd)
		return t.starve(e, x, s, syscall.ENOMEM)
	}
	y := t.accepted(e, x, s, r, fresh, fd)
	if errno := t.watchNew(e, y); errno != 0 {
		t.calls.Close(fd)
		y.fd = -1
		e.alive--
		e.live--
		fresh.state = stateFree
		t.forget(fresh)
		return t.starve(e, x, s, errno)
	}
	x.flags &^= sockStarved
	if e.traces(fresh) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceRegister, ID: idOf(r, fresh), Seq: fresh.seq, Code: wire.OpNet, Label: e.labelOf(fresh),
		})
	}
	t.scratch.Record(wire.At[wire.Address](addr))
	e.out.commit(addressSize)
	e.tellSocket(x, s, wire.NetAccepted, wire.Event{
		Flags: wire.KindBytes, Num: int64(idOf(r, fresh)), Data: addr, Len: uint64(addressSize),
	})
	return sockAgain
}

// accepted makes the stream of a connection, whose peer is in scratch.
func (t *sockets) accepted(e *Engine, x *socket, s *slot, r timers.Ref, fresh *slot, fd int) *socket {
	e.count++
	*fresh = slot{
		gen: fresh.gen, user: s.user, cb: s.cb, seq: e.count, code: wire.OpNet, state: stateLive,
		flags: flagRef | s.flags&flagQuiet,
	}
	e.alive++
	e.live++
	y := t.add(r, fresh)
	y.flags = x.flags&(sockHalfOpen|sockNoDelay|sockBudgeted) | sockCanWrite
	y.high, y.low, y.size, y.budget = x.high, x.low, x.size, x.budget
	if !x.is(sockBudgeted) {
		y.budget = streamBudget(y.size)
	}
	y.peer, y.kind = t.scratch, x.kind
	if x.pass != nil {
		y.own().pass = new(passing)
	}
	if x.peer.Family == net.Unix && y.peer.Family == net.None {
		y.peer.Family, y.peer.Path = net.Unix, x.peer.Path // its own end is all that has a name
	}
	t.opened(e, y, fd)
	if y.is(sockNoDelay) && x.peer.Family != net.Unix {
		_ = t.calls.Set(fd, net.NoDelay, 1)
	}
	return y
}

// watchNew is watch for a descriptor that the system has just given out.
func (t *sockets) watchNew(e *Engine, x *socket) syscall.Errno {
	errno := t.watch(e, x)
	if errno == syscall.EEXIST {
		fd := x.fd
		x.fd, e.at(x.ref).aux = -1, -1
		t.evict(e, int(fd))
		x.fd, e.at(x.ref).aux = fd, int64(fd)
		errno = t.watch(e, x)
	}
	return errno
}

// starve has a listener wait until there are descriptors again. That is told once.
func (t *sockets) starve(e *Engine, x *socket, s *slot, errno syscall.Errno) int {
	if !x.is(sockStarved) {
		x.op = opAccept
		if !e.failed(x.ref, s, wire.FromErrno(errno), int32(errno), wire.EvMore) {
			return sockNoRoom
		}
	}
	x.flags = x.flags&^sockCanRead | sockStarved
	if n := uint32(s.arg); !slices.Contains(t.starved, n) {
		t.starved = append(t.starved, n)
	}
	t.again(e, x, retryAccept)
	return sockDone
}

// ---- Reading ----

// startRead takes a READ op.
func (t *sockets) startRead(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	x := t.of(s)
	once := op.Flags&wire.OpFlagOneshot != 0
	if x.is(sockListens) || x.dgram != nil && (once || op.Arg != 0) {
		return wire.EBADID
	}
	if x.is(sockNoRead) {
		return wire.EBADF
	}
	if op.Arg < 0 || op.Arg > math.MaxInt32 || once && op.Arg == 0 || op.TimeoutNS < 0 {
		return wire.EINVAL
	}
	s.cb, s.user = op.CB, op.User
	x.want = uint32(op.Arg)
	switch {
	case once:
		x.mode = readOnce
	case op.Arg > 0:
		x.mode = readExact
	default:
		x.mode = readFlow
	}
	x.flags = x.flags&^sockPaused | sockReads
	if x.is(sockConnecting) {
		x.own().timeout = op.TimeoutNS
	} else if op.TimeoutNS > 0 || s.extra != 0 {
		e.deadline(r, s, op.TimeoutNS)
	}
	return t.resume(e, x, s)
}

// resume goes on with a socket of which something is wanted again.
func (t *sockets) resume(e *Engine, x *socket, s *slot) int32 {
	if x.busy() {
		t.push(x, uint32(s.arg))
	}
	if errno := t.watch(e, x); errno != 0 {
		t.fail(e, x, opRead, errno)
	}
	return wire.OK
}

// pause takes a PAUSE or RESUME op. The deadline of a socket that is paused does not count.
func (t *sockets) pause(e *Engine, r timers.Ref, s *slot, paused bool) {
	x := t.of(s)
	if x.flags &^= sockPaused; paused {
		x.flags |= sockPaused
	}
	if s.extra != 0 {
		e.restart(s, e.taken())
		e.disarm(s)
		e.arm(r, s)
	}
	t.resume(e, x, s)
}

// read reads once.
func (t *sockets) read(e *Engine, x *socket, s *slot) int {
	if e.tasks.tooMuch(e) {
		t.again(e, x, heldCheck)
		return sockDone
	}
	if x.pass != nil && x.pass.waits() {
		return t.tellPassed(e, x, s)
	}
	if x.mode == readExact {
		return t.readExact(e, x, s)
	}
	limit := int(x.size)
	if x.mode == readOnce {
		limit = min(limit, int(x.want))
	}
	if x.got > x.from {
		return t.unstash(e, x, s, min(limit, x.got-x.from))
	}
	if !x.is(sockCanRead) {
		return sockDone
	}
	addr, room, ok := e.out.reserve(min(limit, leastRoom), limit)
	if !ok {
		return sockNoRoom
	}
	if x.pass != nil && !t.passRoom(e, x) {
		return sockDone
	}
	got, then := t.receive(e, x, s, addr, room)
	if got > 0 && x.pass != nil && x.pass.waits() {
		t.setAside(e, x, addr, got) // the descriptors go before
	} else if got > 0 {
		e.out.commit(got)
		t.data(e, x, s, wire.Event{Data: addr, Len: uint64(got)})
	}
	return then
}

// receive reads into memory. What it says besides the number of bytes is for what has no bytes.
func (t *sockets) receive(e *Engine, x *socket, s *slot, addr uintptr, room int) (int, int) {
	if room == 0 {
		t.again(e, x, retrySoon)
		x.flags &^= sockCanRead
		return 0, sockDone
	}
	var got int
	var errno syscall.Errno
	if x.pass == nil {
		got, errno = t.get(x, addr, room)
	} else {
		got, errno = t.getPassed(x, addr, room)
	}
	switch {
	case errno == 0 && got == 0:
		return 0, t.ended(e, x, s)
	case errno == 0:
		// Not of a Unix socket: a read stops where somebody's descriptors or credentials begin.
		if got < room && !x.is(sockHangup) && x.peer.Family >= net.Inet {
			x.flags &^= sockCanRead
		}
		return got, sockAgain
	case errno == syscall.EAGAIN:
		x.flags &^= sockCanRead
		if x.is(sockAlways) {
			t.again(e, x, retrySoon)
		}
		return 0, sockDone
	case errno == syscall.EINTR:
		return 0, sockAgain
	case errno == syscall.ENOBUFS, errno == syscall.ENOMEM:
		t.again(e, x, retrySoon)
		return 0, sockDone
	}
	t.fail(e, x, opRead, errno)
	return 0, sockDone
}

// data tells of bytes that came.
func (t *sockets) data(e *Engine, x *socket, s *slot, with wire.Event) {
	if x.mode != readFlow {
		x.flags &^= sockReads
	}
	with.Flags |= wire.KindBytes
	e.tellSocket(x, s, wire.NetData, with)
}

// ended tells that the peer has ended.
func (t *sockets) ended(e *Engine, x *socket, s *slot) int {
	with := wire.Event{}
	if n := x.got - x.from; n > 0 {
		data, _, block, ok := e.out.put(wire.Slice[byte](x.stash+uintptr(x.from), n))
		if !ok {
			return sockNoRoom
		}
		with = wire.Event{Flags: wire.KindBytes, Data: data, Len: uint64(n)}
		if block {
			with.Flags |= wire.EvBlock
		}
		if data == 0 {
			with.Len = 0
		}
		t.dropStash(e, x)
	}
	x.flags |= sockEOF
	e.tellSocket(x, s, wire.NetEnd, with)
	if x.is(sockEnding) {
		t.settle(e, x)
		return sockDone
	}
	if x.is(sockHalfOpen) {
		return sockDone
	}
	x.flags |= sockEndSoon
	return sockLater
}

// ---- Exact reads ----

// readExact reads towards a piece of want bytes.
func (t *sockets) readExact(e *Engine, x *socket, s *slot) int {
	want := int(x.want)
	if x.got-x.from >= want {
		return t.unstash(e, x, s, want)
	}
	if !x.is(sockCanRead) {
		return sockDone
	}
	if !t.stashRoom(e, x, want) {
		t.again(e, x, retrySoon)
		return sockDone
	}
	got, then := t.receive(e, x, s, x.stash+uintptr(x.got), want-(x.got-x.from))
	if x.own().got += got; got > 0 && x.got-x.from == want && (x.pass == nil || !x.pass.waits()) {
		return t.unstash(e, x, s, want)
	}
	return then
}

// stashRoom makes room for want bytes in the stash.
func (t *sockets) stashRoom(e *Engine, x *socket, want int) bool {
	if x.stash != 0 && x.room-x.from >= want {
		return true
	}
	block := e.mem.Block(uintptr(want))
	if block == 0 {
		return false
	}
	n := 0
	if x.stash != 0 {
		n = copy(wire.Slice[byte](block, want), wire.Slice[byte](x.stash+uintptr(x.from), x.got-x.from))
		e.mem.UnrefBlock(x.stash)
	}
	r := x.own()
	r.stash, r.from, r.got, r.room = block, 0, n, want
	return true
}

func (t *sockets) dropStash(e *Engine, x *socket) {
	e.mem.UnrefBlock(x.stash)
	x.own().unstashed()
}

// unstashed forgets the block of a stash.
func (r *rare) unstashed() { r.stash, r.from, r.got, r.room = 0, 0, 0, 0 }

// unstash tells n bytes of the stash. A long piece that is all of it is handed over as it is.
func (t *sockets) unstash(e *Engine, x *socket, s *slot, n int) int {
	if x.from == 0 && x.got == n && x.room == n && n > blockMin {
		e.out.blocks = append(e.out.blocks, x.stash)
		with := wire.Event{Flags: wire.EvBlock, Data: x.stash, Len: uint64(n)}
		x.own().unstashed()
		t.data(e, x, s, with)
		return sockAgain
	}
	data, _, block, ok := e.out.put(wire.Slice[byte](x.stash+uintptr(x.from), n))
	if !ok {
		return sockNoRoom
	}
	if data == 0 {
		t.again(e, x, retrySoon)
		return sockDone
	}
	with := wire.Event{Data: data, Len: uint64(n)}
	if block {
		with.Flags |= wire.EvBlock
	}
	if x.own().from += n; x.from == x.got {
		t.dropStash(e, x)
	}
	t.data(e, x, s, with)
	return sockAgain
}
