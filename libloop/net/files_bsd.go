// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package net

import (
	"syscall"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

type quiet struct{}

// isNameless says that a pipe opened once more would be the same: there is no path to open it by.
func isNameless(int) bool { return false }

// isTerminal says whether a descriptor is a terminal. Opening it once more is not known here.
func isTerminal(fd int) (yes, master bool) {
	_, err := unix.IoctlGetTermios(fd, unix.TIOCGETA)
	return err == nil, true
}

// Reopen implements Calls.
func (s *System) Reopen(int, *Found) (int, syscall.Errno) { return -1, unix.ENOTSUP }

// Replace implements Calls.
func (s *System) Replace(fd, by int) syscall.Errno {
	err := unix.Dup2(by, fd)
	unix.CloseOnExec(fd)
	return errnoOf(err)
}

// Write implements Calls. Go's own handler takes the signal of a pipe without a reader.
func (s *System) Write(fd int, data uintptr, n int) (int, syscall.Errno) {
	sent, err := unix.Write(fd, wire.Slice[byte](data, n))
	return sent, errnoOf(err)
}

// SendFile implements Calls.
func (s *System) SendFile(int, int, int64, int) (int, syscall.Errno) { return -1, unix.ENOSYS }

// WriteV implements Calls.
func (s *System) WriteV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	return s.SendV(fd, bufs, n)
}
