// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"strings"
	"time"
	"unsafe"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// naming are the questions about names of a loop, as requests are its HTTP requests. The resolver is made for the
// first one.
type naming struct {
	arrivals[dns.Result]
	resolver dns.Resolver
	subjects subjects // "lookup NAME", "MX NAME" ...
}

const (
	dnsSize     = uint32(unsafe.Sizeof(wire.DNS{}))
	dnsTriesMax = 100
	dnsTryMax   = int64(time.Hour)
)

// dnsOK checks a DNS op.
func dnsOK(op *wire.Op) bool {
	if op.Data == 0 || *wire.At[uint32](op.Data) < dnsSize {
		return false
	}
	rec := wire.At[wire.DNS](op.Data)
	if rec.Name == 0 || rec.NameLen > math.MaxInt32 || rec.ServersLen > math.MaxInt32 ||
		rec.Servers == 0 && rec.ServersLen > 0 || rec.Tries > dnsTriesMax || rec.TryNS < 0 || rec.TryNS > dnsTryMax {
		return false
	}
	if strings.Contains(textOf(rec.Name, rec.NameLen), "\x00") ||
		strings.Contains(textOf(rec.Servers, rec.ServersLen), "\x00") {
		return false
	}
	asks := rec.Servers != 0 || rec.Tries != 0 || rec.TryNS != 0
	sorts := rec.Flags != 0 || rec.Family != 0
	switch rec.What {
	case wire.DNSLookup:
		return rec.Type == 0 && !asks && rec.Flags <= wire.DNSIPv6First &&
			(rec.Family == 0 || rec.Family == 4 || rec.Family == 6)
	case wire.DNSReverse:
		return rec.Type == 0 && !sorts
	case wire.DNSQuery:
		return dnsType(rec.Type) && !sorts
	}
	return false
}

// dnsType says that a type of records may be asked for.
func dnsType(n uint32) bool {
	switch n {
	case wire.DNSA, wire.DNSNS, wire.DNSCNAME, wire.DNSSOA, wire.DNSPTR, wire.DNSMX, wire.DNSTXT, wire.DNSAAAA,
		wire.DNSSRV, wire.DNSNAPTR, wire.DNSANY, wire.DNSCAA:
		return true
	}
	return false
}

// textOf copies a text of a record. n 0: up to its NUL.
func textOf(addr uintptr, n uint32) string {
	if n == 0 {
		return wire.Text(addr)
	}
	return string(wire.Slice[byte](addr, int(n)))
}

// newResolver makes the resolver of a loop.
func newResolver(e *Engine) dns.Resolver {
	return dns.New(dns.Config{Notify: e.notify, Panic: e.GoPanic})
}

// start asks a question. Codes: those of the resolver's Start.
func (n *naming) start(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	rec := wire.At[wire.DNS](op.Data)
	spec := dns.Spec{
		What: rec.What, Flags: rec.Flags, Type: uint16(rec.Type), Family: rec.Family,
		Name: textOf(rec.Name, rec.NameLen), Tries: int(rec.Tries), Try: time.Duration(rec.TryNS),
	}
	if rec.Servers != 0 {
		// An empty list is one without servers, not the system's.
		spec.Servers = textOf(rec.Servers, rec.ServersLen) + " "
	}
	n.subjects.set(s, dns.Subject(&spec))
	return n.ask(e, idOf(r, s), spec)
}

// ask starts a question of an id: its own, or of a stream that connects to a name. Codes: those of the resolver's
// Start.
func (n *naming) ask(e *Engine, id uint64, spec dns.Spec) int32 {
	if n.resolver == nil {
		n.resolver = e.openResolver(e)
	}
	return n.resolver.Start(id, spec)
}

// cancel ends a question. Nothing of the host is in use.
func (n *naming) cancel(r timers.Ref, s *slot) { n.resolver.Cancel(idOf(r, s)) }

// collect takes what has come and makes it the work list.
func (n *naming) collect(e *Engine) {
	if n.resolver == nil {
		return
	}
	fresh := n.arrivals.collect(n.resolver.Collect)
	for i := range fresh {
		s := e.find(fresh[i].ID)
		switch {
		case s == nil || s.state != stateLive:
		case s.code == wire.OpNet:
			e.sockets.resolved(e, s, &fresh[i])
		case s.code == wire.OpDNS:
			s.flags |= flagResult // whatever comes now, it is delivered
			e.disarm(s)
		}
	}
}

// deliver writes the event of the next result, if its id still wants one. False: no room, nothing has changed.
func (n *naming) deliver(e *Engine) bool {
	res := &n.list[n.at]
	r := refOf(res.ID)
	s := e.find(res.ID)
	ok := true
	switch {
	case s == nil || s.code != wire.OpDNS || s.state == stateEnding && s.flags&flagLast == 0:
	case s.flags&flagMuted != 0:
		e.failed(r, s, wire.ECANCELED, 0, 0)
	case res.Status != wire.OK:
		n.subjects.set(s, res.Text)
		ok = e.failed(r, s, res.Status, res.Aux, 0)
	default:
		ok = n.event(e, r, s, res)
	}
	if ok {
		n.done()
	}
	return ok
}

// event writes the event of an answer.
func (n *naming) event(e *Engine, r timers.Ref, s *slot, res *dns.Result) bool {
	data, size, block, ok := e.out.put(res.Data)
	if !ok {
		return false
	}
	if data == 0 {
		return e.failed(r, s, wire.ENOMEM, 0, 0)
	}
	if e.traces(s) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, ID: res.ID, Seq: s.seq, Num: int64(res.Count), Code: wire.OpDNS,
			Label: e.labelOf(s),
		})
	}
	ev := e.event(r, s)
	ev.Num, ev.Data, ev.Len = int64(res.Count), data, size
	ev.Flags = wire.KindBytes
	if block {
		ev.Flags |= wire.EvBlock
	}
	e.deliver(ev, s)
	return true
}

func (n *naming) close() {
	if n.resolver != nil {
		n.resolver.Close()
	}
	*n = naming{}
}

// abandon ends all questions after a panic. It may be called again.
func (n *naming) abandon() {
	defer func() { _ = recover() }()
	if n.resolver != nil {
		n.resolver.Abandon()
	}
}
