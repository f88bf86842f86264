// SPDX-License-Identifier: MIT

package libloop

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"libloop.dev/libloop/libloop/dns"
	"libloop.dev/libloop/libloop/internal/wire"
)

// fakeResolver gives what a test says.
type fakeResolver struct {
	e         *Engine
	results   []dns.Result
	specs     []dns.Spec
	canceled  []uint64
	code      int32
	closed    bool
	abandoned bool
}

func (n *fakeResolver) Start(_ uint64, spec dns.Spec) int32 {
	n.specs = append(n.specs, spec)
	return n.code
}

func (n *fakeResolver) Cancel(id uint64) { n.canceled = append(n.canceled, id) }

func (n *fakeResolver) Collect(dst []dns.Result) []dns.Result {
	dst = append(dst, n.results...)
	n.results = nil
	return dst
}

func (n *fakeResolver) Abandon() { n.abandoned = true }

func (n *fakeResolver) Close() { n.closed = true }

// give is what a goroutine of the resolver does.
func (n *fakeResolver) give(r dns.Result) {
	n.results = append(n.results, r)
	n.e.notify()
}

func newNamingHost(t *testing.T, conf setup) (*host, *fakeResolver) {
	h := newHost(t, conf)
	n := &fakeResolver{e: h.e}
	h.e.openResolver = func(*Engine) dns.Resolver { return n }
	return h, n
}

// dnsRecord is a query for the MX records of a name.
func (h *host) dnsRecord(name string) *wire.DNS {
	text := []byte(name + "\x00")
	rec := &wire.DNS{Size: dnsSize, What: wire.DNSQuery, Type: wire.DNSMX, Name: addrOf8(text)}
	h.keep = append(h.keep, rec)
	return rec
}

func (h *host) resolve(rec *wire.DNS, cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: wire.OpDNS, Data: uintptr(unsafe.Pointer(rec))}, cb)
}

func TestAnAnswerOfAResolverIsOneEvent(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h, n := newNamingHost(t, setup{capacity: capacity})
		a, b, c := h.resolve(h.dnsRecord("a"), h.hears), h.resolve(h.dnsRecord("b"), h.hears), h.resolve(h.dnsRecord("c"), h.hears)
		h.turn(0)
		n.give(dns.Result{ID: b, Count: 2, Data: []byte("two")})
		n.give(dns.Result{ID: a, Count: 9, Data: []byte(strings.Repeat("x", blockMin+1))})
		n.give(dns.Result{ID: c, Status: wire.EDNS, Aux: wire.DNSNotFound, Text: "MX c: no such name"})
		h.run()
		h.heard(`0 kind5 2/0 "two" `, `0 kind5 9/0 "16385 bytes" block`, `-21 kind7 0/1 "dns MX c: no such name" `)
		h.finish()
		if !n.closed {
			t.Fatal("the resolver is open")
		}
	}
}

func TestARecordSaysWhatToAsk(t *testing.T) {
	h, n := newNamingHost(t, setup{})
	rec := h.dnsRecord("name and more")
	servers := []byte("192.0.2.1, 192.0.2.2")
	rec.NameLen, rec.Servers, rec.ServersLen, rec.Tries, rec.TryNS = 4, addrOf8(servers), 9, 3, int64(time.Second)
	rec.Size++ // a larger one of a later version
	h.resolve(rec, h.hears)
	rec = h.dnsRecord("host")
	rec.What, rec.Type, rec.Family, rec.Flags = wire.DNSLookup, 0, 6, wire.DNSIPv6First
	h.resolve(rec, h.hears)
	rec = h.dnsRecord("192.0.2.1")
	rec.What, rec.Type = wire.DNSReverse, 0
	h.resolve(rec, h.hears)
	h.turn(0)
	want := []dns.Spec{
		{What: wire.DNSQuery, Type: wire.DNSMX, Name: "name", Servers: "192.0.2.1 ", Tries: 3, Try: time.Second},
		{What: wire.DNSLookup, Family: 6, Flags: wire.DNSIPv6First, Name: "host"},
		{What: wire.DNSReverse, Name: "192.0.2.1"},
	}
	if len(n.specs) != 3 || n.specs[0] != want[0] || n.specs[1] != want[1] || n.specs[2] != want[2] {
		t.Fatalf("%+v", n.specs)
	}
	h.closed = true
	h.run()
	h.heard(`-11 kind7 0/0 "dns MX name" `, `-11 kind7 0/0 "dns lookup host" `, `-11 kind7 0/0 "dns reverse 192.0.2.1" `)
	h.finish()
}

