// SPDX-License-Identifier: MIT

package crypto

import (
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// asks is one good request of each kind.
func (r *rig) asks() []ask {
	xPrivate, xPublic := r.pair(wire.KeyX25519, 0)
	private, public := r.pair(wire.KeyP256, 0)
	big := make([]byte, 2*task.PieceBytes)
	return []ask{
		{what: wire.CryptoRandomBytes, out: 2 * task.PieceBytes},
		{what: wire.CryptoHash, alg: wire.HashSHA256, data: big},
		{what: wire.CryptoHash, alg: wire.HashSHA256, pieces: [][]byte{big, big}},
		{what: wire.CryptoHash, alg: wire.HashSHA256, path: "/dev/zero"},
		{what: wire.CryptoHMAC, alg: wire.HashSHA256, key: []byte("k"), data: big},
		{what: wire.CryptoPBKDF2, alg: wire.HashSHA256, key: []byte("k"), salt: []byte("s"), iterations: 5000, out: 32},
		{what: wire.CryptoScrypt, key: []byte("k"), salt: []byte("s"), cost: 2, r: 1, p: 1, out: 32},
		{what: wire.CryptoArgon2id, key: []byte("k"), salt: []byte("s"), iterations: 1, kib: 8, p: 1, out: 32},
		{what: wire.CryptoHKDF, alg: wire.HashSHA256, key: []byte("k"), salt: []byte("s"), info: []byte("i"), out: 32},
		{what: wire.CryptoSeal, alg: wire.CipherAES128GCM, key: make([]byte, 16), salt: make([]byte, 12), data: big},
		{what: wire.CryptoOpenSealed, alg: wire.CipherAES128GCM, key: make([]byte, 16), salt: make([]byte, 12), data: big},
		{what: wire.CryptoGenerateKey, alg: wire.KeyEd25519},
		{what: wire.CryptoPublicKey, key: private},
		{what: wire.CryptoSign, alg: wire.HashSHA256, key: private, data: big},
		{what: wire.CryptoVerify, alg: wire.HashSHA256, key: public, data: big, signature: []byte("s")},
		{what: wire.CryptoX25519, key: xPrivate, data: xPublic},
		{what: wire.CryptoHashStream, alg: wire.HashSHA256},
		{what: wire.CryptoHMACStream, alg: wire.HashSHA256, key: []byte("k")},
	}
}

func TestARequestThatIsStoppedBeforeItBeginsLetsGo(t *testing.T) {
	r := newRig(t)
	for _, a := range r.asks() {
		x := r.start(a)
		x.Base().Stopped.Store(true)
		if got := r.finish(x); got.status != wire.ECANCELED || got.runs != 1 || got.data != nil {
			t.Errorf("%s: status %d, %d runs, %d bytes", rules[a.what].name, got.status, got.runs, len(got.data))
		}
	}
}

func TestARequestThatNeverBeginsLetsGo(t *testing.T) {
	r := newRig(t)
	for _, a := range r.asks() {
		x, ok := r.start(a).(task.Holder)
		if !ok {
			t.Fatalf("%s does not say that it holds something", rules[a.what].name)
		}
		x.Release()
		x.Release()
		if n := r.mem.Live(); n != 0 {
			t.Errorf("%s: %d blocks are left", rules[a.what].name, n)
		}
	}
}

func TestARequestThatIsStoppedBetweenTwoPiecesLetsGo(t *testing.T) {
	r := newRig(t)
	several := 0
	for _, a := range r.asks() {
		x := r.start(a)
		if said := x.Run(); said&task.End != 0 {
			x.Base().Drop()
			continue
		}
		several++
		x.Base().Stopped.Store(true)
		if got := r.finish(x); got.status != wire.ECANCELED || got.runs != 1 || got.data != nil {
			t.Errorf("%s: status %d, %d runs, %d bytes", rules[a.what].name, got.status, got.runs, len(got.data))
		}
	}
	if several != 10 {
		t.Errorf("%d requests took more than a piece", several)
	}
}

func TestEveryRequestLivesThroughAMachineWithoutMemory(t *testing.T) {
	r := newRig(t)
	for _, a := range r.asks() {
		record := r.record(a)
		r.mem.empty = true
		if x, status := Noun.Make(r.mem, &wire.Op{Data: record}); status == wire.OK {
			// There was nothing to copy.
			if f, ok := x.(task.Feeder); ok {
				f.Feed(nil, true)
			}
			if got := r.finish(x); got.status != wire.ENOMEM {
				t.Errorf("%s: status %d", rules[a.what].name, got.status)
			}
		} else if status != wire.ENOMEM {
			t.Errorf("%s: Make gives %d", rules[a.what].name, status)
		}
		r.mem.empty = false
		x := r.start(a)
		if f, ok := x.(task.Feeder); ok {
			f.Feed(nil, true)
		}
		r.mem.empty = true
		got := r.finish(x)
		if truth := a.what == wire.CryptoVerify; truth && got.status != wire.OK ||
			!truth && got.status != wire.ENOMEM && got.status != wire.EAUTH {
			t.Errorf("%s: status %d, %q", rules[a.what].name, got.status, got.text)
		}
		r.mem.empty = false
	}
}

func TestRequestsThatMeanNothingAreNotUnderstood(t *testing.T) {
	r := newRig(t)
	for name, spoil := range map[string]func(req *wire.Crypto){
		"no what":                    func(req *wire.Crypto) { req.What = 0 },
		"an unknown what":            func(req *wire.Crypto) { req.What = uint32(len(rules)) },
		"a huge what":                func(req *wire.Crypto) { req.What = ^uint32(0) },
		"no hash":                    func(req *wire.Crypto) { req.Alg = 0 },
		"an unknown hash":            func(req *wire.Crypto) { req.Alg = wire.HashMD5 + 1 },
		"an unknown flag":            func(req *wire.Crypto) { req.Flags = 0x8 },
		"a flag of another what":     func(req *wire.Crypto) { req.Flags = wire.CryptoPEM },
		"a size of 0":                func(req *wire.Crypto) { req.Size = 0 },
		"a size too small":           func(req *wire.Crypto) { req.Size = uint32(recordBytes) - 1 },
		"a size beyond a page":       func(req *wire.Crypto) { req.Size = 4097 },
		"a size beyond everything":   func(req *wire.Crypto) { req.Size = ^uint32(0) },
		"a length without data":      func(req *wire.Crypto) { req.Data = 0 },
		"a length without key":       func(req *wire.Crypto) { req.KeyLen = 1 },
		"a length without salt":      func(req *wire.Crypto) { req.SaltLen = 1 },
		"a length without info":      func(req *wire.Crypto) { req.InfoLen = 1 },
		"a length without signature": func(req *wire.Crypto) { req.SignatureLen = 1 },
		"a huge length":              func(req *wire.Crypto) { req.DataLen = 1 << 48 },
		"a length that wraps":        func(req *wire.Crypto) { req.DataLen = ^uint64(0) },
		"data and pieces":            func(req *wire.Crypto) { req.Bufs, req.BufCount = req.Data, 1 },
		"data and a path":            func(req *wire.Crypto) { req.Path = req.Data },
		"pieces and a path": func(req *wire.Crypto) {
			req.DataLen, req.Bufs, req.BufCount, req.Path = 0, req.Data, 1, req.Data
		},
		"pieces without an address": func(req *wire.Crypto) { req.DataLen, req.BufCount = 0, 1 },
		"too many pieces": func(req *wire.Crypto) {
			req.DataLen, req.Bufs, req.BufCount = 0, req.Data, mostPieces+1
		},
		"a piece without data": func(req *wire.Crypto) {
			*wire.At[wire.Buf](req.Data) = wire.Buf{Len: 1}
			req.DataLen, req.Bufs, req.BufCount = 0, req.Data, 1
		},
		"pieces that are too much together": func(req *wire.Crypto) {
			pieces := wire.Slice[wire.Buf](req.Data, 2)
			pieces[0] = wire.Buf{Data: req.Data, Len: addresses}
			pieces[1] = wire.Buf{Data: req.Data, Len: addresses}
			req.DataLen, req.Bufs, req.BufCount = 0, req.Data, 2
		},
		"pieces for what takes none": func(req *wire.Crypto) {
			req.What, req.Alg = wire.CryptoSign, wire.HashSHA256
			req.DataLen, req.Bufs, req.BufCount = 0, req.Data, 1
		},
		"a path for what takes none": func(req *wire.Crypto) {
			req.What, req.Alg, req.DataLen, req.Path = wire.CryptoSeal, wire.CipherAES128GCM, 0, req.Data
		},
		"two forms at once": func(req *wire.Crypto) {
			req.What, req.Alg, req.Flags = wire.CryptoGenerateKey, wire.KeyEd25519, wire.CryptoPEM|wire.CryptoRaw
		},
		"an unknown cipher": func(req *wire.Crypto) { req.What, req.Alg = wire.CryptoSeal, 6 },
		"an unknown kind":   func(req *wire.Crypto) { req.What, req.Alg = wire.CryptoGenerateKey, 6 },
		"a hash for scrypt": func(req *wire.Crypto) { req.What, req.Alg = wire.CryptoScrypt, 1 },
	} {
		good := r.record(ask{what: wire.CryptoHash, alg: wire.HashSHA256, data: make([]byte, 64)})
		op := &wire.Op{Data: good}
		if !Noun.Check(op) {
			t.Fatal("a good request is not understood")
		}
		spoil(wire.At[wire.Crypto](good))
		if Noun.Check(op) {
			t.Errorf("understood with %s", name)
		}
	}
	if Noun.Check(&wire.Op{}) {
		t.Error("understood without a record")
	}
}

func TestARecordOfANewerHeaderIsUnderstoodWhenTheRestIsZero(t *testing.T) {
	r := newRig(t)
	addr := r.host.Alloc(4096)
	*wire.At[wire.Crypto](addr) = wire.Crypto{Size: 4096, What: wire.CryptoHash, Alg: 1}
	if !Noun.Check(&wire.Op{Data: addr}) {
		t.Error("not understood with zeros")
	}
	wire.Slice[byte](addr, 4096)[4095] = 1
	if Noun.Check(&wire.Op{Data: addr}) {
		t.Error("understood with what it does not know")
	}
}

func TestRequestsHaveTheirNamesAndTheLaneOfTheCPU(t *testing.T) {
	r := newRig(t)
	want := []string{
		"random_bytes", "hash", "hash", "hash_file", "hmac", "pbkdf2", "scrypt", "argon2id", "hkdf", "seal",
		"open_sealed", "generate_key", "public_key", "sign", "verify", "x25519", "hash_stream", "hmac_stream",
	}
	for i, a := range r.asks() {
		op := &wire.Op{Data: r.record(a)}
		if got := Noun.Name(op); got != want[i] || Noun.Lane(op) != wire.LaneCpu {
			t.Errorf("%s in lane %d, want %s", got, Noun.Lane(op), want[i])
		}
	}
	op := &wire.Op{Data: r.record(ask{what: wire.CryptoHMAC, alg: 1, path: "/"})}
	if got := Noun.Name(op); got != "hmac_file" {
		t.Error(got)
	}
}

func FuzzARecordOfAnyNumbersIsRefusedOrRuns(f *testing.F) {
	for what := range uint32(20) {
		f.Add(what, uint32(1), uint32(0), uint64(16), uint64(12), uint64(64), uint64(1), uint64(2), uint64(1), uint64(32))
	}
	f.Fuzz(func(t *testing.T, what, alg, flags uint32, key, salt, data, iterations, cost, small, out uint64) {
		r := newRig(t)
		record := r.record(ask{
			what: what, alg: alg, flags: flags, key: make([]byte, key%100), salt: make([]byte, salt%200),
			data: make([]byte, data%10_000), iterations: iterations % 5000, cost: cost, r: small, p: small, kib: cost % 2048,
			out: out % (1 << 21), info: make([]byte, small%10), signature: make([]byte, small%100),
		})
		op := &wire.Op{Data: record}
		if !Noun.Check(op) {
			return
		}
		Noun.Lane(op)
		x, status := Noun.Make(r.mem, op)
		if status != wire.OK {
			t.Fatalf("Make: %d", status)
		}
		if f, ok := x.(task.Feeder); ok {
			f.Feed([]byte("input"), true)
		}
		if got := r.finish(x); (got.status == wire.OK) == (got.kind == wire.KindError) {
			t.Errorf("status %d with kind %d", got.status, got.kind)
		}
	})
}
