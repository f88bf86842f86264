// SPDX-License-Identifier: MIT

package dns

import (
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestEveryTypeOfRecordIsRead(t *testing.T) {
	r := newRig(t)
	f := newFake(t, zone(t,
		"a.test. 60 IN A 192.0.2.1", "a.test. 60 IN A 192.0.2.2", "a.test. 61 IN AAAA 2001:db8::1",
		"a.test. 62 IN MX 10 mail.a.test.", "a.test. 62 IN MX 0 .",
		`a.test. 63 IN TXT "one" "t\000w\"o" ""`,
		"_x._tcp.a.test. 64 IN SRV 1 2 3 Host.a.test.", "a.test. 65 IN NS ns.a.test.",
		"www.a.test. 66 IN CNAME a.test.", "1.2.0.192.in-addr.arpa. 67 IN PTR a.test.",
		`a.test. 68 IN CAA 128 issue "ca.test; x=1"`,
		"a.test. 69 IN SOA ns.a.test. host\\.master.a.test. 1 2 3 4 5",
		`a.test. 70 IN NAPTR 1 2 "s" "SIP+D2U" "!^.*$!sip:\\1@a!" _sip._udp.a.test.`,
		"alias.a.test. 71 IN CNAME www.a.test."))
	for _, c := range []struct {
		qtype uint16
		name  string
		want  string
	}{
		{wire.DNSA, "a.test", "A 192.0.2.1 ttl 60; A 192.0.2.2 ttl 60"},
		{wire.DNSA, "A.TEST.", "A 192.0.2.1 ttl 60; A 192.0.2.2 ttl 60"},
		{wire.DNSAAAA, "a.test", "AAAA 2001:db8::1 ttl 61"},
		{wire.DNSMX, "a.test", `MX 10 "mail.a.test" ttl 62; MX "" ttl 62`},
		{wire.DNSTXT, "a.test", `TXT "one" "t\x00w\"o" "" ttl 63`},
		{wire.DNSSRV, "_x._tcp.a.test", `SRV 1 2 3 "Host.a.test" ttl 64`},
		{wire.DNSNS, "a.test", `NS "ns.a.test" ttl 65`},
		{wire.DNSCNAME, "www.a.test", `CNAME "a.test" ttl 66`},
		{wire.DNSPTR, "1.2.0.192.in-addr.arpa", `PTR "a.test" ttl 67`},
		{wire.DNSCAA, "a.test", `CAA 128 "issue" "ca.test; x=1" ttl 68`},
		{wire.DNSSOA, "a.test", `SOA 1 2 3 4 5 "ns.a.test" "host\\.master.a.test" ttl 69`},
		{wire.DNSNAPTR, "a.test", `NAPTR 1 2 "s" "SIP+D2U" "!^.*$!sip:\\1@a!" "_sip._udp.a.test" ttl 70`},
		{wire.DNSMX, "alias.a.test", `MX 10 "mail.a.test" ttl 62; MX "" ttl 62`},
		{wire.DNSTXT, "www.a.test", `TXT "one" "t\x00w\"o" "" ttl 63`},
	} {
		r.says(f.asks(c.qtype, c.name), c.want)
	}
	if got := r.told(f.asks(wire.DNSANY, "a.test")); strings.Count(got, ";") != 10 || !strings.Contains(got, "SOA 1 2 3 4 5") {
		t.Fatal(got) // ten records, one of them with a semicolon in it
	}
}

func TestNoAnswersHaveNames(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		handle handler
		want   string
	}{
		{rcode(dns.RcodeNameError), "-21/1 MX a.test: no such name (NXDOMAIN)"},
		{rcode(dns.RcodeSuccess), "-21/2 MX a.test: no record of this type"},
		{rcode(dns.RcodeServerFailure), "-21/3 MX a.test: the server failed (SERVFAIL)"},
		{rcode(dns.RcodeRefused), "-21/4 MX a.test: the server refuses (REFUSED)"},
		{rcode(dns.RcodeFormatError), "-21/7 MX a.test: the server does not understand the question (FORMERR)"},
		{rcode(dns.RcodeNotImplemented), "-21/8 MX a.test: the server does not do that (NOTIMP)"},
		{rcode(dns.RcodeYXDomain), "-21/3 MX a.test: the server failed (YXDOMAIN)"},
		{zone(t, "a.test. 1 IN CNAME b.test.", "b.test. 1 IN CNAME a.test."), "-21/5 MX a.test: aliases in a circle"},
		{zone(t, "a.test. 1 IN CNAME b.test."), "-21/2 MX a.test: no record of this type"},
		{zone(t, "a.test. 1 IN A 192.0.2.1"), "-21/2 MX a.test: no record of this type"},
	} {
		r.says(newFake(t, c.handle).asks(wire.DNSMX, "a.test"), c.want)
	}
}

