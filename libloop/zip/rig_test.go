// SPDX-License-Identifier: MIT

package zip

import (
	"bytes"
	"fmt"
	"math/rand"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// noun is the battery of all tests, so that they work with compressors that others have used.
var noun = New()

// meter is memory that knows how much of it is out, and that can run out.
type meter struct {
	wire.HeapMemory
	mu         sync.Mutex
	sizes      map[uintptr]uint64 // guarded by mu, as all of it
	live, peak uint64
	blocks     int
	most       int // blocks that may be made; 0: any number
}

func (m *meter) Block(n uintptr) uintptr {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.blocks++; m.most > 0 && m.blocks > m.most {
		return 0
	}
	addr := m.HeapMemory.Block(n)
	if m.sizes == nil {
		m.sizes = map[uintptr]uint64{}
	}
	m.sizes[addr] = uint64(n)
	m.live += uint64(n)
	m.peak = max(m.peak, m.live)
	return addr
}

func (m *meter) UnrefBlock(addr uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live -= m.sizes[addr]
	delete(m.sizes, addr)
	m.HeapMemory.UnrefBlock(addr)
}

// request is a record together with what it points at.
type request struct {
	wire.Zip
	data, dictionary []byte
}

// record makes a request with data where it lies on the Go heap.
func record(what, format uint32, data []byte) *request {
	return &request{
		Zip: wire.Zip{
			Size: recordSize, What: what, Format: format, Len: uint64(len(data)), Data: address(data),
		},
		data: data,
	}
}

// know gives it a dictionary.
func (r *request) know(dictionary []byte) {
	r.dictionary = dictionary
	r.Dictionary, r.DictionaryLen = address(dictionary), uint32(len(dictionary))
}

// onHeap is assigned what has to lie on the heap, where nothing moves.
var onHeap any

// address returns where data lies, until it is collected.
func address(data []byte) uintptr {
	onHeap = data
	if len(data) == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&data[0]))
}

// opOf makes the op of a request.
func opOf(rec *request) *wire.Op {
	onHeap = rec
	return &wire.Op{Code: wire.OpZip, ID: 1, Data: uintptr(unsafe.Pointer(&rec.Zip))}
}

// result is what a task ended with.
type result struct {
	data    []byte
	status  int32
	subject string
	runs    int
}

func (r result) String() string {
	return fmt.Sprintf("status %d %q, %d bytes in %d runs", r.status, r.subject, len(r.data), r.runs)
}

// begin makes a task as the engine does. What the request points at stays until the test is over.
func begin(t testing.TB, mem wire.Memory, rec *request) task.Task {
	t.Helper()
	t.Cleanup(func() { runtime.KeepAlive(rec) })
	op := opOf(rec)
	if !noun.Check(op) {
		t.Fatalf("%+v is refused", rec.Zip)
	}
	made, status := noun.Make(mem, op)
	if status != wire.OK {
		t.Fatalf("made with status %d", status)
	}
	return made
}

// finish runs a task to its end and takes the result.
func finish(t testing.TB, x task.Task) result {
	t.Helper()
	var r result
	for r.runs = 1; ; r.runs++ {
		switch said := x.Run(); said {
		case task.More:
		case task.End:
			st := x.Base()
			r.status, r.subject = st.Status, st.Subject
			if st.Status == wire.OK && !st.Stopped.Load() {
				if st.Kind != wire.KindBytes || st.Data == 0 {
					t.Fatalf("a result of kind %d, data %v", st.Kind, st.Data != 0)
				}
				r.data = bytes.Clone(wire.Slice[byte](st.Data, int(st.Len)))
			}
			st.Close()
			return r
		default:
			t.Fatalf("a task in one shot says %#x", said)
		}
	}
}

// run does an op and looks that nothing of it is left.
func run(t testing.TB, rec *request) result {
	t.Helper()
	mem := &meter{}
	r := finish(t, begin(t, mem, rec))
	if n := mem.Live(); n != 0 {
		t.Fatalf("%d blocks are left of %s", n, operation(rec.Format, rec.What))
	}
	return r
}

// pack compresses and has to succeed.
func pack(t testing.TB, format uint32, level int32, data []byte) []byte {
	t.Helper()
	rec := record(wire.ZipCompress, format, data)
	rec.Level = level
	r := run(t, rec)
	if r.status != wire.OK {
		t.Fatalf("%s at level %d: %v", operation(format, wire.ZipCompress), level, r)
	}
	return r.data
}

// unpack decompresses with at most maxOut bytes of output.
func unpack(t testing.TB, format uint32, maxOut uint64, data []byte) result {
	t.Helper()
	rec := record(wire.ZipDecompress, format, data)
	rec.MaxOut = maxOut
	return run(t, rec)
}

// every calls f for all formats, as subtests.
func every(t *testing.T, f func(t *testing.T, format uint32)) {
	for format := uint32(1); format < uint32(len(formats)); format++ {
		t.Run(formats[format].compress, func(t *testing.T) { f(t, format) })
	}
}

// scaled is a size or a number of rounds: a quarter of it where the race detector makes everything ten times as
// slow. What depends on the whole of it is proved by the runs without the detector.
func scaled(n int) int {
	if underRace {
		return n / 4
	}
	return n
}

// text makes n bytes that compress somewhat: words in a random order.
func text(random *rand.Rand, n int) []byte {
	words := strings.Fields("the loop works in Go and sleeps in C an id lives from the call that made it until " +
		"the one event that ends it a callback never has a frame of another language beneath it")
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(words[random.Intn(len(words))])
		b.WriteByte(" \n"[random.Intn(2)])
		if random.Intn(20) == 0 {
			fmt.Fprintf(&b, "%d", random.Int63())
		}
	}
	return b.Bytes()[:n]
}

// noise makes n bytes that do not compress.
func noise(random *rand.Rand, n int) []byte {
	data := make([]byte, n)
	random.Read(data)
	return data
}

// nameOfRecord returns what an op with this record is called.
func nameOfRecord(rec *request) string { return operation(rec.Format, rec.What) }

// noGoroutinesLeft fails if there are more than before, once those that end have ended.
func noGoroutinesLeft(t *testing.T, before int) {
	t.Helper()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}
