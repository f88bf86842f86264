// SPDX-License-Identifier: MIT

package fs

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

const statMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME | unix.STATX_MNT_ID_UNIQUE

// statAt asks what a name stands for. A kernel, or a filter of system calls, that knows no statx is asked as of old.
func statAt(dir int, path string, follow bool, to *wire.Stat) (uint64, error) {
	flags := 0
	if !follow {
		flags = unix.AT_SYMLINK_NOFOLLOW
	}
	var stx unix.Statx_t
	err := statx(dir, path, flags, &stx)
	switch err {
	case nil:
		return fromStatx(&stx, to), nil
	case unix.ENOSYS, unix.EPERM:
		var st unix.Stat_t
		if err = unix.Fstatat(dir, path, &st, flags); err == nil {
			fromStat(&st, to)
		}
	}
	return 0, err
}

// statx is unix.Statx, which would allocate a copy of the path, and of which the compiler believes that it keeps stx.
func statx(dir int, path string, flags int, stx *unix.Statx_t) error {
	var room [256]byte
	if len(path) >= len(room) {
		return unix.Statx(dir, path, flags, statMask, stx)
	}
	copy(room[:], path)
	_, _, errno := unix.Syscall6(unix.SYS_STATX, uintptr(dir), uintptr(unsafe.Pointer(&room[0])), uintptr(flags),
		statMask, uintptr(unsafe.Pointer(stx)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// statOpen asks what an open file is.
func statOpen(fd int, to *wire.Stat) (uint64, error) {
	var stx unix.Statx_t
	err := statx(fd, "", unix.AT_EMPTY_PATH, &stx)
	switch err {
	case nil:
		return fromStatx(&stx, to), nil
	case unix.ENOSYS, unix.EPERM:
		var st unix.Stat_t
		if err = unix.Fstat(fd, &st); err == nil {
			fromStat(&st, to)
		}
	}
	return 0, err
}

// statNow is statOpen with what the kernel has at hand. Of a local file that is the truth.
func statNow(fd int, to *wire.Stat) (uint64, error) { return statxNow(fd, &noPath, to) }

// startNow asks about where paths start: the root, or the working folder.
func startNow(absolute bool, to *wire.Stat) (uint64, error) {
	if absolute {
		return statxNow(unix.AT_FDCWD, &rootPath[0], to)
	}
	return statxNow(unix.AT_FDCWD, &noPath, to)
}

func statxNow(dir int, path *byte, to *wire.Stat) (uint64, error) {
	var stx unix.Statx_t
	_, _, errno := syscall.RawSyscall6(unix.SYS_STATX, uintptr(dir), uintptr(unsafe.Pointer(path)),
		unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, statMask, uintptr(unsafe.Pointer(&stx)), 0)
	if errno != 0 {
		return 0, errno
	}
	return fromStatx(&stx, to), nil
}

// Paths for statx as it takes them: unix.Statx would allocate them anew.
var (
	noPath   byte
	rootPath = [2]byte{'/'}
)

var attributes = [...]struct {
	theirs uint64
	ours   uint32
}{
	{unix.STATX_ATTR_COMPRESSED, wire.AttrCompressed},
	{unix.STATX_ATTR_IMMUTABLE, wire.AttrImmutable},
	{unix.STATX_ATTR_APPEND, wire.AttrAppend},
	{unix.STATX_ATTR_NODUMP, wire.AttrNodump},
	{unix.STATX_ATTR_ENCRYPTED, wire.AttrEncrypted},
	{unix.STATX_ATTR_MOUNT_ROOT, wire.AttrMountRoot},
	{unix.STATX_ATTR_VERITY, wire.AttrVerity},
	{unix.STATX_ATTR_DAX, wire.AttrDax},
}

// fromStatx returns the key of the mount: its number, which is never used twice, or that of the block device; 0 when
// there is neither.
func fromStatx(s *unix.Statx_t, to *wire.Stat) (key uint64) {
	*to = wire.Stat{
		Size: s.Size, Ino: s.Ino, Nlink: uint64(s.Nlink), Blocks: s.Blocks, BlockSize: uint64(s.Blksize),
		Dev: unix.Mkdev(s.Dev_major, s.Dev_minor), Rdev: unix.Mkdev(s.Rdev_major, s.Rdev_minor),
		AtimeNS: statxTime(s.Atime), MtimeNS: statxTime(s.Mtime), CtimeNS: statxTime(s.Ctime),
		Type: typeOf(uint32(s.Mode)), Mode: uint32(s.Mode), UID: s.Uid, GID: s.Gid,
		Known: wire.StatAttributes,
	}
	if s.Mask&unix.STATX_BTIME != 0 {
		to.BirthtimeNS = statxTime(s.Btime)
		to.Known |= wire.StatBirthtime
	}
	for _, a := range attributes {
		if s.Attributes&s.Attributes_mask&a.theirs != 0 {
			to.Attributes |= a.ours
		}
	}
	if s.Mask&unix.STATX_MNT_ID_UNIQUE != 0 {
		to.MountID = s.Mnt_id
		to.Known |= wire.StatMountID
		return s.Mnt_id<<1 | 1
	}
	// A device number of a file system without a device (major 0) may come to stand for another one.
	if s.Dev_major != 0 {
		return to.Dev << 1
	}
	return 0
}

func statxTime(t unix.StatxTimestamp) int64 { return nanoseconds(t.Sec, int64(t.Nsec)) }

func fromStat(s *unix.Stat_t, to *wire.Stat) {
	*to = wire.Stat{
		Size: uint64(s.Size), Ino: s.Ino, Nlink: uint64(s.Nlink), Blocks: uint64(s.Blocks),
		BlockSize: uint64(s.Blksize), Dev: s.Dev, Rdev: s.Rdev,
		AtimeNS: nanoseconds(s.Atim.Unix()), MtimeNS: nanoseconds(s.Mtim.Unix()), CtimeNS: nanoseconds(s.Ctim.Unix()),
		Type: typeOf(s.Mode), Mode: s.Mode, UID: s.Uid, GID: s.Gid,
	}
}
