// SPDX-License-Identifier: MIT

//go:build linux || darwin || freebsd

package net

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

var families = [...]int{Unix: unix.AF_UNIX, Inet: unix.AF_INET, Inet6: unix.AF_INET6}

// errnoOf returns the number of an error of package unix.
func errnoOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return syscall.EINVAL
	}
	return errno
}

// Adopt implements Calls.
func (s *System) Adopt(fd int) (bool, syscall.Errno) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_STREAM {
		err = unix.EPROTOTYPE
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return false, errnoOf(err)
	}
	listens, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	return err == nil && listens != 0, 0
}

// AdoptDatagram implements Calls.
func (s *System) AdoptDatagram(fd int) (uint8, syscall.Errno) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err == nil && kind != unix.SOCK_DGRAM {
		err = unix.EPROTOTYPE
	}
	var sa unix.Sockaddr
	if err == nil {
		if sa, err = unix.Getsockname(fd); err == nil {
			err = unix.SetNonblock(fd, true)
		}
	}
	if err != nil {
		return None, errnoOf(err)
	}
	switch sa.(type) {
	case *unix.SockaddrInet4:
		return Inet, 0
	case *unix.SockaddrInet6:
		return Inet6, 0
	case *unix.SockaddrUnix:
		return Unix, 0
	}
	return None, unix.EPROTOTYPE
}

// Bind implements Calls.
func (s *System) Bind(fd int, at *Address) syscall.Errno {
	return errnoOf(unix.Bind(fd, at.sockaddr()))
}

// Listen implements Calls.
func (s *System) Listen(fd, backlog int) syscall.Errno { return errnoOf(unix.Listen(fd, backlog)) }

// Connect implements Calls.
func (s *System) Connect(fd int, to *Address) syscall.Errno {
	return errnoOf(unix.Connect(fd, to.sockaddr()))
}

// Shutdown implements Calls.
func (s *System) Shutdown(fd int) syscall.Errno { return errnoOf(unix.Shutdown(fd, unix.SHUT_WR)) }

// Pending implements Calls.
func (s *System) Pending(fd int) syscall.Errno {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errnoOf(err)
	}
	return syscall.Errno(n)
}

// Set implements Calls.
func (s *System) Set(fd int, option Option, value int) syscall.Errno {
	switch option {
	case ReuseAddr:
		return errnoOf(unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, value))
	case ReusePort:
		return errnoOf(unix.SetsockoptInt(fd, unix.SOL_SOCKET, reusePort, value))
	case V6Only:
		return errnoOf(unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, value))
	case NoDelay:
		return errnoOf(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, value))
	case Abort:
		return errnoOf(unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}))
	}
	return unix.EINVAL
}

// Unlink implements Calls.
func (s *System) Unlink(path string) { _ = unix.Unlink(path) }
