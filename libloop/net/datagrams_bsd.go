// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package net

import (
	"syscall"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Datagram implements Calls.
func (s *System) Datagram(family uint8) (int, syscall.Errno) {
	fd, err := unix.Socket(families[family], unix.SOCK_DGRAM, 0)
	if err != nil {
		return -1, errnoOf(err)
	}
	return fd, fit(fd)
}

// RecvMany implements Calls.
func (s *System) RecvMany(fd int, list []Datagram) (int, syscall.Errno) {
	for i := range list {
		d := &list[i]
		n, _, flags, from, err := unix.Recvmsg(fd, wire.Slice[byte](d.Data, d.Len), nil, 0)
		if err != nil {
			if i > 0 {
				return i, 0
			}
			return -1, errnoOf(err)
		}
		if d.Real = n; flags&unix.MSG_TRUNC != 0 {
			d.Real = d.Len + 1
		}
		d.Len = n
		var a Address
		if from != nil {
			a.fill(from)
		}
		a.Record(wire.At[wire.Address](d.Addr))
	}
	return len(list), 0
}

// SendMany implements Calls.
func (s *System) SendMany(fd int, list []Datagram) (int, syscall.Errno) {
	for i := range list {
		d := &list[i]
		var to unix.Sockaddr
		if d.Addr != 0 {
			var a Address
			a.Take(wire.At[wire.Address](d.Addr))
			if a.Family == Inet && d.Family == Inet6 {
				mapped := Address{Family: Inet6, Port: a.Port, IP: [16]byte{10: 0xff, 11: 0xff}}
				copy(mapped.IP[12:], a.IP[:4])
				a = mapped
			}
			to = a.sockaddr()
		}
		if _, err := unix.SendmsgN(fd, wire.Slice[byte](d.Data, d.Len), nil, to, 0); err != nil {
			if i > 0 {
				return i, 0
			}
			return -1, errnoOf(err)
		}
	}
	return len(list), 0
}
