// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// driver does for a flow what the engine does.
type driver struct {
	t      testing.TB
	mem    *meter
	flow   task.Feeder
	out    bytes.Buffer
	sizes  []int // of the events
	given  int   // bytes in all of them
	runs   int
	ended  bool
	status int32
	failed string
	fed    bool // a piece is out that is not consumed
}

func newDriver(t testing.TB, what, format uint32, change ...func(*request)) *driver {
	t.Helper()
	rec := record(what, format, nil)
	for _, f := range change {
		f(rec)
	}
	mem := &meter{}
	return &driver{t: t, mem: mem, flow: begin(t, mem, rec).(task.Feeder)}
}

// step calls Run once and takes what it says.
func (d *driver) step() int {
	d.t.Helper()
	said := d.flow.Run()
	d.runs++
	st := d.flow.Base()
	if said&task.Consumed != 0 {
		if !d.fed {
			d.t.Fatal("consumed what was not fed")
		}
		d.fed = false
	}
	if said&task.Out != 0 {
		if st.Kind != wire.KindBytes || st.Len == 0 || st.Len > chunkBytes {
			d.t.Fatalf("an event of kind %d with %d bytes", st.Kind, st.Len)
		}
		d.out.Write(wire.Slice[byte](st.Data, int(st.Len)))
		d.given += int(st.Len)
		d.sizes = append(d.sizes, int(st.Len))
		st.Drop()
	}
	if said&task.End != 0 {
		if x, ok := d.flow.(*decompressionFlow); ok && x.from.running {
			d.t.Fatal("the goroutine is left")
		}
		d.ended, d.status, d.failed = true, st.Status, st.Subject
		if st.Status == wire.OK && !st.Stopped.Load() &&
			(st.Data != 0 || st.Kind != wire.KindInt || st.Num != int64(d.given)) {
			d.t.Fatalf("the end: kind %d, %d; %d bytes came", st.Kind, st.Num, d.given)
		}
		st.Close()
		if d.mem.Live() != 0 {
			d.t.Fatalf("%d blocks are left", d.mem.Live())
		}
	}
	return said
}

// settle runs until the flow wants input or has ended.
func (d *driver) settle() {
	d.t.Helper()
	for !d.ended {
		if d.step()&task.Idle != 0 {
			if d.fed {
				d.t.Fatal("idle with a piece of input")
			}
			return
		}
	}
}

// feed hands over a piece, which changes as soon as it may.
func (d *driver) feed(data []byte, last bool) {
	d.t.Helper()
	piece := bytes.Clone(data)
	d.fed = true
	d.flow.Feed(piece, last)
	for !d.ended && d.fed {
		d.step()
	}
	clear(piece)
}

// finish ends the input and has to come to a good end.
func (d *driver) finish() []byte {
	d.t.Helper()
	if !d.ended {
		d.feed(nil, true)
		d.settle()
	}
	if !d.ended || d.status != wire.OK {
		d.t.Fatalf("ended %v with %d %q", d.ended, d.status, d.failed)
	}
	return d.out.Bytes()
}

// pieces cuts data at random places.
func pieces(random *rand.Rand, data []byte, most int) [][]byte {
	var all [][]byte
	for len(data) > 0 {
		n := min(len(data), 1+random.Intn(most))
		all = append(all, data[:n])
		data = data[n:]
	}
	return all
}

func TestAFlowGivesBackWhatItWasFedHoweverItIsCut(t *testing.T) {
	random := rand.New(rand.NewSource(31))
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		for _, data := range [][]byte{nil, {1}, text(random, 5000), text(random, scaled(700_000)), noise(random, scaled(3<<20))} {
			most := max(1, len(data)/7)
			there := newDriver(t, wire.ZipCompressStream, format, func(r *request) { r.Level = 1 })
			for _, piece := range pieces(random, data, most) {
				there.feed(piece, false)
			}
			packed := there.finish()
			same(t, unpack(t, format, 0, packed), data)

			back := newDriver(t, wire.ZipDecompressStream, format)
			for _, piece := range pieces(random, packed, max(1, len(packed)/5)) {
				back.feed(piece, false)
				if random.Intn(2) == 0 {
					back.settle()
				}
			}
			if got := back.finish(); !bytes.Equal(got, data) {
				t.Fatalf("%d bytes came back of %d", len(got), len(data))
			}
		}
		noGoroutinesLeft(t, before)
	})
}

