// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package net

import (
	"syscall"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	reusePort = unix.SO_REUSEPORT
	Abstract  = false // sockets may have names that are no paths
)

type scratch struct{}

// fit makes a new descriptor non-blocking and keeps it from programs that are started.
func fit(fd int) syscall.Errno {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return errnoOf(err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1)
	return 0
}

// Socket implements Calls.
func (s *System) Socket(family uint8) (int, syscall.Errno) {
	fd, err := unix.Socket(families[family], unix.SOCK_STREAM, 0)
	if err != nil {
		return -1, errnoOf(err)
	}
	return fd, fit(fd)
}

// Accept implements Calls.
func (s *System) Accept(fd int, from *Address) (int, syscall.Errno) {
	got, sa, err := unix.Accept(fd)
	if err != nil {
		return -1, errnoOf(err)
	}
	from.fill(sa)
	return got, fit(got)
}

// fill takes an address from package unix.
func (a *Address) fill(from unix.Sockaddr) {
	*a = Address{}
	switch x := from.(type) {
	case *unix.SockaddrInet4:
		a.Family, a.Port = Inet, uint16(x.Port)
		copy(a.IP[:], x.Addr[:])
	case *unix.SockaddrInet6:
		a.Family, a.Port, a.Scope, a.IP = Inet6, uint16(x.Port), x.ZoneId, x.Addr
	case *unix.SockaddrUnix:
		if x.Name != "" { // else it is unnamed
			a.Family, a.Path = Unix, x.Name
		}
	}
}

// Local implements Calls.
func (s *System) Local(fd int, at *Address) syscall.Errno {
	sa, err := unix.Getsockname(fd)
	at.fill(sa)
	return errnoOf(err)
}

// Peer implements Calls.
func (s *System) Peer(fd int, at *Address) syscall.Errno {
	sa, err := unix.Getpeername(fd)
	at.fill(sa)
	return errnoOf(err)
}

// Recv implements Calls.
func (s *System) Recv(fd int, data uintptr, n int) (int, syscall.Errno) {
	got, err := unix.Read(fd, wire.Slice[byte](data, n))
	return got, errnoOf(err)
}

// Send implements Calls.
func (s *System) Send(fd int, data uintptr, n int) (int, syscall.Errno) {
	sent, err := unix.Write(fd, wire.Slice[byte](data, n))
	return sent, errnoOf(err)
}

// SendV implements Calls.
func (s *System) SendV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	total := 0
	for _, b := range wire.Slice[wire.Buf](bufs, n) {
		sent, errno := s.Send(fd, b.Data, int(b.Len))
		if errno != 0 {
			if total > 0 {
				return total, 0
			}
			return -1, errno
		}
		if total += sent; sent < int(b.Len) {
			break
		}
	}
	return total, 0
}

// Close implements Calls.
func (s *System) Close(fd int) { _ = unix.Close(fd) }
