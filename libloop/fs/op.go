// SPDX-License-Identifier: MIT

package fs

import (
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// waitMS is how long a worker waits at most for a FIFO, pipe or terminal before it looks whether it was stopped
// and whether other jobs wait. So nothing of that sort ever holds a worker.
const waitMS = 10

// op is what all operations have. A worker runs it, one step at a time.
type op struct {
	task.State
	self        operation
	sys         *calls
	mounts      *mounts
	kind        *kind
	req         wire.FS // what the host asked for; of its addresses only borrowed ones
	path, path2 string
	pathRoom    []byte // what path lies in; kept for the next operation
}

func (o *op) base() *op           { return o }
func (o *op) take(*wire.FS) int32 { return wire.OK }
func (o *op) release()            {}

// keptPath is the longest path, in bytes, whose memory an operation that has ended keeps.
const keptPath = 1 << 10

// keepRoom returns the memory for the path of a later operation.
func (o *op) keepRoom() []byte {
	if cap(o.pathRoom) > keptPath {
		return nil
	}
	return o.pathRoom
}

// Run implements task.Task. What an operation holds is let go of with its last step. A close that a worker has begun
// goes on when it is stopped: the host is told by its outcome that it began, and must know that it closed.
func (o *op) Run() int {
	said := task.End
	if o.Stopped.Load() && o.req.What != wire.FSClose {
		o.Fail(wire.ECANCELED, 0, o.Text())
	} else {
		said = o.self.step()
	}
	if said&task.End != 0 {
		o.self.release()
	}
	return said
}

// value makes the result: no error, a kind, a number.
func (o *op) value(kind uint16, num int64) int {
	o.Kind, o.Num, o.Aux = kind, num, uint64(o.req.What)
	return task.End
}

// bytes makes data the result.
func (o *op) bytes(data []byte) int {
	if o.Alloc(len(data)) == nil && o.Data == 0 {
		return o.noMemory()
	}
	copy(wire.Slice[byte](o.Data, len(data)), data)
	return o.value(wire.KindBytes, int64(len(data)))
}

// failed makes an error of a system call the result.
func (o *op) failed(err error) int {
	errno := errnoOf(err)
	return o.Fail(wire.FromErrno(errno), int32(errno), o.Text())
}

func (o *op) noMemory() int { return o.Fail(wire.ENOMEM, 0, o.Text()) }

// Text implements task.Named: "operation path", "operation path -> path2", "operation fd 7".
func (o *op) Text() string {
	switch takes := o.kind.takes; {
	case takes&takesPath2 != 0:
		return o.kind.name + " " + o.path + " -> " + o.path2
	case takes&takesPath != 0:
		return o.kind.name + " " + o.path
	case takes&takesFD2 != 0:
		return o.kind.name + " fd " + strconv.Itoa(int(o.req.FD2)) + " -> fd " + strconv.Itoa(int(o.req.FD))
	default:
		return o.kind.name + " fd " + strconv.Itoa(int(o.req.FD))
	}
}

func errnoOf(err error) syscall.Errno {
	errno, _ := err.(syscall.Errno)
	return errno
}

// again repeats a system call that a signal interrupts.
func again(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

// again2 is again for calls with a number as result.
func again2(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); err != unix.EINTR {
			return n, err
		}
	}
}

// closeFD closes a descriptor and makes it -1. It is closed whatever close says, also EINTR.
func (o *op) closeFD(fd *int) error {
	if *fd < 0 {
		return nil
	}
	err := o.sys.close(*fd)
	*fd = -1
	if err == unix.EINTR {
		return nil
	}
	return err
}

// ready waits a moment until a descriptor is ready, or has an error that the next call will tell. fd -1: only waits.
func (o *op) ready(fd int, events int16) bool {
	got, err := o.sys.poll(fd, events, waitMS)
	return err == nil && got != 0 || err != nil && err != unix.EINTR
}

// statFD asks what an open file is.
func (o *op) statFD(fd int) (st wire.Stat, key uint64, err error) {
	err = again(func() (err error) {
		key, err = o.sys.statFD(fd, &st)
		return err
	})
	return st, key, err
}

// statPath asks what a path stands for.
func (o *op) statPath(path string, follow bool) (st wire.Stat, key uint64, err error) {
	err = again(func() (err error) {
		key, err = o.sys.stat(path, follow, &st)
		return err
	})
	return st, key, err
}

// isPlain says that reading and writing never waits for somebody else.
func isPlain(kind uint32) bool { return kind == wire.TypeFile || kind == wire.TypeBlock }