func TestTheTextOfAnErrorNamesTheServer(t *testing.T) {
	r := newRig(t)
	f := newFake(t, rcode(dns.RcodeNameError))
	if res := r.wait(r.start(f.asks(wire.DNSA, "a.test"))); res.Text != "A a.test: no such name (NXDOMAIN): "+f.addr {
		t.Fatal(res.Text)
	}
}

// raw answers with bytes that a function makes of the right answer.
func raw(t *testing.T, spoil func(packed []byte) []byte) handler {
	t.Helper()
	rr, err := dns.NewRR("a.test. 60 IN A 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return func(w dns.ResponseWriter, m *dns.Msg, _ string) {
		reply := new(dns.Msg).SetReply(m)
		reply.Answer = []dns.RR{rr}
		packed, err := reply.Pack()
		if err != nil {
			panic(err)
		}
		_, _ = w.Write(spoil(packed))
	}
}

func TestAGarbledAnswerIsTheServersFailure(t *testing.T) {
	r := newRig(t)
	f := newFake(t, raw(t, func(p []byte) []byte { return p[:len(p)-2] }))
	r.says(f.asks(wire.DNSA, "a.test"), "-21/5 A a.test: the answer is garbled")
	f = newFake(t, raw(t, func(p []byte) []byte {
		p[24], p[25] = 0xc0, 24 // the name of the record points at itself
		return p
	}))
	r.says(f.asks(wire.DNSA, "a.test"), "-21/5 A a.test: the answer is garbled")
}

func TestARecordThatIsCountedAndNotThereIsGarbled(t *testing.T) {
	r := newRig(t)
	f := newFake(t, raw(t, func(p []byte) []byte { return p[:12+8+4] }))
	r.says(f.asks(wire.DNSA, "a.test"), "-21/5 A a.test: the answer is garbled")
}

func TestWhatAnswersAnotherQuestionIsNotLookedAt(t *testing.T) {
	r := newRig(t)
	for name, spoil := range map[string]func(m *dns.Msg){
		"another id":    func(m *dns.Msg) { m.Id++ },
		"another name":  func(m *dns.Msg) { m.Question[0].Name = "b.test." },
		"another type":  func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeMX },
		"another class": func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
		"no question":   func(m *dns.Msg) { m.Question = nil },
		"two questions": func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
		"a question":    func(m *dns.Msg) { m.Response = false },
	} {
		wrong, _ := dns.NewRR("a.test. 60 IN A 192.0.2.66")
		right, _ := dns.NewRR("a.test. 60 IN A 192.0.2.1")
		f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, _ string) {
			reply := new(dns.Msg).SetReply(m)
			reply.Answer = []dns.RR{wrong}
			spoil(reply)
			_ = w.WriteMsg(reply)
			_, _ = w.Write([]byte("short"))
			reply = new(dns.Msg).SetReply(m)
			reply.Answer = []dns.RR{right}
			_ = w.WriteMsg(reply)
		})
		t.Run(name, func(*testing.T) { r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 60") })
	}
}

func TestAnAnswerFromAnotherAddressIsNotLookedAt(t *testing.T) {
	r := newRig(t)
	other, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	right := zone(t, "a.test. 60 IN A 192.0.2.1")
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
		reply := new(dns.Msg).SetReply(m)
		wrong, _ := dns.NewRR("a.test. 60 IN A 192.0.2.66")
		reply.Answer = []dns.RR{wrong}
		packed, _ := reply.Pack()
		_, _ = other.WriteTo(packed, w.RemoteAddr())
		right(w, m, over)
	})
	r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 60")
}

func TestRecordsOfOtherNamesAreLeftOut(t *testing.T) {
	r := newRig(t)
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, _ string) {
		reply := new(dns.Msg).SetReply(m)
		for _, line := range []string{"b.test. 60 IN A 192.0.2.66", "a.test. 60 CH A 192.0.2.67", "a.test. 60 IN A 192.0.2.1"} {
			rr, err := dns.NewRR(line)
			if err != nil {
				panic(err)
			}
			reply.Answer = append(reply.Answer, rr)
		}
		_ = w.WriteMsg(reply)
	})
	r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 60")
}

func TestATtlIsTheLeastOnTheWay(t *testing.T) {
	r := newRig(t)
	f := newFake(t, zone(t, "a.test. 30 IN CNAME b.test.", "b.test. 60 IN A 192.0.2.1", "c.test. 4294967295 IN A 192.0.2.2"))
	r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 30")
	r.says(f.asks(wire.DNSA, "c.test"), "A 192.0.2.2")
}

