// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand"
	"runtime"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestOutputUpToTheLimitIsGivenAndNotOneByteMore(t *testing.T) {
	random := rand.New(rand.NewSource(11))
	every(t, func(t *testing.T, format uint32) {
		for _, n := range []int{1, smallestChunk, 3 * smallestChunk, 150_000} {
			data := text(random, n)
			packed := pack(t, format, 1, data)
			for _, most := range []uint64{uint64(n), uint64(n) + 1, math.MaxUint64} {
				same(t, unpack(t, format, most, packed), data)
			}
			for _, most := range []uint64{1, uint64(n) - 1, uint64(n) / 2} {
				if most == 0 || most == uint64(n) {
					continue
				}
				r := unpack(t, format, most, packed)
				if r.status != wire.ETOOBIG || r.subject != formats[format].decompress {
					t.Errorf("%d bytes with room for %d: %v", n, most, r)
				}
			}

			rec := record(wire.ZipCompress, format, data)
			rec.Level, rec.MaxOut = 1, uint64(len(packed))
			if r := run(t, rec); r.status != wire.OK || !bytes.Equal(r.data, packed) {
				t.Errorf("compressed to its exact size: %v", r)
			}
			rec.MaxOut--
			if r := run(t, rec); r.status != wire.ETOOBIG {
				t.Errorf("compressed to a byte more than allowed: %v", r)
			}
		}
	})
}

func TestABombTakesNoMoreMemoryThanItsLimitAllows(t *testing.T) {
	size, most := scaled(32<<20), uint64(1<<20)
	every(t, func(t *testing.T, format uint32) {
		bomb := pack(t, format, 1, make([]byte, size))
		if len(bomb) > size/200 {
			t.Fatalf("%d bytes are no bomb", len(bomb))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		mem := &meter{}
		rec := record(wire.ZipDecompress, format, bomb)
		rec.Flags, rec.MaxOut = wire.ZipBorrow, most
		r := finish(t, begin(t, mem, rec))
		runtime.ReadMemStats(&after)
		if r.status != wire.ETOOBIG {
			t.Fatalf("%v", r)
		}
		if mem.peak > most+1 || mem.Live() != 0 {
			t.Errorf("%d bytes of results at its peak, %d blocks left", mem.peak, mem.Live())
		}
		// The decompressor's own: a window, at most.
		if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20 {
			t.Errorf("%d bytes for itself", used)
		}
	})
}

func TestAResultIsInMemoryOnce(t *testing.T) {
	const size = 8 << 20
	packed := pack(t, wire.ZipGzip, 1, make([]byte, size))
	mem := &meter{}
	rec := record(wire.ZipDecompress, wire.ZipGzip, packed)
	rec.Flags = wire.ZipBorrow
	same(t, finish(t, begin(t, mem, rec)), make([]byte, size))
	// The heap of the tests counts the whole block when it is made; pages of the real one come as it is filled.
	if mem.peak > 2*size+2*largestChunk {
		t.Errorf("%d bytes at its peak", mem.peak)
	}
}

func TestAZstdWindowIsLimitedByWhatMayComeOut(t *testing.T) {
	// frame has one raw block with "abc" and asks for a window of 1 << log bytes.
	frame := func(log int) []byte {
		return []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte(log-10) << 3, 3<<3 | 1, 0, 0, 'a', 'b', 'c'}
	}
	// single has one segment of n bytes and no window of its own.
	single := func(n uint64) []byte {
		head := binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, n)
		return append(head, 3<<3|1, 0, 0, 'a', 'b', 'c')
	}
	tests := []struct {
		name   string
		data   []byte
		maxOut uint64
		status int32
	}{
		{"8 MiB, however little may come out", frame(23), 3, wire.OK},
		{"16 MiB for less", frame(24), 1 << 20, wire.ETOOBIG},
		{"16 MiB for as much", frame(24), 16 << 20, wire.OK},
		{"128 MiB", frame(27), 0, wire.OK},
		{"256 MiB", frame(28), 0, wire.ETOOBIG},
		{"as large as can be written", frame(41), 0, wire.ETOOBIG},
		{"256 MiB, with any limit", frame(28), math.MaxUint64, wire.ETOOBIG},
		{"a segment larger than the limit", single(9 << 20), 3, wire.ETOOBIG},
		{"a segment larger than memory", single(math.MaxUint64), 0, wire.ETOOBIG},
		{"a segment with less in it", single(100), 0, wire.EDATA},
		{"a segment as it should be", single(3), 0, wire.OK},
	}
	for _, test := range tests {
		r := unpack(t, wire.ZipZstd, test.maxOut, test.data)
		if r.status != test.status {
			t.Errorf("%s: %v", test.name, r)
		}
		if r.status == wire.ETOOBIG && r.subject != "zstd_decompress: window" {
			t.Errorf("%s: %v", test.name, r)
		}
		if r.status == wire.OK && string(r.data) != "abc" {
			t.Errorf("%s: %q", test.name, r.data)
		}
	}
}

func TestDecompressionHasALimitWithoutAskingForOne(t *testing.T) {
	rec := record(wire.ZipDecompress, wire.ZipGzip, nil)
	if got := paramsOf(&rec.Zip).maxOut; got != 1<<30 {
		t.Errorf("decompression: %d", got)
	}
	for _, what := range []uint32{wire.ZipCompress, wire.ZipCompressStream, wire.ZipDecompressStream} {
		rec.What = what
		if got := paramsOf(&rec.Zip).maxOut; got != 0 {
			t.Errorf("%d: %d", what, got)
		}
	}
}

func TestRecordsThatMakeNoSenseAreRefused(t *testing.T) {
	data := []byte("data")
	where := address(data)
	accepts := func(change func(*request)) bool {
		rec := record(wire.ZipCompress, wire.ZipDeflate, data)
		rec.Level = 9
		change(rec)
		return noun.Check(opOf(rec))
	}
	good := map[string]func(*request){
		"as it is":            func(*request) {},
		"store":               func(r *request) { r.Level = wire.ZipStore },
		"no data":             func(r *request) { r.Data, r.Len = 0, 0 },
		"data without length": func(r *request) { r.Len = 0 },
		"a dictionary":        func(r *request) { r.Dictionary, r.DictionaryLen = where, 4 },
		"lent":                func(r *request) { r.Flags = wire.ZipBorrow },
		"zstd 22":             func(r *request) { r.Format, r.Level = wire.ZipZstd, 22 },
		"brotli 11":           func(r *request) { r.Format, r.Level = wire.ZipBrotli, 11 },
		"decompress":          func(r *request) { r.What, r.Level = wire.ZipDecompress, 0 },
		"a stream":            func(r *request) { r.What, r.Data, r.Len = wire.ZipCompressStream, 0, 0 },
	}
	for name, change := range good {
		if !accepts(change) {
			t.Errorf("refused: %s", name)
		}
	}
	bad := map[string]func(*request){
		"size 0":             func(r *request) { r.Size = 0 },
		"size one less":      func(r *request) { r.Size-- },
		"size huge":          func(r *request) { r.Size = math.MaxUint32 },
		"flag":               func(r *request) { r.Flags = 2 },
		"what 0":             func(r *request) { r.What = 0 },
		"a stream with data": func(r *request) { r.What = wire.ZipCompressStream },
		"stream, level":      func(r *request) { r.What, r.Data, r.Len = wire.ZipDecompressStream, 0, 0 },
		"what unknown":       func(r *request) { r.What = 99 },
		"format 0":           func(r *request) { r.Format = 0 },
		"format unknown":     func(r *request) { r.Format = 6 },
		"format huge":        func(r *request) { r.Format = math.MaxUint32 },
		"level 10":           func(r *request) { r.Level = 10 },
		"level -2":           func(r *request) { r.Level = -2 },
		"zstd store":         func(r *request) { r.Format, r.Level = wire.ZipZstd, -1 },
		"zstd 23":            func(r *request) { r.Format, r.Level = wire.ZipZstd, 23 },
		"brotli 12":          func(r *request) { r.Format, r.Level = wire.ZipBrotli, 12 },
		"decompress, level":  func(r *request) { r.What = wire.ZipDecompress },
		"NULL data":          func(r *request) { r.Data = 0 },
		"endless data":       func(r *request) { r.Len = math.MaxUint64 },
		"data over the end":  func(r *request) { r.Len = math.MaxInt64; r.Data = math.MaxUint64 - 10 },
		"NULL dictionary":    func(r *request) { r.DictionaryLen = 1 },
		"gzip dictionary":    func(r *request) { r.Format, r.Dictionary, r.DictionaryLen = wire.ZipGzip, where, 4 },
		"brotli dictionary":  func(r *request) { r.Format, r.Dictionary, r.DictionaryLen = wire.ZipBrotli, where, 4 },
		"dictionary at 2^64": func(r *request) { r.Dictionary, r.DictionaryLen = math.MaxUint64, 4 },
	}
	for name, change := range bad {
		if accepts(change) {
			t.Errorf("accepted: %s", name)
		}
	}
}

func TestAnOpIsCheckedBeforeItsRecord(t *testing.T) {
	rec := record(wire.ZipCompress, wire.ZipGzip, nil)
	for name, change := range map[string]func(*wire.Op){
		"no record":  func(op *wire.Op) { op.Data = 0 },
		"misaligned": func(op *wire.Op) { op.Data += 4 },
		"arg":        func(op *wire.Op) { op.Arg = 1 },
		"target":     func(op *wire.Op) { op.Target = 1 },
		"len":        func(op *wire.Op) { op.Len = 1 },
	} {
		op := opOf(rec)
		change(op)
		if noun.Check(op) {
			t.Errorf("accepted: %s", name)
		}
	}
}

func TestARecordOfALaterVersionIsTakenWhenTheRestIsZero(t *testing.T) {
	later := &struct {
		wire.Zip
		rest [4]uint64
	}{Zip: record(wire.ZipCompress, wire.ZipGzip, nil).Zip}
	later.Size = uint32(unsafe.Sizeof(*later))
	op := opOf(record(0, 0, nil))
	op.Data = uintptr(unsafe.Pointer(later))
	if !noun.Check(op) {
		t.Error("refused")
	}
	later.rest[3] = 1 << 60
	if noun.Check(op) {
		t.Error("accepted with something in it")
	}
	onHeap = later
}

func TestOpsHaveNamesAndRunWhereThingsAreComputed(t *testing.T) {
	op := opOf(record(wire.ZipDecompress, wire.ZipDeflateRaw, nil))
	if noun.Name(op) != "inflate_raw" || noun.Lane(op) != wire.LaneCpu {
		t.Errorf("%s on lane %d", noun.Name(op), noun.Lane(op))
	}
}
