// SPDX-License-Identifier: MIT

package dns

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

func lookupOf(name string, family, flags uint32) Spec {
	return Spec{What: wire.DNSLookup, Name: name, Family: family, Flags: flags}
}

// toward has lookups ask a fake server, whatever the system's configuration says.
func (r *rig) toward(f *fake) { r.aim = func(string, string) string { return f.addr } }

func TestALiteralIsAnsweredAtOnce(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		name   string
		family uint32
		want   string
	}{
		{"127.0.0.1", 0, "A 127.0.0.1"},
		{"127.0.0.1", 4, "A 127.0.0.1"},
		{"127.0.0.1", 6, "-21/1 lookup 127.0.0.1: no address of this family"},
		{"2001:DB8::1", 0, "AAAA 2001:db8::1"},
		{"2001:db8::1", 4, "-21/1 lookup 2001:db8::1: no address of this family"},
		{"::ffff:192.0.2.1", 0, "A 192.0.2.1"},
		{"fe80::1%lo", 6, "AAAA fe80::1 1"},
		{"fe80::1%7", 6, "AAAA fe80::1 7"},
		{"fe80::1%nothing", 0, "AAAA fe80::1"},
	} {
		id := r.start(lookupOf(c.name, c.family, 0))
		got := r.Collect(nil)
		if len(got) != 1 || got[0].ID != id || describe(got[0]) != c.want {
			t.Fatalf("%s: %+v, want %s", c.name, got, c.want)
		}
		if r.running != 0 {
			t.Fatal("a goroutine was started")
		}
	}
}

func TestANameThatIsNoneIsAskedOfNobody(t *testing.T) {
	r := newRig(t)
	f := newFake(t, silent)
	r.toward(f)
	for _, name := range []string{
		"", ".", "..", "a..test", ".test", strings.Repeat("a", 64) + ".test", strings.Repeat("a.", 127) + "ab",
		"a b", "a\nb", "a\x7fb", "\xff\xfe.test", "127.1", "1.2.3.4.5", "0x7f.0.0.1", "a.0xff", "123", "127.0.0.1.",
		"１２７.0.0.1",
	} {
		for _, spec := range []Spec{lookupOf(name, 0, 0), f.asks(wire.DNSA, name)} {
			if spec.What == wire.DNSQuery && (name == "." || endsInNumber(name) || name == "１２７.0.0.1") {
				continue // names like others, for DNS
			}
			if spec.What == wire.DNSLookup && name == "." {
				continue
			}
			r.start(spec)
			got := r.Collect(nil)
			if len(got) != 1 || got[0].Status != wire.EDNS || got[0].Aux != wire.DNSBadName ||
				!strings.HasSuffix(got[0].Text, ": this is no name") || len(got[0].Text) > 300 {
				t.Fatalf("%q: %+v", name, got)
			}
		}
	}
	if f.asked.Load() != 0 {
		t.Fatal("somebody was asked")
	}
}

func TestTheLongestNamesAreAsked(t *testing.T) {
	r := newRig(t)
	label := strings.Repeat("a", 63)
	name := label + "." + label + "." + label + "." + label[:61]
	f := newFake(t, zone(t, name+". 60 IN A 192.0.2.1", ". 60 IN NS a.test."))
	r.says(f.asks(wire.DNSA, name), "A 192.0.2.1 ttl 60")
	r.says(f.asks(wire.DNSA, name+"."), "A 192.0.2.1 ttl 60")
	r.says(f.asks(wire.DNSNS, "."), `NS "a.test" ttl 60`)
}

func TestANameThatIsNotASCIIIsAskedInItsIDNAForm(t *testing.T) {
	r := newRig(t)
	f := newFake(t, zone(t, "xn--bcher-kva.test. 60 IN A 192.0.2.1", "_x._tcp.xn--strae-oqa.test. 60 IN SRV 1 2 3 a."))
	r.toward(f)
	r.says(f.asks(wire.DNSA, "Bücher.test"), "A 192.0.2.1 ttl 60")
	r.says(f.asks(wire.DNSA, "bücher。test"), "A 192.0.2.1 ttl 60")
	r.says(f.asks(wire.DNSSRV, "_x._tcp.straße.test"), `SRV 1 2 3 "a" ttl 60`)
	r.says(lookupOf("bücher.test.", 4, 0), "A 192.0.2.1")
}

func TestLocalhostIsNeverAskedFor(t *testing.T) {
	r := newRig(t)
	f := newFake(t, silent)
	r.toward(f)
	for _, name := range []string{"localhost", "LOCALHOST.", "anything.localhost", "any.thing.localhost."} {
		r.says(lookupOf(name, 4, 0), "A 127.0.0.1")
		got := r.told(lookupOf(name, 0, wire.DNSIPv4First))
		if got != "A 127.0.0.1; AAAA ::1" && got != "A 127.0.0.1" { // as the hosts file has it
			t.Fatal(got)
		}
	}
	r.says(lookupOf("anything.localhost", 6, wire.DNSIPv4First), "AAAA ::1")
	r.says(lookupOf("anything.localhost", 0, wire.DNSIPv6First), "AAAA ::1; A 127.0.0.1")
	if f.asked.Load() != 0 {
		t.Fatal("somebody was asked")
	}
}

