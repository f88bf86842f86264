// SPDX-License-Identifier: MIT

package libloop

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// jobBlocks hands out blocks for jobs. They come in pages, so that a page without a job in use can be given
// back after a burst. Job.Flags is the number of the block's page.
type jobBlocks struct {
	pages []jobPage
	open  int // first page with a free block; 0: none, pages are numbered from 1
	gone  []uint32
	empty int // pages without a job in use
}

// jobPage is one allocation of jobsPerPage blocks.
type jobPage struct {
	addr       uintptr // 0: the number is free
	free       uintptr // list of free blocks, linked through Job.Next
	used       int
	next, prev int // in the list of pages with a free block; 0: none
}

const (
	jobSize     = unsafe.Sizeof(wire.Job{})
	jobsPerPage = 64
	emptyKept   = 16 // empty pages that are kept: about a thousand jobs
)

// get returns a block, 0 when there is no memory. But for Flags its content is undefined.
func (b *jobBlocks) get(mem wire.Memory) uintptr {
	if b.open == 0 && !b.add(mem) {
		return 0
	}
	p := &b.pages[b.open]
	if p.used == 0 {
		b.empty--
	}
	addr := p.free
	p.free = wire.At[wire.Job](addr).Next
	p.used++
	if p.free == 0 {
		b.unlink(p)
	}
	return addr
}

// put takes a block back.
func (b *jobBlocks) put(mem wire.Memory, addr uintptr) {
	j := wire.At[wire.Job](addr)
	n := j.Flags
	p := &b.pages[n]
	if p.free == 0 {
		b.link(int(n), p)
	}
	j.Next, j.Group = p.free, 0
	p.free = addr
	if p.used--; p.used > 0 {
		return
	}
	if b.empty++; b.empty > emptyKept {
		b.empty--
		b.unlink(p)
		mem.Free(p.addr)
		*p = jobPage{}
		b.gone = append(b.gone, n)
	}
}

// add makes a page.
func (b *jobBlocks) add(mem wire.Memory) bool {
	addr := mem.Alloc(jobsPerPage * jobSize)
	if addr == 0 {
		return false
	}
	if len(b.pages) == 0 {
		b.pages = make([]jobPage, 1)
	}
	var n uint32
	if k := len(b.gone); k > 0 {
		n, b.gone = b.gone[k-1], b.gone[:k-1]
	} else {
		n = uint32(len(b.pages))
		b.pages = append(b.pages, jobPage{})
	}
	p := &b.pages[n]
	*p = jobPage{addr: addr}
	for i := jobsPerPage - 1; i >= 0; i-- {
		j := wire.At[wire.Job](addr + uintptr(i)*jobSize)
		j.Flags = n
		j.Next = p.free
		p.free = addr + uintptr(i)*jobSize
	}
	b.empty++
	b.link(int(n), p)
	return true
}

func (b *jobBlocks) link(n int, p *jobPage) {
	p.next, p.prev = b.open, 0
	if b.open != 0 {
		b.pages[b.open].prev = n
	}
	b.open = n
}

func (b *jobBlocks) unlink(p *jobPage) {
	if p.next != 0 {
		b.pages[p.next].prev = p.prev
	}
	if p.prev != 0 {
		b.pages[p.prev].next = p.next
	} else {
		b.open = p.next
	}
}

// close gives all pages back.
func (b *jobBlocks) close(mem wire.Memory) {
	for i := range b.pages {
		mem.Free(b.pages[i].addr)
	}
	*b = jobBlocks{}
}
