// SPDX-License-Identifier: MIT

package dns

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/miekg/dns"
	"golang.org/x/net/idna"

	"libloop.dev/libloop/libloop/internal/wire"
)

const nameMost = 253 // bytes of a name without the dot at its end

// international turns names that are not ASCII into what DNS knows. Not strict: names of services begin with "_".
var international = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

func noName() *failure { return &failure{wire.EDNS, wire.DNSBadName, "this is no name"} }

// atOnce answers a question for which nobody has to be asked, and brings its name into form. nil and nil: somebody
// has to be asked.
func (q *question) atOnce() (*answer, error) {
	ip, err := netip.ParseAddr(q.Name)
	switch {
	case q.What == wire.DNSReverse && err != nil:
		return nil, &failure{status: wire.EINVAL, text: "no address"}
	case q.What == wire.DNSReverse:
		return nil, nil
	case q.What == wire.DNSLookup && err == nil:
		return q.addresses([]netip.Addr{ip})
	}
	name, err := formed(q.Name)
	if err != nil {
		return nil, err
	}
	if q.What == wire.DNSLookup && endsInNumber(name) {
		return nil, noName()
	}
	q.Name = name
	return nil, nil
}

// formed returns a name in ASCII, if it is one.
func formed(name string) (string, error) {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return "", noName()
	}
	if strings.IndexFunc(name, func(c rune) bool { return c > 0x7f }) >= 0 {
		var err error
		if name, err = international.ToASCII(name); err != nil {
			return "", noName()
		}
	}
	if name == "" || len(strings.TrimSuffix(name, ".")) > nameMost {
		return "", noName()
	}
	if _, ok := dns.IsDomainName(name); !ok {
		return "", noName()
	}
	return name, nil
}

// endsInNumber says that a name looks like an address of an older notation ("127.1", "0x7f.1"). No top-level domain
// is a number, so nobody has to hear of it.
func endsInNumber(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	last := name[strings.LastIndexByte(name, '.')+1:]
	digits := "0123456789"
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		last, digits = hex, "0123456789abcdef"
	}
	return last != "" && strings.Trim(last, digits) == ""
}

// isLocalhost says that a name is this machine's own (RFC 6761).
func isLocalhost(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
