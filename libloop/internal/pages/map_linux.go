// SPDX-License-Identifier: MIT

package pages

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapBlock maps a block, whole with all its pages, or returns nil. Huge pages would save a little more, but zeroing
// one stops the loop for up to milliseconds on a virtual machine that has not used that memory yet.
func mapBlock(whole bool) unsafe.Pointer {
	flags := unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	if whole {
		flags |= unix.MAP_POPULATE
	}
	p, err := unix.MmapPtr(-1, 0, nil, BlockSize, unix.PROT_READ|unix.PROT_WRITE, flags)
	if err != nil {
		return nil
	}
	return p
}

func unmapBlock(p unsafe.Pointer) { _ = unix.MunmapPtr(p, BlockSize) }
