// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"libloop.dev/libloop/libloop/internal/wire"
)

// peer answers with the client's port: the same port is the same connection.
var peer = nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
	_, port, _ := net.SplitHostPort(q.RemoteAddr)
	_, _ = io.WriteString(w, port)
})

func TestConnectionsAreUsedAgain(t *testing.T) {
	s := serve(t, peer)
	r := newRig(t, Config{})
	_, _, first := r.answers(ask{url: s.URL})
	for range 10 {
		if _, _, next := r.answers(ask{url: s.URL, maxHeader: 900_000}); next != first {
			t.Fatalf("port %s, then %s", first, next)
		}
	}
	id := r.start(ask{url: s.URL, flags: wire.HTTPStream})
	if r.done(id); string(r.chunks(id)) != first {
		t.Fatalf("port %s, then %s", first, r.chunks(id))
	}
}

func TestNoKeepaliveClosesTheConnection(t *testing.T) {
	var close atomic.Bool
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		close.Store(q.Close)
		peer(w, q)
	}))
	r := newRig(t, Config{})
	_, _, first := r.answers(ask{url: s.URL, flags: wire.HTTPNoKeepalive})
	if !close.Load() {
		t.Fatal("the server was not told")
	}
	if _, _, second := r.answers(ask{url: s.URL}); second == first {
		t.Fatalf("port %s twice", first)
	}
}

func TestAConnectionClosedWhileIdleIsReplaced(t *testing.T) {
	// Each connection answers once, says that it stays, and closes.
	gone := make(chan struct{}, 10)
	url := raw(t, func(conn *net.TCPConn) {
		readHead(conn)
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
		_ = conn.Close()
		gone <- struct{}{}
	})
	r := newRig(t, Config{})
	for range 5 {
		if _, _, body := r.answers(ask{url: url}); body != "ok" {
			t.Fatalf("body %q", body)
		}
		<-gone
	}
}

func TestBytesOutOfTurnNeitherHarmNorPrint(t *testing.T) {
	var printed bytes.Buffer
	log.SetOutput(&printed)
	gone := make(chan struct{})
	url := raw(t, func(conn *net.TCPConn) {
		readHead(conn)
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and what nobody asked for"))
		untilGone(conn)
		gone <- struct{}{}
	})
	r := newRig(t, Config{})
	for range 5 {
		if _, _, body := r.answers(ask{url: url}); body != "ok" {
			t.Fatalf("body %q", body)
		}
		<-gone // the client gives the connection up by itself
	}
	r.Close()
	if log.Writer() != io.Discard || printed.Len() != 0 {
		t.Fatalf("the log goes to %T and has %q", log.Writer(), printed.String())
	}
}

func TestABorrowedBodyIsSentWhole(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		body, _ := io.ReadAll(q.Body)
		if q.URL.Path == "/" {
			nethttp.Redirect(w, q, "/again", nethttp.StatusPermanentRedirect)
			return
		}
		_, _ = w.Write(body)
	}))
	body := bytes.Repeat([]byte("0123456789"), 100_000)
	r := newRig(t, Config{})
	memory := r.mem.Alloc(uintptr(len(body)))
	copy(wire.Slice[byte](memory, len(body)), body)
	_, _, got := r.answers(ask{
		method: "POST", url: s.URL, body: body, bodyAt: memory, flags: wire.HTTPBorrowBody | wire.HTTPFollow,
	})
	if got != string(body) {
		t.Fatalf("%d bytes came back", len(got))
	}
}

// ours counts the goroutines that this package or net/http's client runs.
func ours() int {
	var b bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&b, 2)
	n := 0
	for stack := range strings.SplitSeq(b.String(), "\n\n") {
		for _, mark := range []string{"(*persistConn).", "(*Transport).", "(*exchange).", "(*client)."} {
			if strings.Contains(stack, mark) && !strings.Contains(stack, "testing.tRunner") {
				n++
				break
			}
		}
	}
	return n
}

// settle waits until no such goroutine is left: net/http's end a moment after their connections.
func settle(t *testing.T) {
	t.Helper()
	for limit := time.Now().Add(patience); ours() > 0; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("%d goroutines are left", ours())
		}
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	s := serve(t, peer)
	r := newRig(t, Config{})
	for range 20 {
		r.start(ask{url: s.URL})
	}
	r.until("the answers", func() bool { return len(r.seen) == 20 })
	if ours() == 0 {
		t.Fatal("no idle connection: nothing is tested")
	}
	r.Close()
	settle(t)
}

func TestCloseEndsRequestsAtEveryStage(t *testing.T) {
	for name, server := range stages(t) {
		t.Run(name, func(t *testing.T) {
			reached := make(chan struct{}, 10)
			url := server(reached)
			var late atomic.Int64
			r := newRig(t, Config{})
			inner := r.Client.(*client).cfg.Notify
			closed := atomic.Bool{}
			r.Client.(*client).cfg.Notify = func() {
				if closed.Load() {
					late.Add(1)
				}
				inner()
			}
			r.start(ask{url: url})
			r.start(ask{url: url, flags: wire.HTTPStream})
			<-reached
			r.Close()
			closed.Store(true)
			if got := r.Collect(nil); got != nil {
				t.Fatalf("results after Close: %+v", got)
			}
			if code := r.Start(99, ask{url: url}.record(r), 0); code != wire.ECLOSED {
				t.Fatalf("Start after Close: %d", code)
			}
			r.Cancel(1)
			r.Delivered(2, 1)
			r.Close()
			settle(t)
			if late.Load() != 0 {
				t.Fatal("Notify was called after Close")
			}
		})
	}
}

func TestManyRequestsEndOnceEach(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		_, _ = w.Write(make([]byte, 50_000))
	}))
	r := newRig(t, Config{})
	const n = 150
	for i := range n {
		id := r.start(ask{url: s.URL, flags: uint32(i%2) * wire.HTTPStream})
		if i%5 == 0 {
			r.Cancel(id)
		}
	}
	for id := uint64(1); id <= n; id++ {
		if res := r.done(id); res.Status != wire.OK && (res.Status != wire.ECANCELED || (id-1)%5 != 0) {
			t.Fatalf("id %d: status %d, %s", id, res.Status, res.Text)
		}
	}
}

func TestTheEnvironmentNamesNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	r := newRig(t, Config{})
	// net/http never uses the environment's proxy for loopback addresses, so the setting itself is looked at.
	c := r.Client.(*client)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.transportFor(kind{headLimit: least}).Proxy != nil {
		t.Fatal("the transport asks for a proxy")
	}
}
