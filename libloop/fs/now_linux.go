// SPDX-License-Identifier: MIT

package fs

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ways of openat2. Cached: EAGAIN when a part of the path is not in the cache of names.
const (
	resolveNoXdev = 0x01
	resolveCached = 0x20
)

// The calls here are not told to Go's scheduler, because they never wait: that is a sixth of their price. Those of package
// unix are jumps to these.

// openNow opens what is cached. It goes around unix.Openat2, which would copy the path.
func openNow(path string, flags int, stay bool) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags), Resolve: resolveCached}
	if stay {
		how.Resolve |= resolveNoXdev
	}
	cwd := unix.AT_FDCWD
	fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT2, uintptr(cwd), uintptr(unsafe.Pointer(unsafe.StringData(path))),
		uintptr(unsafe.Pointer(&how)), unix.SizeofOpenHow, 0, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// closeNow closes what openNow has opened.
func closeNow(fd int) error {
	if _, _, errno := syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// readNow reads what is cached. The offset is one 64-bit argument, in two halves for the kernel's sake.
func readNow(fd int, p []byte, offset int64) (int, error) {
	iov := unix.Iovec{Base: unsafe.SliceData(p), Len: uint64(len(p))}
	n, _, errno := syscall.RawSyscall6(unix.SYS_PREADV2, uintptr(fd), uintptr(unsafe.Pointer(&iov)), 1,
		uintptr(offset), uintptr(offset>>32), unix.RWF_NOWAIT)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// localTypes are the file systems whose open, and statx without sync, of a cached file waits for no server, daemon
// or media. Those that nobody has thought about are not here.
var localTypes = map[int64]bool{
	unix.EXT4_SUPER_MAGIC:      true, // ext2 and ext3, too
	unix.XFS_SUPER_MAGIC:       true,
	unix.BTRFS_SUPER_MAGIC:     true,
	unix.F2FS_SUPER_MAGIC:      true,
	unix.TMPFS_MAGIC:           true,
	unix.RAMFS_MAGIC:           true,
	unix.OVERLAYFS_SUPER_MAGIC: true,
	unix.SQUASHFS_MAGIC:        true,
	unix.EROFS_SUPER_MAGIC_V1:  true,
	0x2fc12fc1:                 true, // ZFS
}

func isLocal(fd int) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return false, err
	}
	return localTypes[int64(st.Type)], nil
}
