// SPDX-License-Identifier: MIT

package libloop

import (
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// names gives the loop of a rig a resolver that says what the test says.
func (h *netRig) names() *fakeResolver {
	n := &fakeResolver{e: h.e}
	h.e.openResolver = func(*Engine) dns.Resolver { return n }
	return n
}

// found is a result with addresses.
func found(id uint64, list ...net.Address) dns.Result {
	res := dns.Result{ID: id, Count: len(list)}
	for _, a := range list {
		rec := wire.DNSRecord{Size: uint32(unsafe.Sizeof(wire.DNSRecord{})), Family: uint16(a.Family), IP: a.IP}
		res.Data = append(res.Data, unsafe.Slice((*byte)(unsafe.Pointer(&rec)), unsafe.Sizeof(rec))...)
	}
	return res
}

var here = net.Address{Family: net.Inet, IP: [16]byte{127, 0, 0, 1}}

func TestAConnectionToANameGoesToItsAddresses(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		l := h.listen(wire.Net{})
		var tried []string
		h.calls.dial = func(_ int, to *net.Address) (syscall.Errno, bool) {
			tried = append(tried, string(to.Append(nil)))
			return syscall.ENETUNREACH, to.Family == net.Inet6
		}
		c := h.connect(l.port, wire.Net{Host: h.cstring("example.test")})
		h.settle()
		if len(n.specs) != 1 || n.specs[0] != (dns.Spec{What: wire.DNSLookup, Name: "example.test"}) || len(c.all) > 0 {
			t.Fatalf("%v, %s", n.specs, c)
		}
		n.give(found(c.id, net.Address{Family: net.Inet6, IP: [16]byte{15: 9}}, here))
		h.until(func() bool { return len(c.all) > 0 && len(l.fresh) > 0 })
		h.tells(c, "open")
		if len(tried) != 2 || c.addr.Port != l.port || c.addr.IP != here.IP {
			t.Fatalf("%v, %v", tried, c.addr)
		}
		h.ends(c, h.adopts(l.fresh[0]), l)
	})
}

func TestANameThatIsNotThereEndsTheConnectionWithTheReason(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		c := h.connect(80, wire.Net{Host: h.cstring("example.test")})
		h.settle()
		n.give(dns.Result{ID: c.id, Status: wire.EDNS, Aux: wire.DNSNotFound, Text: "lookup example.test: no such name"})
		h.gone(c)
		if c.final.Status != wire.EDNS || c.final.Aux != wire.DNSNotFound || c.text != "connect example.test" {
			t.Fatalf("%s %s", c, c.text)
		}
	})
}

func TestAConnectionThatEndsBeforeItsNameIsKnownAsksNoMore(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		a := h.connect(80, wire.Net{Host: h.cstring("a.test")})
		b := h.connect(80, wire.Net{Host: h.cstring("b.test")})
		c := h.connect(80, wire.Net{Host: h.cstring("c.test")})
		h.settle()
		h.control(wire.OpCancel, a.id)
		h.clear(b.id)
		h.closes(c)
		n.give(found(a.id, here)) // had come before the cancel
		h.gone(a)
		h.gone(c)
		if a.final.Status != wire.ECANCELED || c.final.Status != wire.OK ||
			!slices.Equal(n.canceled, []uint64{a.id, b.id, c.id}) {
			t.Fatalf("%s, %s, %v", a, c, n.canceled)
		}
	})
}

func TestTheDeadlineOfAConnectionHoldsWhileItsNameIsAskedFor(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		w := &told{}
		q := wire.Net{
			Size: netSize, What: wire.NetConnect, Type: wire.NetTCP, Host: h.cstring("example.test"), Port: 80, FD: -1,
		}
		h.keep = append(h.keep, &q)
		w.id = h.start(wire.Op{
			Code: wire.OpNet, Data: uintptr(unsafe.Pointer(&q)), TimeoutNS: 5_000_000,
		}, h.hears(w))
		h.gone(w)
		if w.final.Status != wire.ETIMEDOUT || w.text != "connect example.test" || len(n.canceled) != 1 {
			t.Fatalf("%s %s, %v", w, w.text, n.canceled)
		}
	})
}

func TestAPortToComeFromIsOfTheFamilyOfEachAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		l := h.listen(wire.Net{})
		free := h.listen(wire.Net{})
		port := free.port
		h.clear(free.id)
		h.settle()
		c := h.connect(l.port, wire.Net{Host: h.cstring("example.test"), LocalPort: uint32(port)})
		h.settle()
		n.give(found(c.id, here))
		s := h.takes(l)
		if l.addr.Port != port {
			t.Fatalf("it came from %d, not %d", l.addr.Port, port)
		}
		h.ends(c, s, l)
	})
}
