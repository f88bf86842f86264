// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Opening a FIFO waits for the other end, in the kernel, where nothing can stop it. So a FIFO is opened with
// O_NONBLOCK, and what is waited for then is looked for in short looks, between which the worker is free.

// open opens a file for the host.
type open struct {
	op
	fd    int
	flags int
	mode  uint32
	begun bool
	fifo  bool
}

func (t *open) take(r *wire.FS) int32 {
	var ok bool
	t.fd = -1
	if t.flags, ok = systemFlags(r.OpenFlags); !ok {
		return wire.ENOTSUP
	}
	t.mode = modeOr(r.Mode, 0o666)
	return wire.OK
}

func (t *open) release() { _ = t.closeFD(&t.fd) }

// modeOr returns a mode, or another for 0.
func modeOr(mode, other uint32) uint32 {
	if mode == 0 {
		return other
	}
	return mode
}

func (t *open) step() int {
	if !t.begun {
		t.begun = true
		t.fifo = t.mayWait() && t.isFifo(t.path)
	}
	switch {
	case !t.fifo:
		fd, err := again2(func() (int, error) { return t.sys.open(t.path, t.flags, t.mode) })
		if err != nil {
			return t.failed(err)
		}
		t.fd = fd
	case t.fd < 0:
		fd, wait, err := t.openToWrite(t.path, t.flags, t.mode)
		if err != nil {
			return t.failed(err)
		}
		if wait {
			return task.More
		}
		t.fd = fd
		fallthrough
	default:
		if t.flags&unix.O_ACCMODE == unix.O_RDONLY && !t.ready(t.fd, unix.POLLIN) {
			return task.More
		}
		if err := t.sys.nonblock(t.fd, false); err != nil {
			return t.failed(err)
		}
	}
	t.value(wire.KindInt, int64(t.fd))
	t.Flags = wire.EvFD
	t.fd = -1
	return task.End
}

// mayWait says whether opening a FIFO with these flags would wait.
func (t *open) mayWait() bool {
	const never = unix.O_NONBLOCK | unix.O_DIRECTORY
	return t.flags&never == 0 && t.flags&unix.O_ACCMODE != unix.O_RDWR &&
		t.flags&(unix.O_CREAT|unix.O_EXCL) != unix.O_CREAT|unix.O_EXCL && t.req.OpenFlags&wire.OPath == 0
}

func (o *op) isFifo(path string) bool {
	st, _, err := o.statPath(path, true)
	return err == nil && st.Type == wire.TypeFifo
}

// openToRead opens a file so that neither this nor reading waits.
func (o *op) openToRead(path string) (int, error) {
	fd, err := again2(func() (int, error) { return o.sys.open(path, unix.O_RDONLY|unix.O_NONBLOCK|always, 0) })
	if err == unix.EAGAIN {
		// Somebody's lease on the file must end first. That takes the kernel some seconds at most.
		fd, err = again2(func() (int, error) { return o.sys.open(path, unix.O_RDONLY|always, 0) })
	}
	return fd, err
}

// openToWrite opens a file so that writing does not wait. wait: it is a FIFO that nobody reads; try again.
func (o *op) openToWrite(path string, flags int, mode uint32) (fd int, wait bool, err error) {
	fd, err = again2(func() (int, error) { return o.sys.open(path, flags|unix.O_NONBLOCK|always, mode) })
	switch {
	case err == unix.EAGAIN:
		fd, err = again2(func() (int, error) { return o.sys.open(path, flags|always, mode) })
	case err == unix.ENXIO && o.isFifo(path):
		o.ready(-1, 0)
		return -1, true, nil
	}
	return fd, false, err
}
