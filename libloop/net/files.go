// SPDX-License-Identifier: MIT

//go:build linux || darwin || freebsd

package net

import (
	"syscall"

	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Find implements Calls.
func (s *System) Find(fd int) (Found, syscall.Errno) {
	var st unix.Stat_t
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err == nil {
		err = unix.Fstat(fd, &st)
	}
	if err != nil {
		return Found{}, errnoOf(err)
	}
	mode := flags & unix.O_ACCMODE
	f := Found{
		Reads: mode != unix.O_WRONLY, Writes: mode != unix.O_RDONLY, Blocks: flags&unix.O_NONBLOCK == 0,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
	case unix.S_IFIFO:
		f.Kind, f.Fresh = wire.NetPipe, isNameless(fd)
	case unix.S_IFCHR:
		f.Kind = wire.NetFile
		if terminal, master := isTerminal(fd); terminal {
			f.Kind, f.Fresh = wire.NetTTY, !master
		}
	case unix.S_IFREG, unix.S_IFBLK:
		f.Kind, f.Always = wire.NetFile, true
	case unix.S_IFDIR:
		return f, syscall.EISDIR
	default:
		return f, syscall.ENOTSOCK
	}
	return f, 0
}

// Dup implements Calls.
func (s *System) Dup(fd int) (int, syscall.Errno) {
	got, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, errnoOf(err)
	}
	return got, 0
}

// Block implements Calls.
func (s *System) Block(fd int, yes bool) syscall.Errno { return errnoOf(unix.SetNonblock(fd, !yes)) }

// Size implements Calls.
func (s *System) Size(fd int) (columns, rows uint16, errno syscall.Errno) {
	w, err := unix.IoctlGetWinsize(fd, unix.TIOCGWINSZ)
	if err != nil {
		return 0, 0, errnoOf(err)
	}
	return w.Col, w.Row, 0
}

// ReadAt implements Calls.
func (s *System) ReadAt(fd int, data uintptr, n int, offset int64) (int, syscall.Errno) {
	got, err := unix.Pread(fd, wire.Slice[byte](data, n), offset)
	return got, errnoOf(err)
}

// Read implements Calls. It tells Go's scheduler: a disk may keep it waiting.
func (s *System) Read(fd int, data uintptr, n int) (int, syscall.Errno) {
	got, err := unix.Read(fd, wire.Slice[byte](data, n))
	return got, errnoOf(err)
}
