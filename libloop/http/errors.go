// SPDX-License-Identifier: MIT

package http

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	nethttp "net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode/utf8"

	"libloop.dev/libloop/libloop/internal/wire"
)

var (
	errHead      = errors.New("the head of the response is larger than max_header")
	errBody      = errors.New("the body of the response is larger than max_body")
	errRedirects = errors.New("more redirects than max_redirects")
	errScheme    = errors.New("a redirect to something that is not http or https")
)

// codes names the errnos that a connection may end with; others are wire.ESYS.
var codes = map[syscall.Errno]int32{
	syscall.ECONNREFUSED: wire.ECONNREFUSED, syscall.ECONNRESET: wire.ECONNRESET,
	syscall.ECONNABORTED: wire.ECONNABORTED, syscall.EPIPE: wire.EPIPE,
	syscall.EHOSTUNREACH: wire.EHOSTUNREACH, syscall.ENETUNREACH: wire.ENETUNREACH,
	syscall.ETIMEDOUT: wire.ETIMEDOUT, syscall.EADDRNOTAVAIL: wire.EADDRNOTAVAIL,
	syscall.EADDRINUSE: wire.EADDRINUSE, syscall.ENOTCONN: wire.ENOTCONN,
	syscall.EMFILE: wire.EMFILE, syscall.ENFILE: wire.ENFILE, syscall.ENOBUFS: wire.ENOBUFS,
	syscall.ENOMEM: wire.ENOMEM, syscall.EACCES: wire.EACCES, syscall.EPERM: wire.EPERM,
	syscall.EAGAIN: wire.EAGAIN,
}

// maxText bounds the text of a failure, in bytes: net/http quotes what a server said, however long.
const maxText = 512

// failure makes the result of a request that failed.
func (x *exchange) failure(err error) Result {
	var ue *url.Error
	for errors.As(err, &ue) {
		err = ue.Err
	}
	status, errno, reason := x.classify(err)
	text := x.request.Method + " " + x.request.URL.Redacted() + ": " + reason
	if len(text) > maxText {
		cut := maxText
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut]
	}
	return Result{Status: status, Errno: int64(errno), Text: text}
}

// classify gives the code, the errno (or 0) and the reason in words.
func (x *exchange) classify(err error) (status int32, errno syscall.Errno, reason string) {
	reason = err.Error()
	switch {
	case x.ctx.Err() != nil:
		return wire.ECANCELED, 0, "canceled"
	case errors.Is(err, errHead), errors.Is(err, errBody):
		return wire.ETOOBIG, 0, reason
	case errors.Is(err, errRedirects):
		return wire.EREDIRECT, 0, reason
	case strings.Contains(reason, "server response headers exceeded"):
		// net/http has no value for this error, only words.
		return wire.ETOOBIG, 0, errHead.Error()
	}
	if why, ok := x.tlsReason(err); ok {
		return wire.ETLS, 0, why
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return wire.EDNS, 0, reason
	}
	if errors.As(err, &errno) {
		code, ok := codes[errno]
		if !ok {
			code = wire.ESYS
		}
		return code, errno, reason
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		strings.HasSuffix(reason, "server closed idle connection") {
		return wire.EOF, 0, "the server closed the connection before the response was complete"
	}
	return wire.EHTTP, 0, reason
}

// tlsReason says why there is no trusted TLS connection, when err is about that. A connection that broke
// during the handshake is not: its errno or end counts.
func (x *exchange) tlsReason(err error) (string, bool) {
	var (
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		verify    *tls.CertificateVerificationError
		op        *net.OpError
		errno     syscall.Errno
	)
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate expired or not valid yet: " + invalid.Error(), true
	case errors.As(err, &authority):
		return "certificate not trusted: " + authority.Error(), true
	case errors.As(err, &host):
		return "certificate is for another host: " + host.Error(), true
	case errors.As(err, &verify):
		return "certificate not trusted: " + verify.Err.Error(), true
	case errors.Is(err, nethttp.ErrSchemeMismatch):
		return "the server does not speak TLS", true
	case errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return err.Error(), true
	case errors.As(err, &errno), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "", false
	}
	if failed := x.handshake.Load(); failed != nil && errors.Is(err, *failed) {
		return err.Error(), true
	}
	return "", false
}
