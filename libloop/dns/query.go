// SPDX-License-Identifier: MIT

package dns

import (
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	serversMost = 16
	usualPort   = 53
	udpSize     = 1232 // bytes of an answer over UDP that go through every network in one piece
	udpMost     = 8192 // bytes that are read, whatever was asked for
)

// servers says whom to ask, how often and how long.
type servers struct {
	list  []netip.AddrPort
	tries int
	try   time.Duration
}

// serversOf gives the servers of a question: its own, else those of resolv.conf.
func (q *question) serversOf(r *resolver) (servers, error) {
	conf, err := dns.ClientConfigFromFile(r.conf)
	if err != nil {
		conf = &dns.ClientConfig{Timeout: 5, Attempts: 2}
	}
	s := servers{tries: conf.Attempts, try: time.Duration(conf.Timeout) * time.Second}
	if q.Tries > 0 {
		s.tries = q.Tries
	}
	if q.Try > 0 {
		s.try = q.Try
	}
	if q.Servers != "" {
		s.list, err = parseServers(q.Servers)
		return s, err
	}
	for _, text := range conf.Servers {
		if ip, err := netip.ParseAddr(text); err == nil {
			s.list = append(s.list, netip.AddrPortFrom(ip, usualPort))
		}
	}
	if len(s.list) == 0 { // as libc does without a configuration
		s.list = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), usualPort)}
	}
	return s, nil
}

// parseServers reads addresses with or without ports, with commas or blanks between them.
func parseServers(text string) ([]netip.AddrPort, error) {
	var list []netip.AddrPort
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
		server, err := netip.ParseAddrPort(one)
		if err != nil {
			ip, other := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(one, "["), "]"))
			server, err = netip.AddrPortFrom(ip, usualPort), other
		}
		if err != nil || server.Port() == 0 {
			if len(one) > 100 {
				one = one[:100] + "..."
			}
			return nil, &failure{status: wire.EINVAL, text: "the server " + strings.ToValidUTF8(one, "\uFFFD") + " is no address"}
		}
		list = append(list, server)
	}
	if len(list) == 0 || len(list) > serversMost {
		return nil, &failure{status: wire.EINVAL, text: "1 to 16 servers can be asked"}
	}
	return list, nil
}

// query asks one server after the other.
func (q *question) query(r *resolver, name string, qtype uint16) (*answer, error) {
	s, err := q.serversOf(r)
	if err != nil {
		return nil, err
	}
	var worst *failure
	for range s.tries {
		for _, server := range s.list {
			a, f := ask(r, q, server, s.try, dns.Question{Name: dns.Fqdn(name), Qtype: qtype, Qclass: dns.ClassINET})
			if f == nil {
				return a, nil
			}
			if q.ctx.Err() != nil {
				return nil, q.ctx.Err()
			}
			f.text += ": " + server.String()
			if f.final() {
				return nil, f
			}
			if worst == nil || f.tells() >= worst.tells() {
				worst = f
			}
		}
	}
	return nil, worst
}

// ask puts a question to a server, over UDP and, if the answer does not fit, over TCP.
func ask(r *resolver, q *question, server netip.AddrPort, try time.Duration, what dns.Question) (*answer, *failure) {
	extended := true
	network := "udp"
	for {
		m, f := r.exchange(q.ctx, network, server, try, what, extended)
		switch {
		case f != nil:
			return nil, f
		case m.Truncated && network == "udp":
			network = "tcp"
		case m.Rcode == dns.RcodeFormatError && extended:
			extended = false // an old server
		case m.Rcode != dns.RcodeSuccess:
			return nil, said(m.Rcode)
		default:
			return read(m, what.Name, what.Qtype)
		}
	}
}
