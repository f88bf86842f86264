// SPDX-License-Identifier: MIT

package fs

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

const dataSync = unix.O_DSYNC

// fsync: plain fsync leaves the data in the disk's own cache.
func fsync(fd int) error {
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_FULLFSYNC, 0); err == nil {
		return nil
	}
	return unix.Fsync(fd)
}

func fdatasync(fd int) error { return fsync(fd) }

// parseDirent returns the first entry of what dirents read, and where the next begins. It takes the fields one by
// one: a whole unix.Dirent may reach beyond the end of the buffer.
func parseDirent(buf []byte) (e entry, next int) {
	var d unix.Dirent
	next = int(binary.NativeEndian.Uint16(buf[unsafe.Offsetof(d.Reclen):]))
	e.ino = binary.NativeEndian.Uint64(buf[unsafe.Offsetof(d.Ino):])
	if e.ino == 0 {
		return entry{}, next // taken away
	}
	e.kind = direntType(buf[unsafe.Offsetof(d.Type)])
	e.name = buf[unsafe.Offsetof(d.Name):][:binary.NativeEndian.Uint16(buf[unsafe.Offsetof(d.Namlen):])]
	return e, next
}

func statfs(path string, to *wire.Statfs) error {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return err
	}
	*to = wire.Statfs{
		Type: uint64(st.Type), BlockSize: uint64(st.Bsize), Blocks: st.Blocks, BlocksFree: st.Bfree,
		BlocksAvailable: st.Bavail, Files: st.Files, FilesFree: st.Ffree,
		ID:      uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		NameMax: 255, Flags: uint64(st.Flags),
	}
	return nil
}
