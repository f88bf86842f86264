// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func serve(t *testing.T, h nethttp.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestAWholeResponseIsHeadAndBodyInOneResult(t *testing.T) {
	url := says(t, "HTTP/1.1 200 Fine\r\nzebra: 1\r\nAlpha: 2\r\nalpha: 3\r\nContent-Length: 5\r\n\r\nhello")
	r := newRig(t, Config{})
	id := r.start(ask{url: url})
	res := r.done(id)
	want := "HTTP/1.1 200 Fine\r\nAlpha: 2\r\nAlpha: 3\r\nContent-Length: 5\r\nZebra: 1\r\n\r\nhello"
	if string(res.Data) != want || res.HTTPStatus != 200 || res.Status != wire.OK {
		t.Fatalf("%d %d %q", res.Status, res.HTTPStatus, res.Data)
	}
	if string(res.Data[res.BodyOffset:]) != "hello" || len(r.seen[id]) != 1 {
		t.Fatalf("offset %d, %d results", res.BodyOffset, len(r.seen[id]))
	}
}

func TestAStatusOf404Or500IsAResponse(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		w.WriteHeader(map[string]int{"/a": 404, "/b": 500, "/c": 204}[q.URL.Path])
	}))
	r := newRig(t, Config{})
	for path, want := range map[string]int64{"/a": 404, "/b": 500, "/c": 204} {
		status, head, body := r.answers(ask{url: s.URL + path})
		if status != want || body != "" || !strings.HasPrefix(head, fmt.Sprintf("HTTP/1.1 %d ", want)) {
			t.Errorf("%s: %d %q %q", path, status, head, body)
		}
	}
}

func TestAStreamIsHeadChunksDone(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 100<<10) // 1.6 MiB
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("X-Kind", "stream")
		w.WriteHeader(203)
		_, _ = w.Write(data)
	}))
	r := newRig(t, Config{})
	id := r.start(ask{url: s.URL, flags: wire.HTTPStream})
	last := r.done(id)
	list := r.seen[id]
	if list[0].Kind != Head || list[0].HTTPStatus != 203 {
		t.Fatalf("first result: %+v", list[0])
	}
	if v, ok := headerOf(string(list[0].Data), "X-Kind"); !ok || v != "stream" {
		t.Fatalf("head %q", list[0].Data)
	}
	for _, res := range list[1 : len(list)-1] {
		if res.Kind != Chunk || len(res.Data) == 0 {
			t.Fatalf("in between: kind %d, %d bytes", res.Kind, len(res.Data))
		}
	}
	if last.Status != wire.OK || last.Data != nil || last.HTTPStatus != 203 {
		t.Fatalf("last result: %+v", last)
	}
	if !bytes.Equal(r.chunks(id), data) {
		t.Fatalf("%d bytes, want %d", len(r.chunks(id)), len(data))
	}
}

func TestAStreamDeliversWhatHasComeBeforeTheRest(t *testing.T) {
	more := make(chan struct{})
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		_, _ = w.Write([]byte("first"))
		w.(nethttp.Flusher).Flush()
		<-more
		_, _ = w.Write([]byte("second"))
	}))
	r := newRig(t, Config{})
	id := r.start(ask{url: s.URL, flags: wire.HTTPStream})
	r.until("the first chunk", func() bool { return string(r.chunks(id)) == "first" })
	close(more)
	r.done(id)
	if got := string(r.chunks(id)); got != "firstsecond" {
		t.Fatalf("body %q", got)
	}
}

func TestMethodHeadersAndBodyAreSent(t *testing.T) {
	var got *nethttp.Request
	var body []byte
	s := serve(t, nethttp.HandlerFunc(func(_ nethttp.ResponseWriter, q *nethttp.Request) {
		got = q
		body, _ = io.ReadAll(q.Body)
	}))
	r := newRig(t, Config{})
	r.answers(ask{
		method: "PATCH", url: s.URL + "/a%20b?x=1&y=2#part", body: []byte("the\x00body"),
		headers: "x-one: 1\r\nX-Two:  a b \r\nx-one: 2\r\nContent-Length: 8\r\nHost: example.com:81\r\n",
	})
	if got.Method != "PATCH" || got.RequestURI != "/a%20b?x=1&y=2" || got.Host != "example.com:81" {
		t.Errorf("%s %s, host %s", got.Method, got.RequestURI, got.Host)
	}
	if !slices.Equal(got.Header["X-One"], []string{"1", "2"}) || got.Header.Get("X-Two") != "a b" {
		t.Errorf("headers %v", got.Header)
	}
	if string(body) != "the\x00body" || got.ContentLength != 8 {
		t.Errorf("body %q, length %d", body, got.ContentLength)
	}
}

func TestAPlainRequestSaysWhoAsksAndNothingElse(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		fmt.Fprintf(w, "%s %s %v", q.Method, q.Proto, q.Header)
	}))
	r := newRig(t, Config{})
	if _, _, body := r.answers(ask{url: s.URL}); body != "GET HTTP/1.1 map[User-Agent:[libloop/0.3.0]]" {
		t.Errorf("the server saw %s", body)
	}
	_, _, body := r.answers(ask{url: s.URL, headers: "User-Agent: mine"})
	if body != "GET HTTP/1.1 map[User-Agent:[mine]]" {
		t.Errorf("the server saw %s", body)
	}
}

