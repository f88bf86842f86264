// SPDX-License-Identifier: MIT

package net

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What every message costs is raw: none of it can sleep, and a call that told Go's scheduler so would cost more
// than some of them. The two calls of each message are those of package syscall, which unix only jumps to.

const (
	reusePort = unix.SO_REUSEPORT
	Abstract  = true // sockets may have names that are no paths
	noSignal  = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
)

// scratch is memory for what the system writes and reads, on the heap and not on a stack that moves.
type scratch struct {
	addr unix.RawSockaddrAny
	size uint32
	msg  unix.Msghdr
	many *many
	pass *passed
}

// Socket implements Calls.
func (s *System) Socket(family uint8) (int, syscall.Errno) {
	fd, err := unix.Socket(families[family], unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return fd, errnoOf(err)
}

// Accept implements Calls.
func (s *System) Accept(fd int, from *Address) (int, syscall.Errno) {
	s.scratch.size = uint32(unsafe.Sizeof(s.scratch.addr))
	got, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&s.scratch.addr)),
		uintptr(unsafe.Pointer(&s.scratch.size)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	s.scratch.decode(from)
	return int(got), 0
}

// Local implements Calls.
func (s *System) Local(fd int, at *Address) syscall.Errno {
	return s.name(unix.SYS_GETSOCKNAME, fd, at)
}

// Peer implements Calls.
func (s *System) Peer(fd int, at *Address) syscall.Errno { return s.name(unix.SYS_GETPEERNAME, fd, at) }

// name asks for an address. Go's package does not tell a socket without a name, or one at a path that begins with
// "@", from one with an abstract name.
func (s *System) name(call uintptr, fd int, at *Address) syscall.Errno {
	s.scratch.size = uint32(unsafe.Sizeof(s.scratch.addr))
	_, _, errno := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(&s.scratch.addr)),
		uintptr(unsafe.Pointer(&s.scratch.size)))
	if *at = (Address{}); errno == 0 {
		s.scratch.decode(at)
	}
	return errno
}

// decode reads an address that the system wrote.
func (s *scratch) decode(a *Address) {
	*a = Address{}
	switch s.addr.Addr.Family {
	case unix.AF_INET:
		raw := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.addr))
		a.Family, a.Port = Inet, swap(raw.Port)
		copy(a.IP[:], raw.Addr[:])
	case unix.AF_INET6:
		raw := (*unix.RawSockaddrInet6)(unsafe.Pointer(&s.addr))
		a.Family, a.Port, a.Scope, a.IP = Inet6, swap(raw.Port), raw.Scope_id, raw.Addr
	case unix.AF_UNIX:
		raw := (*unix.RawSockaddrUnix)(unsafe.Pointer(&s.addr))
		n := int(s.size) - int(unsafe.Offsetof(raw.Path))
		if n <= 0 {
			return // unnamed
		}
		name := unsafe.Slice((*byte)(unsafe.Pointer(&raw.Path[0])), min(n, len(raw.Path)))
		if name[0] != 0 {
			for i, c := range name {
				if c == 0 {
					name = name[:i]
					break
				}
			}
		}
		a.Family, a.Path = Unix, string(name)
	}
}

// swap reads a port, which the system keeps in the order of the network.
func swap(port uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(b[0])<<8 | uint16(b[1])
}

// Recv implements Calls.
func (s *System) Recv(fd int, data uintptr, n int) (int, syscall.Errno) {
	got, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), data, uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	return int(got), errno
}

// Send implements Calls.
func (s *System) Send(fd int, data uintptr, n int) (int, syscall.Errno) {
	sent, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), data, uintptr(n), noSignal, 0, 0)
	return int(sent), errno
}

// SendV implements Calls.
func (s *System) SendV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	s.scratch.msg = unix.Msghdr{}
	*(*uintptr)(unsafe.Pointer(&s.scratch.msg.Iov)) = bufs // C memory, which no pointer of Go's may hold
	s.scratch.msg.SetIovlen(n)
	sent, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&s.scratch.msg)), noSignal)
	*(*uintptr)(unsafe.Pointer(&s.scratch.msg.Iov)) = 0
	return int(sent), errno
}

// Close implements Calls.
func (s *System) Close(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }
