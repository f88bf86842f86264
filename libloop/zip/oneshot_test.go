// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"math/rand"
	"runtime"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// same fails unless a result is good and has these bytes.
func same(t testing.TB, r result, want []byte) {
	t.Helper()
	if r.status != wire.OK || !bytes.Equal(r.data, want) {
		t.Fatalf("%v; wanted %d bytes", r, len(want))
	}
}

func TestEveryLevelGivesBackWhatItWasGiven(t *testing.T) {
	every(t, func(t *testing.T, format uint32) {
		random := rand.New(rand.NewSource(1))
		kinds := map[string][]byte{
			"nothing": nil,
			"a byte":  {7},
			"text":    text(random, scaled(20_000)),
			"noise":   noise(random, scaled(20_000)),
			"zeros":   make([]byte, scaled(50_000)),
		}
		for level := formats[format].lowest; level <= formats[format].highest; level++ {
			for kind, data := range kinds {
				if kind != "text" && level > 1 && level < formats[format].highest {
					continue
				}
				packed := pack(t, format, level, data)
				r := unpack(t, format, 0, packed)
				if r.status != wire.OK || !bytes.Equal(r.data, data) {
					t.Errorf("level %d, %s: %v", level, kind, r)
				}
			}
		}
	})
}

func TestSizesAroundEveryBoundaryComeBack(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	long := text(random, task.PieceBytes+1)
	every(t, func(t *testing.T, format uint32) {
		for _, edge := range []int{
			2, 1 << 10, smallestChunk, 32 << 10, stepBytes, 3 * smallestChunk, 128 << 10, chunkBytes,
			task.PieceBytes,
		} {
			for n := edge - 1; n <= edge+1; n++ {
				if underRace && n == edge {
					continue
				}
				packed := pack(t, format, 1, long[:n])
				same(t, unpack(t, format, uint64(n), packed), long[:n])
			}
		}
	})
}

func TestWhatDoesNotFitIntoOnePieceIsDoneInSeveral(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	data := noise(random, 5*task.PieceBytes+123)
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		rec := record(wire.ZipCompress, format, data)
		rec.Level = 1
		packed := run(t, rec)
		if packed.status != wire.OK || packed.runs < 8 {
			t.Fatalf("compressed: %v", packed)
		}
		r := unpack(t, format, 0, packed.data)
		same(t, r, data)
		if r.runs < 8 {
			t.Errorf("decompressed: %v", r)
		}
		noGoroutinesLeft(t, before)
	})
}

func TestInputWithoutOutputIsDoneInPiecesToo(t *testing.T) {
	// Empty stored blocks: the decompressor finds nothing to give for all of it.
	empty := bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 6*task.PieceBytes/5)
	r := unpack(t, wire.ZipDeflateRaw, 0, append(empty, 1, 0, 0, 0xff, 0xff))
	if r.status != wire.OK || len(r.data) != 0 || r.runs < 6 {
		t.Errorf("empty blocks: %v", r)
	}
	// Empty members.
	member := pack(t, wire.ZipGzip, 0, nil)
	r = unpack(t, wire.ZipGzip, 0, bytes.Repeat(member, 4*task.PieceBytes/len(member)))
	if r.status != wire.OK || len(r.data) != 0 || r.runs < 4 {
		t.Errorf("empty members: %v", r)
	}
	// A frame to be skipped.
	skip := append([]byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0x40, 0}, make([]byte, 4<<20)...)
	r = unpack(t, wire.ZipZstd, 0, append(skip, pack(t, wire.ZipZstd, 0, []byte("here"))...))
	if r.runs < 4 {
		t.Errorf("a skipped frame: %v", r)
	}
	same(t, r, []byte("here"))
}

func TestTheStandardLibraryReadsAndIsRead(t *testing.T) {
	random := rand.New(rand.NewSource(4))
	dictionary := text(random, 500)
	for _, size := range []int{0, 1, 1000, 300_000} {
		data := text(random, size)
		readers := map[uint32]func(io.Reader) (io.Reader, error){
			wire.ZipGzip:       func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
			wire.ZipDeflate:    func(r io.Reader) (io.Reader, error) { return zlib.NewReaderDict(r, dictionary) },
			wire.ZipDeflateRaw: func(r io.Reader) (io.Reader, error) { return flate.NewReaderDict(r, dictionary), nil },
		}
		writers := map[uint32]func(io.Writer) (io.WriteCloser, error){
			wire.ZipGzip: func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil },
			wire.ZipDeflate: func(w io.Writer) (io.WriteCloser, error) {
				return zlib.NewWriterLevelDict(w, 5, dictionary)
			},
			wire.ZipDeflateRaw: func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriterDict(w, 5, dictionary) },
		}
		for format, open := range readers {
			rec := record(wire.ZipCompress, format, data)
			if formats[format].dictionary {
				rec.know(dictionary)
			}
			packed := run(t, rec)
			from, err := open(bytes.NewReader(packed.data))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(from); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s read elsewhere: %v, %d bytes of %d", nameOfRecord(rec), err, len(got), size)
			}

			var other bytes.Buffer
			to, err := writers[format](&other)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = to.Write(data); err == nil {
				err = to.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			back := record(wire.ZipDecompress, format, other.Bytes())
			back.know(rec.dictionary)
			same(t, run(t, back), data)
		}
	}
}

func TestLentInputIsNotCopied(t *testing.T) {
	data := bytes.Repeat([]byte("lent"), 1<<18)
	mem := &meter{}
	rec := record(wire.ZipCompress, wire.ZipGzip, data)
	rec.Flags = wire.ZipBorrow
	x := begin(t, mem, rec)
	if mem.live != 0 {
		t.Errorf("%d bytes are taken before the first run", mem.live)
	}
	packed := finish(t, x)
	same(t, unpack(t, wire.ZipGzip, 0, packed.data), data)
}

func TestCopiedInputMayChangeAtOnce(t *testing.T) {
	every(t, func(t *testing.T, format uint32) {
		data := text(rand.New(rand.NewSource(5)), 10_000)
		want := bytes.Clone(data)
		mem := &meter{}
		x := begin(t, mem, record(wire.ZipCompress, format, data))
		clear(data)
		same(t, unpack(t, format, 0, finish(t, x).data), want)
	})
}

func TestATaskThatNeverRunsLeavesNothing(t *testing.T) {
	data := make([]byte, 100_000)
	every(t, func(t *testing.T, format uint32) {
		for _, what := range []uint32{wire.ZipCompress, wire.ZipDecompress} {
			mem := &meter{}
			begin(t, mem, record(what, format, data)).Base().Close()
			if mem.Live() != 0 {
				t.Errorf("%d blocks are left", mem.Live())
			}
		}
	})
}

func TestAStoppedTaskEndsWhereverItStands(t *testing.T) {
	random := rand.New(rand.NewSource(6))
	data := noise(random, task.PieceBytes+scaled(task.PieceBytes)+1)
	every(t, func(t *testing.T, format uint32) {
		packed := pack(t, format, 1, data)
		before := runtime.NumGoroutine()
		for what, in := range map[uint32][]byte{wire.ZipCompress: data, wire.ZipDecompress: packed} {
			rec := record(what, format, in)
			if what == wire.ZipCompress {
				rec.Level = 1
			}
			all := run(t, rec).runs
			for at := 0; at < all; at++ {
				mem := &meter{}
				x := begin(t, mem, rec)
				for range at {
					x.Run()
				}
				x.Base().Stopped.Store(true)
				if r := finish(t, x); r.runs != 1 {
					t.Fatalf("%s, stopped after %d of %d runs: %v", nameOfRecord(rec), at, all, r)
				}
				if mem.Live() != 0 {
					t.Fatalf("%s, stopped after %d of %d runs: %d blocks are left", nameOfRecord(rec), at, all, mem.Live())
				}
			}
		}
		noGoroutinesLeft(t, before)
	})
}

func TestATaskStoppedInTheMiddleOfARunEndsSoon(t *testing.T) {
	data := make([]byte, 8<<20)
	every(t, func(t *testing.T, format uint32) {
		packed := pack(t, format, 1, data)
		for what, in := range map[uint32][]byte{wire.ZipCompress: data, wire.ZipDecompress: packed} {
			mem := &meter{}
			rec := record(what, format, in)
			rec.Flags = wire.ZipBorrow
			x := begin(t, mem, rec)
			stopped := make(chan struct{})
			go func() {
				x.Base().Stopped.Store(true)
				close(stopped)
			}()
			finish(t, x)
			<-stopped
			if mem.Live() != 0 {
				t.Errorf("%s: %d blocks are left", nameOfRecord(rec), mem.Live())
			}
		}
	})
}

func TestNoMemoryIsAnErrorAndLeavesNothing(t *testing.T) {
	random := rand.New(rand.NewSource(7))
	data := noise(random, task.PieceBytes+1)
	every(t, func(t *testing.T, format uint32) {
		packed := pack(t, format, 1, data)
		for what, in := range map[uint32][]byte{wire.ZipCompress: data, wire.ZipDecompress: packed} {
			before := runtime.NumGoroutine()
			rec := record(what, format, in)
			rec.Flags = wire.ZipBorrow
			for most := 1; ; most++ {
				mem := &meter{most: most}
				r := finish(t, begin(t, mem, rec))
				if mem.Live() != 0 {
					t.Fatalf("%s with %d blocks: %d are left", nameOfRecord(rec), most, mem.Live())
				}
				if r.status == wire.OK {
					break
				}
				if r.status != wire.ENOMEM || r.subject != nameOfRecord(rec) {
					t.Fatalf("%s with %d blocks: %v", nameOfRecord(rec), most, r)
				}
			}
			noGoroutinesLeft(t, before)
		}
		mem := &meter{most: 1}
		mem.Block(1)
		if _, status := noun.Make(mem, opOf(record(wire.ZipCompress, format, data))); status != wire.ENOMEM {
			t.Errorf("a copy without memory: %d", status)
		}
	})
}
