// SPDX-License-Identifier: MIT

// Package zip is the compression battery: gzip, deflate, raw deflate, zstd and brotli, in one shot and as a
// flow.
//
// Every task takes memory as its output comes into being and gives it back before it says End, so that a small
// input that unfolds into a huge output is stopped at its limit. What a compressor or a decompressor needs for
// itself is bounded by its format: see docs/compression.md.
package zip

import (
	"math"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// New makes the battery of one loop.
func New() *task.Noun {
	s := &shelf{}
	return &task.Noun{
		Check: check,
		Make:  func(mem wire.Memory, op *wire.Op) (task.Task, int32) { return makeTask(s, mem, op) },
		Lane:  lane,
		Name:  nameOf,
	}
}

const (
	recordSize = uint32(unsafe.Sizeof(wire.Zip{}))
	// recordMost bounds a record of a later version of the library.
	recordMost = 4096
	knownFlags = wire.ZipBorrow
	// maxOutDefault is the most output of a decompression in one shot that says nothing of it.
	maxOutDefault = 1 << 30
)

// params is what an op asks for.
type params struct {
	format     uint32
	level      int    // 0: the format's own choice
	maxOut     uint64 // bytes of output; 0: no limit
	dictionary []byte // nil: none
	name       string
}

func lane(*wire.Op) uint32 { return wire.LaneCpu }

func nameOf(op *wire.Op) string {
	rec := wire.At[wire.Zip](op.Data)
	return operation(rec.Format, rec.What)
}

// check looks at everything but the data itself.
func check(op *wire.Op) bool {
	if op.Data == 0 || op.Data%8 != 0 || op.Arg != 0 || op.Target != 0 || op.Len != 0 {
		return false
	}
	size := *wire.At[uint32](op.Data)
	if size < recordSize || size > recordMost {
		return false
	}
	for _, b := range wire.Slice[byte](op.Data+uintptr(recordSize), int(size-recordSize)) {
		if b != 0 {
			return false
		}
	}
	return recordOK(wire.At[wire.Zip](op.Data))
}

// recordOK says whether the fields of a record fit together.
func recordOK(rec *wire.Zip) bool {
	if rec.Flags&^uint32(knownFlags) != 0 || rec.What == 0 || rec.What > wire.ZipDecompressStream ||
		rec.Format == 0 || rec.Format >= uint32(len(formats)) {
		return false
	}
	f := &formats[rec.Format]
	switch {
	case rec.Level < f.lowest || rec.Level > f.highest:
		return false
	case !compresses(rec.What) && rec.Level != 0:
		return false
	case isStream(rec.What) && rec.Len > 0: // it is written to
		return false
	case rec.DictionaryLen > 0 && !f.dictionary:
		return false
	}
	return spanOK(rec.Data, rec.Len) && spanOK(rec.Dictionary, uint64(rec.DictionaryLen))
}

func compresses(what uint32) bool {
	return what == wire.ZipCompress || what == wire.ZipCompressStream
}

func isStream(what uint32) bool {
	return what == wire.ZipCompressStream || what == wire.ZipDecompressStream
}

// spanOK says whether memory of n bytes can lie at an address.
func spanOK(addr uintptr, n uint64) bool {
	return n == 0 || addr != 0 && n <= math.MaxInt64 && n-1 <= math.MaxUint64-uint64(addr)
}

// makeTask makes the task of an op that check has passed.
func makeTask(s *shelf, mem wire.Memory, op *wire.Op) (task.Task, int32) {
	rec := wire.At[wire.Zip](op.Data)
	switch rec.What {
	case wire.ZipCompress:
		c := &compression{shelf: s}
		return c, c.init(mem, rec)
	case wire.ZipDecompress:
		d := &decompression{}
		return d, d.init(mem, rec)
	case wire.ZipCompressStream:
		c := &compressionFlow{shelf: s}
		return c, c.init(mem, rec)
	}
	d := &decompressionFlow{}
	d.from = newPump(&d.params, &d.Stopped)
	return d, d.init(mem, rec)
}

func paramsOf(rec *wire.Zip) params {
	p := params{
		format: rec.Format, level: int(rec.Level), maxOut: rec.MaxOut,
		name: operation(rec.Format, rec.What),
	}
	if rec.What == wire.ZipDecompress && p.maxOut == 0 {
		p.maxOut = maxOutDefault
	}
	return p
}

// base is what all tasks begin with.
type base struct {
	task.State
	params
	data []byte // input: the host's memory, or a copy of it
}

// init borrows or copies what a record points at.
func (b *base) init(mem wire.Memory, rec *wire.Zip) int32 {
	b.Mem, b.params = mem, paramsOf(rec)
	b.data = wire.Slice[byte](rec.Data, int(rec.Len))
	b.dictionary = wire.Slice[byte](rec.Dictionary, int(rec.DictionaryLen))
	if rec.Flags&wire.ZipBorrow != 0 || rec.Len == 0 && rec.DictionaryLen == 0 {
		return wire.OK
	}
	if rec.Len > math.MaxInt64-uint64(rec.DictionaryLen) {
		return wire.ENOMEM
	}
	both := b.KeepInput(b.data, b.dictionary)
	if both == nil {
		return wire.ENOMEM
	}
	b.data = both[:rec.Len:rec.Len]
	if rec.DictionaryLen > 0 {
		b.dictionary = both[rec.Len:]
	}
	return wire.OK
}

// Text implements task.Named.
func (b *base) Text() string { return b.name }
