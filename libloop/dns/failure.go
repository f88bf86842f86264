// SPDX-License-Identifier: MIT

package dns

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

// failure is why a question has no answer.
type failure struct {
	status int32
	reason int32 // wire.DNSNotFound ..., or an errno
	text   string
}

func (f *failure) Error() string { return f.text }

// final says that no other server would know better.
func (f *failure) final() bool {
	return f.status == wire.EDNS && (f.reason == wire.DNSNotFound || f.reason == wire.DNSNoData)
}

// tells says how much a failure tells: of several servers, or of several tries, the one counts that tells most.
func (f *failure) tells() int {
	switch f.status {
	case wire.EDNS:
		return 2
	case wire.ETIMEDOUT:
		return 0
	}
	return 1
}

// subject says what was asked. Names may be of any length and bytes; the text is not.
func (q *question) subject() string { return Subject(&q.Spec) }

// Subject says what a question asks, for the texts of errors.
func Subject(spec *Spec) string {
	what := "lookup"
	switch spec.What {
	case wire.DNSReverse:
		what = "reverse"
	case wire.DNSQuery:
		what = dns.TypeToString[spec.Type]
	}
	name := spec.Name
	if len(name) > nameMost+1 {
		name = name[:nameMost+1] + "..."
	}
	if !utf8.ValidString(name) {
		name = strings.ToValidUTF8(name, "\uFFFD")
	}
	return what + " " + name
}

// failure turns an error into what a Result says.
func (q *question) failure(err error) (status, aux int32, text string) {
	text = q.subject() + ": " + err.Error()
	if f, ok := errors.AsType[*failure](err); ok {
		return f.status, f.reason, text
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return wire.FromErrno(errno), int32(errno), text
	}
	return wire.EDNS, wire.DNSServerFailure, text
}

// rcodes are the answers of servers that say no, as reasons and in words.
var rcodes = map[int]failure{
	dns.RcodeNameError:      {wire.EDNS, wire.DNSNotFound, "no such name (NXDOMAIN)"},
	dns.RcodeServerFailure:  {wire.EDNS, wire.DNSServerFailure, "the server failed (SERVFAIL)"},
	dns.RcodeRefused:        {wire.EDNS, wire.DNSRefused, "the server refuses (REFUSED)"},
	dns.RcodeFormatError:    {wire.EDNS, wire.DNSBadQuery, "the server does not understand the question (FORMERR)"},
	dns.RcodeNotImplemented: {wire.EDNS, wire.DNSNotImplemented, "the server does not do that (NOTIMP)"},
}

// said makes the failure of an answer that says no.
func said(rcode int) *failure {
	f, ok := rcodes[rcode]
	if !ok {
		f = failure{wire.EDNS, wire.DNSServerFailure, "the server failed (" + dns.RcodeToString[rcode] + ")"}
	}
	return &f
}

func garbled(text string) *failure { return &failure{wire.EDNS, wire.DNSBadAnswer, text} }

func noAnswer() *failure { return &failure{status: wire.ETIMEDOUT, text: "no answer"} }

func noData() *failure {
	return &failure{wire.EDNS, wire.DNSNoData, "no record of this type"}
}

// ofSocket makes the failure of a socket.
func ofSocket(err error) *failure {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() { // also of a dial
		return noAnswer()
	}
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return garbled("the server hung up")
	}
	return &failure{wire.FromErrno(errno), int32(errno), errno.Error()}
}

// ofLookup makes the failure of Go's resolver.
func ofLookup(err error) *failure {
	if _, ok := errors.AsType[*net.AddrError](err); ok { // there are addresses of the other family
		return &failure{wire.EDNS, wire.DNSNotFound, "no address of this family"}
	}
	e, ok := errors.AsType[*net.DNSError](err)
	switch {
	case !ok:
		return &failure{wire.EDNS, wire.DNSServerFailure, err.Error()}
	case e.IsNotFound:
		return &failure{wire.EDNS, wire.DNSNotFound, "no such host"}
	case e.IsTimeout:
		return noAnswer()
	}
	return &failure{wire.EDNS, wire.DNSServerFailure, e.Err}
}
