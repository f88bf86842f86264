// SPDX-License-Identifier: MIT

package fs

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

var (
	timeNow  = unix.Timespec{Nsec: unix.UTIME_NOW}
	timeOmit = unix.Timespec{Nsec: unix.UTIME_OMIT}
)

const (
	pathOnly = unix.O_PATH
	dataSync = unix.O_DSYNC
)

// systemFlags returns the system's flags for wire.O*. The second is false when it lacks one.
func systemFlags(flags uint32) (int, bool) {
	o := commonFlags(flags)
	for _, f := range [...]struct{ ours, theirs int }{
		{wire.ODirect, unix.O_DIRECT}, {wire.OTmpfile, unix.O_TMPFILE},
		{wire.ONoatime, unix.O_NOATIME}, {wire.OPath, unix.O_PATH},
	} {
		if int(flags)&f.ours != 0 {
			o |= f.theirs
		}
	}
	return o | unix.O_LARGEFILE, true
}

func readv(fd int, bufs [][]byte, offset int64) (int, error) {
	if offset < 0 {
		return unix.Readv(fd, bufs)
	}
	return unix.Preadv(fd, bufs, offset)
}

func writev(fd int, bufs [][]byte, offset int64) (int, error) {
	if offset < 0 {
		return unix.Writev(fd, bufs)
	}
	return unix.Pwritev(fd, bufs, offset)
}

func fsync(fd int) error     { return unix.Fsync(fd) }
func fdatasync(fd int) error { return unix.Fdatasync(fd) }

func utimes(path string, times *[2]unix.Timespec, follow bool) error {
	flags := 0
	if !follow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, path, times[:], flags)
}

// futimes: without a path utimensat means the descriptor itself, which x/sys has no call for.
func futimes(fd int, times *[2]unix.Timespec) error {
	_, _, errno := unix.Syscall6(unix.SYS_UTIMENSAT, uintptr(fd), 0, uintptr(unsafe.Pointer(times)), 0, 0, 0)
	return errnoError(errno)
}

// errnoError is errno as an error: 0 is none.
func errnoError(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// renameNew: file systems that cannot do it in one go have two names for a moment.
func renameNew(dir int, name, name2 string) error {
	err := unix.Renameat2(dir, name, dir, name2, unix.RENAME_NOREPLACE)
	if err != unix.ENOSYS && err != unix.EINVAL {
		return err
	}
	if err = unix.Linkat(dir, name, dir, name2, 0); err != nil {
		return err
	}
	return unix.Unlinkat(dir, name, 0)
}

func copyRange(to int, toOffset *int64, from int, fromOffset *int64, n int) (int, error) {
	return unix.CopyFileRange(from, fromOffset, to, toOffset, n, 0)
}

func sendfile(to, from int, fromOffset *int64, n int) (int, error) {
	return unix.Sendfile(to, from, fromOffset, n)
}

func clone(to, from int) error { return unix.IoctlFileClone(to, from) }

// parseDirent returns the first entry of what dirents read, and where the next begins. It takes the fields one by
// one: a whole unix.Dirent may reach beyond the end of the buffer.
func parseDirent(buf []byte) (e entry, next int) {
	var d unix.Dirent
	next = int(binary.NativeEndian.Uint16(buf[unsafe.Offsetof(d.Reclen):]))
	e.ino = binary.NativeEndian.Uint64(buf[unsafe.Offsetof(d.Ino):])
	e.kind = direntType(buf[unsafe.Offsetof(d.Type)])
	e.name = untilNul(buf[unsafe.Offsetof(d.Name):next])
	return e, next
}

func statfs(path string, to *wire.Statfs) error {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err
	}
	*to = wire.Statfs{
		Type: uint64(st.Type), BlockSize: uint64(st.Frsize), Blocks: st.Blocks, BlocksFree: st.Bfree,
		BlocksAvailable: st.Bavail, Files: st.Files, FilesFree: st.Ffree,
		ID:      uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		NameMax: uint64(st.Namelen), Flags: uint64(st.Flags),
	}
	if st.Frsize == 0 {
		to.BlockSize = uint64(st.Bsize)
	}
	return nil
}
