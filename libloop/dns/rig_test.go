// SPDX-License-Identifier: MIT

package dns

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

// patience is how long a test waits for what must come. It is never waited for in a test that passes.
const patience = 60 * time.Second

// rig is a resolver as the engine would drive it: it collects after Notify.
type rig struct {
	*resolver
	t      *testing.T
	bell   chan struct{} // capacity 1
	panics chan string
	next   uint64
	seen   map[uint64]Result
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, bell: make(chan struct{}, 1), panics: make(chan string, 10), seen: make(map[uint64]Result)}
	r.resolver = newResolver(Config{
		Notify: func() {
			select {
			case r.bell <- struct{}{}:
			default:
			}
		},
		Panic: func(v any, stack []byte) { r.panics <- fmt.Sprintf("%v\n%s", v, stack) },
	})
	t.Cleanup(func() {
		r.Close()
		select {
		case p := <-r.panics:
			t.Errorf("panic: %s", p)
		default:
		}
	})
	return r
}

// start begins a question and gives its id.
func (r *rig) start(spec Spec) uint64 {
	r.t.Helper()
	r.next++
	if code := r.Start(r.next, spec); code != wire.OK {
		r.t.Fatalf("Start: %d", code)
	}
	return r.next
}

// wait gives the result of a question.
func (r *rig) wait(id uint64) Result {
	r.t.Helper()
	late := time.After(patience)
	for {
		for _, res := range r.Collect(nil) {
			if _, twice := r.seen[res.ID]; twice {
				r.t.Fatalf("two results of %d", res.ID)
			}
			r.seen[res.ID] = res
		}
		if res, ok := r.seen[id]; ok {
			return res
		}
		select {
		case <-r.bell:
		case <-late:
			r.t.Fatalf("no result of %d", id)
		}
	}
}

// told says in one line what a question came to.
func (r *rig) told(spec Spec) string {
	r.t.Helper()
	return describe(r.wait(r.start(spec)))
}

// says fails unless a question comes to that.
func (r *rig) says(spec Spec, want string) {
	r.t.Helper()
	if got := r.told(spec); got != want {
		r.t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// describe writes a result, without the address of a server.
func describe(res Result) string {
	if res.Status != wire.OK {
		text := res.Text
		if at := strings.Index(text, ": 127.0.0.1:"); at >= 0 {
			text = text[:at]
		}
		return fmt.Sprintf("%d/%d %s", res.Status, res.Aux, text)
	}
	var all []string
	for data := res.Data; len(data) > 0; {
		rec := (*wire.DNSRecord)(unsafe.Pointer(&data[0]))
		all = append(all, describeRecord(rec, data[recordSize:rec.Size]))
		data = data[rec.Size:]
	}
	if len(all) != res.Count {
		return fmt.Sprintf("%d records are counted as %d", len(all), res.Count)
	}
	return strings.Join(all, "; ")
}

func describeRecord(rec *wire.DNSRecord, rest []byte) string {
	text := dns.TypeToString[rec.Type]
	switch rec.Family {
	case 4:
		text += " " + netip.AddrFrom4([4]byte(rec.IP[:4])).String()
	case 6:
		text += " " + netip.AddrFrom16(rec.IP).String()
	}
	for _, n := range []uint32{
		uint32(rec.Priority), uint32(rec.Weight), uint32(rec.Port), uint32(rec.Flags), rec.Serial, rec.Refresh,
		rec.Retry, rec.Expire, rec.Minimum, rec.Scope,
	} {
		if n != 0 {
			text += fmt.Sprintf(" %d", n)
		}
	}
	for range rec.TextCount {
		n := int(*(*uint16)(unsafe.Pointer(&rest[0])))
		text += fmt.Sprintf(" %q", rest[2:2+n])
		if rest[2+n] != 0 {
			text += " without its NUL"
		}
		rest = rest[2+n+1:]
	}
	if rec.TTL != 0 {
		text += fmt.Sprintf(" ttl %d", rec.TTL)
	}
	return text
}

// fake is a DNS server that does what a test says, over UDP and TCP on one port.
type fake struct {
	addr  string
	asked atomic.Int32 // messages
	tcp   atomic.Int32 // of those over TCP
}

// handler answers a message; over says "udp" or "tcp".
type handler func(w dns.ResponseWriter, m *dns.Msg, over string)

func newFake(t *testing.T, handle handler) *fake {
	t.Helper()
	f := &fake{}
	for try := 0; ; try++ {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f.addr = conn.LocalAddr().String()
		listener, err := net.Listen("tcp", f.addr)
		if err != nil && try < 100 { // somebody else has the port
			_ = conn.Close()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		f.serve(t, &dns.Server{PacketConn: conn}, "udp", handle)
		f.serve(t, &dns.Server{Listener: listener}, "tcp", handle)
		return f
	}
}

func (f *fake) serve(t *testing.T, s *dns.Server, over string, handle handler) {
	t.Helper()
	s.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		f.asked.Add(1)
		if over == "tcp" {
			f.tcp.Add(1)
		}
		handle(w, m, over)
	})
	up := make(chan struct{})
	s.NotifyStartedFunc = func() { close(up) }
	go func() { _ = s.ActivateAndServe() }()
	<-up
	t.Cleanup(func() { _ = s.Shutdown() })
}

// asks is a query to the server.
func (f *fake) asks(qtype uint16, name string) Spec {
	return Spec{What: wire.DNSQuery, Type: qtype, Name: name, Servers: f.addr, Tries: 1, Try: 30 * patience}
}

// zone answers with what lines in the form of a zone file say, NXDOMAIN for other names.
func zone(t *testing.T, lines ...string) handler {
	t.Helper()
	var all []dns.RR
	for _, line := range lines {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rr)
	}
	return func(w dns.ResponseWriter, m *dns.Msg, _ string) {
		q := m.Question[0]
		reply := new(dns.Msg).SetReply(m)
		reply.RecursionAvailable = true
		reply.Rcode = dns.RcodeNameError
		for name, n := dns.CanonicalName(q.Name), 0; name != "" && n < 4; n++ {
			next := ""
			for _, rr := range all {
				h := rr.Header()
				if dns.CanonicalName(h.Name) != name {
					continue
				}
				reply.Rcode = dns.RcodeSuccess
				alias, isAlias := rr.(*dns.CNAME)
				if h.Rrtype == q.Qtype || q.Qtype == dns.TypeANY || isAlias {
					reply.Answer = append(reply.Answer, rr)
				}
				if isAlias && q.Qtype != dns.TypeCNAME && q.Qtype != dns.TypeANY {
					next = dns.CanonicalName(alias.Target)
				}
			}
			name = next
		}
		_ = w.WriteMsg(reply)
	}
}

// rcode answers that.
func rcode(n int) handler {
	return func(w dns.ResponseWriter, m *dns.Msg, _ string) { _ = w.WriteMsg(new(dns.Msg).SetRcode(m, n)) }
}

func silent(dns.ResponseWriter, *dns.Msg, string) {}

// descriptors counts the open sockets of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(names, func(name string) bool {
		to, err := os.Readlink(name)
		return err != nil || !strings.HasPrefix(to, "socket:")
	}))
}
