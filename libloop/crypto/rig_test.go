// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// watched is memory that must be wiped before it is given back.
type watched struct {
	wire.HeapMemory
	t     *testing.T
	mu    sync.Mutex
	sizes map[uintptr]uintptr // guarded by mu
	empty bool                // there is no memory
}

func (m *watched) Alloc(n uintptr) uintptr {
	if m.empty {
		return 0
	}
	addr := m.HeapMemory.Alloc(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sizes[addr] = n
	return addr
}

func (m *watched) Block(n uintptr) uintptr {
	if m.empty {
		return 0
	}
	return m.HeapMemory.Block(n)
}

func (m *watched) Free(addr uintptr) {
	m.mu.Lock()
	defer m.mu.Unlock()
	// In one call: the race detector makes a loop over megabytes slow.
	if !bytes.Equal(wire.Slice[byte](addr, int(m.sizes[addr])), make([]byte, m.sizes[addr])) {
		m.t.Error("memory was given back with something in it")
	}
	delete(m.sizes, addr)
	m.HeapMemory.Free(addr)
}

// rig is what a test makes requests with.
type rig struct {
	t    *testing.T
	mem  *watched
	host wire.HeapMemory // the host's memory
}

func newRig(t *testing.T) *rig {
	t.Helper()
	return &rig{t: t, mem: &watched{t: t, sizes: map[uintptr]uintptr{}}}
}

// put places bytes in the host's memory.
func (r *rig) put(data []byte) (uintptr, uint64) {
	if len(data) == 0 {
		return 0, 0
	}
	addr := r.host.Alloc(uintptr(len(data)))
	copy(wire.Slice[byte](addr, len(data)), data)
	return addr, uint64(len(data))
}

// ask is a request in Go's words.
type ask struct {
	what, alg, flags           uint32
	key, salt, info, signature []byte
	data                       []byte
	pieces                     [][]byte
	path                       string
	iterations, cost, r, p     uint64
	kib, max, out              uint64
}

// record places a request in the host's memory.
func (r *rig) record(a ask) uintptr {
	addr := r.host.Alloc(uintptr(recordBytes))
	req := wire.At[wire.Crypto](addr)
	*req = wire.Crypto{
		Size: uint32(recordBytes), Flags: a.flags, What: a.what, Alg: a.alg, Iterations: a.iterations, Cost: a.cost,
		BlockSize: a.r, Parallelism: a.p, MemoryKiB: a.kib, MaxMemory: a.max, OutLen: a.out,
	}
	req.Key, req.KeyLen = r.put(a.key)
	req.Salt, req.SaltLen = r.put(a.salt)
	req.Info, req.InfoLen = r.put(a.info)
	req.Signature, req.SignatureLen = r.put(a.signature)
	req.Data, req.DataLen = r.put(a.data)
	if len(a.path) > 0 {
		req.Path, _ = r.put(append([]byte(a.path), 0))
	}
	if len(a.pieces) > 0 {
		req.Bufs = r.host.Alloc(uintptr(16 * len(a.pieces)))
		req.BufCount = uint64(len(a.pieces))
		for i, piece := range a.pieces {
			p := &wire.Slice[wire.Buf](req.Bufs, len(a.pieces))[i]
			p.Data, p.Len = r.put(piece)
		}
	}
	return addr
}

// spoil overwrites what a request points at and was copied, as a host may when its call has returned.
func (r *rig) spoil(addr uintptr) {
	req := wire.At[wire.Crypto](addr)
	fill := func(addr uintptr, n uint64) {
		copy(wire.Slice[byte](addr, int(n)), bytes.Repeat([]byte{0xee}, int(n)))
	}
	fill(req.Key, req.KeyLen)
	fill(req.Salt, req.SaltLen)
	fill(req.Info, req.InfoLen)
	fill(req.Signature, req.SignatureLen)
	if req.Flags&wire.CryptoBorrow == 0 {
		fill(req.Data, req.DataLen)
		for _, p := range wire.Slice[wire.Buf](req.Bufs, int(req.BufCount)) {
			fill(p.Data, p.Len)
		}
	}
	fill(req.Bufs, req.BufCount*16)
	fill(addr, recordBytes)
}

// start makes the task of a request.
func (r *rig) start(a ask) task.Task {
	r.t.Helper()
	op := &wire.Op{Code: wire.OpCrypto, Data: r.record(a)}
	if !Noun.Check(op) {
		r.t.Fatalf("%+v is not understood", a)
	}
	made, status := Noun.Make(r.mem, op)
	if status != wire.OK {
		r.t.Fatalf("Make: %d", status)
	}
	r.spoil(op.Data)
	return made
}

// answer is how a task ended.
type answer struct {
	status int32
	errno  int32
	text   string
	kind   uint16
	num    int64
	aux    uint64
	data   []byte
	runs   int
}

// finish runs a task to its end and takes the result.
func (r *rig) finish(x task.Task) answer {
	r.t.Helper()
	runs := 1
	for ; x.Run()&task.End == 0; runs++ {
	}
	s := x.Base()
	a := answer{
		status: s.Status, errno: s.Errno, text: s.Subject, kind: s.Kind, num: s.Num, aux: s.Aux, runs: runs,
		data: bytes.Clone(wire.Slice[byte](s.Data, int(s.Len))),
	}
	s.Drop()
	if n := r.mem.Live(); n != 0 {
		r.t.Errorf("%d blocks are left", n)
	}
	return a
}

func (r *rig) do(a ask) answer {
	r.t.Helper()
	return r.finish(r.start(a))
}

// bytes is do for what must give bytes.
func (r *rig) bytes(a ask) []byte {
	r.t.Helper()
	got := r.do(a)
	if got.status != wire.OK || got.kind != wire.KindBytes {
		r.t.Fatalf("status %d, kind %d: %s", got.status, got.kind, got.text)
	}
	return got.data
}

// truth is do for what must give a bool.
func (r *rig) truth(a ask) bool {
	r.t.Helper()
	got := r.do(a)
	if got.status != wire.OK || got.kind != wire.KindBool || got.num&^1 != 0 {
		r.t.Fatalf("status %d, kind %d, num %d: %s", got.status, got.kind, got.num, got.text)
	}
	return got.num == 1
}

// fails checks how a request fails.
func (r *rig) fails(a ask, status int32, text string) {
	r.t.Helper()
	got := r.do(a)
	if got.status != status || got.text != text || got.kind != wire.KindError || got.data != nil {
		r.t.Errorf("status %d, kind %d, %q, %d bytes; want status %d, %q", got.status, got.kind, got.text,
			len(got.data), status, text)
	}
}

// unhex reads hexadecimal digits; blanks are for the eye.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
