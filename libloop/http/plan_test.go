// SPDX-License-Identifier: MIT

package http

import (
	"bufio"
	"bytes"
	"io"
	nethttp "net/http"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// FuzzARequestThatIsAcceptedIsOneRequest writes what was accepted and reads it back: one head with as many
// headers as lines, and nothing behind it.
func FuzzARequestThatIsAcceptedIsOneRequest(f *testing.F) {
	for _, headers := range []string{
		"", "X-One: 1", "X-One: 1\r\nX-Two: 2\r\n", "x-one:1\r\nX-ONE: 2", "Host: example.com\r\nCookie: a=b; c=d",
		"X: 1\r\n\r\nGET / HTTP/1.1\r\n", "X: 1\nY: 2", "X: 1\rY: 2", ": 1", "X", "X-One: \x00", "Host: a b",
		"Content-Length: 0", "Content-Length: 7", "Connection: close", "Expect: 100-continue", "User-Agent: é",
	} {
		f.Add("GET", "http://127.0.0.1/", headers)
		f.Add("POST", "https://user:pass@example.com:8443/a?b=c#d", headers)
	}
	f.Add("GET /x HTTP/1.1\r\n", "http://127.0.0.1/ HTTP/1.1\r\nX: 1", "")
	f.Fuzz(func(t *testing.T, method, url, headers string) {
		if strings.ContainsRune(method+url+headers, 0) {
			return // the end of a C string
		}
		a := ask{method: method, url: url, headers: headers}
		p, code := newPlan(a.record(&rig{}), 0)
		if code != wire.OK {
			if code != wire.EINVAL || p.request != nil {
				t.Fatalf("code %d, request %v", code, p.request)
			}
			return
		}
		var out bytes.Buffer
		if err := p.request.Write(&out); err != nil {
			return // net/http is stricter still, about names of hosts
		}
		in := bufio.NewReader(&out)
		got, err := nethttp.ReadRequest(in)
		if err != nil {
			t.Fatalf("what was written does not read: %v", err)
		}
		if method != "" && got.Method != method {
			t.Fatalf("method %q became %q", method, got.Method)
		}
		for name := range got.Header {
			switch name {
			case "User-Agent", "Content-Length", "Authorization":
			default:
				if p.request.Header[name] == nil {
					t.Fatalf("header %q was smuggled in", name)
				}
			}
		}
		if rest, _ := io.ReadAll(in); len(rest) != 0 {
			t.Fatalf("%q follows the request", rest)
		}
	})
}
