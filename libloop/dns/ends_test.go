// SPDX-License-Identifier: MIT

package dns

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

// hush is a server that answers nothing and says when it was asked.
func hush(t *testing.T) (*fake, chan struct{}) {
	asked := make(chan struct{}, 10_000)
	return newFake(t, func(dns.ResponseWriter, *dns.Msg, string) { asked <- struct{}{} }), asked
}

// settles waits until that many sockets are open and no goroutine of a question is left.
func (r *rig) settles(sockets int) {
	r.t.Helper()
	for late := time.Now().Add(patience); ; runtime.Gosched() {
		r.mu.Lock()
		running := r.running
		r.mu.Unlock()
		n := descriptors(r.t)
		if n == sockets && running == 0 {
			return
		}
		if time.Now().After(late) {
			r.t.Fatalf("%d sockets instead of %d, %d goroutines", n, sockets, running)
		}
	}
}

func TestACancelEndsTheAskingItself(t *testing.T) {
	r := newRig(t)
	f, asked := hush(t)
	r.toward(f)
	before := descriptors(t)
	for _, spec := range []Spec{f.asks(wire.DNSA, "a.test"), lookupOf("a.test.", 4, 0)} {
		id := r.start(spec)
		<-asked
		if descriptors(t) <= before {
			t.Fatal("there is no socket")
		}
		r.Cancel(id)
		r.settles(before) // a try would take as long as the patience of this
		if got := r.Collect(nil); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
		r.Cancel(id)
	}
}

func TestManyQuestionsTakeFewSocketsAndAllAreAnswered(t *testing.T) {
	r := newRig(t)
	hold := make(chan struct{})
	whole := zone(t, "a.test. 60 IN A 192.0.2.1")
	asked := make(chan struct{}, 10_000)
	f := newFake(t, func(w dns.ResponseWriter, m *dns.Msg, over string) {
		asked <- struct{}{}
		<-hold
		whole(w, m, over)
	})
	before := descriptors(t)
	var ids []uint64
	for range 1000 {
		ids = append(ids, r.start(f.asks(wire.DNSA, "a.test")))
	}
	for range most {
		<-asked
	}
	if n := descriptors(t) - before; n > most {
		t.Fatalf("%d sockets", n)
	}
	for _, id := range ids[900:] { // some of those that wait
		r.Cancel(id)
	}
	close(hold)
	for _, id := range ids[:900] {
		if got := describe(r.wait(id)); got != "A 192.0.2.1 ttl 60" {
			t.Fatal(got)
		}
	}
	r.settles(before)
	if f.asked.Load() != 900 || len(r.seen) != 900 || r.running != 0 {
		t.Fatalf("asked %d times, %d results, %d running", f.asked.Load(), len(r.seen), r.running)
	}
}

func TestCloseEndsWhatIsAskedAndWhatWaits(t *testing.T) {
	before := descriptors(t)
	goroutines := runtime.NumGoroutine()
	r := newRig(t)
	f, asked := hush(t)
	r.toward(f)
	for i := range most {
		r.start(f.asks(wire.DNSA, fmt.Sprintf("a%d.test", i)))
	}
	r.start(lookupOf("a.test.", 0, 0))
	for range most {
		<-asked
	}
	r.Close()
	if got := r.Collect(nil); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	if code := r.Start(1, lookupOf("127.0.0.1", 0, 0)); code != wire.ECLOSED {
		t.Fatal(code)
	}
	if n := descriptors(t) - before; n > 2 { // those of the server
		t.Fatalf("%d sockets", n)
	}
	if n := runtime.NumGoroutine() - goroutines; n > 20 {
		t.Fatalf("%d goroutines", n)
	}
}

func TestAbandonWaitsForNothing(t *testing.T) {
	r := newRig(t)
	f, asked := hush(t)
	before := descriptors(t)
	r.start(f.asks(wire.DNSA, "a.test"))
	<-asked
	r.Abandon()
	r.Abandon()
	r.settles(before)
	if got := r.Collect(nil); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestAPanicIsReported(t *testing.T) {
	r := newRig(t)
	r.aim = func(string, string) string { panic("aimed at nothing") }
	r.start(Spec{What: wire.DNSQuery, Type: wire.DNSA, Name: "a.test", Servers: "127.0.0.1:1", Tries: 1})
	if p := <-r.panics; !strings.Contains(p, "aimed at nothing") {
		t.Fatal(p)
	}
}

func TestAnswersOfAnyBytesAreReadOrRefused(t *testing.T) {
	// FuzzAnswers has the seeds.
	for i := range 2000 {
		tryAnswer(t, fmt.Appendf(nil, "%03d\x80\x00\x00\x01\x00\x01\x00\x00%d", i, i*i))
	}
}

func FuzzAnswers(f *testing.F) {
	for _, line := range []string{
		"a.test. 1 IN A 192.0.2.1", `a.test. 1 IN TXT "x" "\000\""`, "a.test. 1 IN MX 1 .", `a.test. 1 IN CAA 0 a "b"`,
		`a.test. 1 IN NAPTR 1 2 "a" "b" "c" d.`, "a.test. 1 IN CNAME a.test.", "a.test. 1 IN SOA a. b. 1 2 3 4 5",
	} {
		rr, err := dns.NewRR(line)
		if err != nil {
			f.Fatal(err)
		}
		m := new(dns.Msg).SetQuestion("a.test.", dns.TypeANY)
		m.Response, m.Answer = true, []dns.RR{rr}
		packed, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { tryAnswer(t, data) })
}

// tryAnswer reads bytes as the answer to a question for everything; whatever comes of it can be walked.
func tryAnswer(t *testing.T, data []byte) {
	if len(data) < 12 {
		return
	}
	asked := new(dns.Msg).SetQuestion("a.test.", dns.TypeANY)
	asked.Id = uint16(data[0])<<8 | uint16(data[1])
	m, f := open(data, asked)
	if m == nil || f != nil {
		return
	}
	a, f := read(m, "a.test.", dns.TypeANY)
	if f == nil && describe(Result{Data: a.data, Count: a.count}) == "" {
		t.Fatal("no record")
	}
}
