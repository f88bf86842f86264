// SPDX-License-Identifier: MIT

package pages

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapBlock maps a block at a multiple of its size, so that it can be one huge page, or returns nil.
func mapBlock() unsafe.Pointer {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	p, err := unix.MmapPtr(-1, 0, nil, 2*BlockSize, prot, flags)
	if err != nil {
		return nil
	}
	before := -uintptr(p) & (BlockSize - 1)
	if before > 0 {
		_ = unix.MunmapPtr(p, before)
	}
	block := unsafe.Add(p, before)
	_ = unix.MunmapPtr(unsafe.Add(block, BlockSize), BlockSize-before)
	// Advice: without huge pages the block is made of ordinary ones.
	_ = unix.Madvise(unsafe.Slice((*byte)(block), BlockSize), unix.MADV_HUGEPAGE)
	return block
}

func unmapBlock(p unsafe.Pointer) { _ = unix.MunmapPtr(p, BlockSize) }