func TestAFlowTakesItsInputByteByByte(t *testing.T) {
	random := rand.New(rand.NewSource(32))
	data := text(random, 2000)
	every(t, func(t *testing.T, format uint32) {
		there := newDriver(t, wire.ZipCompressStream, format)
		for i := range data {
			there.feed(data[i:i+1], i == len(data)-1)
		}
		there.settle()
		packed := there.finish()
		back := newDriver(t, wire.ZipDecompressStream, format)
		for i := range packed {
			back.feed(packed[i:i+1], i == len(packed)-1)
		}
		back.settle()
		if got := back.finish(); !bytes.Equal(got, data) {
			t.Errorf("%d bytes came back of %d", len(got), len(data))
		}
	})
}

func TestAFlushLetsOutEverythingThatWasFed(t *testing.T) {
	random := rand.New(rand.NewSource(33))
	every(t, func(t *testing.T, format uint32) {
		there := newDriver(t, wire.ZipCompressStream, format)
		back := newDriver(t, wire.ZipDecompressStream, format)
		var all []byte
		for i := range 20 {
			part := text(random, 1+random.Intn(3000))
			if i == 10 {
				part = noise(random, 3*chunkBytes) // its output is more than one event
			}
			all = append(all, part...)
			there.feed(part, false)
			there.feed(nil, false) // used up when its output is told
			back.feed(there.out.Bytes(), false)
			there.out.Reset()
			back.settle()
			if !bytes.Equal(back.out.Bytes(), all) {
				t.Fatalf("flush %d: %d bytes came through of %d", i, back.out.Len(), len(all))
			}
		}
		back.feed(there.finish(), false)
		if !back.ended {
			back.feed(nil, false) // nothing to let out
		}
		if got := back.finish(); !bytes.Equal(got, all) {
			t.Errorf("%d bytes came back of %d", len(got), len(all))
		}
	})
}

func TestAFlowOfABombHasNoMoreThanAChunkInMemory(t *testing.T) {
	size := scaled(16 << 20)
	every(t, func(t *testing.T, format uint32) {
		bomb := pack(t, format, 1, make([]byte, size))
		d := newDriver(t, wire.ZipDecompressStream, format)
		d.fed = true
		d.flow.Feed(bomb, true)
		for !d.ended {
			d.step()
			d.out.Reset()
		}
		if d.status != wire.OK || d.mem.peak > chunkBytes {
			t.Errorf("ended with %d, %d bytes at its peak", d.status, d.mem.peak)
		}
		if total := slices.Max(d.sizes) * len(d.sizes); total < size || len(d.sizes) > size/chunkBytes+8 {
			t.Errorf("%d events of at most %d bytes", len(d.sizes), slices.Max(d.sizes))
		}
	})
}

func TestAFlowEndsAtItsLimit(t *testing.T) {
	data := text(rand.New(rand.NewSource(34)), scaled(400_000))
	every(t, func(t *testing.T, format uint32) {
		packed := pack(t, format, 1, data)
		for what, in := range map[uint32][]byte{wire.ZipCompressStream: data, wire.ZipDecompressStream: packed} {
			before := runtime.NumGoroutine()
			whole := newDriver(t, what, format)
			whole.feed(in, false)
			size := len(whole.finish())
			for _, most := range []uint64{uint64(size), uint64(size) - 1, 1} {
				d := newDriver(t, what, format, func(r *request) { r.MaxOut = most })
				d.feed(in, true)
				d.settle()
				if want := most >= uint64(size); (d.status == wire.OK) != want || !want && d.status != wire.ETOOBIG {
					t.Errorf("%s, %d of %d bytes: %d %q", operation(format, what), most, size, d.status, d.failed)
				}
				if uint64(d.out.Len()) > most {
					t.Errorf("%d bytes came of %d", d.out.Len(), most)
				}
			}
			noGoroutinesLeft(t, before)
		}
	})
}

