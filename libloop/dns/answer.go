// SPDX-License-Identifier: MIT

package dns

import (
	"encoding/binary"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unsafe"

	"github.com/miekg/dns"

	"libloop.dev/libloop/libloop/internal/wire"
)

// answer is a list of records as a host reads them: a wire.DNSRecord, then each text as two bytes of length, the
// bytes and a NUL, then zeros up to a multiple of 8.
type answer struct {
	count int
	data  []byte
}

const (
	recordSize = int(unsafe.Sizeof(wire.DNSRecord{}))
	aliasMost  = 16 // in a row
)

// add appends a record.
func (a *answer) add(rec *wire.DNSRecord, texts ...string) {
	start := len(a.data)
	size := recordSize
	for _, text := range texts {
		size += 2 + len(text) + 1
	}
	size = (size + 7) &^ 7
	rec.Size, rec.TextCount = uint32(size), uint32(len(texts))
	a.data = append(a.data, unsafe.Slice((*byte)(unsafe.Pointer(rec)), recordSize)...)
	for _, text := range texts {
		a.data = binary.NativeEndian.AppendUint16(a.data, uint16(len(text)))
		a.data = append(append(a.data, text...), 0)
	}
	a.data = append(a.data, make([]byte, start+size-len(a.data))...)
	a.count++
}

// address appends an address of a lookup.
func (a *answer) address(ip netip.Addr) {
	rec := &wire.DNSRecord{Type: wire.DNSA, Family: 4}
	if ip.Is6() {
		rec.Type, rec.Family = wire.DNSAAAA, 6
		rec.Scope = scopeOf(ip.Zone())
	}
	copy(rec.IP[:], ip.AsSlice())
	a.add(rec)
}

// Each calls f for every record of a result.
func (r *Result) Each(f func(*wire.DNSRecord)) {
	for data := r.Data; len(data) >= recordSize; {
		var rec wire.DNSRecord
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&rec)), recordSize), data)
		f(&rec)
		data = data[rec.Size:]
	}
}

// scopeOf gives the number of an interface, 0 for none.
func scopeOf(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n)
	}
	if link, err := net.InterfaceByName(zone); err == nil {
		return uint32(link.Index)
	}
	return 0
}

// read takes the records of a type out of the answer to a question, along the aliases.
func read(m *dns.Msg, name string, qtype uint16) (*answer, *failure) {
	aliases := make(map[string]*dns.CNAME)
	for _, rr := range m.Answer {
		if alias, ok := rr.(*dns.CNAME); ok && alias.Hdr.Class == dns.ClassINET {
			aliases[dns.CanonicalName(alias.Hdr.Name)] = alias
		}
	}
	name = dns.CanonicalName(name)
	ttl := uint32(1<<31 - 1)
	if qtype != dns.TypeCNAME && qtype != dns.TypeANY {
		for n := 0; aliases[name] != nil; n++ {
			if n == aliasMost {
				return nil, garbled("aliases in a circle")
			}
			ttl = min(ttl, lifeOf(aliases[name]))
			name = dns.CanonicalName(aliases[name].Target)
		}
	}
	a := &answer{}
	for _, rr := range m.Answer {
		h := rr.Header()
		if h.Class == dns.ClassINET && (h.Rrtype == qtype || qtype == dns.TypeANY) && dns.CanonicalName(h.Name) == name {
			a.record(rr, min(ttl, lifeOf(rr)))
		}
	}
	if a.count == 0 {
		return nil, noData()
	}
	return a, nil
}

// lifeOf gives the ttl of a record; one beyond 31 bits is none (RFC 2181).
func lifeOf(rr dns.RR) uint32 {
	if ttl := rr.Header().Ttl; ttl < 1<<31 {
		return ttl
	}
	return 0
}

// record appends a record, if its type is one that the host knows.
func (a *answer) record(rr dns.RR, ttl uint32) {
	rec := &wire.DNSRecord{Type: rr.Header().Rrtype, TTL: ttl}
	switch rr := rr.(type) {
	case *dns.A:
		rec.Family = 4
		copy(rec.IP[:], rr.A.To4())
		a.add(rec)
	case *dns.AAAA:
		rec.Family = 6
		copy(rec.IP[:], rr.AAAA.To16())
		a.add(rec)
	case *dns.NS:
		a.add(rec, undotted(rr.Ns))
	case *dns.CNAME:
		a.add(rec, undotted(rr.Target))
	case *dns.PTR:
		a.add(rec, undotted(rr.Ptr))
	case *dns.MX:
		rec.Priority = rr.Preference
		a.add(rec, undotted(rr.Mx))
	case *dns.SRV:
		rec.Priority, rec.Weight, rec.Port = rr.Priority, rr.Weight, rr.Port
		a.add(rec, undotted(rr.Target))
	case *dns.TXT:
		texts := make([]string, len(rr.Txt))
		for i, text := range rr.Txt {
			texts[i] = unescaped(text)
		}
		a.add(rec, texts...)
	case *dns.CAA:
		rec.Flags = uint16(rr.Flag)
		a.add(rec, unescaped(rr.Tag), rr.Value)
	case *dns.NAPTR:
		rec.Priority, rec.Weight = rr.Order, rr.Preference
		a.add(rec, unescaped(rr.Flags), unescaped(rr.Service), unescaped(rr.Regexp), undotted(rr.Replacement))
	case *dns.SOA:
		rec.Serial, rec.Refresh, rec.Retry, rec.Expire, rec.Minimum = rr.Serial, rr.Refresh, rr.Retry, rr.Expire, rr.Minttl
		a.add(rec, undotted(rr.Ns), undotted(rr.Mbox))
	}
}

// undotted is a name without the dot at its end; the root's is "".
func undotted(name string) string {
	short, dotted := strings.CutSuffix(name, ".")
	if dotted && strings.HasSuffix(short, `\`) && !strings.HasSuffix(short, `\\`) {
		return name // the dot is a part of the name
	}
	return short
}

// unescaped gives the bytes of a string as the package dns writes them: \" \\ and \DDD.
func unescaped(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 10, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
