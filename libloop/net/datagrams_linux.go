// SPDX-License-Identifier: MIT

package net

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// mmsghdr, msghdr and iovec are the system's, with addresses of C memory that no pointer of Go's may hold.
type mmsghdr struct {
	msghdr
	n uint32
}

type msghdr struct {
	name       uintptr
	namelen    uint32
	iov        uintptr
	iovlen     uintptr
	control    uintptr
	controllen uintptr
	flags      int32
}

var _ [0]struct{} = [unsafe.Sizeof(msghdr{}) - unsafe.Sizeof(unix.Msghdr{})]struct{}{}

type iovec struct {
	base uintptr
	n    uintptr
}

// many is memory for the calls on many datagrams. It is on the heap, which does not move, and lives as long as
// the loop; so the addresses in it hold.
type many struct {
	heads [MaxDatagrams]mmsghdr
	iovs  [MaxDatagrams]iovec
	names [MaxDatagrams]unix.RawSockaddrAny
}

const nameSize = uint32(unsafe.Sizeof(unix.RawSockaddrAny{}))

// Datagram implements Calls.
func (s *System) Datagram(family uint8) (int, syscall.Errno) {
	fd, err := unix.Socket(families[family], unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return fd, errnoOf(err)
}

// list fills the heads for a list of datagrams.
func (m *many) list(list []Datagram) {
	for i := range list {
		m.iovs[i] = iovec{list[i].Data, uintptr(list[i].Len)}
		m.heads[i] = mmsghdr{msghdr: msghdr{
			name: addrOf(&m.names[i]), namelen: nameSize, iov: addrOf(&m.iovs[i]), iovlen: 1,
		}}
	}
}

func addrOf[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// RecvMany implements Calls.
func (s *System) RecvMany(fd int, list []Datagram) (int, syscall.Errno) {
	m := s.scratch.datagrams()
	m.list(list)
	// With MSG_TRUNC the length is the datagram's, not that of what there was room for.
	got, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.heads)),
		uintptr(len(list)), unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	for i := range int(got) {
		d := &list[i]
		d.Real = int(m.heads[i].n)
		d.Len = min(d.Len, d.Real)
		decodeTo(&m.names[i], m.heads[i].namelen, wire.At[wire.Address](d.Addr))
	}
	return int(got), 0
}

// SendMany implements Calls.
func (s *System) SendMany(fd int, list []Datagram) (int, syscall.Errno) {
	m := s.scratch.datagrams()
	m.list(list)
	for i := range list {
		if list[i].Addr == 0 {
			m.heads[i].name, m.heads[i].namelen = 0, 0
		} else {
			m.heads[i].namelen = encode(&m.names[i], wire.At[wire.Address](list[i].Addr), list[i].Family)
		}
	}
	sent, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.heads)),
		uintptr(len(list)), noSignal, 0, 0)
	return int(sent), errno
}

func (s *scratch) datagrams() *many {
	if s.many == nil {
		s.many = new(many)
	}
	return s.many
}

const pathAt = unsafe.Offsetof(unix.RawSockaddrUnix{}.Path)

// decodeTo reads an address that the system wrote, as the header has it.
func decodeTo(from *unix.RawSockaddrAny, size uint32, a *wire.Address) {
	*a = wire.Address{Size: uint32(unsafe.Sizeof(*a))}
	if size == 0 {
		return // unnamed
	}
	switch from.Addr.Family {
	case unix.AF_INET:
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(from))
		a.Family, a.Port = Inet, swap(raw.Port)
		copy(a.IP[:], raw.Addr[:])
	case unix.AF_INET6:
		raw := (*unix.RawSockaddrInet6)(unsafe.Pointer(from))
		a.Family, a.Port, a.Scope, a.IP = Inet6, swap(raw.Port), raw.Scope_id, raw.Addr
	case unix.AF_UNIX:
		raw := (*unix.RawSockaddrUnix)(unsafe.Pointer(from))
		n := min(int(size)-int(pathAt), len(raw.Path))
		if n <= 0 {
			return
		}
		for i := range n {
			if raw.Path[0] != 0 && raw.Path[i] == 0 {
				break
			}
			a.Path[i] = byte(raw.Path[i])
			a.PathLen++
		}
		a.Family = Unix
	}
}

// encode writes an address for the system and returns its size. IPv4 to a socket of IPv6 is mapped.
func encode(to *unix.RawSockaddrAny, a *wire.Address, family uint8) uint32 {
	switch {
	case a.Family == Inet && family == Inet6:
		raw := (*unix.RawSockaddrInet6)(unsafe.Pointer(to))
		*raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swap(a.Port), Addr: [16]byte{10: 0xff, 11: 0xff}}
		copy(raw.Addr[12:], a.IP[:4])
		return unix.SizeofSockaddrInet6
	case a.Family == Inet:
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(to))
		*raw = unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swap(a.Port), Addr: [4]byte(a.IP[:4])}
		return unix.SizeofSockaddrInet4
	case a.Family == Inet6:
		raw := (*unix.RawSockaddrInet6)(unsafe.Pointer(to))
		*raw = unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swap(a.Port), Scope_id: a.Scope, Addr: a.IP}
		return unix.SizeofSockaddrInet6
	}
	raw := (*unix.RawSockaddrUnix)(unsafe.Pointer(to))
	*raw = unix.RawSockaddrUnix{Family: unix.AF_UNIX}
	n := min(int(a.PathLen), PathMax)
	for i := range n {
		raw.Path[i] = int8(a.Path[i])
	}
	if n > 0 && raw.Path[0] != 0 {
		n++ // its NUL
	}
	return uint32(pathAt) + uint32(n)
}
