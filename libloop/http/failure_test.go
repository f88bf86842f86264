// SPDX-License-Identifier: MIT

package http

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestARefusedConnectionIsECONNREFUSED(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := lis.Addr().String()
	_ = lis.Close()
	r := newRig(t, Config{})
	res := r.fails(ask{url: "http://" + addr + "/x"}, wire.ECONNREFUSED)
	if res.Errno != int64(syscall.ECONNREFUSED) || !strings.HasPrefix(res.Text, "GET http://"+addr+"/x: ") {
		t.Fatalf("errno %d, %q", res.Errno, res.Text)
	}
}

func TestAResetConnectionIsECONNRESET(t *testing.T) {
	seen := make(chan struct{})
	for name, answer := range map[string]string{
		"before the head": "",
		"in the body":     "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome",
	} {
		t.Run(name, func(t *testing.T) {
			url := raw(t, func(conn *net.TCPConn) {
				readHead(conn)
				if answer != "" {
					_, _ = conn.Write([]byte(answer))
					<-seen
				}
				_ = conn.SetLinger(0)
			})
			r := newRig(t, Config{})
			id := r.start(ask{url: url, flags: wire.HTTPStream})
			if answer != "" {
				r.until("the first chunk", func() bool { return string(r.chunks(id)) == "some" })
				seen <- struct{}{}
			}
			res := r.done(id)
			if res.Status != wire.ECONNRESET || res.Errno != int64(syscall.ECONNRESET) {
				t.Fatalf("status %d, errno %d, %s", res.Status, res.Errno, res.Text)
			}
		})
	}
}

