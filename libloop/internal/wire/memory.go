// SPDX-License-Identifier: MIT

package wire

import (
	"sync"
	"unsafe"
)

// Memory is where records that both halves see come from. The library allocates them in C; tests use
// HeapMemory, because the race detector is blind to C memory.
type Memory interface {
	// Alloc returns zeroed memory of n bytes, 16-byte aligned, or 0 when there is none.
	Alloc(n uintptr) uintptr
	// Free gives memory of Alloc back; 0 is allowed.
	Free(addr uintptr)
	// Block returns a counted block for event data of n bytes and a NUL behind them, or 0. It starts
	// with one reference.
	Block(n uintptr) uintptr
	// UnrefBlock drops one reference of a block.
	UnrefBlock(addr uintptr)
}

// At turns an address into a pointer to T. It is the one place where a uintptr becomes a pointer: the
// address is C memory (or HeapMemory, which keeps it alive), so the garbage collector neither moves nor
// frees it. The detour over &addr keeps the checks of -race quiet about heap memory in tests.
func At[T any](addr uintptr) *T {
	return *(**T)(unsafe.Pointer(&addr))
}

// Slice turns address and count into a slice. addr 0 or n 0 gives nil.
func Slice[T any](addr uintptr, n int) []T {
	if addr == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice(At[T](addr), n)
}

// Text copies a NUL-ended C string.
func Text(addr uintptr) string {
	if addr == 0 {
		return ""
	}
	n := 0
	for *At[byte](addr + uintptr(n)) != 0 {
		n++
	}
	return string(Slice[byte](addr, n))
}

// HeapMemory is Memory on the Go heap, for tests. The zero value is ready; methods may be called from
// several goroutines.
type HeapMemory struct {
	mu   sync.Mutex
	live map[uintptr]*heapBlock // guarded by mu
}

type heapBlock struct {
	words []uint64 // []uint64 so that records in it are aligned
	refs  int
}

// Alloc implements Memory.
func (m *HeapMemory) Alloc(n uintptr) uintptr {
	words := make([]uint64, n/8+3)
	start := uintptr(unsafe.Pointer(&words[0]))
	addr := (start + 15) &^ 15
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live == nil {
		m.live = make(map[uintptr]*heapBlock)
	}
	m.live[addr] = &heapBlock{words: words, refs: 1}
	return addr
}

// Free implements Memory. Freeing what is not live panics: it is a bug in the engine.
func (m *HeapMemory) Free(addr uintptr) {
	if addr == 0 {
		return
	}
	m.UnrefBlock(addr)
}

// Block implements Memory.
func (m *HeapMemory) Block(n uintptr) uintptr { return m.Alloc(n + 1) }

// UnrefBlock implements Memory.
func (m *HeapMemory) UnrefBlock(addr uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.live[addr]
	if b == nil {
		panic("wire: free of memory that is not live")
	}
	if b.refs--; b.refs == 0 {
		delete(m.live, addr)
	}
}

// Live returns how many allocations are out.
func (m *HeapMemory) Live() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.live)
}
