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
	readLeast = 16 << 10 // room for what is read at once: of small files
	readPlain = 64 << 10 // of what has no size
	readMost  = task.PieceBytes
	cacheLine = 64 // a copy of the system's to half a line is slower by a sixteenth
	waitMS    = 10 // how long a worker waits at a time for a pipe
)

// fileHash hashes what a file has, to its end. Its size says only how much room is good: files of /proc say 0, and
// others grow meanwhile. Files that may keep a reader waiting are opened and read without waiting, so that a cancel
// finds the worker awake. Of a large file the next piece is read while one is hashed.
type fileHash struct {
	h     hash.Hash
	fd    int // -1: not open
	wait  bool
	mem   wire.Memory
	addr  uintptr // of the memory of rooms
	rooms [][]byte
	most  [2]int     // how many bytes of each were filled
	piece []byte     // of a large file: read, and not hashed
	next  chan taken // of a large file: what the read under way gave; none is under way between two calls of run
}

// taken is what a read gave.
type taken struct {
	n   int
	err error
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
	if len(f.rooms) > 1 {
		return f.runAhead(w)
	}
	for range readMost / len(f.rooms[0]) {
		got := f.read(0)
		if got.err != nil || got.n == 0 {
			return f.stops(w, got)
		}
		f.h.Write(f.rooms[0][:got.n])
	}
	return task.More
}

// stops says what a read means that gave nothing.
func (f *fileHash) stops(w *work, got taken) int {
	switch {
	case got.err == nil:
		return w.Bytes(f.h.Sum(nil))
	case errors.Is(got.err, unix.EINTR), errors.Is(got.err, unix.EAGAIN):
		return task.More
	}
	return w.system(got.err)
}

// runAhead hashes a piece while the next one is read.
func (f *fileHash) runAhead(w *work) int {
	if f.next == nil {
		f.next = make(chan taken, 1)
		f.next <- f.read(1)
	} else {
		go func() { f.next <- f.read(1) }()
		f.h.Write(f.piece)
	}
	got := <-f.next
	f.piece = f.rooms[1][:max(got.n, 0)]
	f.rooms[0], f.rooms[1] = f.rooms[1], f.rooms[0]
	f.most[0], f.most[1] = f.most[1], f.most[0]
	if got.err != nil || got.n == 0 {
		return f.stops(w, got)
	}
	return task.More
}

// read fills a room.
func (f *fileHash) read(room int) taken {
	n, err := unix.Read(f.fd, f.rooms[room])
	f.most[room] = max(f.most[room], n)
	return taken{n, err}
}

func (f *fileHash) open(w *work) int {
	f.h, f.mem = w.newHash(), w.Mem
	fd, err := unix.Open(w.path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if errors.Is(err, unix.EINTR) {
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
	room, count := readPlain, 1
	if st.Mode&unix.S_IFMT == unix.S_IFREG && st.Size > 0 {
		room = int(min(max(st.Size+1, readLeast), readMost)+cacheLine-1) &^ (cacheLine - 1)
		if st.Size > 2*readMost {
			count = 2
		}
	}
	if !f.makeRooms(room, count) {
		return w.Fail(wire.ENOMEM, 0, w.name+" "+w.path)
	}
	return task.More
}

// makeRooms allocates rooms of n bytes. False: there is no memory.
func (f *fileHash) makeRooms(n, count int) bool {
	if f.addr = f.mem.Alloc(uintptr(n*count + cacheLine - 1)); f.addr == 0 {
		return false
	}
	at := (f.addr + cacheLine - 1) &^ (cacheLine - 1)
	for range count {
		f.rooms = append(f.rooms, wire.Slice[byte](at, n))
		at += uintptr(n)
	}
	return true
}

func (f *fileHash) close() {
	if f.fd >= 0 {
		_ = unix.Close(f.fd) // it was only read
	}
	if f.addr != 0 {
		for i, room := range f.rooms {
			clear(room[:f.most[i]])
		}
		f.mem.Free(f.addr)
	}
	*f = fileHash{fd: -1}
}

// system ends the task with what the system said of its file.
func (w *work) system(err error) int {
	var errno syscall.Errno
	errors.As(err, &errno)
	return w.Fail(wire.FromErrno(errno), int32(errno), w.name+" "+w.path)
}
