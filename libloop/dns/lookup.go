// SPDX-License-Identifier: MIT

package dns

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

// errAlone ends what would ask a server where only the hosts file counts.
var errAlone = errors.New("dns: nobody is asked")

// hosts is a resolver that knows the hosts file and asks nobody.
func hosts() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errAlone
	}}
}

// lookup finds the addresses of a host.
func (q *question) lookup(r *resolver) (*answer, error) {
	network := map[uint32]string{0: "ip", 4: "ip4", 6: "ip6"}[q.Family]
	if isLocalhost(q.Name) {
		ips, err := hosts().LookupNetIP(q.ctx, network, q.Name)
		if err != nil {
			ips = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
		}
		return q.addresses(ips)
	}
	// A resolver shares the answers of questions that it is asked at the same time; one that nobody else has ends
	// its asking when it is told to. And libc's would hold a thread.
	var mu sync.Mutex
	var own *failure // what this process or machine lacks to ask at all
	alone := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := r.connect(ctx, network, addr)
		if errno, ok := errors.AsType[syscall.Errno](err); ok {
			mu.Lock()
			defer mu.Unlock()
			own = &failure{wire.FromErrno(errno), int32(errno), errno.Error()}
		}
		return conn, err
	}}
	ips, err := alone.LookupNetIP(q.ctx, network, q.Name)
	if err == nil {
		return q.addresses(ips)
	}
	f := ofLookup(err)
	mu.Lock()
	defer mu.Unlock()
	if own != nil && !f.final() {
		f = own
	}
	return nil, f
}

// addresses makes the answer of a lookup: those of the family, in the order that was asked for.
func (q *question) addresses(ips []netip.Addr) (*answer, error) {
	var fours, sixes, all []netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		switch {
		case ip.Is4() && q.Family != 6:
			fours, all = append(fours, ip), append(all, ip)
		case ip.Is6() && q.Family != 4:
			sixes, all = append(sixes, ip), append(all, ip)
		}
	}
	switch q.Flags {
	case wire.DNSIPv4First:
		all = slices.Concat(fours, sixes)
	case wire.DNSIPv6First:
		all = slices.Concat(sixes, fours)
	}
	if len(all) == 0 {
		return nil, &failure{wire.EDNS, wire.DNSNotFound, "no address of this family"}
	}
	a := &answer{}
	for _, ip := range all {
		a.address(ip)
	}
	return a, nil
}

// reverse finds the names of an address.
func (q *question) reverse(r *resolver) (*answer, error) {
	ip, err := netip.ParseAddr(q.Name)
	if err != nil {
		return nil, err
	}
	ip = ip.Unmap().WithZone("")
	if names, err := hosts().LookupAddr(q.ctx, ip.String()); err == nil && len(names) > 0 {
		a := &answer{}
		for _, name := range names {
			a.add(&wire.DNSRecord{Type: wire.DNSPTR}, undotted(name))
		}
		return a, nil
	}
	arpa, err := dns.ReverseAddr(ip.String())
	if err != nil {
		return nil, err
	}
	return q.query(r, arpa, wire.DNSPTR)
}