func TestAQuestionThatIsNoneIsRefused(t *testing.T) {
	h, n := newNamingHost(t, setup{})
	h.start(wire.Op{Code: wire.OpDNS}, h.hears)
	long := []byte("a\x00b")
	spoils := []func(*wire.DNS){
		func(r *wire.DNS) { r.Size-- },
		func(r *wire.DNS) { r.What = 0 },
		func(r *wire.DNS) { r.What = 4 },
		func(r *wire.DNS) { r.Name = 0 },
		func(r *wire.DNS) { r.NameLen = 2 }, // with the NUL
		func(r *wire.DNS) { r.NameLen = 1 << 31 },
		func(r *wire.DNS) { r.ServersLen = 1 },
		func(r *wire.DNS) { r.ServersLen, r.Servers = 3, addrOf8(long) },
		func(r *wire.DNS) { r.ServersLen, r.Servers = 1<<31, addrOf8(long) },
		func(r *wire.DNS) { r.Tries = 101 },
		func(r *wire.DNS) { r.TryNS = -1 },
		func(r *wire.DNS) { r.TryNS = dnsTryMax + 1 },
		func(r *wire.DNS) { r.Type = 0 },
		func(r *wire.DNS) { r.Type = 3 },
		func(r *wire.DNS) { r.Type = 1 << 16 },
		func(r *wire.DNS) { r.Flags = 1 },
		func(r *wire.DNS) { r.Family = 4 },
		func(r *wire.DNS) { r.What = wire.DNSReverse }, // with a type
		func(r *wire.DNS) { r.What, r.Type, r.Flags = wire.DNSReverse, 0, 1 },
		func(r *wire.DNS) { r.What = wire.DNSLookup },
		func(r *wire.DNS) { r.What, r.Type, r.Family = wire.DNSLookup, 0, 5 },
		func(r *wire.DNS) { r.What, r.Type, r.Flags = wire.DNSLookup, 0, 3 },
		func(r *wire.DNS) { r.What, r.Type, r.Tries = wire.DNSLookup, 0, 1 },
		func(r *wire.DNS) { r.What, r.Type, r.TryNS = wire.DNSLookup, 0, 1 },
		func(r *wire.DNS) { r.What, r.Type, r.Servers = wire.DNSLookup, 0, r.Name },
	}
	for _, spoil := range spoils {
		rec := h.dnsRecord("a")
		spoil(rec)
		h.resolve(rec, h.hears)
	}
	h.start(wire.Op{Code: wire.OpDNS, Flags: wire.OpFlagBorrowed, Data: uintptr(unsafe.Pointer(h.dnsRecord("a")))}, h.hears)
	h.run()
	if len(h.refused) != len(spoils)+2 || len(n.specs) != 0 {
		t.Fatalf("%d refused of %d, %d started", len(h.refused), len(spoils)+2, len(n.specs))
	}
	for _, ev := range h.refused {
		if ev.Status != wire.EINVAL {
			t.Fatalf("%+v", ev)
		}
	}
	h.finish()
}

func TestAQuestionThatCannotStartEndsWithItsCode(t *testing.T) {
	h, n := newNamingHost(t, setup{})
	n.code = wire.ECLOSED
	h.resolve(h.dnsRecord("a"), h.hears)
	h.run()
	h.heard(`-3 kind7 0/0 "dns MX a" `)
	h.finish()
}

func TestAQuestionEndsOnceWhateverEndsIt(t *testing.T) {
	for name, end := range map[string]func(*host, uint64){
		"cancel":  (*host).cancel,
		"clear":   (*host).clear,
		"timeout": func(h *host, _ uint64) { h.clock.ns += 1000 },
		"close":   func(h *host, _ uint64) { h.closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			h, n := newNamingHost(t, setup{})
			id := h.resolve(h.dnsRecord("a"), h.hears)
			h.ops[0].TimeoutNS = 1000
			h.turn(0)
			end(h, id)
			for range 4 {
				h.turn(wire.StepNowait)
			}
			n.give(dns.Result{ID: id, Count: 1, Data: []byte("late")})
			h.run()
			switch name {
			case "clear":
				h.heard()
			case "timeout":
				h.heard(`-12 kind7 0/0 "dns MX a" `)
			default:
				h.heard(`-11 kind7 0/0 "dns MX a" `)
			}
			if len(n.canceled) != 1 {
				t.Fatal(n.canceled)
			}
			h.finish()
		})
	}
}

func TestAnAnswerThatIsThereIsToldBeforeACancel(t *testing.T) {
	h, n := newNamingHost(t, setup{capacity: 1})
	var b uint64
	a := h.resolve(h.dnsRecord("a"), func(ev *wire.Event) {
		h.hears(ev)
		h.cancel(b)
	})
	b = h.resolve(h.dnsRecord("b"), h.hears)
	h.turn(0)
	n.give(dns.Result{ID: a, Count: 1, Data: []byte("a")})
	n.give(dns.Result{ID: b, Count: 1, Data: []byte("b")})
	h.run()
	h.heard(`0 kind5 1/0 "a" `, `0 kind5 1/0 "b" `)
	h.finish()
}

func TestAQuestionKeepsTheLoopAliveWhileReferenced(t *testing.T) {
	h, n := newNamingHost(t, setup{})
	id := h.start(wire.Op{
		Code: wire.OpDNS, Flags: wire.OpFlagUnref, Data: uintptr(unsafe.Pointer(h.dnsRecord("a"))),
	}, h.hears)
	h.run()
	h.heard()
	n.give(dns.Result{ID: id, Count: 1, Data: []byte("a")})
	h.run()
	h.heard(`0 kind5 1/0 "a" `)
	h.finish()
}

func TestALiteralIsToldInThePassThatTakesIt(t *testing.T) {
	h := newHost(t, setup{})
	rec := h.dnsRecord("127.0.0.1")
	rec.What, rec.Type = wire.DNSLookup, 0
	told := false
	h.resolve(rec, func(ev *wire.Event) {
		told = ev.Status == wire.OK && ev.Num == 1 && wire.At[wire.DNSRecord](ev.Data).Type == wire.DNSA
	})
	h.turn(wire.StepNowait)
	if !told {
		t.Fatal("it is not told in the first pass")
	}
	h.finish()
}
