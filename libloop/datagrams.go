// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// Datagram sockets: UDP, and Unix sockets of that type. They are sockets as streams are, with the same ready
// list, queue and end; what differs is here, in datagrams_read.go and in datagrams_send.go.

// dgram is what a datagram socket has besides.
type dgram struct {
	family uint8
	peer   bool        // it is connected
	rests  bool        // sending waits for wakeAt: the poller does not know when there is room
	lent   bool        // something queued is the op's, or an event's: it is in the list of gathered
	path   string      // of its own, removed at the end
	faults fifo[fault] // to be told, each with LOOP_EV_MORE
	about  net.Address // what the error that is being told is about
}

// fault is an error that a datagram socket survives.
type fault struct {
	errno syscall.Errno
	op    uint8
	at    net.Address
}

const addressRoom = uintptr(addressSize) // before the bytes of each datagram, in events and in the queue

// datagramOK checks a request for a datagram socket.
func datagramOK(q *wire.Net) bool {
	const udp = wire.NetReuseport | wire.NetV6only | wire.NetReuseaddr
	if q.Backlog != 0 {
		return false
	}
	binds := q.What == wire.NetBind
	if q.Type == wire.NetUnixDgram {
		return q.Flags == 0 && q.Port == 0 && q.LocalPort == 0 && (binds && q.LocalHost == 0 || !binds && q.Host != 0)
	}
	if binds {
		return q.Flags&^udp == 0 && q.LocalHost == 0 && q.LocalPort == 0
	}
	return q.Flags == 0 && q.Host != 0 && q.Port > 0
}

// isDatagram says that a request is for a datagram socket.
func isDatagram(q *wire.Net) bool { return q.Type == wire.NetUDP || q.Type == wire.NetUnixDgram }

// datagram makes a datagram socket.
func (t *sockets) datagram(e *Engine, x *socket, q *wire.Net) (int32, syscall.Errno) {
	x.own().dgram = &dgram{}
	if q.What == wire.NetConnect {
		x.op = opConnect
		return t.connectDatagram(e, x, q)
	}
	x.op = opBind
	list := []net.Address{{Family: net.Inet6, Port: uint16(q.Port)}, {Family: net.Inet, Port: uint16(q.Port)}}
	switch {
	case q.Type == wire.NetUnixDgram:
		x.peer = net.Address{Family: net.Unix}
		if q.Host != 0 {
			x.peer.Path = hostText(q.Host, q.HostLen)
			if errno := pathOK(x.peer.Path); errno != 0 {
				return wire.OK, errno
			}
		}
		list = []net.Address{x.peer}
	case q.Host != 0:
		var status int32
		host := hostText(q.Host, q.HostLen)
		if list, status = t.lookUp(host, uint16(q.Port)); status != wire.OK {
			x.own().dial = &dial{host: host}
			return wire.EINVAL, 0 // a name
		}
	}
	var errno syscall.Errno
	for i := range list {
		x.peer = list[i]
		// A machine may have only one of the two families.
		if errno = t.bindAt(e, x, q); errno != syscall.EAFNOSUPPORT && errno != syscall.EADDRNOTAVAIL {
			break
		}
	}
	if errno == 0 {
		t.sayOpenSoon(e, x)
	}
	return wire.OK, errno
}

// bindAt makes the descriptor of a datagram socket at its own address.
func (t *sockets) bindAt(e *Engine, x *socket, q *wire.Net) syscall.Errno {
	fd, errno := t.calls.Datagram(x.peer.Family)
	if errno != 0 {
		return errno
	}
	set := func(wanted bool, option net.Option, value int) {
		if errno == 0 && wanted {
			errno = t.calls.Set(fd, option, value)
		}
	}
	only := 0
	if q.Flags&wire.NetV6only != 0 {
		only = 1
	}
	set(q.Flags&wire.NetReuseaddr != 0, net.ReuseAddr, 1)
	set(q.Flags&wire.NetReuseport != 0, net.ReusePort, 1)
	set(x.peer.Family == net.Inet6, net.V6Only, only)
	errno = t.bindTo(x, fd, &x.peer, errno)
	if errno == 0 && x.peer.Family != net.Unix {
		errno = t.calls.Local(fd, &x.peer)
	}
	return t.openDatagram(e, x, fd, x.peer.Family, errno)
}

// bindTo gives a descriptor its address, if nothing was wrong before. A Unix socket may have none.
func (t *sockets) bindTo(x *socket, fd int, at *net.Address, errno syscall.Errno) syscall.Errno {
	if errno != 0 || at.Family == net.Unix && at.Path == "" {
		return errno
	}
	errno = t.calls.Bind(fd, at)
	if errno == 0 && at.Family == net.Unix && at.Path[0] != 0 {
		x.dgram.path = at.Path
	}
	return errno
}

// openDatagram gives a socket its descriptor, or closes that if something went wrong.
func (t *sockets) openDatagram(e *Engine, x *socket, fd int, family uint8, errno syscall.Errno) syscall.Errno {
	d := x.dgram
	if errno == 0 {
		x.flags |= sockCanWrite
		d.family = family
		t.opened(e, x, fd)
		errno = t.watchNew(e, x)
	}
	if errno != 0 {
		t.calls.Close(fd)
		x.fd, e.at(x.ref).aux = -1, -1
		t.unlinkDatagram(x)
	}
	return errno
}

