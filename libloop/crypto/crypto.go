// SPDX-License-Identifier: MIT

// Package crypto is the battery of hashes, keys, ciphers and signatures: tasks of the CPU lane. The algorithms
// are those of Go's crypto and of golang.org/x/crypto; here is what cuts them into pieces, checks what a host
// gives them, and wipes what was secret.
package crypto

import (
	"fmt"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Noun is what the engine knows of LOOP_OP_CRYPTO.
var Noun = task.Noun{Check: check, Make: makeTask, Lane: lane, Name: name}

// rule says what requests of one kind take, and how their work begins.
type rule struct {
	name        string
	least, most uint32 // of alg
	flags       uint32
	message     bool // data may instead come in pieces or from a file
	start       func(w *work) stage
}

// rules are the kinds of requests, by what.
var rules = [...]rule{
	wire.CryptoRandomBytes: {name: "random_bytes", start: startRandom},
	wire.CryptoHash:        {"hash", wire.HashSHA224, wire.HashMD5, wire.CryptoBorrow, true, startHash},
	wire.CryptoHMAC:        {"hmac", wire.HashSHA224, wire.HashMD5, wire.CryptoBorrow, true, startHash},
	wire.CryptoPBKDF2:      {"pbkdf2", wire.HashSHA224, wire.HashMD5, 0, false, startPBKDF2},
	wire.CryptoScrypt:      {name: "scrypt", start: inOnePiece(deriveScrypt)},
	wire.CryptoArgon2id:    {name: "argon2id", start: inOnePiece(deriveArgon2id)},
	wire.CryptoHKDF:        {"hkdf", wire.HashSHA224, wire.HashMD5, 0, false, inOnePiece(deriveHKDF)},
	wire.CryptoSeal: {
		"seal", wire.CipherAES128GCM, wire.CipherXChaCha20Poly1305, wire.CryptoBorrow, false, inOnePiece(seal),
	},
	wire.CryptoOpenSealed: {
		"open_sealed", wire.CipherAES128GCM, wire.CipherXChaCha20Poly1305, wire.CryptoBorrow, false,
		inOnePiece(openSealed),
	},
	wire.CryptoGenerateKey: {
		"generate_key", wire.KeyEd25519, wire.KeyX25519, wire.CryptoPEM | wire.CryptoRaw, false,
		inOnePiece(generateKey),
	},
	wire.CryptoPublicKey: {
		"public_key", 0, wire.KeyX25519, wire.CryptoPEM | wire.CryptoRaw, false, inOnePiece(publicKey),
	},
	wire.CryptoSign:       {"sign", wire.HashNone, wire.HashMD5, wire.CryptoBorrow, false, startSign},
	wire.CryptoVerify:     {"verify", wire.HashNone, wire.HashMD5, wire.CryptoBorrow, false, startVerify},
	wire.CryptoX25519:     {name: "x25519", start: inOnePiece(agree)},
	wire.CryptoHashStream: {"hash_stream", wire.HashSHA224, wire.HashMD5, 0, false, startStream},
	wire.CryptoHMACStream: {"hmac_stream", wire.HashSHA224, wire.HashMD5, 0, false, startStream},
}

const (
	recordBytes = uint64(unsafe.Sizeof(wire.Crypto{}))
	mostRecord  = 4096 // of a newer header, too
	mostPieces  = 1 << 20
	mostShort   = 16 << 20 // bytes of a key, a salt, an info or a signature
	addresses   = 1 << 47  // no buffer is longer than all memory a process may have
)

// check says whether a request can be understood.
func check(op *wire.Op) bool {
	if op.Data == 0 {
		return false
	}
	size := uint64(*wire.At[uint32](op.Data))
	if size < recordBytes || size > mostRecord || !zeros(op.Data+uintptr(recordBytes), size-recordBytes) {
		return false
	}
	return understood(wire.At[wire.Crypto](op.Data))
}

// zeros says whether memory has nothing but zeros.
func zeros(addr uintptr, n uint64) bool {
	for _, b := range wire.Slice[byte](addr, int(n)) {
		if b != 0 {
			return false
		}
	}
	return true
}

// understood checks a record of the right size.
func understood(req *wire.Crypto) bool {
	if req.What == 0 || req.What >= uint32(len(rules)) {
		return false
	}
	rule := &rules[req.What]
	forms := req.Flags & (wire.CryptoPEM | wire.CryptoRaw)
	return req.Alg >= rule.least && req.Alg <= rule.most &&
		req.Flags&^rule.flags == 0 && forms != wire.CryptoPEM|wire.CryptoRaw &&
		there(req.Key, req.KeyLen) && there(req.Salt, req.SaltLen) && there(req.Info, req.InfoLen) &&
		there(req.Signature, req.SignatureLen) && messageThere(req, rule.message)
}

// there says whether an address and a length may be a buffer.
func there(addr uintptr, n uint64) bool {
	return n == 0 || addr != 0 && n <= addresses && uint64(addr)+n > uint64(addr)
}

// messageThere says whether a request has one message: in data, in pieces, or in a file.
func messageThere(req *wire.Crypto, anywhere bool) bool {
	if !there(req.Data, req.DataLen) {
		return false
	}
	if req.BufCount == 0 && req.Path == 0 {
		return true
	}
	if !anywhere || req.DataLen > 0 || req.BufCount > 0 && (req.Path != 0 || req.Bufs == 0) ||
		req.BufCount > mostPieces {
		return false
	}
	sum := uint64(0)
	for _, p := range wire.Slice[wire.Buf](req.Bufs, int(req.BufCount)) {
		if !there(p.Data, p.Len) {
			return false
		}
		if sum += p.Len; sum > addresses {
			return false
		}
	}
	return true
}

// makeTask makes the task of a request that is understood.
func makeTask(mem wire.Memory, op *wire.Op) (task.Task, int32) {
	w, status := newWork(mem, wire.At[wire.Crypto](op.Data))
	if status != wire.OK {
		return nil, status
	}
	if f, ok := w.stage.(*fedHash); ok {
		return &stream{work: w, fed: f}, wire.OK
	}
	return w, wire.OK
}

func lane(*wire.Op) uint32 { return wire.LaneCpu }

func name(op *wire.Op) string { return nameOf(wire.At[wire.Crypto](op.Data)) }

func nameOf(req *wire.Crypto) string {
	if req.Path != 0 {
		return rules[req.What].name + "_file"
	}
	return rules[req.What].name
}

// stage is what a task does.
type stage interface {
	// run does one piece.
	run(w *work) int
	// close lets go of everything. It may come twice, and without a run.
	close()
}

// work is the task of a request.
type work struct {
	task.State
	input
	name  string
	req   wire.Crypto // its numbers; the addresses mean nothing any more
	stage stage
}

// newWork copies a request.
func newWork(mem wire.Memory, req *wire.Crypto) (*work, int32) {
	w := &work{name: nameOf(req), req: *req}
	w.Mem, w.input.mem = mem, mem
	if text := tooLong(req); text != "" {
		w.stage = once(func(w *work) int { return w.fail(wire.ETOOBIG, "%s", text) })
		return w, wire.OK
	}
	if !w.input.take(req) {
		return nil, wire.ENOMEM
	}
	w.stage = rules[req.What].start(w)
	return w, wire.OK
}

// tooLong says which of the short inputs is not short.
func tooLong(req *wire.Crypto) string {
	for _, x := range []struct {
		what string
		len  uint64
	}{
		{"a key", req.KeyLen}, {"a salt", req.SaltLen}, {"an info", req.InfoLen},
		{"a signature", req.SignatureLen},
	} {
		if x.len > mostShort {
			return fmt.Sprintf("%s of %d bytes, more than %d", x.what, x.len, mostShort)
		}
	}
	return ""
}

// Run implements task.Task.
func (w *work) Run() int {
	said := task.End
	if w.Stopped.Load() {
		w.Fail(wire.ECANCELED, 0, w.name)
	} else {
		said = w.stage.run(w)
	}
	if said&task.End != 0 {
		w.Release()
	}
	return said
}

// Release implements task.Holder. It may come twice.
func (w *work) Release() {
	w.stage.close()
	w.input.drop()
}

// fail ends the task with a code and the reason.
func (w *work) fail(status int32, format string, args ...any) int {
	return w.Fail(status, 0, w.name+": "+fmt.Sprintf(format, args...))
}

// invalid ends the task because of what it was given.
func (w *work) invalid(format string, args ...any) int { return w.fail(wire.EINVAL, format, args...) }

// secret makes bytes the result and wipes them here.
func (w *work) secret(data []byte) int {
	defer clear(data)
	return w.Bytes(data)
}

// once is a stage of one piece.
type once func(w *work) int

func (f once) run(w *work) int { return f(w) }
func (f once) close()          {}

func inOnePiece(f func(w *work) int) func(*work) stage {
	return func(*work) stage { return once(f) }
}
