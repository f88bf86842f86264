// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// calls are the system calls of this package. Errors are of type syscall.Errno. Tests put faults in.
type calls struct {
	open      func(path string, flags int, mode uint32) (int, error)
	openat    func(dir int, path string, flags int, mode uint32) (int, error)
	close     func(fd int) error
	nonblock  func(fd int, on bool) error
	read      func(fd int, p []byte) (int, error)
	pread     func(fd int, p []byte, offset int64) (int, error)
	write     func(fd int, p []byte) (int, error)
	pwrite    func(fd int, p []byte, offset int64) (int, error)
	readv     func(fd int, bufs [][]byte, offset int64) (int, error) // offset -1: the current position
	writev    func(fd int, bufs [][]byte, offset int64) (int, error)
	poll      func(fd int, events int16, ms int) (int16, error)
	seek      func(fd int, offset int64, whence int) (int64, error)
	ftruncate func(fd int, n int64) error
	fsync     func(fd int) error
	fdatasync func(fd int) error
	fchmod    func(fd int, mode uint32) error
	fchown    func(fd int, uid, gid int) error
	futimes   func(fd int, times *[2]unix.Timespec) error
	dirents   func(fd int, buf []byte) (int, error)

	access   func(path string, mode uint32) error
	chmod    func(path string, mode uint32) error
	chown    func(path string, uid, gid int) error
	lchown   func(path string, uid, gid int) error
	utimes   func(path string, times *[2]unix.Timespec, follow bool) error
	truncate func(path string, n int64) error
	mkdir    func(path string, mode uint32) error
	unlinkat func(dir int, path string, flags int) error
	rename   func(path, path2 string) error
	renameat func(dir int, name, name2 string) error
	// renameNew is renameat that gives EEXIST when name2 is there.
	renameNew func(dir int, name, name2 string) error
	link      func(path, path2 string) error
	symlink   func(path, path2 string) error
	readlink  func(path string, buf []byte) (int, error)
	getcwd    func(buf []byte) (int, error)
	statfs    func(path string, to *wire.Statfs) error

	// stat and the like also return the key of the mount, see mounts.go.
	stat   func(path string, follow bool, to *wire.Stat) (uint64, error)
	statat func(dir int, name string, to *wire.Stat) (uint64, error) // does not follow
	statFD func(fd int, to *wire.Stat) (uint64, error)

	// copyRange and sendfile copy inside the system; clone makes a whole file share the blocks of another.
	copyRange func(to int, toOffset *int64, from int, fromOffset *int64, n int) (int, error)
	sendfile  func(to, from int, fromOffset *int64, n int) (int, error)
	clone     func(to, from int) error

	// These never wait: what is not cached gives EAGAIN. ENOSYS where there is no such thing.
	// openNow takes a path with a NUL behind it; stay: EXDEV when it leads to another mount than it starts on.
	openNow  func(path string, flags int, stay bool) (int, error)
	startNow func(absolute bool, to *wire.Stat) (uint64, error) // where paths start: the root, or the working folder
	statNow  func(fd int, to *wire.Stat) (uint64, error)
	readNow  func(fd int, p []byte, offset int64) (int, error)
	closeNow func(fd int) error
	// isLocal says that opening a cached file of the file system that fd is on waits for nobody.
	isLocal func(fd int) (bool, error)
}

// system is the table of the real ones.
var system = calls{
	open:      unix.Open,
	openat:    unix.Openat,
	close:     unix.Close,
	nonblock:  unix.SetNonblock,
	read:      unix.Read,
	pread:     unix.Pread,
	write:     unix.Write,
	pwrite:    unix.Pwrite,
	readv:     readv,
	writev:    writev,
	poll:      poll,
	seek:      unix.Seek,
	ftruncate: unix.Ftruncate,
	fsync:     fsync,
	fdatasync: fdatasync,
	fchmod:    unix.Fchmod,
	fchown:    unix.Fchown,
	futimes:   futimes,
	dirents:   unix.ReadDirent,

	access:    unix.Access,
	chmod:     unix.Chmod,
	chown:     unix.Chown,
	lchown:    unix.Lchown,
	utimes:    utimes,
	truncate:  unix.Truncate,
	mkdir:     unix.Mkdir,
	unlinkat:  unix.Unlinkat,
	rename:    unix.Rename,
	renameat:  func(dir int, name, name2 string) error { return unix.Renameat(dir, name, dir, name2) },
	renameNew: renameNew,
	link:      unix.Link,
	symlink:   unix.Symlink,
	readlink:  unix.Readlink,
	getcwd:    unix.Getcwd,
	statfs:    statfs,

	stat: func(path string, follow bool, to *wire.Stat) (uint64, error) {
		return statAt(unix.AT_FDCWD, path, follow, to)
	},
	statat: func(dir int, name string, to *wire.Stat) (uint64, error) { return statAt(dir, name, false, to) },
	statFD: statOpen,

	copyRange: copyRange,
	sendfile:  sendfile,
	clone:     clone,

	openNow:  openNow,
	startNow: startNow,
	statNow:  statNow,
	readNow:  readNow,
	closeNow: closeNow,
	isLocal:  isLocal,
}

func poll(fd int, events int16, ms int) (int16, error) {
	fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
	_, err := unix.Poll(fds[:], ms)
	return fds[0].Revents, err
}

// typeOf returns the wire.Type* of a mode.
func typeOf(mode uint32) uint32 {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return wire.TypeFile
	case unix.S_IFDIR:
		return wire.TypeDir
	case unix.S_IFLNK:
		return wire.TypeLink
	case unix.S_IFIFO:
		return wire.TypeFifo
	case unix.S_IFSOCK:
		return wire.TypeSocket
	case unix.S_IFCHR:
		return wire.TypeChar
	case unix.S_IFBLK:
		return wire.TypeBlock
	}
	return wire.TypeUnknown
}

// direntType returns the wire.Type* of a DT_* number.
func direntType(dt uint8) uint32 {
	switch dt {
	case unix.DT_REG:
		return wire.TypeFile
	case unix.DT_DIR:
		return wire.TypeDir
	case unix.DT_LNK:
		return wire.TypeLink
	case unix.DT_FIFO:
		return wire.TypeFifo
	case unix.DT_SOCK:
		return wire.TypeSocket
	case unix.DT_CHR:
		return wire.TypeChar
	case unix.DT_BLK:
		return wire.TypeBlock
	}
	return wire.TypeUnknown
}