func TestALongAnswerComesOverTCP(t *testing.T) {
	r := newRig(t)
	var lines []string
	for i := range 250 { // more than 50 KiB
		lines = append(lines, fmt.Sprintf("a.test. 60 IN TXT \"%0200d\"", i))
	}
	whole := zone(t, lines...)
	for _, cut := range []bool{false, true} {
		f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
			if over == "tcp" {
				whole(w, m, over)
				return
			}
			reply := new(dns.Msg).SetReply(m)
			reply.Truncated = true
			packed, _ := reply.Pack()
			if cut { // in the middle of a record that is counted
				binary.BigEndian.PutUint16(packed[6:], 1)
			}
			_, _ = w.Write(packed)
		})
		if res := r.wait(r.start(f.asks(wire.DNSTXT, "a.test"))); res.Count != 250 {
			t.Fatalf("%d records: %s", res.Count, describe(res))
		}
		if f.tcp.Load() != 1 {
			t.Fatalf("%d questions over TCP", f.tcp.Load())
		}
	}
}

func TestAServerThatHangsUpOverTCPIsToldOf(t *testing.T) {
	r := newRig(t)
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
		if over == "tcp" {
			_ = w.Close()
			return
		}
		reply := new(dns.Msg).SetReply(m)
		reply.Truncated = true
		_ = w.WriteMsg(reply)
	})
	r.says(f.asks(wire.DNSA, "a.test"), "-21/5 A a.test: the server hung up")
}

func TestASilentServerIsTriedAndThenTheNext(t *testing.T) {
	r := newRig(t)
	dumb := newFake(t, silent)
	good := newFake(t, zone(t, "a.test. 60 IN A 192.0.2.1"))
	spec := dumb.asks(wire.DNSA, "a.test")
	spec.Tries, spec.Try = 3, time.Millisecond
	r.says(spec, "-12/0 A a.test: no answer")
	if n := dumb.asked.Load(); n > 3 {
		t.Fatalf("asked %d times", n)
	}
	spec.Servers = dumb.addr + ", " + good.addr
	spec.Try = 100 * time.Millisecond
	for spec.Tries = 1; ; spec.Try *= 2 { // a machine under load may be silent, too
		if got := r.told(spec); got == "A 192.0.2.1 ttl 60" {
			break
		} else if spec.Try > patience {
			t.Fatal(got)
		}
	}
}

func TestATryThatEndsBeforeItBeginsIsSilence(t *testing.T) {
	r := newRig(t)
	f := newFake(t, silent)
	for try := time.Duration(1); try < time.Millisecond; try *= 2 {
		spec := f.asks(wire.DNSA, "a.test")
		spec.Try = try
		r.says(spec, "-12/0 A a.test: no answer")
	}
}

func TestWhatAServerSaidCountsMoreThanSilence(t *testing.T) {
	r := newRig(t)
	failing, dumb := newFake(t, rcode(dns.RcodeServerFailure)), newFake(t, silent)
	spec := failing.asks(wire.DNSA, "a.test")
	spec.Try = 200 * time.Millisecond
	for spec.Servers = failing.addr + " " + dumb.addr; ; spec.Try *= 2 {
		if got := r.told(spec); got == "-21/3 A a.test: the server failed (SERVFAIL)" {
			break
		} else if spec.Try > patience {
			t.Fatal(got)
		}
	}
	gone := newFake(t, rcode(dns.RcodeNameError))
	spec.Servers, spec.Try = gone.addr+" "+failing.addr, patience
	r.says(spec, "-21/1 A a.test: no such name (NXDOMAIN)")
	if failing.asked.Load() < 1 {
		t.Fatal("the failing server was not asked")
	}
}

func TestAServerThatIsNotThereIsRefused(t *testing.T) {
	r := newRig(t)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spec := Spec{What: wire.DNSQuery, Type: wire.DNSA, Name: "a.test", Servers: conn.LocalAddr().String(), Tries: 1, Try: patience}
	_ = conn.Close()
	r.says(spec, "-43/111 A a.test: connection refused")
}

func TestAnOldServerIsAskedWithoutExtensions(t *testing.T) {
	r := newRig(t)
	whole := zone(t, "a.test. 60 IN A 192.0.2.1")
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
		if m.IsEdns0() != nil {
			reply := new(dns.Msg).SetRcode(m, dns.RcodeFormatError)
			reply.Question = nil
			_ = w.WriteMsg(reply)
			return
		}
		whole(w, m, over)
	})
	r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 60")
}

func TestIdsAndPortsAreNotToBeGuessed(t *testing.T) {
	r := newRig(t)
	ids, ports := make(map[uint16]bool), make(map[string]bool)
	seen := make(chan struct{}, 1)
	seen <- struct{}{}
	whole := zone(t, "a.test. 60 IN A 192.0.2.1")
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
		<-seen
		ids[m.Id], ports[w.RemoteAddr().String()] = true, true
		seen <- struct{}{}
		whole(w, m, over)
	})
	for range 100 {
		r.says(f.asks(wire.DNSA, "a.test"), "A 192.0.2.1 ttl 60")
	}
	<-seen
	if len(ids) < 90 || len(ports) < 50 {
		t.Fatalf("%d ids, %d ports", len(ids), len(ports))
	}
}
