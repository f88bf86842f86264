// SPDX-License-Identifier: MIT

package net

import (
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const pipeFS = 0x50495045 // PIPEFS_MAGIC

// isNameless says that a pipe has no path: opened once more it is as it was. A FIFO is not: a reader that opens it
// anew does not see that the writers have gone.
func isNameless(fd int) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(fd, &st) == nil && st.Type == pipeFS
}

// isTerminal says whether a descriptor is a terminal, and whether it is the master of a pseudo-terminal: opened once
// more, that would be another one.
func isTerminal(fd int) (yes, master bool) {
	if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil {
		return false, false
	}
	_, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	return true, err == nil
}

// Reopen implements Calls.
func (s *System) Reopen(fd int, what *Found) (int, syscall.Errno) {
	mode := unix.O_RDWR
	switch {
	case !what.Writes:
		mode = unix.O_RDONLY
	case !what.Reads:
		mode = unix.O_WRONLY
	}
	got, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), mode|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, errnoOf(err)
	}
	return got, 0
}

// Replace implements Calls.
func (s *System) Replace(fd, by int) syscall.Errno {
	return errnoOf(unix.Dup3(by, fd, unix.O_CLOEXEC))
}

// Write implements Calls.
func (s *System) Write(fd int, data uintptr, n int) (int, syscall.Errno) {
	return s.quietly(unix.SYS_WRITE, fd, data, n)
}

// WriteV implements Calls.
func (s *System) WriteV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	return s.quietly(unix.SYS_WRITEV, fd, bufs, n)
}

// SendFile implements Calls.
func (s *System) SendFile(to, from int, offset int64, n int) (int, syscall.Errno) {
	runtime.LockOSThread()
	s.signals.block()
	s.signals.offset = offset
	sent, _, errno := unix.Syscall6(unix.SYS_SENDFILE, uintptr(to), uintptr(from),
		uintptr(unsafe.Pointer(&s.signals.offset)), uintptr(n), 0, 0)
	s.signals.restore(errno)
	runtime.UnlockOSThread()
	if errno != 0 {
		return -1, errno
	}
	return int(sent), 0
}

// quietly writes without SIGPIPE, and without SIGXFSZ of a file that has reached the process's limit: they are
// blocked in this thread meanwhile, and taken if they came. No flag of write(2) says so.
func (s *System) quietly(call uintptr, fd int, data uintptr, n int) (int, syscall.Errno) {
	runtime.LockOSThread()
	s.signals.block()
	sent, _, errno := unix.Syscall(call, uintptr(fd), data, uintptr(n))
	s.signals.restore(errno)
	runtime.UnlockOSThread()
	if errno != 0 {
		return -1, errno
	}
	return int(sent), 0
}

// quiet is memory for the masks of signals.
type quiet struct {
	mine, was, pending uint64
	now                unix.Timespec
	offset             int64 // of SendFile
}

const (
	sigPipe = uint64(1) << (uint(syscall.SIGPIPE) - 1)
	sigSize = uint64(1) << (uint(syscall.SIGXFSZ) - 1)
)

func (q *quiet) block() {
	q.mine, q.was, q.pending = sigPipe|sigSize, 0, 0
	q.mask(unix.SIG_BLOCK, &q.mine, &q.was)
	if q.was&q.mine != 0 { // one of the host's own may be waiting, and has to stay
		_, _, _ = unix.RawSyscall(unix.SYS_RT_SIGPENDING, uintptr(unsafe.Pointer(&q.pending)), 8, 0)
	}
}

func (q *quiet) restore(errno syscall.Errno) {
	came := uint64(0)
	switch errno {
	case syscall.EPIPE:
		came = sigPipe
	case syscall.EFBIG:
		came = sigSize
	}
	if came &^= q.pending; came != 0 {
		q.mine = came
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&q.mine)), 0,
			uintptr(unsafe.Pointer(&q.now)), 8, 0, 0)
	}
	q.mask(unix.SIG_SETMASK, &q.was, nil)
}

func (q *quiet) mask(how int, set, old *uint64) {
	_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGPROCMASK, uintptr(how), uintptr(unsafe.Pointer(set)),
		uintptr(unsafe.Pointer(old)), 8, 0, 0)
}
