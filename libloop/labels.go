// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/wire"
)

// labels keeps one copy of each label in shared memory, ended by a NUL, because trace records point at it.
// A label without a user stays for the next one, until there are many.
type labels struct {
	mem    wire.Memory
	index  map[string]uint32
	all    []label // 0 is not used
	free   []uint32
	unused int
}

type label struct {
	text string
	addr uintptr
	refs int
	// group is where the jobs of this label are counted; 0: not looked up yet. See stats.
	group uint16
}

// maxUnused is how many labels without a user are kept.
const maxUnused = 1024

func newLabels(mem wire.Memory) labels {
	return labels{mem: mem, index: map[string]uint32{}, all: make([]label, 1)}
}

// use returns the index of a label and counts one user; 0 when there is no memory.
func (l *labels) use(text []byte) uint32 {
	i, ok := l.index[string(text)]
	if !ok {
		addr := l.mem.Alloc(uintptr(len(text)) + 1)
		if addr == 0 {
			return 0
		}
		copy(wire.Slice[byte](addr, len(text)), text)
		if n := len(l.free); n > 0 {
			i, l.free = l.free[n-1], l.free[:n-1]
		} else {
			i = uint32(len(l.all))
			l.all = append(l.all, label{})
		}
		l.all[i] = label{text: string(text), addr: addr}
		l.index[l.all[i].text] = i
		l.unused++
	}
	if l.all[i].refs == 0 {
		l.unused--
	}
	l.all[i].refs++
	return i
}

// drop counts one user less.
func (l *labels) drop(i uint32) {
	if i == 0 {
		return
	}
	if l.all[i].refs--; l.all[i].refs == 0 {
		l.unused++
	}
}

// trim frees the labels without a user when there are many. Not before the trace records that point at them
// are read.
func (l *labels) trim() {
	if l.unused <= maxUnused {
		return
	}
	for i := 1; i < len(l.all); i++ {
		if l.all[i].addr != 0 && l.all[i].refs == 0 {
			delete(l.index, l.all[i].text)
			l.mem.Free(l.all[i].addr)
			l.all[i] = label{}
			l.free = append(l.free, uint32(i))
		}
	}
	l.unused = 0
}

func (l *labels) close() {
	for i := range l.all {
		l.mem.Free(l.all[i].addr)
	}
	l.all, l.index = nil, nil
}
