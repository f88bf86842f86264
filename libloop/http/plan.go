// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"math"
	nethttp "net/http"
	"net/url"
	"strconv"
	"strings"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// plan is a request as the host asked for it, in Go memory but for a borrowed body.
type plan struct {
	request      *nethttp.Request // without its context
	source       *source          // nil: no body
	stream       bool
	follow       bool
	insecure     bool
	maxBody      uint64 // bytes
	maxHeader    int64  // bytes
	maxRedirects int
}

// Limits where the request says 0. Source: loop.h, loop_http_t.
const (
	defaultMaxBody      = 64 << 20
	defaultMaxHeader    = 1 << 20
	defaultMaxRedirects = 10
)

const (
	knownFlags = wire.HTTPStream | wire.HTTPFollow | wire.HTTPBorrowBody | wire.HTTPNoKeepalive |
		wire.HTTPInsecure
	userAgent = "libloop/0.3.0"
)

// newPlan reads a request of the host. Codes: wire.EINVAL.
func newPlan(req *wire.HTTP, flags uint16) (plan, int32) {
	if uintptr(req.Size) < unsafe.Sizeof(wire.HTTP{}) || req.Flags&^uint32(knownFlags) != 0 ||
		req.BodyLen > math.MaxInt64/2 || req.Body == 0 && req.BodyLen > 0 {
		return plan{}, wire.EINVAL
	}
	u, ok := parseURL(wire.Text(req.URL))
	if !ok {
		return plan{}, wire.EINVAL
	}
	method := wire.Text(req.Method)
	if method == "" {
		method = nethttp.MethodGet
	}
	if !token(method) || method == nethttp.MethodConnect {
		return plan{}, wire.EINVAL
	}
	r := &nethttp.Request{
		Method: method, URL: u, Host: u.Host, Header: make(nethttp.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Close: req.Flags&wire.HTTPNoKeepalive != 0,
	}
	if !setHeaders(r, wire.Text(req.Headers), req.BodyLen) {
		return plan{}, wire.EINVAL
	}
	p := plan{
		request:      r,
		stream:       req.Flags&wire.HTTPStream != 0,
		follow:       req.Flags&wire.HTTPFollow != 0,
		insecure:     req.Flags&wire.HTTPInsecure != 0,
		maxBody:      req.MaxBody,
		maxHeader:    int64(req.MaxHeader),
		maxRedirects: int(req.MaxRedirects),
	}
	if p.maxBody == 0 {
		p.maxBody = defaultMaxBody
		if p.stream {
			p.maxBody = math.MaxUint64
		}
	}
	if p.maxHeader == 0 {
		p.maxHeader = defaultMaxHeader
	}
	if p.maxRedirects == 0 {
		p.maxRedirects = defaultMaxRedirects
	}
	if req.BodyLen > 0 {
		body := wire.Slice[byte](req.Body, int(req.BodyLen))
		if req.Flags&wire.HTTPBorrowBody == 0 && flags&wire.OpFlagBorrowed == 0 {
			body = bytes.Clone(body)
		}
		p.source = &source{data: body}
		r.ContentLength = int64(len(body))
		r.Body, _ = p.source.open()
		r.GetBody = p.source.open // for redirects, and for a connection that was closed while idle
	}
	return p, wire.OK
}

func parseURL(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, false
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, false
		}
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	u.Fragment, u.RawFragment = "", ""
	return u, true
}

// setHeaders reads "Name: value\r\n..."; the last line may lack its end. False: a line that is none, a
// control byte (so nothing can smuggle in a second header or request), or a header that contradicts the
// rest.
func setHeaders(r *nethttp.Request, text string, bodyLen uint64) bool {
	text = strings.TrimSuffix(text, "\r\n")
	for line := range strings.SplitSeq(text, "\r\n") {
		if text == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		if !ok || !token(name) || !printable(value) {
			return false
		}
		switch name = nethttp.CanonicalHeaderKey(name); name {
		case "Host":
			if value == "" || strings.ContainsAny(value, " \t/\\?#@") {
				return false
			}
			r.Host = value
		case "Content-Length": // net/http writes its own
			if n, err := strconv.ParseUint(value, 10, 64); err != nil || n != bodyLen {
				return false
			}
		case "Transfer-Encoding", "Trailer":
			return false
		default:
			r.Header[name] = append(r.Header[name], value)
		}
	}
	if r.Header["User-Agent"] == nil {
		r.Header.Set("User-Agent", userAgent)
	}
	return true
}

// token says whether s is a token of RFC 9110, section 5.6.2: a method or the name of a header.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alnum && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

// printable says whether s may be the value of a header: no control byte but the tab.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
