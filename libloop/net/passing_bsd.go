// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package net

import (
	"syscall"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// mostFDs is how many descriptors one message may bring.
const mostFDs = 253

// SendFD implements Calls.
func (s *System) SendFD(fd int, data uintptr, n, pass int) (int, syscall.Errno) {
	sent, err := unix.SendmsgN(fd, wire.Slice[byte](data, n), unix.UnixRights(pass), nil, unix.MSG_DONTWAIT)
	return sent, errnoOf(err)
}

// RecvFDs implements Calls.
func (s *System) RecvFDs(fd int, data uintptr, n int, to []int32) (int, []int32, bool, syscall.Errno) {
	control := make([]byte, unix.CmsgSpace(4*mostFDs))
	got, size, flags, _, err := unix.Recvmsg(fd, wire.Slice[byte](data, n), control, unix.MSG_DONTWAIT)
	if err != nil {
		return -1, to, false, errnoOf(err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:size])
	for i := range messages {
		fds, _ := unix.ParseUnixRights(&messages[i]) // none of another kind
		for _, came := range fds {
			unix.CloseOnExec(came)
			to = append(to, int32(came))
		}
	}
	return got, to, err != nil || flags&unix.MSG_CTRUNC != 0, 0
}
