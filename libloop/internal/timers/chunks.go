// SPDX-License-Identifier: MIT

package timers

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/pages"
)

// list is a bucket: keys in the order in which they were pushed. The zero value is empty.
type list struct {
	head, tail uint32 // chunks; 0: none
	n          int    // keys
}

// chunk is a piece of a list. All but the last of a list were full once.
type chunk struct {
	keys [chunkKeys]Key
	n    uint32
	next uint32 // in the list, or of the free ones
}

const (
	chunkKeys  = 63
	slabChunks = 64
	smallSlabs = 2 // that are ordinary memory; the others come in blocks
	slabsKept  = 6 // by an empty queue
)

type slab [slabChunks]chunk

// block is as many slabs as fit into one.
type block [pages.BlockSize / unsafe.Sizeof(slab{})]slab

// chunks is where the chunks of all lists are: in slabs without pointers, numbered from 1.
type chunks struct {
	slabs  []*slab
	blocks []func() // give the blocks back
	spare  uint32   // first free chunk
}

func (c *chunks) at(i uint32) *chunk { return &c.slabs[i/slabChunks][i%slabChunks] }

// push appends a key to a list.
func (c *chunks) push(to *list, k Key) {
	if to.tail != 0 {
		if last := c.at(to.tail); last.n < chunkKeys {
			last.keys[last.n] = k
			last.n++
			to.n++
			return
		}
	}
	if c.spare == 0 {
		c.grow()
	}
	i := c.spare
	fresh := c.at(i)
	c.spare = fresh.next
	fresh.keys[0], fresh.n, fresh.next = k, 1, 0
	if to.tail != 0 {
		c.at(to.tail).next = i
	} else {
		to.head = i
	}
	to.tail = i
	to.n++
}

func (c *chunks) grow() {
	if len(c.slabs) < smallSlabs {
		c.add(new(slab))
		return
	}
	b, free := pages.New[block]()
	c.blocks = append(c.blocks, free)
	for i := range b {
		c.add(&b[i])
	}
}

// add takes a slab for free chunks.
func (c *chunks) add(s *slab) {
	first := uint32(len(c.slabs) * slabChunks)
	c.slabs = append(c.slabs, s)
	for i := slabChunks - 1; i >= 0; i-- {
		if n := first + uint32(i); n != 0 {
			s[i].next = c.spare
			c.spare = n
		}
	}
}

// shrink gives up most of the memory. Nothing may be in a list.
func (c *chunks) shrink() {
	if len(c.slabs) > slabsKept {
		c.close()
	}
}

// close gives all memory back.
func (c *chunks) close() {
	for _, free := range c.blocks {
		free()
	}
	*c = chunks{}
}

func (c *chunks) free(i uint32) {
	c.at(i).next = c.spare
	c.spare = i
}

// first takes the first chunk out of a list and returns its keys, which are good until the next push. The
// caller frees it.
func (c *chunks) first(from *list) (uint32, []Key) {
	i := from.head
	x := c.at(i)
	if from.head = x.next; from.head == 0 {
		from.tail = 0
	}
	from.n -= int(x.n)
	return i, x.keys[:x.n]
}

// pop moves the keys of the first chunk of a list to the end of an array.
func (c *chunks) pop(from *list, to []Key) []Key {
	i, keys := c.first(from)
	to = append(to, keys...)
	c.free(i)
	return to
}

// least returns the first point of a list.
func (c *chunks) least(from list) uint64 {
	least := uint64(1<<64 - 1)
	for i := from.head; i != 0; i = c.at(i).next {
		x := c.at(i)
		for j := range x.keys[:x.n] {
			least = min(least, point(x.keys[j].Deadline))
		}
	}
	return least
}

// filter drops the dead keys of a list and returns how many are left.
func (c *chunks) filter(of *list, owner Owner) int {
	var kept list
	for of.n > 0 {
		i, keys := c.first(of)
		for _, k := range keys {
			if owner.Live(k) {
				c.push(&kept, k)
			}
		}
		c.free(i)
	}
	*of = kept
	return kept.n
}
