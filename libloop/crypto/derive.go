// SPDX-License-Identifier: MIT

package crypto

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"math/bits"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	mostDerived    = 1 << 20          // bytes
	mostIterations = 1<<31 - 1        // of PBKDF2, as in Node
	scryptMemory   = 32 << 20         // default of max_memory, as in Node
	argon2Memory   = 256 << 20        // the same for argon2id
	askedMemory    = uint64(64 << 20) // memory from here on is asked for before Go takes it
)

// derivable says whether so many bytes can be derived; if not, the task has failed.
func (w *work) derivable(least uint64) bool {
	switch n := w.req.OutLen; {
	case n < least:
		w.invalid("a result of %d bytes, less than %d", n, least)
	case n > mostDerived:
		w.fail(wire.ETOOBIG, "a result of %d bytes, more than %d", n, mostDerived)
	default:
		return true
	}
	return false
}

// iterating is PBKDF2 in pieces: one iteration is about half a microsecond, and hosts ask for millions.
type iterating struct {
	mac  hash.Hash
	u, t []byte // the last iteration of the block, and the sum of all
	out  []byte // where the next block goes
	n    uint32 // number of the block
	left uint64 // iterations of the block
}

// iterations of a piece
const pieceIterations = 1000

func startPBKDF2(*work) stage { return &iterating{} }

func (p *iterating) run(w *work) int {
	if p.mac == nil {
		if !w.derivable(1) {
			return task.End
		}
		if n := w.req.Iterations; n < 1 || n > mostIterations {
			return w.invalid("%d iterations, not 1 to %d", n, mostIterations)
		}
		if p.out = w.Alloc(int(w.req.OutLen)); p.out == nil {
			return w.fail(wire.ENOMEM, "%d bytes", w.req.OutLen)
		}
		p.mac = hmac.New(hashes[w.req.Alg], w.key)
	}
	for room := pieceIterations; room > 0; {
		if p.left == 0 {
			p.begin(w)
			room -= 1 + len(w.salt)/p.mac.BlockSize()
		}
		n := min(uint64(max(room, 0)), p.left)
		for range n {
			p.mac.Reset()
			p.mac.Write(p.u)
			p.u = p.mac.Sum(p.u[:0])
			subtle.XORBytes(p.t, p.t, p.u)
		}
		room -= int(n)
		if p.left -= n; p.left == 0 {
			if p.out = p.out[copy(p.out, p.t):]; len(p.out) == 0 {
				w.Kind = wire.KindBytes
				return task.End
			}
		}
	}
	return task.More
}

// begin does the first iteration of a block. left is then what remains, and may be 0.
func (p *iterating) begin(w *work) {
	p.n++
	p.mac.Reset()
	p.mac.Write(w.salt)
	p.mac.Write(binary.BigEndian.AppendUint32(nil, p.n))
	p.u = p.mac.Sum(p.u[:0])
	p.t = append(p.t[:0], p.u...)
	p.left = w.req.Iterations - 1
}

func (p *iterating) close() {
	clear(p.u)
	clear(p.t)
	*p = iterating{}
}

// deriveScrypt checks the parameters as Node does, before anything is allocated.
func deriveScrypt(w *work) int {
	n, r, p := w.req.Cost, w.req.BlockSize, w.req.Parallelism
	switch {
	case !w.derivable(1):
		return task.End
	case n < 2 || bits.OnesCount64(n) != 1:
		return w.invalid("a cost of %d, no power of 2", n)
	case r < 1 || p < 1 || r >= 1<<30 || p >= 1<<30 || r*p >= 1<<30:
		return w.invalid("block size %d, parallelism %d: their product is not 1 to 2^30-1", r, p)
	case 16*r < 64 && n >= 1<<(16*r):
		return w.invalid("a cost of %d, too much for a block size of %d", n, r)
	}
	high, need := bits.Mul64(128*r, n+p+2)
	if high > 0 {
		need = ^uint64(0)
	}
	if !w.mayUse(need, scryptMemory) {
		return task.End
	}
	key, err := scrypt.Key(w.key, w.salt, int(n), int(r), int(p), int(w.req.OutLen))
	if err != nil {
		return w.invalid("%v", err)
	}
	return w.secret(key)
}

// deriveArgon2id checks the parameters as RFC 9106 has them.
func deriveArgon2id(w *work) int {
	passes, lanes, kib := w.req.Iterations, w.req.Parallelism, w.req.MemoryKiB
	switch {
	case !w.derivable(4):
		return task.End
	case passes < 1 || passes >= 1<<32:
		return w.invalid("%d passes, not 1 to 2^32-1", passes)
	case lanes < 1 || lanes > 255:
		return w.invalid("%d lanes, not 1 to 255", lanes)
	case kib < 8*lanes || kib >= 1<<32:
		return w.invalid("%d KiB of memory, not %d (8 for each lane) to 2^32-1", kib, 8*lanes)
	case !w.mayUse(kib<<10, argon2Memory):
		return task.End
	}
	key := argon2.IDKey(w.key, w.salt, uint32(passes), uint32(kib), uint8(lanes), uint32(w.req.OutLen))
	return w.secret(key)
}

// mayUse says whether a task may have memory, and whether there is any: Go ends the process when it gets none.
// If not, the task has failed.
func (w *work) mayUse(need, usual uint64) bool {
	most := w.req.MaxMemory
	if most == 0 {
		most = usual
	}
	if need > most {
		w.fail(wire.ETOOBIG, "needs %d bytes of memory, more than %d", need, most)
		return false
	}
	if need >= askedMemory {
		addr := uintptr(0)
		if need <= addresses {
			addr = w.Mem.Alloc(uintptr(need))
		}
		if addr == 0 {
			w.fail(wire.ENOMEM, "needs %d bytes of memory", need)
			return false
		}
		w.Mem.Free(addr)
	}
	return true
}

func deriveHKDF(w *work) int {
	most := 255 * hashes[w.req.Alg]().Size()
	switch n := w.req.OutLen; {
	case n < 1:
		return w.invalid("a result of 0 bytes")
	case n > uint64(most):
		return w.fail(wire.ETOOBIG, "a result of %d bytes, more than %d", n, most)
	}
	key, err := hkdf.Key(hashes[w.req.Alg], w.key, w.salt, string(w.info), int(w.req.OutLen))
	if err != nil {
		return w.invalid("%v", err)
	}
	return w.secret(key)
}
