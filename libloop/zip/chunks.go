// SPDX-License-Identifier: MIT

package zip

import "libloop.dev/libloop/libloop/internal/wire"

const (
	smallestChunk = 16 << 10
	largestChunk  = 1 << 20
)

// chunks is output that grows: memory of the host's side, taken as it is filled and given back piece by piece as
// it is copied out. So a result is in memory once, whatever its size, and running out of memory is an error.
type chunks struct {
	mem   wire.Memory
	limit uint64 // bytes in all; 0: none
	total uint64 // bytes in all
	list  []chunk
	at    int // first chunk that is not copied out
}

type chunk struct {
	block    uintptr
	len, cap int
}

// room returns memory to fill, of which commit says how much was. It has one byte more than the limit allows, so
// that reaching beyond it shows. Nil: there is no memory.
func (c *chunks) room() []byte {
	if n := len(c.list); n == 0 || c.list[n-1].len == c.list[n-1].cap {
		size := uint64(smallestChunk)
		if n > 0 {
			size = min(uint64(c.list[n-1].cap)*2, largestChunk)
		}
		if left := c.limit - c.total; c.limit > 0 && left < size {
			size = left + 1
		}
		block := c.mem.Block(uintptr(size))
		if block == 0 {
			return nil
		}
		c.list = append(c.list, chunk{block: block, cap: int(size)})
	}
	last := &c.list[len(c.list)-1]
	return wire.Slice[byte](last.block, last.cap)[last.len:]
}

// commit counts bytes that were written into room.
func (c *chunks) commit(n int) error {
	if n == 0 {
		return nil
	}
	c.list[len(c.list)-1].len += n
	c.total += uint64(n)
	if c.limit > 0 && c.total > c.limit {
		return errTooBig
	}
	return nil
}

// Write implements io.Writer. What it says once it says again: nothing is taken beyond the limit.
func (c *chunks) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		if c.limit > 0 && c.total > c.limit {
			return written, errTooBig
		}
		room := c.room()
		if room == nil {
			return written, errNoMemory
		}
		n := copy(room, p[written:])
		written += n
		if err := c.commit(n); err != nil {
			return written, err
		}
	}
	return written, nil
}

// move copies the next chunks to dst, gives them back, and returns what is left of dst. It stops after most
// bytes, or with the last chunk.
func (c *chunks) move(dst []byte, most int) []byte {
	for moved := 0; c.at < len(c.list) && moved < most; c.at++ {
		last := &c.list[c.at]
		n := copy(dst, wire.Slice[byte](last.block, last.len))
		c.mem.UnrefBlock(last.block)
		last.block = 0
		dst = dst[n:]
		moved += n
	}
	return dst
}

// free gives everything back.
func (c *chunks) free() {
	for _, k := range c.list {
		if k.block != 0 {
			c.mem.UnrefBlock(k.block)
		}
	}
	*c = chunks{mem: c.mem, limit: c.limit}
}
