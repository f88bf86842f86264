// SPDX-License-Identifier: MIT

package libloop

import (
	"strings"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

func TestDatagramsToANameWaitForItsAddress(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		b := h.datagrams(wire.Net{})
		h.reads(b.told)
		h.calls.dial = func(_ int, to *net.Address) (syscall.Errno, bool) {
			return syscall.ENETUNREACH, to.Family == net.Inet6
		}
		c := h.ear()
		h.net(wire.Net{
			What: wire.NetConnect, Type: wire.NetUDP, Host: h.cstring("example.test"), Port: uint32(b.addr.Port),
		}, c.told)
		h.sends(c.told, []byte("one"))
		x := h.writes(c.told, []byte("two"), 0)
		h.settle()
		if len(n.specs) != 1 || len(c.all) > 0 {
			t.Fatalf("%v, %s", n.specs, c)
		}
		n.give(found(c.id, net.Address{Family: net.Inet6, IP: [16]byte{15: 9}}, here))
		h.hasGot(b, 2)
		h.until(func() bool { return x.final != nil })
		h.tells(c.told, "open")
		if c.addr.Port != b.addr.Port || strings.Join(b.got, " ") != "one two" || x.final.Status != wire.OK {
			t.Fatalf("%v %q %s", c.addr, b.got, x)
		}
		h.ends(b.told, c.told)
	})
}

func TestANameThatIsNotThereEndsADatagramSocket(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		n := h.names()
		c := h.ear()
		h.net(wire.Net{What: wire.NetConnect, Type: wire.NetUDP, Host: h.cstring("example.test"), Port: 9}, c.told)
		h.sends(c.told, []byte("never"))
		x := h.writes(c.told, []byte("never"), 0)
		h.settle()
		n.give(dns.Result{ID: c.id, Status: wire.EDNS, Aux: wire.DNSNotFound, Text: "lookup example.test: no such name"})
		h.gone(c.told)
		if c.final.Status != wire.EDNS || c.text != "connect example.test" || x.final.Status != wire.ECANCELED {
			t.Fatalf("%s %s %s", c, c.text, x)
		}
	})
}
