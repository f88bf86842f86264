// SPDX-License-Identifier: MIT

package fs

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

const dataSync = unix.O_SYNC

func fsync(fd int) error     { return unix.Fsync(fd) }
func fdatasync(fd int) error { return unix.Fsync(fd) }

// parseDirent returns the first entry of what dirents read, and where the next begins. It takes the fields one by
// one: a whole unix.Dirent may reach beyond the end of the buffer.
func parseDirent(buf []byte) (e entry, next int) {
	var d unix.Dirent
	next = int(binary.NativeEndian.Uint16(buf[unsafe.Offsetof(d.Reclen):]))
	e.ino = binary.NativeEndian.Uint64(buf[unsafe.Offsetof(d.Fileno):])
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
		Type: uint64(st.Type), BlockSize: st.Bsize, Blocks: st.Blocks, BlocksFree: st.Bfree,
		BlocksAvailable: uint64(max(st.Bavail, 0)), Files: st.Files, FilesFree: uint64(max(st.Ffree, 0)),
		ID:      uint64(uint32(st.Fsid.Val[0])) | uint64(uint32(st.Fsid.Val[1]))<<32,
		NameMax: uint64(st.Namemax), Flags: st.Flags,
	}
	return nil
}
