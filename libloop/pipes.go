// SPDX-License-Identifier: MIT

package libloop

import (
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Streams that are no sockets: pipes, FIFOs, terminals, character devices and regular files. They are read and
// written with read(2) and writev(2). The poller refuses some (regular files, /dev/null): those are always ready,
// and a budget for each pass keeps them from holding up the others.

// fileRounds is how many calls a stream that is always ready writes with in one go.
const fileRounds = 16

var plainNames = [...]string{wire.NetPipe: "pipe", wire.NetTTY: "terminal", wire.NetFile: "file"}

// takeOver makes a descriptor of the host's fit for a socket, and returns the one to go on with. keep: the host's is
// left as it is. -1 with an error: nothing was taken.
func (t *sockets) takeOver(x *socket, fd int, keep bool) (int, syscall.Errno) {
	what, errno := t.calls.Find(fd)
	if errno != 0 {
		if keep || errno == syscall.EBADF {
			return -1, errno
		}
		return fd, errno
	}
	if what.Kind != 0 {
		x.kind = what.Kind
		x.flags |= sockPlain
		if what.Always {
			x.flags |= sockAlways | sockCanRead
		}
		if !what.Reads {
			x.flags |= sockNoRead
		}
		if !what.Writes {
			x.flags = x.flags&^sockHalfOpen | sockNoWrite
		}
	}
	// O_NONBLOCK belongs to the open file, which other programs may have, too: the shell, behind a terminal. So an
	// open file of our own is best.
	if what.Fresh && (keep || x.kind == wire.NetTTY) {
		if fresh, errno := t.calls.Reopen(fd, &what); errno == 0 {
			if keep {
				return fresh, 0
			}
			errno = t.calls.Replace(fd, fresh)
			t.calls.Close(fresh)
			return fd, errno
		}
	}
	if keep {
		if fd, errno = t.calls.Dup(fd); errno != 0 {
			return -1, errno
		}
	}
	if what.Blocks && (keep || x.kind == wire.NetTTY) {
		x.flags |= sockUnblocked
	}
	if x.is(sockPlain) {
		errno = t.calls.Block(fd, false)
	}
	return fd, errno
}

// unpolled takes the error of the poller for a new descriptor. What it has no use for is always ready.
func (t *sockets) unpolled(x *socket, errno syscall.Errno) syscall.Errno {
	switch {
	case !x.is(sockPlain):
		return errno
	case errno == syscall.EPERM,
		x.kind == wire.NetFile && (errno == syscall.EINVAL || errno == syscall.ENODEV || errno == syscall.ENOTSUP):
		x.flags |= sockAlways | sockCanRead | sockCanWrite
		return 0
	}
	return errno
}

// giveBack closes the descriptor of a socket, after its open file is as the host had it.
func (t *sockets) giveBack(x *socket) {
	t.directFDs = 0 // what they name may be another's in a moment
	if x.is(sockUnblocked) {
		_ = t.calls.Block(int(x.fd), true)
	}
	t.calls.Close(int(x.fd))
}

// get reads at most so many bytes of a stream. 0 bytes: its end.
func (t *sockets) get(x *socket, addr uintptr, room int) (int, syscall.Errno) {
	if !x.is(sockPlain) {
		return t.calls.Recv(int(x.fd), addr, room)
	}
	got, errno := t.calls.Read(int(x.fd), addr, room)
	if errno == syscall.EIO && x.kind == wire.NetTTY && x.is(sockHangup) {
		return 0, 0 // so a pseudo-terminal says that nobody has its other side open
	}
	return got, errno
}

// put writes at most so many bytes to a stream.
func (t *sockets) put(x *socket, data uintptr, n int) (int, syscall.Errno) {
	if !x.is(sockPlain) {
		return t.calls.Send(int(x.fd), data, n)
	}
	return t.calls.Write(int(x.fd), data, n)
}

// putV writes the first n pieces at iov.
func (t *sockets) putV(x *socket, n int) (int, syscall.Errno) {
	if !x.is(sockPlain) {
		return t.calls.SendV(int(x.fd), t.iov, n)
	}
	return t.calls.WriteV(int(x.fd), t.iov, n)
}

// atOnce says how many of n bytes may be sent in one go.
func (t *sockets) atOnce(x *socket, n int) int {
	if x.is(sockAlways) {
		return min(n, fileRounds*maxAtOnce)
	}
	return n
}

// lost says that nobody can read any more what is written to a stream that is only written.
func (x *socket) lost() bool { return x.flags&(sockNoRead|sockHangup) == sockNoRead|sockHangup }

// lose ends a stream whose reader has gone.
func (t *sockets) lose(e *Engine, x *socket) int {
	errno := syscall.EPIPE
	if x.kind == wire.NetTTY {
		errno = syscall.EIO
	}
	t.fail(e, x, opWrite, errno)
	return sockDone
}

// told is what LOOP_NET_TYPE says.
func (x *socket) told() int64 {
	switch {
	case x.kind != 0:
		return int64(x.kind)
	case x.peer.Family >= 4:
		return wire.NetTCP
	}
	return wire.NetUnix
}

// name appends what a socket is connected to.
func (x *socket) name(to []byte) []byte {
	if x.is(sockPlain) {
		return append(to, plainNames[x.kind]...)
	}
	return x.peer.Append(to)
}
