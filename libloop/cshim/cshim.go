// SPDX-License-Identifier: MIT

// Package cshim is the C half of the library: ids, the op array, callbacks, posts, the pool, the sleep. Its
// Go part only lends the engine the C half's memory.
package cshim

// The flags: nothing is exported but what loop.h declares, callbacks may be left by unwinding, and the
// functions of cgo_exports.go are found when the library is linked. Of the wrapped function tells monitor.c.

// #cgo CFLAGS: -std=gnu11 -fvisibility=hidden -fexceptions -pthread
// #cgo LDFLAGS: -pthread
// #cgo linux LDFLAGS: -Wl,--wrap=pthread_create
// #cgo noescape loop__alloc
// #cgo nocallback loop__alloc
// #cgo noescape loop__dealloc
// #cgo nocallback loop__dealloc
// #cgo noescape loop__block
// #cgo nocallback loop__block
// #cgo noescape loop__block_unref
// #cgo nocallback loop__block_unref
// #include "step.h"
import "C"

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Memory is the C half's memory for one loop. It implements wire.Memory; any goroutine.
type Memory struct {
	shared *C.loop__shared_t
}

var _ wire.Memory = Memory{}

// NewMemory returns the memory of the loop that shared, a loop__shared_t, belongs to.
func NewMemory(shared unsafe.Pointer) Memory {
	return Memory{(*C.loop__shared_t)(shared)}
}

// Options, Shared, Step and Job are the Go views of the C records; layout.go holds both to one layout.

// Options views a loop_options_t.
func Options(p unsafe.Pointer) *wire.Options { return (*wire.Options)(p) }

// Shared views a loop__shared_t.
func Shared(p unsafe.Pointer) *wire.Shared { return (*wire.Shared)(p) }

// Step views a loop__step_t.
func Step(p unsafe.Pointer) *wire.Step { return (*wire.Step)(p) }

// Job views a loop__job_t.
func Job(p unsafe.Pointer) *wire.Job { return (*wire.Job)(p) }

// Alloc implements wire.Memory.
func (m Memory) Alloc(n uintptr) uintptr { return uintptr(C.loop__alloc(C.uint64_t(n))) }

// Free implements wire.Memory.
func (m Memory) Free(addr uintptr) { C.loop__dealloc(pointer(addr)) }

// Block implements wire.Memory.
func (m Memory) Block(n uintptr) uintptr { return uintptr(C.loop__block(m.shared, C.uint64_t(n))) }

// UnrefBlock implements wire.Memory.
func (m Memory) UnrefBlock(addr uintptr) { C.loop__block_unref(pointer(addr)) }

// pointer is the address as C takes it. It is C memory.
func pointer(addr uintptr) unsafe.Pointer { return unsafe.Pointer(wire.At[byte](addr)) }
