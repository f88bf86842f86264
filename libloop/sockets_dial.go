// SPDX-License-Identifier: MIT

package libloop

import (
	"bytes"
	gonet "net"
	"slices"
	"syscall"
	"unsafe"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/poller"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// dial is a stream on its way: the addresses are tried in their order, the next one when all before it have failed
// or attemptDelay after the last, and the first connection wins (RFC 8305).
type dial struct {
	host  string // as asked for
	list  []net.Address
	next  int // the first that was not tried
	tries []try
	port  uint16       // of the addresses that are asked for
	asks  bool         // the resolver looks for the addresses
	local *net.Address // where to come from; nil: anywhere. Family None: from a port of any address
	errno syscall.Errno
}

// try is a connection that is under way.
type try struct {
	fd int
	to net.Address
}

const (
	attemptDelay = 250_000_000 // ns
	netSize      = uint32(unsafe.Sizeof(wire.Net{}))
)

// ---- Taking a NET op ----

// netOK checks what a NET op points at.
func netOK(op *wire.Op) bool {
	if op.Data == 0 || op.Target != 0 || op.Arg != 0 || op.Len != 0 {
		return false
	}
	q := wire.At[wire.Net](op.Data)
	const flags = wire.NetHalfOpen | wire.NetReuseport | wire.NetV6only | wire.NetNodelay | wire.NetKeep |
		wire.NetReuseaddr | wire.NetFDs
	const maxPort, maxCount = 1<<16 - 1, 1<<31 - 1
	if q.Size < netSize || q.Flags&^flags != 0 || q.Port > maxPort || q.LocalPort > maxPort ||
		q.Backlog > maxCount || q.ReadSize > defaultSize || q.ReadBudget > maxCount || q.LowWater > 0 && q.LowWater >= q.HighWater {
		return false
	}
	const listens = wire.NetReuseport | wire.NetV6only | wire.NetReuseaddr
	switch {
	case isDatagram(q) && (q.What == wire.NetBind || q.What == wire.NetConnect):
		return datagramOK(q)
	case q.What == wire.NetListen && q.Flags&wire.NetReuseaddr != 0: // it has that always
		return false
	case q.What == wire.NetAdopt:
		return q.Type == 0 && q.FD >= 0 && q.Flags&listens == 0
	case q.Flags&wire.NetKeep != 0:
		return false
	case q.What != wire.NetListen && q.What != wire.NetConnect, q.What == wire.NetConnect && q.Flags&listens != 0:
		return false
	case q.Type == wire.NetUnix:
		return q.Host != 0 && q.Port == 0 && q.Flags&^uint32(wire.NetHalfOpen|wire.NetFDs) == 0
	case q.Flags&wire.NetFDs != 0:
		return false
	}
	return q.Type == wire.NetTCP && (q.What == wire.NetListen || q.Host != 0 && q.Port > 0)
}

// hostText copies a text of a loop_net_t. len 0: up to its NUL.
func hostText(addr uintptr, n uint32) string {
	if n == 0 {
		return wire.Text(addr)
	}
	return string(wire.Slice[byte](addr, int(n)))
}

// start takes a NET op. What the system says at once is the status.
func (t *sockets) start(e *Engine, r timers.Ref, s *slot, op *wire.Op) (status, errno int32) {
	q := wire.At[wire.Net](op.Data)
	x := t.add(r, s)
	if q.Flags&wire.NetHalfOpen != 0 {
		x.flags |= sockHalfOpen
	}
	if q.Flags&wire.NetNodelay != 0 {
		x.flags |= sockNoDelay
	}
	if q.Flags&wire.NetFDs != 0 {
		x.own().pass = new(passing)
	}
	if q.HighWater > 0 {
		x.high, x.low = q.HighWater, q.HighWater/4
	}
	if q.LowWater > 0 {
		x.low = q.LowWater
	}
	if q.ReadSize > 0 {
		x.size = q.ReadSize
	}
	if q.ReadBudget > 0 {
		x.budget = q.ReadBudget
		x.flags |= sockBudgeted
	} else if q.What != wire.NetListen && !isDatagram(q) {
		x.budget = streamBudget(x.size)
	}
	x.kind = uint8(q.Type)
	var no syscall.Errno
	switch {
	case isDatagram(q):
		status, no = t.datagram(e, x, q)
	case q.What == wire.NetListen:
		x.op = opListen
		x.flags |= sockListens | sockReads
		status, no = t.listen(e, x, q)
	case q.What == wire.NetConnect:
		x.op = opConnect
		x.flags |= sockConnecting
		status, no = t.connect(e, x, q)
	default:
		x.op = opAdopt
		no = t.adopt(e, x, int(q.FD), q.Flags&wire.NetKeep != 0)
	}
	if no != 0 {
		return wire.FromErrno(no), int32(no)
	}
	return status, 0
}

// adopt takes a descriptor of the host's over. keep: it stays the host's, and the socket has one of its own.
func (t *sockets) adopt(e *Engine, x *socket, fd int, keep bool) syscall.Errno {
	taken := false
	e.each(func(_ timers.Ref, s *slot) {
		taken = taken || s.state == stateLive &&
			(s.code == wire.OpNet && s.aux == int64(fd) || s.code == wire.OpPollFD && s.arg == int64(fd))
	})
	if taken && !keep {
		return syscall.EEXIST // it is another id's, whose it stays
	}
	fd, errno := t.takeOver(x, fd, keep)
	if fd < 0 {
		return errno
	}
	listens := false
	if errno == 0 && !x.is(sockPlain) {
		listens, errno = t.calls.Adopt(fd)
	}
	t.opened(e, x, fd)
	switch {
	case errno == syscall.EPROTOTYPE:
		errno = t.adoptDatagram(x, fd)
	case errno != 0:
	case listens:
		x.flags |= sockListens | sockReads
		errno = t.calls.Local(fd, &x.peer)
	case !x.is(sockPlain):
		if errno = t.calls.Peer(fd, &x.peer); x.is(sockNoDelay) && isIP(&x.peer) {
			_ = t.calls.Set(fd, net.NoDelay, 1)
		}
	}
	if errno == 0 && x.pass != nil && !x.passes() {
		errno = syscall.ENOTSUP
	}
	if errno == 0 {
		if !listens {
			x.flags |= sockCanWrite
		}
		errno = t.unpolled(x, t.watchNew(e, x))
	}
	if errno != 0 {
		t.giveBack(x)
		x.fd, e.at(x.ref).aux = -1, -1
		return errno
	}
	t.sayOpenSoon(e, x)
	return 0
}

// isIP says that an address is one of TCP, not of a Unix socket.
func isIP(a *net.Address) bool { return a.Family == net.Inet || a.Family == net.Inet6 }

// sayOpenSoon has the poll phase tell that a socket is open.
func (t *sockets) sayOpenSoon(e *Engine, x *socket) {
	x.flags |= sockSayOpen
	t.push(x, uint32(e.at(x.ref).arg))
}

// ---- Listening ----

// listen makes a listener.
func (t *sockets) listen(e *Engine, x *socket, q *wire.Net) (int32, syscall.Errno) {
	host := hostText(q.Host, q.HostLen)
	var list []net.Address
	switch {
	case q.Type == wire.NetUnix:
		a := net.Address{Family: net.Unix, Path: host}
		x.peer = a
		if errno := pathOK(host); errno != 0 {
			return wire.OK, errno
		}
		list = []net.Address{a}
	case q.Host == 0:
		list = []net.Address{{Family: net.Inet6, Port: uint16(q.Port)}, {Family: net.Inet, Port: uint16(q.Port)}}
	default:
		var status int32
		if list, status = t.lookUp(host, uint16(q.Port)); status != wire.OK {
			x.own().dial = &dial{host: host}
			return status, 0
		}
	}
	var errno syscall.Errno
	for i := range list {
		x.peer = list[i]
		// A machine may have only one of the two families.
		if errno = t.listenAt(e, x, q); errno != syscall.EAFNOSUPPORT && errno != syscall.EADDRNOTAVAIL {
			break
		}
	}
	if errno == 0 {
		x.op = opAccept
		t.sayOpenSoon(e, x)
	}
	return wire.OK, errno
}

// pathOK checks the path of a Unix socket.
func pathOK(path string) syscall.Errno {
	switch {
	case len(path) > net.PathMax:
		return syscall.ENAMETOOLONG
	case path != "" && path[0] == 0 && !net.Abstract:
		return syscall.ENOTSUP
	case path == "" || bytes.IndexByte([]byte(path[1:]), 0) >= 0 && path[0] != 0:
		return syscall.EINVAL
	}
	return 0
}

// listenAt makes the descriptor of a listener for its address.
func (t *sockets) listenAt(e *Engine, x *socket, q *wire.Net) syscall.Errno {
	fd, errno := t.calls.Socket(x.peer.Family)
	if errno != 0 {
		return errno
	}
	set := func(option net.Option, value int) {
		if errno == 0 {
			errno = t.calls.Set(fd, option, value)
		}
	}
	if x.peer.Family != net.Unix {
		set(net.ReuseAddr, 1)
	}
	if q.Flags&wire.NetReuseport != 0 {
		set(net.ReusePort, 1)
	}
	if x.peer.Family == net.Inet6 {
		only := 0
		if q.Flags&wire.NetV6only != 0 {
			only = 1
		}
		set(net.V6Only, only)
	}
	if errno == 0 {
		errno = t.calls.Bind(fd, &x.peer)
	}
	bound := errno == 0
	if errno == 0 {
		backlog := int(q.Backlog)
		if backlog == 0 {
			backlog = defaultQueue
		}
		errno = t.calls.Listen(fd, backlog)
	}
	if errno == 0 && x.peer.Family != net.Unix {
		errno = t.calls.Local(fd, &x.peer)
	}
	if errno == 0 {
		t.opened(e, x, fd)
		errno = t.watchNew(e, x)
	}
	if errno != 0 {
		t.calls.Close(fd)
		x.fd, e.at(x.ref).aux = -1, -1
		if bound && x.peer.Family == net.Unix && x.peer.Path[0] != 0 {
			t.calls.Unlink(x.peer.Path)
		}
	}
	return errno
}

// ---- Connecting ----

// lookUp returns the addresses of a host that are known without asking. Codes: EDNS, it is a name.
func (t *sockets) lookUp(host string, port uint16) ([]net.Address, int32) {
	if a, ok := net.Parse(host, port, interfaceNumber); ok {
		return []net.Address{a}, wire.OK
	}
	if host == "localhost" {
		return net.Loopbacks(port), wire.OK
	}
	return nil, wire.EDNS
}

// interfaceNumber returns the number of a network interface.
func interfaceNumber(name string) (uint32, bool) {
	i, err := gonet.InterfaceByName(name)
	if err != nil {
		return 0, false
	}
	return uint32(i.Index), true
}

// connect makes a stream.
func (t *sockets) connect(e *Engine, x *socket, q *wire.Net) (int32, syscall.Errno) {
	d := &dial{host: hostText(q.Host, q.HostLen)}
	x.own().dial = d
	if q.Type == wire.NetUnix {
		x.peer = net.Address{Family: net.Unix, Path: d.host}
		if errno := pathOK(d.host); errno != 0 {
			return wire.OK, errno
		}
		return t.dialList(e, x, []net.Address{x.peer})
	}
	if q.LocalHost != 0 || q.LocalPort != 0 {
		d.local = &net.Address{Port: uint16(q.LocalPort)}
		if q.LocalHost != 0 {
			local, ok := net.Parse(hostText(q.LocalHost, q.LocalHostLen), uint16(q.LocalPort), interfaceNumber)
			if !ok {
				return wire.EADDRNOTAVAIL, 0
			}
			*d.local = local
		}
	}
	list, status := t.lookUp(d.host, uint16(q.Port))
	if status != wire.OK {
		d.port, d.asks = uint16(q.Port), true
		return e.naming.ask(e, idOf(x.ref, e.at(x.ref)), dns.Spec{What: wire.DNSLookup, Name: d.host}), 0
	}
	return t.dialList(e, x, list)
}

// resolved takes what a name has come to, and goes on with its addresses.
func (t *sockets) resolved(e *Engine, s *slot, res *dns.Result) {
	x := t.of(s)
	if x.dial == nil || !x.dial.asks {
		return
	}
	x.dial.asks = false
	if res.Status != wire.OK {
		x.op = opConnect
		e.end(x.ref, s, res.Status, res.Aux)
		return
	}
	list := make([]net.Address, 0, res.Count)
	res.Each(func(rec *wire.DNSRecord) { // families have the same numbers in both records
		list = append(list, net.Address{Family: uint8(rec.Family), Port: x.dial.port, Scope: rec.Scope, IP: rec.IP})
	})
	if x.dgram != nil {
		net.Interleave(list)
		if errno := t.connectTo(e, x, list); errno != 0 {
			t.fail(e, x, opConnect, errno)
		}
		return
	}
	if _, errno := t.dialList(e, x, list); errno != 0 {
		t.fail(e, x, opConnect, errno)
	}
}

// dialList goes on with the addresses of a name. A status other than OK: all have failed.
func (t *sockets) dialList(e *Engine, x *socket, list []net.Address) (int32, syscall.Errno) {
	net.Interleave(list)
	x.dial.list = list
	x.peer = list[0]
	return wire.OK, t.dialOn(e, x)
}

// dialNext tries the next address; if there is none left and nothing under way, the stream ends.
func (t *sockets) dialNext(e *Engine, x *socket) {
	if errno := t.dialOn(e, x); errno != 0 {
		t.fail(e, x, opConnect, errno)
	}
}

// dialOn begins the next connection. An error: all have failed.
func (t *sockets) dialOn(e *Engine, x *socket) syscall.Errno {
	d := x.dial
	for d.next < len(d.list) {
		to := d.list[d.next]
		d.next++
		fd, errno := t.attempt(e, x, &to)
		switch errno {
		case 0, syscall.EINPROGRESS:
			d.tries = append(d.tries, try{fd, to})
			if errno == 0 {
				t.push(x, uint32(e.at(x.ref).arg)) // it is there already, as of a path
			} else if d.next < len(d.list) {
				t.again(e, x, attemptDelay)
			}
			return 0
		case syscall.EAGAIN:
			// The listener of a path has no room, and nothing reports when it has.
			d.next--
			t.again(e, x, retrySoon)
			return 0
		}
		if d.errno == 0 {
			d.errno, x.peer = errno, to
		}
	}
	if len(d.tries) > 0 {
		return 0
	}
	return d.errno
}

// attempt begins one connection: 0 or EINPROGRESS, or it failed and nothing is left of it.
func (t *sockets) attempt(e *Engine, x *socket, to *net.Address) (int, syscall.Errno) {
	local := x.dial.local
	if local != nil && local.Family == net.None {
		local = &net.Address{Family: to.Family, Port: local.Port}
	}
	if local != nil && local.Family != to.Family {
		return -1, syscall.EADDRNOTAVAIL
	}
	fd, errno := t.calls.Socket(to.Family)
	if errno != 0 {
		return -1, errno
	}
	if x.is(sockNoDelay) && to.Family != net.Unix {
		_ = t.calls.Set(fd, net.NoDelay, 1)
	}
	if local != nil {
		_ = t.calls.Set(fd, net.ReuseAddr, 1)
		errno = t.calls.Bind(fd, local)
	}
	if errno == 0 {
		if errno = t.calls.Connect(fd, to); errno == syscall.EINTR {
			errno = syscall.EINPROGRESS // it goes on all the same
		}
	}
	if errno == 0 || errno == syscall.EINPROGRESS {
		if no := t.watchTry(e, x, fd); no != 0 {
			errno = no
		}
	}
	if errno != 0 && errno != syscall.EINPROGRESS {
		t.calls.Close(fd)
	}
	return fd, errno
}

// watchTry has the poller report a connection that is under way, for both directions if it can stay so.
func (t *sockets) watchTry(e *Engine, x *socket, fd int) syscall.Errno {
	id := idOf(x.ref, e.at(x.ref))
	want, mode := uint32(wire.Readable|wire.Writable), poller.Edge
	if t.level {
		want, mode = wire.Writable, poller.Level
	}
	err := e.poller.Add(fd, id, want, mode)
	if _, errno := fromError(err); errno == syscall.EEXIST {
		t.evict(e, fd)
		err = e.poller.Add(fd, id, want, mode)
	}
	if err != nil {
		_, errno := fromError(err)
		return errno
	}
	e.polling.watched++
	return 0
}

// dialed looks which connections have come about or failed.
func (t *sockets) dialed(e *Engine, x *socket) {
	d := x.dial
	failed := false
	for i := 0; i < len(d.tries); {
		c := d.tries[i]
		errno := t.calls.Pending(c.fd)
		if errno == 0 {
			if errno = t.calls.Peer(c.fd, &t.scratch); errno == 0 && t.isItself(c.fd) {
				errno = syscall.ECONNREFUSED
			}
		}
		switch errno {
		case 0:
			d.tries = slices.Delete(d.tries, i, i+1)
			t.connected(e, x, c)
			return
		case syscall.ENOTCONN, syscall.EINVAL: // not yet
			i++
			continue
		}
		t.dropTry(e, x, c.fd)
		d.tries = slices.Delete(d.tries, i, i+1)
		if d.errno == 0 {
			d.errno, x.peer = errno, c.to
		}
		failed = true
	}
	if failed {
		t.dialNext(e, x)
	}
}

// isItself says that a connection, whose peer is in scratch, is one of a port to itself.
func (t *sockets) isItself(fd int) bool {
	peer := t.scratch
	if !isIP(&peer) {
		return false
	}
	return t.calls.Local(fd, &t.scratch) == 0 && t.scratch == peer
}

// connected opens a stream with the connection that came first.
func (t *sockets) connected(e *Engine, x *socket, c try) {
	s := e.at(x.ref)
	t.dropDial(e, x)
	x.op, x.peer, x.wakeAt = opRead, c.to, 0
	x.flags = x.flags&^sockConnecting | sockCanWrite | sockSayOpen
	t.opened(e, x, c.fd)
	x.within = wire.Readable | wire.Writable
	if t.level {
		x.within = wire.Writable
	}
	e.deadline(x.ref, s, x.timeout)
}

// dropTry gives a connection up.
func (t *sockets) dropTry(e *Engine, x *socket, fd int) {
	_ = e.poller.Remove(fd, idOf(x.ref, e.at(x.ref)))
	e.polling.watched--
	t.calls.Close(fd)
	t.feed()
}

// dropDial gives up all connections that are under way.
func (t *sockets) dropDial(e *Engine, x *socket) {
	if x.dial == nil {
		return
	}
	for _, c := range x.dial.tries {
		t.dropTry(e, x, c.fd)
	}
	x.dial.tries = nil
	if x.dial.asks {
		e.naming.resolver.Cancel(idOf(x.ref, e.at(x.ref)))
		x.dial.asks = false
	}
	if x.peer.Family != net.None {
		x.own().dial = nil
	}
}
