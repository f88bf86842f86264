// SPDX-License-Identifier: MIT

package crypto

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"hash"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// hashes make the hash functions, by alg.
var hashes = [...]func() hash.Hash{
	wire.HashSHA224:     sha256.New224,
	wire.HashSHA256:     sha256.New,
	wire.HashSHA384:     sha512.New384,
	wire.HashSHA512:     sha512.New,
	wire.HashSHA512256:  sha512.New512_256,
	wire.HashSHA3224:    func() hash.Hash { return sha3.New224() },
	wire.HashSHA3256:    func() hash.Hash { return sha3.New256() },
	wire.HashSHA3384:    func() hash.Hash { return sha3.New384() },
	wire.HashSHA3512:    func() hash.Hash { return sha3.New512() },
	wire.HashBLAKE2b256: unkeyed(blake2b.New256),
	wire.HashBLAKE2b384: unkeyed(blake2b.New384),
	wire.HashBLAKE2b512: unkeyed(blake2b.New512),
	wire.HashBLAKE2s256: unkeyed(blake2s.New256),
	wire.HashSHA1:       sha1.New,
	wire.HashMD5:        md5.New,
}

// unkeyed makes a BLAKE2 without a key, for which there is no error.
func unkeyed(f func(key []byte) (hash.Hash, error)) func() hash.Hash {
	return func() hash.Hash {
		h, _ := f(nil)
		return h
	}
}

// newHash begins a hash or, of HMAC, a keyed one.
func (w *work) newHash() hash.Hash {
	if w.req.What == wire.CryptoHMAC || w.req.What == wire.CryptoHMACStream {
		return hmac.New(hashes[w.req.Alg], w.key)
	}
	return hashes[w.req.Alg]()
}

// startHash begins a hash of what lies in memory or in a file.
func startHash(w *work) stage {
	if w.req.Path != 0 {
		return &fileHash{fd: -1}
	}
	return &memoryHash{}
}

// memoryHash hashes a message.
type memoryHash struct{ h hash.Hash }

func (m *memoryHash) run(w *work) int {
	if m.h == nil {
		m.h = w.newHash()
	}
	if !w.message.feed(m.h) {
		return task.More
	}
	return w.Bytes(m.h.Sum(nil))
}

func (m *memoryHash) close() { m.h = nil }