// unlinkDatagram removes the path that a socket made.
func (t *sockets) unlinkDatagram(x *socket) {
	if x.dgram.path != "" {
		t.calls.Unlink(x.dgram.path)
		x.dgram.path = ""
	}
}

// connectDatagram makes a datagram socket with a peer.
func (t *sockets) connectDatagram(e *Engine, x *socket, q *wire.Net) (int32, syscall.Errno) {
	d := &dial{host: hostText(q.Host, q.HostLen)}
	x.own().dial = d
	if q.LocalHost != 0 || q.LocalPort != 0 {
		d.local = &net.Address{Port: uint16(q.LocalPort)}
	}
	if q.Type == wire.NetUnixDgram {
		x.peer = net.Address{Family: net.Unix, Path: d.host}
		errno := pathOK(d.host)
		if errno == 0 && d.local != nil {
			d.local = &net.Address{Family: net.Unix, Path: hostText(q.LocalHost, q.LocalHostLen)}
			errno = pathOK(d.local.Path)
		}
		if errno == 0 {
			errno = t.connectTo(e, x, []net.Address{x.peer})
		}
		return wire.OK, errno
	}
	if q.LocalHost != 0 {
		local, ok := net.Parse(hostText(q.LocalHost, q.LocalHostLen), uint16(q.LocalPort), interfaceNumber)
		if !ok {
			return wire.EADDRNOTAVAIL, 0
		}
		*d.local = local
	}
	list, status := t.lookUp(d.host, uint16(q.Port))
	if status != wire.OK {
		d.port, d.asks = uint16(q.Port), true
		x.flags |= sockConnecting
		return e.naming.ask(e, idOf(x.ref, e.at(x.ref)), dns.Spec{What: wire.DNSLookup, Name: d.host}), 0
	}
	return wire.OK, t.connectTo(e, x, list)
}

// connectTo connects a datagram socket to the first address of a list that the system takes. Nobody is asked.
func (t *sockets) connectTo(e *Engine, x *socket, list []net.Address) syscall.Errno {
	var first syscall.Errno
	failed := list[0]
	for _, to := range list {
		errno := t.connectAt(e, x, to)
		if errno == 0 {
			x.own().dial = nil
			x.flags &^= sockConnecting
			t.sayOpenSoon(e, x)
			return 0
		}
		if first == 0 {
			first, failed = errno, to
		}
	}
	x.peer = failed
	return first
}

// connectAt makes the descriptor of a datagram socket with a peer.
func (t *sockets) connectAt(e *Engine, x *socket, to net.Address) syscall.Errno {
	local := x.dial.local
	if local != nil && local.Family == net.None {
		local = &net.Address{Family: to.Family, Port: local.Port}
	}
	if local != nil && local.Family != to.Family {
		return syscall.EADDRNOTAVAIL
	}
	fd, errno := t.calls.Datagram(to.Family)
	if errno != 0 {
		return errno
	}
	if local != nil {
		errno = t.bindTo(x, fd, local, 0)
	}
	if errno == 0 {
		errno = t.calls.Connect(fd, &to)
	}
	x.dgram.peer, x.peer = errno == 0, to
	return t.openDatagram(e, x, fd, to.Family, errno)
}

// adoptDatagram takes a descriptor of the host's over that is no stream.
func (t *sockets) adoptDatagram(x *socket, fd int) syscall.Errno {
	family, errno := t.calls.AdoptDatagram(fd)
	if errno != 0 {
		return errno
	}
	x.flags |= sockCanWrite
	x.own().dgram = &dgram{family: family}
	if x.kind = wire.NetUDP; family == net.Unix {
		x.kind = wire.NetUnixDgram
	}
	if t.calls.Peer(fd, &x.peer) == 0 {
		x.dgram.peer = true
		if family == net.Unix {
			x.peer.Family = net.Unix // also of a pair, which has no names
		}
		return 0
	}
	return t.calls.Local(fd, &x.peer)
}

// ---- Errors that are told ----

// datagramCode is the code of an error of a datagram: two have names that say more.
func datagramCode(errno syscall.Errno) int32 {
	switch errno {
	case syscall.EMSGSIZE:
		return wire.ETOOBIG
	case syscall.EDESTADDRREQ:
		return wire.ENOTCONN
	}
	return wire.FromErrno(errno)
}

// survives notes an error that is to be told and ends nothing.
func (t *sockets) survives(e *Engine, x *socket, op uint8, errno syscall.Errno, at net.Address) {
	x.dgram.faults.push(fault{errno, op, at})
	t.push(x, uint32(e.at(x.ref).arg))
}

// advanceDatagram does the next thing that there is to do for a datagram socket that is open.
func (t *sockets) advanceDatagram(e *Engine, x *socket, s *slot) int {
	d := x.dgram
	if x.is(sockHangup) {
		x.flags &^= sockHangup
		if errno := t.calls.Pending(int(x.fd)); errno != 0 {
			t.survives(e, x, opRead, errno, x.peer)
		}
	}
	if d.faults.len() == 0 {
		return sockLater // the caller goes on with what all sockets have
	}
	f := *d.faults.first()
	x.op, d.about = f.op, f.at
	told := e.failed(x.ref, s, datagramCode(f.errno), int32(f.errno), wire.EvMore)
	d.about = net.Address{}
	if !told {
		return sockNoRoom
	}
	d.faults.pop()
	if s.extra != 0 {
		e.restart(s, e.time())
	}
	t.settle(e, x)
	return sockAgain
}