func TestAnswersThatAreNotHTTP(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for _, c := range []struct {
		name, answer string
		status       int32
	}{
		{"garbage", "SSH-2.0-OpenSSH_9.2\r\n\r\n", wire.EHTTP},
		{"binary garbage", "\x00\x01\x02\xff\xfe\r\n\r\n", wire.EHTTP},
		{"a status that is no number", "HTTP/1.1 abc OK\r\n\r\n", wire.EHTTP},
		{"an unknown version", "HTTP/x.y 200 OK\r\n\r\n", wire.EHTTP},
		{"a header without a colon", ok + "no colon here\r\n\r\n", wire.EHTTP},
		{"a length that is no number", ok + "Content-Length: ten\r\n\r\n", wire.EHTTP},
		{"two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", wire.EHTTP},
		{"an unknown transfer coding", ok + "Transfer-Encoding: secret\r\n\r\n", wire.EHTTP},
		{"a chunk size that is no number", ok + "Transfer-Encoding: chunked\r\n\r\nhello\r\n", wire.EHTTP},
		{"a chunk without its end", ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n", wire.EHTTP},
		{"a chunk size too large", ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", wire.EHTTP},
		{"nothing", "", wire.EOF},
		{"half a status line", "HTTP/1.1 20", wire.EHTTP},
		{"half a head", ok + "X-One: 1\r\n", wire.EOF},
		{"half a body", ok + "Content-Length: 10\r\n\r\n12345", wire.EOF},
		{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\na\r\n12345", wire.EOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := says(t, c.answer)
			r := newRig(t, Config{})
			r.fails(ask{url: url}, c.status)
			r.fails(ask{url: url, flags: wire.HTTPStream}, c.status)
		})
	}
}

// TestAnEndlessHeadIsETOOBIG has servers that never stop, so only the limit can end the request.
func TestAnEndlessHeadIsETOOBIG(t *testing.T) {
	for name, piece := range map[string]string{
		"lines":       "X-More: and more\r\n",
		"one line":    "xxxxxxxxxxxxxxxx",
		"status line": "",
	} {
		t.Run(name, func(t *testing.T) {
			url := raw(t, func(conn *net.TCPConn) {
				readHead(conn)
				begin := "HTTP/1.1 200 OK\r\nX: "
				if piece == "" {
					begin, piece = "HTTP/1.1 200 ", "yyyyyyyyyyyyyyyy"
				}
				_, err := conn.Write([]byte(begin))
				many := []byte(strings.Repeat(piece, 1024))
				for err == nil {
					_, err = conn.Write(many)
				}
			})
			r := newRig(t, Config{})
			r.fails(ask{url: url, maxHeader: 100}, wire.ETOOBIG)
			res := r.fails(ask{url: url}, wire.ETOOBIG)
			if !strings.HasSuffix(res.Text, errHead.Error()) {
				t.Fatalf("text %q", res.Text)
			}
		})
	}
}

func TestAnEndlessBodyIsETOOBIG(t *testing.T) {
	url := raw(t, func(conn *net.TCPConn) {
		readHead(conn)
		_, err := conn.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		many := make([]byte, 64<<10)
		for err == nil {
			_, err = conn.Write(many)
		}
	})
	r := newRig(t, Config{})
	r.fails(ask{url: url, maxBody: 1 << 20}, wire.ETOOBIG)
	r.fails(ask{url: url, maxBody: 1 << 20, flags: wire.HTTPStream}, wire.ETOOBIG)
}

func TestANameThatCannotBeIsEDNS(t *testing.T) {
	r := newRig(t, Config{})
	r.fails(ask{url: "http://two..dots/"}, wire.EDNS)
}

func TestTheTextHidesThePasswordAndIsShort(t *testing.T) {
	r := newRig(t, Config{})
	res := r.fails(ask{url: "http://user:secret@two..dots/" + strings.Repeat("é", 2000)}, wire.EDNS)
	if strings.Contains(res.Text, "secret") || len(res.Text) > maxText || !strings.Contains(res.Text, "user") {
		t.Fatalf("%d bytes: %q", len(res.Text), res.Text)
	}
}

// stages are servers that stop at each stage of a request, forever. reached gets a value when they do.
func stages(t *testing.T) map[string]func(reached chan<- struct{}) string {
	stop := func(answer string, reached chan<- struct{}) func(conn *net.TCPConn) {
		return func(conn *net.TCPConn) {
			readHead(conn)
			_, _ = conn.Write([]byte(answer))
			reached <- struct{}{}
			untilGone(conn)
		}
	}
	return map[string]func(chan<- struct{}) string{
		"the handshake": func(reached chan<- struct{}) string {
			url := raw(t, func(conn *net.TCPConn) {
				var b [1]byte
				_, _ = conn.Read(b[:])
				reached <- struct{}{}
				untilGone(conn)
			})
			return strings.Replace(url, "http:", "https:", 1)
		},
		"the head":      func(c chan<- struct{}) string { return raw(t, stop("", c)) },
		"half the head": func(c chan<- struct{}) string { return raw(t, stop("HTTP/1.1 200 OK\r\nX", c)) },
		"the body": func(c chan<- struct{}) string {
			return raw(t, stop("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", c))
		},
	}
}

func TestCancelEndsAStalledRequest(t *testing.T) {
	for name, server := range stages(t) {
		t.Run(name, func(t *testing.T) {
			reached := make(chan struct{}, 10)
			url := server(reached)
			r := newRig(t, Config{})
			for _, flags := range []uint32{0, wire.HTTPStream} {
				id := r.start(ask{url: url, flags: flags})
				<-reached
				r.Cancel(id)
				if res := r.done(id); res.Status != wire.ECANCELED {
					t.Fatalf("status %d, %s", res.Status, res.Text)
				}
				r.Cancel(id) // of an id that is over: nothing
			}
		})
	}
}

func TestCancelRightAfterStart(t *testing.T) {
	s := serve(t, text("ok"))
	r := newRig(t, Config{})
	for range 100 {
		id := r.start(ask{url: s.URL})
		r.Cancel(id)
		if res := r.done(id); res.Status != wire.ECANCELED && res.Status != wire.OK {
			t.Fatalf("status %d, %s", res.Status, res.Text)
		}
	}
}

func TestRequestsThatMeanNothingAreEINVAL(t *testing.T) {
	url := "http://127.0.0.1/"
	for _, c := range []struct {
		name string
		ask  ask
	}{
		{"no URL", ask{}},
		{"a relative URL", ask{url: "/index.html"}},
		{"another scheme", ask{url: "ftp://127.0.0.1/"}},
		{"no host", ask{url: "http:///x"}},
		{"only a port", ask{url: "http://:80/"}},
		{"a port that is no number", ask{url: "http://127.0.0.1:http/"}},
		{"a port too large", ask{url: "http://127.0.0.1:65536/"}},
		{"port 0", ask{url: "http://127.0.0.1:0/"}},
		{"a line end in the URL", ask{url: "http://127.0.0.1/\r\nX: 1"}},
		{"a space in the host", ask{url: "http://a b/"}},
		{"a bad escape", ask{url: "http://127.0.0.1%zz/"}},
		{"a method with a space", ask{url: url, method: "GET /x"}},
		{"a method with a line end", ask{url: url, method: "GET\r\n"}},
		{"CONNECT", ask{url: url, method: "CONNECT"}},
		{"a header without a colon", ask{url: url, headers: "X-One 1"}},
		{"a header without a name", ask{url: url, headers: ": 1"}},
		{"a header with a space in its name", ask{url: url, headers: "X One: 1"}},
		{"a header with a space before the colon", ask{url: url, headers: "X-One : 1"}},
		{"a folded header", ask{url: url, headers: "X-One: 1\r\n more"}},
		{"a bare CR", ask{url: url, headers: "X-One: 1\rX-Two: 2"}},
		{"a bare LF", ask{url: url, headers: "X-One: 1\nX-Two: 2"}},
		{"an empty line", ask{url: url, headers: "X-One: 1\r\n\r\nGET / HTTP/1.1\r\n"}},
		{"an empty line at the end", ask{url: url, headers: "X-One: 1\r\n\r\n"}},
		{"a control byte", ask{url: url, headers: "X-One: \x01"}},
		{"an empty Host", ask{url: url, headers: "Host:"}},
		{"a Host with a path", ask{url: url, headers: "Host: a/b"}},
		{"a wrong length", ask{url: url, headers: "Content-Length: 3"}},
		{"its own framing", ask{url: url, headers: "Transfer-Encoding: chunked"}},
		{"an unknown flag", ask{url: url, flags: 0x20}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Config{})
			if code := r.Start(1, c.ask.record(r), 0); code != wire.EINVAL {
				t.Fatalf("Start: %d", code)
			}
			if got := r.Collect(nil); got != nil {
				t.Fatalf("results %+v", got)
			}
		})
	}
}