func TestALookupGivesBothFamiliesInTheOrderAskedFor(t *testing.T) {
	r := newRig(t)
	r.toward(newFake(t, zone(t,
		"a.test. 60 IN A 127.0.0.2", "a.test. 60 IN AAAA ::1", "a.test. 60 IN A 127.0.0.3",
		"four.test. 60 IN A 127.0.0.2", "www.test. 60 IN CNAME a.test.")))
	r.says(lookupOf("a.test.", 0, wire.DNSIPv4First), "A 127.0.0.2; A 127.0.0.3; AAAA ::1")
	r.says(lookupOf("a.test.", 0, wire.DNSIPv6First), "AAAA ::1; A 127.0.0.2; A 127.0.0.3")
	r.says(lookupOf("www.test.", 4, 0), "A 127.0.0.2; A 127.0.0.3")
	r.says(lookupOf("a.test.", 6, 0), "AAAA ::1")
	r.says(lookupOf("four.test.", 0, 0), "A 127.0.0.2")
	r.says(lookupOf("four.test.", 6, 0), "-21/1 lookup four.test.: no such host")
}

func TestALookupWithoutAnswerHasAName(t *testing.T) {
	r := newRig(t)
	r.toward(newFake(t, rcode(dns.RcodeNameError)))
	r.says(lookupOf("a.test.", 0, 0), "-21/1 lookup a.test.: no such host")
	r.toward(newFake(t, rcode(dns.RcodeServerFailure)))
	r.says(lookupOf("a.test.", 0, 0), "-21/3 lookup a.test.: server misbehaving")
}

func TestAnAddressHasTheNamesOfItsPTRRecords(t *testing.T) {
	r := newRig(t)
	f := newFake(t, zone(t,
		"1.2.0.192.in-addr.arpa. 60 IN PTR a.test.", "1.2.0.192.in-addr.arpa. 60 IN PTR b.test.",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 60 IN PTR six.test."))
	ask := func(address string) Spec {
		return Spec{What: wire.DNSReverse, Name: address, Servers: f.addr, Tries: 1, Try: patience}
	}
	r.says(ask("192.0.2.1"), `PTR "a.test" ttl 60; PTR "b.test" ttl 60`)
	r.says(ask("::ffff:192.0.2.1"), `PTR "a.test" ttl 60; PTR "b.test" ttl 60`)
	r.says(ask("2001:db8::1"), `PTR "six.test" ttl 60`)
	r.says(ask("192.0.2.2"), "-21/1 reverse 192.0.2.2: no such name (NXDOMAIN)")
	for _, address := range []string{"", "a.test", "192.0.2", "192.0.2.1:53", "[::1]"} {
		r.says(ask(address), "-1/0 reverse "+address+": no address")
	}
	asked := f.asked.Load()
	if got := r.told(ask("127.0.0.1")); !strings.HasPrefix(got, `PTR "`) || f.asked.Load() != asked {
		t.Fatal(got) // of the hosts file
	}
}

func TestServersAreReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":                 "192.0.2.1:53",
		"192.0.2.1:5353":            "192.0.2.1:5353",
		"2001:db8::1":               "[2001:db8::1]:53",
		"[2001:db8::1]":             "[2001:db8::1]:53",
		"[fe80::1%lo]:1, 192.0.2.1": "[fe80::1%lo]:1 192.0.2.1:53",
		" 192.0.2.1\t192.0.2.2,":    "192.0.2.1:53 192.0.2.2:53",
	} {
		list, err := parseServers(text)
		if err != nil {
			t.Fatal(text, err)
		}
		var got []string
		for _, one := range list {
			got = append(got, one.String())
		}
		if strings.Join(got, " ") != want {
			t.Fatalf("%q: %q, want %q", text, got, want)
		}
	}
	r := newRig(t)
	for _, text := range []string{
		" ", "localhost", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1;192.0.2.2", strings.Repeat("192.0.2.1 ", 17), strings.Repeat("x", 1000),
	} {
		res := r.wait(r.start(Spec{What: wire.DNSQuery, Type: wire.DNSA, Name: "a.test", Servers: text}))
		if res.Status != wire.EINVAL || len(res.Text) > 200 {
			t.Fatalf("%q: %+v", text, res)
		}
	}
}

func TestResolvConfSaysWhomToAsk(t *testing.T) {
	r := newRig(t)
	r.conf = filepath.Join(t.TempDir(), "resolv.conf")
	q := &question{}
	s, err := q.serversOf(r.resolver)
	if err != nil || len(s.list) != 1 || s.list[0].String() != "127.0.0.1:53" || s.tries != 2 || s.try.String() != "5s" {
		t.Fatalf("%+v %v", s, err)
	}
	text := "nameserver 192.0.2.1\nnameserver nonsense\nnameserver fe80::1%lo\noptions timeout:7 attempts:3\n"
	if err := os.WriteFile(r.conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err = q.serversOf(r.resolver)
	if err != nil || len(s.list) != 2 || s.list[1].String() != "[fe80::1%lo]:53" || s.tries != 3 || s.try.String() != "7s" {
		t.Fatalf("%+v %v", s, err)
	}
	q.Servers, q.Tries, q.Try = "192.0.2.9:9", 1, 1
	s, err = q.serversOf(r.resolver)
	if err != nil || len(s.list) != 1 || s.list[0].String() != "192.0.2.9:9" || s.tries != 1 || s.try != 1 {
		t.Fatalf("%+v %v", s, err)
	}
}
