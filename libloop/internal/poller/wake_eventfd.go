// SPDX-License-Identifier: MIT

//go:build linux

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// wake is the descriptor that ends a sleep: one eventfd, read and written under the same number.
type wake struct {
	read, write int
}

func openWake() (wake, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return wake{-1, -1}, err
	}
	return wake{fd, fd}, nil
}

// drain makes the descriptor unreadable. Only the poll backend needs it, which knows no edges.
func (w wake) drain() {
	var counter uint64
	unix.RawSyscall(unix.SYS_READ, uintptr(w.read), uintptr(unsafe.Pointer(&counter)), 8)
}

func (w wake) close() {
	_ = unix.Close(w.read)
}

// ring adds 1 to the counter: an edge for epoll, even when the counter was not 0. The counter is never
// full in practice (2^64 - 2), so the write neither fails nor blocks.
func ring(fd int) {
	one := uint64(1)
	unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&one)), 8)
}