func TestCompressedBodiesComeAsTheyWereSent(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("plain text"))
	_ = z.Close()
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}))
	r := newRig(t, Config{})
	_, head, body := r.answers(ask{url: s.URL, headers: "Accept-Encoding: gzip"})
	if v, _ := headerOf(head, "Content-Encoding"); v != "gzip" || body != packed.String() {
		t.Fatalf("head %q, %d bytes", head, len(body))
	}
}

func TestAnAnswerToHEADHasNoBodyAndNoSizeLimit(t *testing.T) {
	url := says(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
	r := newRig(t, Config{})
	_, head, body := r.answers(ask{method: "HEAD", url: url, maxBody: 10})
	if v, _ := headerOf(head, "Content-Length"); v != "1000000" || body != "" {
		t.Fatalf("head %q, body %q", head, body)
	}
}

func TestABodyMayEndWithTheConnection(t *testing.T) {
	r := newRig(t, Config{})
	_, head, body := r.answers(ask{url: says(t, "HTTP/1.0 200 OK\r\n\r\nuntil the end")})
	if body != "until the end" || !strings.HasPrefix(head, "HTTP/1.0 200 OK\r\n") {
		t.Fatalf("head %q, body %q", head, body)
	}
}

func TestSwitchingProtocolsEndsWithTheHead(t *testing.T) {
	url := says(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nraw bytes")
	r := newRig(t, Config{})
	status, _, body := r.answers(ask{url: url, headers: "Connection: Upgrade\r\nUpgrade: raw"})
	if status != 101 || body != "" {
		t.Fatalf("%d, body %q", status, body)
	}
}

func TestRedirectsAreFollowedOnlyWhenAsked(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		body, _ := io.ReadAll(q.Body)
		if q.URL.Path == "/from" {
			nethttp.Redirect(w, q, "/to", nethttp.StatusTemporaryRedirect)
			return
		}
		fmt.Fprintf(w, "%s %s %s", q.Method, q.URL.Path, body)
	}))
	r := newRig(t, Config{})
	a := ask{method: "PUT", url: s.URL + "/from", body: []byte("again")}
	status, head, _ := r.answers(a)
	if v, _ := headerOf(head, "Location"); status != 307 || v != "/to" {
		t.Fatalf("%d, head %q", status, head)
	}
	a.flags = wire.HTTPFollow
	if status, _, body := r.answers(a); status != 200 || body != "PUT /to again" {
		t.Fatalf("%d, body %q", status, body)
	}
}

func TestRedirectsAreCounted(t *testing.T) {
	s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, q *nethttp.Request) {
		var left int
		_, _ = fmt.Sscanf(q.URL.Path, "/%d", &left)
		if left > 0 {
			nethttp.Redirect(w, q, fmt.Sprintf("/%d", left-1), nethttp.StatusFound)
		}
	}))
	r := newRig(t, Config{})
	for _, c := range []struct {
		length int
		limit  uint32
		status int32
	}{{10, 0, wire.OK}, {11, 0, wire.EREDIRECT}, {1, 1, wire.OK}, {2, 1, wire.EREDIRECT}} {
		url := fmt.Sprintf("%s/%d", s.URL, c.length)
		r.fails(ask{url: url, flags: wire.HTTPFollow, maxRedirects: c.limit}, c.status)
	}
}

func TestARedirectToAnotherSchemeIsEHTTP(t *testing.T) {
	r := newRig(t, Config{})
	for _, to := range []string{"ftp://127.0.0.1/", "file:///etc/passwd", "http://bad url/"} {
		url := says(t, "HTTP/1.1 302 Found\r\nLocation: "+to+"\r\nContent-Length: 0\r\n\r\n")
		r.fails(ask{url: url, flags: wire.HTTPFollow}, wire.EHTTP)
	}
}

func TestMaxBodyIsTheLargestBodyThatPasses(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		s := serve(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, _ *nethttp.Request) {
			if chunked {
				w.(nethttp.Flusher).Flush()
			}
			_, _ = w.Write(make([]byte, 100_000))
		}))
		r := newRig(t, Config{})
		for _, flags := range []uint32{0, wire.HTTPStream} {
			r.fails(ask{url: s.URL, flags: flags, maxBody: 100_000}, wire.OK)
			r.fails(ask{url: s.URL, flags: flags, maxBody: 99_999}, wire.ETOOBIG)
			r.fails(ask{url: s.URL, flags: flags, maxBody: 1<<64 - 1}, wire.OK)
		}
	}
}

func TestABodyAnnouncedTooLargeIsNotRead(t *testing.T) {
	url := raw(t, func(conn *net.TCPConn) {
		readHead(conn)
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n"))
		untilGone(conn) // sends nothing: only the announcement can be the reason
	})
	r := newRig(t, Config{})
	r.fails(ask{url: url}, wire.ETOOBIG)
}

func TestMaxHeaderIsTheLargestHeadThatPasses(t *testing.T) {
	for _, size := range []int{100, 5000, 70_000} {
		line := "HTTP/1.1 200 OK\r\nX: "
		head := line + strings.Repeat("x", size-len(line)-4) + "\r\n\r\n"
		r := newRig(t, Config{})
		url := says(t, head)
		_, got, _ := r.answers(ask{url: url, maxHeader: uint32(size)})
		if got != head {
			t.Fatalf("%d bytes of head, want %d", len(got), size)
		}
		r.fails(ask{url: url, maxHeader: uint32(size - 1)}, wire.ETOOBIG)
	}
}
