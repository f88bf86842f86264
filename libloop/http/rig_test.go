// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"fmt"
	"net"
	nethttp "net/http"
	"strings"
	"testing"
	"time"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// patience is how long a test waits for what must come. It is never waited for in a test that passes.
const patience = 60 * time.Second

// rig is a client as the engine would drive it: it collects after Notify.
type rig struct {
	Client
	t      *testing.T
	mem    wire.HeapMemory
	bell   chan struct{} // capacity 1
	panics chan string
	next   uint64
	seen   map[uint64][]Result
	manual map[uint64]bool // streams whose chunks are not delivered by themselves
}

func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	r := &rig{
		t: t, bell: make(chan struct{}, 1), panics: make(chan string, 100),
		seen: make(map[uint64][]Result), manual: make(map[uint64]bool),
	}
	cfg.Notify = func() {
		select {
		case r.bell <- struct{}{}:
		default:
		}
	}
	if cfg.Panic == nil {
		cfg.Panic = func(v any, stack []byte) { r.panics <- fmt.Sprintf("%v\n%s", v, stack) }
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	r.Client = c
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

// ask is a request in Go's words.
type ask struct {
	method, url, headers string
	body                 []byte
	flags                uint32
	maxBody              uint64
	maxHeader            uint32
	maxRedirects         uint32
	bodyAt               uintptr // memory to use for the body instead of a copy
}

func (r *rig) text(s string) uintptr {
	addr := r.mem.Alloc(uintptr(len(s)) + 1)
	copy(wire.Slice[byte](addr, len(s)+1), s)
	return addr
}

func (a ask) record(r *rig) *wire.HTTP {
	req := &wire.HTTP{
		Size: uint32(unsafe.Sizeof(wire.HTTP{})), Flags: a.flags, URL: r.text(a.url), MaxBody: a.maxBody,
		MaxHeader: a.maxHeader, MaxRedirects: a.maxRedirects,
	}
	if a.method != "" {
		req.Method = r.text(a.method)
	}
	if a.headers != "" {
		req.Headers = r.text(a.headers)
	}
	if a.body != nil {
		req.Body, req.BodyLen = a.bodyAt, uint64(len(a.body))
		if a.bodyAt == 0 {
			req.Body = r.text(string(a.body))
		}
	}
	return req
}

// start begins a request and overwrites and frees everything it was described with.
func (r *rig) start(a ask) uint64 {
	r.t.Helper()
	r.next++
	req := a.record(r)
	if code := r.Start(r.next, req, 0); code != wire.OK {
		r.t.Fatalf("Start: %d", code)
	}
	for _, addr := range []uintptr{req.Method, req.URL, req.Headers, req.Body} {
		if addr != 0 && addr != a.bodyAt {
			*wire.At[byte](addr) = '?'
			r.mem.Free(addr)
		}
	}
	*req = wire.HTTP{}
	return r.next
}

// collect takes what has arrived, and says so of chunks, as the engine does when it writes their events.
func (r *rig) collect() {
	r.t.Helper()
	for _, res := range r.Collect(nil) {
		before := r.seen[res.ID]
		if len(before) > 0 && before[len(before)-1].Kind == Done {
			r.t.Fatalf("id %d: a result after Done: %+v", res.ID, res)
		}
		r.seen[res.ID] = append(before, res)
		if res.Kind == Chunk && !r.manual[res.ID] {
			r.Delivered(res.ID, len(res.Data))
		}
	}
}

// until collects until a condition holds.
func (r *rig) until(what string, met func() bool) {
	r.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		r.collect()
		if met() {
			return
		}
		select {
		case <-r.bell:
		case <-limit.C:
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// done waits for the last result of an id.
func (r *rig) done(id uint64) Result {
	r.t.Helper()
	r.until(fmt.Sprintf("the end of id %d", id), func() bool {
		list := r.seen[id]
		return len(list) > 0 && list[len(list)-1].Kind == Done
	})
	list := r.seen[id]
	return list[len(list)-1]
}

// get makes a request and waits for its end.
func (r *rig) get(a ask) Result {
	r.t.Helper()
	return r.done(r.start(a))
}

// answers makes a request that must succeed and returns status, head and body.
func (r *rig) answers(a ask) (status int64, head, body string) {
	r.t.Helper()
	res := r.get(a)
	if res.Status != wire.OK {
		r.t.Fatalf("%s: status %d, %s", a.url, res.Status, res.Text)
	}
	return res.HTTPStatus, string(res.Data[:res.BodyOffset]), string(res.Data[res.BodyOffset:])
}

// fails makes a request that must fail with a code.
func (r *rig) fails(a ask, status int32) Result {
	r.t.Helper()
	res := r.get(a)
	if res.Status != status {
		r.t.Fatalf("%s: status %d (%q), want %d", a.url, res.Status, res.Text, status)
	}
	if status != wire.OK && (res.Data != nil || res.Text == "") {
		r.t.Fatalf("a failure has %d bytes of data and the text %q", len(res.Data), res.Text)
	}
	return res
}

// chunks sums up the data of a stream so far.
func (r *rig) chunks(id uint64) []byte {
	var all []byte
	for _, res := range r.seen[id] {
		if res.Kind == Chunk {
			all = append(all, res.Data...)
		}
	}
	return all
}

// raw is a server that does with each connection what a function says.
func raw(t *testing.T, serve func(conn *net.TCPConn)) (url string) {
	t.Helper()
	lis, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := lis.AcceptTCP()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = lis.Close()
		<-over
	})
	return "http://" + lis.Addr().String() + "/"
}

// readHead reads a request's head, byte by byte, so that nothing behind it is taken.
func readHead(conn net.Conn) string {
	var head []byte
	var b [1]byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		if _, err := conn.Read(b[:]); err != nil {
			return string(head)
		}
		head = append(head, b[0])
	}
	return string(head)
}

// says is a raw server that answers the same bytes to each connection's first request, then closes.
func says(t *testing.T, answer string) (url string) {
	return raw(t, func(conn *net.TCPConn) {
		readHead(conn)
		_, _ = conn.Write([]byte(answer))
	})
}

// untilGone reads until the client closes the connection.
func untilGone(conn net.Conn) {
	var buf [4096]byte
	for {
		if _, err := conn.Read(buf[:]); err != nil {
			return
		}
	}
}

// text answers with a string.
func text(body string) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		_, _ = w.Write([]byte(body))
	})
}

func headerOf(head, name string) (string, bool) {
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, v, ok := strings.Cut(line, ": "); ok && n == name {
			return v, true
		}
	}
	return "", false
}