func TestAFlowSaysWhatIsWrongAfterWhatWasRight(t *testing.T) {
	random := rand.New(rand.NewSource(35))
	data := text(random, 600_000)
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		packed := pack(t, format, 1, data)
		d := newDriver(t, wire.ZipDecompressStream, format)
		for _, piece := range pieces(random, packed[:len(packed)-10], 50_000) {
			d.feed(piece, false)
		}
		d.feed(nil, true)
		d.settle()
		if d.status != wire.EOF || d.failed != formats[format].decompress {
			t.Errorf("cut off: %d %q", d.status, d.failed)
		}
		if got := d.out.Bytes(); len(got) < 300_000 || !bytes.HasPrefix(data, got) {
			t.Errorf("%d bytes came before the error", len(got))
		}
		d = newDriver(t, wire.ZipDecompressStream, format)
		d.feed(nil, true)
		d.settle()
		if d.status != wire.EOF {
			t.Errorf("nothing at all: %d", d.status)
		}
		noGoroutinesLeft(t, before)
	})
}

func TestAFlowEndsWithItsDataWhereTheFormatSaysSo(t *testing.T) {
	for _, format := range []uint32{wire.ZipDeflate, wire.ZipDeflateRaw} {
		d := newDriver(t, wire.ZipDecompressStream, format)
		d.feed(append(pack(t, format, 0, []byte("abc")), "and garbage"...), false)
		d.settle()
		if !d.ended || string(d.finish()) != "abc" {
			t.Errorf("%s: ended %v, %q", formats[format].decompress, d.ended, d.out.String())
		}
	}
	// A further member or frame may come.
	for _, format := range []uint32{wire.ZipGzip, wire.ZipZstd} {
		d := newDriver(t, wire.ZipDecompressStream, format)
		for _, word := range []string{"abc", "def"} {
			d.feed(pack(t, format, 0, []byte(word)), false)
			d.settle()
		}
		if d.ended || string(d.finish()) != "abcdef" {
			t.Errorf("%s: %q", formats[format].decompress, d.out.String())
		}
	}
}

func TestAStoppedFlowEndsWhereverItStands(t *testing.T) {
	random := rand.New(rand.NewSource(36))
	data := text(random, scaled(500_000))
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		packed := pack(t, format, 1, data)
		for what, in := range map[uint32][]byte{wire.ZipCompressStream: data, wire.ZipDecompressStream: packed} {
			for at := 0; ; at++ {
				d := newDriver(t, what, format, func(r *request) {
					if r.What == wire.ZipCompressStream {
						r.Level = 1
					}
				})
				rest := pieces(random, in, scaled(150_000))
				for range at {
					if !d.fed && len(rest) > 0 {
						d.fed = true
						d.flow.Feed(rest[0], len(rest) == 1)
						rest = rest[1:]
					}
					if d.step(); d.ended {
						break
					}
				}
				if d.ended {
					break
				}
				d.flow.Base().Stopped.Store(true)
				if d.step(); !d.ended {
					t.Fatalf("%s, stopped after %d runs: not ended", operation(format, what), at)
				}
			}
		}
		noGoroutinesLeft(t, before)
	})
}

func TestAFlowThatNeverRunsLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	dictionary := []byte("a dictionary")
	for _, what := range []uint32{wire.ZipCompressStream, wire.ZipDecompressStream} {
		d := newDriver(t, what, wire.ZipDeflate, func(r *request) {
			r.know(dictionary)
		})
		d.flow.Base().Close()
		if d.mem.Live() != 0 {
			t.Errorf("%d blocks are left", d.mem.Live())
		}
	}
	noGoroutinesLeft(t, before)
}

func TestAFlowWithoutMemoryEndsWithThat(t *testing.T) {
	data := noise(rand.New(rand.NewSource(37)), 800_000)
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		packed := pack(t, format, 1, data)
		for what, in := range map[uint32][]byte{wire.ZipCompressStream: data, wire.ZipDecompressStream: packed} {
			d := newDriver(t, what, format)
			d.mem.most = 2
			d.feed(in, true)
			d.settle()
			if d.status != wire.ENOMEM || len(d.sizes) != 2 {
				t.Errorf("%s: %d after %d events", operation(format, what), d.status, len(d.sizes))
			}
		}
		noGoroutinesLeft(t, before)
	})
}

