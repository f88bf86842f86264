// SPDX-License-Identifier: MIT

package libloop

import (
	"strconv"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// batch is the array of events that a step fills, and the memory their data is in. Data is packed into
// slabs, at most slabMax bytes in a step; all of it is valid until the next step that delivers.
type batch struct {
	mem    wire.Memory
	events uintptr
	stride uintptr
	room   int
	n      int

	slabs  []slab
	used   int // bytes in slabs in this step
	blocks []uintptr
	quiet  int // steps in a row that used little of a large slab
	text   []byte
}

type slab struct {
	addr uintptr
	size int
	used int
}

const (
	slabMin  = 16 << 10
	slabMax  = 1 << 20
	blockMin = task.OwnMost // longer data gets a block of its own
	slabCalm = 256          // quiet steps before a slab shrinks
)

// begin takes back the data of the last batch and starts another.
func (b *batch) begin(s *wire.Step) {
	b.events, b.stride = s.Events, uintptr(s.EventStride)
	b.room, b.n = int(s.EventCapacity), 0
	for _, addr := range b.blocks {
		b.mem.UnrefBlock(addr)
	}
	b.blocks = b.blocks[:0]
	b.recycle()
}

// recycle leaves at most one slab, as large as the last steps needed.
func (b *batch) recycle() {
	switch {
	case len(b.slabs) > 1:
		b.drop()
		size := slabMin
		for size < b.used {
			size *= 2
		}
		b.grow(min(size, slabMax))
		b.quiet = 0
	case len(b.slabs) == 1 && b.slabs[0].size > slabMin && b.used < b.slabs[0].size/4:
		if b.quiet++; b.quiet >= slabCalm {
			size := b.slabs[0].size / 2
			b.drop()
			b.grow(size)
			b.quiet = 0
		}
	default:
		b.quiet = 0
	}
	if len(b.slabs) == 1 {
		b.slabs[0].used = 0
	}
	b.used = 0
}

func (b *batch) drop() {
	for _, s := range b.slabs {
		b.mem.Free(s.addr)
	}
	b.slabs = b.slabs[:0]
}

func (b *batch) grow(size int) bool {
	addr := b.mem.Alloc(uintptr(size))
	if addr != 0 {
		b.slabs = append(b.slabs, slab{addr: addr, size: size})
	}
	return addr != 0
}

// next returns the next record.
func (b *batch) next() *wire.Event {
	ev := wire.At[wire.Event](b.events + uintptr(b.n)*b.stride)
	b.n++
	return ev
}

// pack returns a place for n bytes of data and a NUL behind them. ok false: the slabs of this step are
// full, and a step without events so far never is. Without memory the address is 0.
func (b *batch) pack(n int) (addr uintptr, block, ok bool) {
	if n > blockMin {
		if addr = b.mem.Block(uintptr(n)); addr != 0 {
			b.blocks = append(b.blocks, addr)
		}
		return addr, true, true
	}
	need := (n + 1 + 7) &^ 7
	if b.used+need > slabMax {
		if b.n > 0 {
			return 0, false, false
		}
		return 0, false, true
	}
	if len(b.slabs) == 0 || b.slabs[len(b.slabs)-1].used+need > b.slabs[len(b.slabs)-1].size {
		size := slabMin
		if len(b.slabs) > 0 {
			size = 2 * b.slabs[len(b.slabs)-1].size
		}
		for size < need {
			size *= 2
		}
		if !b.grow(min(size, slabMax)) {
			return 0, false, true
		}
	}
	s := &b.slabs[len(b.slabs)-1]
	addr = s.addr + uintptr(s.used)
	s.used += need
	b.used += need
	*wire.At[byte](addr + uintptr(n)) = 0
	return addr, false, true
}

// reserve offers room for least to n bytes that are not there yet, which commit takes as far as they came.
// ok false: the slabs of this step are full, and a step without events so far never is. Without memory the
// room is 0.
func (b *batch) reserve(least, n int) (addr uintptr, room int, ok bool) {
	const nul = 8 // behind the data, whatever its length
	if len(b.slabs) > 0 {
		s := &b.slabs[len(b.slabs)-1]
		if room = s.size - s.used - nul; room >= least {
			return s.addr + uintptr(s.used), min(n, room), true
		}
	}
	if b.used+least+nul > slabMax {
		return 0, 0, b.n == 0
	}
	size := slabMin
	if len(b.slabs) > 0 {
		size = 2 * b.slabs[len(b.slabs)-1].size
	}
	if !b.grow(min(size, slabMax)) {
		return 0, 0, true
	}
	s := &b.slabs[len(b.slabs)-1]
	return s.addr, min(n, s.size-nul), true
}

// commit keeps the first n bytes that reserve offered last, with a NUL behind them.
func (b *batch) commit(n int) {
	s := &b.slabs[len(b.slabs)-1]
	*wire.At[byte](s.addr + uintptr(s.used+n)) = 0
	n = (n + 1 + 7) &^ 7
	s.used += n
	b.used += n
}

// put packs bytes. See pack.
func (b *batch) put(data []byte) (addr uintptr, n uint64, block, ok bool) {
	addr, block, ok = b.pack(len(data))
	if addr == 0 {
		return 0, 0, false, ok
	}
	copy(wire.Slice[byte](addr, len(data)), data)
	return addr, uint64(len(data)), block, ok
}

func (b *batch) close() {
	for _, addr := range b.blocks {
		b.mem.UnrefBlock(addr)
	}
	b.blocks = nil
	b.drop()
}

// subject packs the text of an error of an id: "operation subject".
func (e *Engine) subject(s *slot) (addr uintptr, n uint64, ok bool) {
	t := e.out.text[:0]
	switch s.code {
	case wire.OpPollFD:
		t = strconv.AppendInt(append(t, "poll_fd "...), s.arg, 10)
	case wire.OpWork:
		t = append(append(t, "work "...), textAt(e.labelOf(s))...)
	case wire.OpHttp:
		t = append(append(t, "http "...), e.http.subjects.of(s)...)
	case wire.OpDNS:
		t = append(append(t, "dns "...), e.naming.subjects.of(s)...)
	case wire.OpWatch:
		t = append(append(t, "watch "...), e.watching.subjects.of(s)...)
	case wire.OpNet:
		t = e.sockets.subject(t, s)
	default:
		if s.extra != 0 && e.extras[s.extra].text != 0 {
			t = append(t, e.labels.all[e.extras[s.extra].text].text...)
			break
		}
		if e.tasks.nouns[s.code] != nil {
			t = append(t, textAt(e.labelOf(s))...)
			break
		}
		t = append(t, codeNames[s.code]...)
		if s.extra != 0 && e.extras[s.extra].label != 0 {
			t = append(append(t, ' '), e.labels.all[e.extras[s.extra].label].text...)
		}
	}
	e.out.text = t
	addr, n, _, ok = e.out.put(t)
	return addr, n, ok
}

// textAt returns the bytes of a NUL-ended text. Valid as long as the text.
func textAt(addr uintptr) []byte {
	if addr == 0 {
		return nil
	}
	n := 0
	for *wire.At[byte](addr + uintptr(n)) != 0 {
		n++
	}
	return wire.Slice[byte](addr, n)
}