func TestARecordThatMeansNothingIsEINVAL(t *testing.T) {
	r := newRig(t, Config{})
	for name, spoil := range map[string]func(*wire.HTTP){
		"size":            func(q *wire.HTTP) { q.Size-- },
		"no body":         func(q *wire.HTTP) { q.BodyLen = 1 },
		"a length beyond": func(q *wire.HTTP) { q.Body, q.BodyLen = q.URL, 1<<63 },
	} {
		req := ask{url: "http://127.0.0.1/"}.record(r)
		spoil(req)
		if code := r.Start(1, req, 0); code != wire.EINVAL {
			t.Errorf("%s: %d", name, code)
		}
	}
}

func TestNewRefusesABadProxyOrRoots(t *testing.T) {
	for _, proxy := range []string{"127.0.0.1:3128", "ftp://127.0.0.1", "http://", "http://a b"} {
		if _, err := New(Config{Proxy: proxy}); !errors.Is(err, ErrProxy) {
			t.Errorf("%s: %v", proxy, err)
		}
	}
	if _, err := New(Config{CAPem: []byte("no PEM")}); !errors.Is(err, ErrRoots) {
		t.Errorf("roots: %v", err)
	}
}

func TestAPanicIsReportedAndEndsTheRequest(t *testing.T) {
	s := serve(t, text("ok"))
	panics := make(chan string, 1)
	r := newRig(t, Config{
		PauseAbove: 1,
		Retained:   func() uint64 { panic("a bug") },
		Panic:      func(v any, stack []byte) { panics <- fmt.Sprintf("%v %s", v, stack) },
	})
	if res := r.get(ask{url: s.URL}); res.Status != wire.EPANIC {
		t.Fatalf("status %d", res.Status)
	}
	if p := <-panics; !strings.HasPrefix(p, "a bug ") || !strings.Contains(p, "exchange.go") {
		t.Fatalf("panic %q", p)
	}
}

func TestALiveIdCannotBeStartedAgain(t *testing.T) {
	reached := make(chan struct{}, 10)
	url := stages(t)["the head"](reached)
	r := newRig(t, Config{})
	id := r.start(ask{url: url})
	if code := r.Start(id, ask{url: url}.record(r), 0); code != wire.EINVAL {
		t.Fatalf("Start: %d", code)
	}
	r.Cancel(id)
	r.done(id)
}
