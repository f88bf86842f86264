// SPDX-License-Identifier: MIT

package crypto

import (
	"errors"
	"hash"
	"syscall"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	readBytes = 256 << 10
	waitMS    = 10 // how long a worker waits at a time for a pipe
)

// fileHash hashes what a file has, to its end. Nothing is asked of its size: files of /proc say 0, and others
// grow meanwhile. Files that may keep a reader waiting are opened and read without waiting, so that a cancel
// finds the worker awake.
type fileHash struct {
	h    hash.Hash
	fd   int // -1: not open
	wait bool
	mem  wire.Memory
	buf  uintptr
}

func (f *fileHash) run(w *work) int {
	if f.fd < 0 {
		return f.open(w)
	}
	if f.wait {
		fds := []unix.PollFd{{Fd: int32(f.fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, waitMS); n == 0 || errors.Is(err, unix.EINTR) {
			return task.More
		}
	}
	buf := wire.Slice[byte](f.buf, readBytes)
	for range task.PieceBytes / readBytes {
		n, err := unix.Read(f.fd, buf)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			return task.More
		case err != nil:
			return w.system(err)
		case n == 0:
			return w.Bytes(f.h.Sum(nil))
		}
		f.h.Write(buf[:n])
	}
	return task.More
}

func (f *fileHash) open(w *work) int {
	f.h, f.mem = w.newHash(), w.Mem
	if f.buf = f.mem.Alloc(readBytes); f.buf == 0 {
		return w.Fail(wire.ENOMEM, 0, w.name+" "+w.path)
	}
	fd, err := unix.Open(w.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if errors.Is(err, unix.EINTR) {
		f.close()
		return task.More
	}
	if err != nil {
		return w.system(err)
	}
	f.fd = fd
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return w.system(err)
	}
	f.wait = st.Mode&unix.S_IFMT != unix.S_IFREG && st.Mode&unix.S_IFMT != unix.S_IFDIR
	return task.More
}

func (f *fileHash) close() {
	if f.fd >= 0 {
		_ = unix.Close(f.fd) // it was only read
	}
	if f.buf != 0 {
		clear(wire.Slice[byte](f.buf, readBytes))
		f.mem.Free(f.buf)
	}
	*f = fileHash{fd: -1}
}

// system ends the task with what the system said of its file.
func (w *work) system(err error) int {
	var errno syscall.Errno
	errors.As(err, &errno)
	return w.Fail(wire.FromErrno(errno), int32(errno), w.name+" "+w.path)
}
