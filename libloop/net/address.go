// SPDX-License-Identifier: MIT

package net

import (
	"net/netip"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Families of addresses; the numbers of the header.
const (
	None  = wire.AFNone // an unnamed socket
	Unix  = wire.AFUnix
	Inet  = wire.AFInet
	Inet6 = wire.AFInet6
)

// Address is where a socket is or goes to.
type Address struct {
	Family uint8
	Port   uint16
	Scope  uint32   // Inet6: the interface, 0: none
	IP     [16]byte // Inet: the first four
	Path   string   // Unix; an abstract name begins with a NUL
}

// PathMax is how many bytes the path of a Unix socket may have.
const PathMax = len(unix.RawSockaddrUnix{}.Path) - 1

// Parse reads a literal address: "127.0.0.1", "::1", "fe80::1%eth0". scope turns the name of an interface into
// its number. ok false: it is no literal.
func Parse(host string, port uint16, scope func(string) (uint32, bool)) (a Address, ok bool) {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return Address{}, false
	}
	a.Port = port
	if ip.Is4() {
		a.Family = Inet
		four := ip.As4()
		copy(a.IP[:], four[:])
		return a, true
	}
	a.Family, a.IP = Inet6, ip.As16()
	if zone := ip.Zone(); zone != "" {
		n, err := strconv.ParseUint(zone, 10, 32)
		if err == nil {
			a.Scope = uint32(n)
		} else if a.Scope, ok = scope(zone); !ok {
			return Address{}, false
		}
	}
	return a, true
}

// Loopbacks are the addresses of "localhost", in the order to try them.
func Loopbacks(port uint16) []Address {
	return []Address{
		{Family: Inet6, Port: port, IP: [16]byte{15: 1}},
		{Family: Inet, Port: port, IP: [16]byte{127, 0, 0, 1}},
	}
}

// Append appends an address as text: "127.0.0.1:80", "[::1]:80", "/path", "@abstract".
func (a *Address) Append(to []byte) []byte {
	switch a.Family {
	case Inet:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a.IP[:4])), a.Port).AppendTo(to)
	case Inet6:
		ip := netip.AddrFrom16(a.IP)
		if a.Scope != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(a.Scope), 10))
		}
		return netip.AddrPortFrom(ip, a.Port).AppendTo(to)
	case Unix:
		if a.Path == "" {
			break
		}
		if a.Path[0] == 0 {
			return append(append(to, '@'), a.Path[1:]...)
		}
		return append(to, a.Path...)
	}
	return append(to, "unnamed"...)
}

// Record writes the address as the header has it.
func (a *Address) Record(to *wire.Address) {
	*to = wire.Address{
		Size: uint32(unsafe.Sizeof(*to)), Family: uint16(a.Family), Port: a.Port, Scope: a.Scope, IP: a.IP,
	}
	if a.Family == Unix && a.Path == "" {
		to.Family = None
	}
	to.PathLen = uint32(copy(to.Path[:len(to.Path)-1], a.Path))
}

// Take reads an address as the header has it. ok false: it is none.
func (a *Address) Take(from *wire.Address) (ok bool) {
	*a = Address{Family: uint8(from.Family), Port: from.Port, Scope: from.Scope, IP: from.IP}
	if a.Family == Unix && from.PathLen < uint32(len(from.Path)) {
		a.Path = string(from.Path[:from.PathLen])
	}
	return RecordOK(from)
}

// RecordOK says that a record is an address to which something can be sent.
func RecordOK(a *wire.Address) bool {
	if a.Size < uint32(unsafe.Sizeof(*a)) {
		return false
	}
	switch a.Family {
	case Inet, Inet6:
		return a.PathLen == 0
	case Unix:
		return a.PathLen > 0 && int(a.PathLen) <= PathMax && (a.Path[0] != 0 || Abstract)
	}
	return false
}

// Interleave orders the addresses of a name for trying one after the other, as RFC 8305 has it: the family of
// the first, then the other, in turn. The list is changed in place.
func Interleave(list []Address) {
	for i := 1; i < len(list); i++ {
		want := list[i-1].Family
		for k := i; k < len(list); k++ {
			if list[k].Family == want {
				continue
			}
			next := list[k]
			copy(list[i+1:k+1], list[i:k])
			list[i] = next
			break
		}
	}
}

// sockaddr turns an address into what package unix wants.
func (a *Address) sockaddr() unix.Sockaddr {
	switch a.Family {
	case Inet:
		return &unix.SockaddrInet4{Port: int(a.Port), Addr: [4]byte(a.IP[:4])}
	case Inet6:
		return &unix.SockaddrInet6{Port: int(a.Port), ZoneId: a.Scope, Addr: a.IP}
	}
	name := a.Path
	switch {
	case len(name) > 0 && name[0] == 0:
		name = "@" + name[1:] // as package unix spells an abstract name
	case len(name) > 0 && name[0] == '@':
		name = "./" + name
	}
	return &unix.SockaddrUnix{Name: name}
}