func TestAFlowUsesItsDictionary(t *testing.T) {
	random := rand.New(rand.NewSource(38))
	dictionary := noise(random, 5000)
	for _, format := range []uint32{wire.ZipDeflate, wire.ZipDeflateRaw, wire.ZipZstd} {
		given := bytes.Clone(dictionary)
		with := func(r *request) { r.know(given) }
		there := newDriver(t, wire.ZipCompressStream, format, with)
		back := newDriver(t, wire.ZipDecompressStream, format, with)
		clear(given) // it was copied
		there.feed(dictionary, false)
		packed := there.finish()
		if len(packed) > 2000 {
			t.Errorf("%s: %d bytes", formats[format].compress, len(packed))
		}
		back.feed(packed, false)
		if !bytes.Equal(back.finish(), dictionary) {
			t.Errorf("%s: not the same", formats[format].decompress)
		}
	}
}

func TestDamagedFlowsEndWithANameOrOtherData(t *testing.T) {
	random := rand.New(rand.NewSource(39))
	every(t, func(t *testing.T, format uint32) {
		before := runtime.NumGoroutine()
		packed := pack(t, format, 1, text(random, 40_000))
		for range scaled(150) {
			d := newDriver(t, wire.ZipDecompressStream, format, func(r *request) { r.MaxOut = 1 << 20 })
			for _, piece := range pieces(random, damage(random, packed), 9000) {
				if d.feed(piece, false); d.ended {
					break
				}
			}
			if !d.ended {
				d.feed(nil, true)
				d.settle()
			}
			switch d.status {
			case wire.OK, wire.EOF, wire.EDATA, wire.ETOOBIG:
			default:
				t.Fatalf("%d %q", d.status, d.failed)
			}
		}
		noGoroutinesLeft(t, before)
	})
}

// panicking is a decompressor with a bug.
type panicking struct{ from io.Reader }

func (p panicking) Read(out []byte) (int, error) {
	_, _ = p.from.Read(out[:1])
	panic("a bug of a library")
}

func TestAPanicInADecompressorComesOutOfRun(t *testing.T) {
	for _, last := range []bool{true, false} {
		before := runtime.NumGoroutine()
		d := newDriver(t, wire.ZipDecompressStream, wire.ZipDeflateRaw)
		x := d.flow.(*decompressionFlow)
		if last {
			x.from.inner = panicking{&x.from.in} // small and whole: on the worker itself
		} else {
			x.from.open = func(*params, *source) (io.Reader, error) { return panicking{&x.from.in}, nil }
		}
		x.Feed([]byte("abc"), last)
		got := func() (v any) {
			defer func() { v = recover() }()
			x.Run()
			return nil
		}()
		if got == nil {
			t.Fatal("no panic")
		}
		if text, ok := got.(string); !ok || !strings.Contains(text, "a bug of a library") {
			t.Errorf("panic: %v", got)
		} else if !last && !strings.Contains(text, "panicking") {
			t.Errorf("the panic does not say where it was: %s", text)
		}
		x.Base().Stopped.Store(true)
		if x.Run() != task.End {
			t.Error("not ended after the panic")
		}
		noGoroutinesLeft(t, before)
	}
}

func TestAFlowReadsWhatWasFlushedElsewhere(t *testing.T) {
	var packed bytes.Buffer
	to, err := flate.NewWriter(&packed, 6)
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(t, wire.ZipDecompressStream, wire.ZipDeflateRaw)
	want := ""
	for _, word := range []string{"one ", "two ", "three "} {
		want += word
		if _, err = to.Write([]byte(word)); err == nil {
			err = to.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		d.feed(packed.Next(packed.Len()), false)
		d.settle()
		if d.out.String() != want {
			t.Errorf("%q came of %q", d.out.String(), want)
		}
	}
	d.flow.Base().Stopped.Store(true)
	d.step()
}
