// SPDX-License-Identifier: MIT

package fs

import (
	"bytes"
	"math"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	recordSize = uint32(unsafe.Sizeof(wire.FS{}))
	recordMax  = 4096    // no record of a newer header is larger
	modeMax    = 0o7777  // permission bits
	bufsMax    = 1 << 20 // pieces of readv and writev
	readMax    = 2 << 30 // bytes that one read puts into the library's memory
	openFlags  = wire.OWronly | wire.ORdwr | wire.OCreat | wire.OExcl | wire.OTrunc | wire.OAppend |
		wire.ONofollow | wire.ODirectory | wire.OSync | wire.ODsync | wire.ONonblock | wire.ODirect |
		wire.OTmpfile | wire.ONoatime | wire.OPath
)

// check says whether an op's request can be understood. It trusts nothing but that the memory is there.
func check(o *wire.Op) bool {
	if o.Data == 0 || o.Data%8 != 0 || *wire.At[uint32](o.Data) < recordSize {
		return false
	}
	r := wire.At[wire.FS](o.Data)
	if r.Size > recordMax || r.What >= uint32(len(kinds)) {
		return false
	}
	// What a newer header knows must be left alone.
	for _, b := range wire.Slice[byte](o.Data, int(r.Size))[recordSize:] {
		if b != 0 {
			return false
		}
	}
	k := &kinds[r.What]
	if k.make == nil || r.Flags&^k.flags != 0 {
		return false
	}
	var n uint64
	if k.takes&(takesData|takesBuffer|takesSize) != 0 {
		n = r.Len
	}
	if k.takes&takesBufs != 0 {
		var ok bool
		if n, ok = bufsLen(r); !ok {
			return false
		}
	}
	if r.Flags&wire.FSAtomic != 0 && r.Flags&wire.FSAppend != 0 {
		return false
	}
	return simpleOK(k, r) && memoryOK(k, r) &&
		(k.takes&takesOffset == 0 || rangeOK(r.Offset, n)) &&
		(k.takes&takesOffset2 == 0 || rangeOK(r.Offset2, n)) && n <= math.MaxInt64
}

// simpleOK checks names and numbers.
func simpleOK(k *kind, r *wire.FS) bool {
	switch {
	case k.takes&takesPath != 0 && !pathOK(r.Path, r.PathLen),
		k.takes&takesPath2 != 0 && !pathOK(r.Path2, r.Path2Len),
		k.takes&takesFD != 0 && r.FD < 0,
		k.takes&takesFD2 != 0 && r.FD2 < 0,
		k.takes&takesMode != 0 && r.Mode > modeMax,
		k.takes&takesAccess != 0 && r.Mode > wire.AccessRead|wire.AccessWrite|wire.AccessExecute:
		return false
	case k.takes&takesOpen != 0:
		return r.OpenFlags&^uint32(openFlags) == 0 && r.OpenFlags&(wire.OWronly|wire.ORdwr) != wire.OWronly|wire.ORdwr
	}
	return true
}

// memoryOK checks where data comes from or goes to.
func memoryOK(k *kind, r *wire.FS) bool {
	if k.takes&takesData != 0 {
		return r.Data != 0 || r.Len == 0
	}
	if k.takes&takesBuffer != 0 {
		return r.Buffer != 0 || r.Len <= readMax
	}
	return true
}

// pathOK: n 0 means up to the NUL.
func pathOK(addr uintptr, n uint32) bool {
	return addr != 0 && (n == 0 || bytes.IndexByte(wire.Slice[byte](addr, int(n)), 0) < 0)
}

// bufsLen returns how many bytes the pieces of readv and writev have together.
func bufsLen(r *wire.FS) (total uint64, ok bool) {
	if r.Bufs == 0 || r.Bufs%8 != 0 || r.BufCount == 0 || r.BufCount > bufsMax {
		return 0, false
	}
	for _, b := range wire.Slice[wire.Buf](r.Bufs, int(r.BufCount)) {
		if b.Data == 0 && b.Len > 0 || b.Len > math.MaxInt64-total {
			return 0, false
		}
		total += b.Len
	}
	return total, true
}

// rangeOK: offset -1 is the current position.
func rangeOK(offset int64, n uint64) bool {
	return offset >= -1 && n <= uint64(math.MaxInt64-max(offset, 0))
}
