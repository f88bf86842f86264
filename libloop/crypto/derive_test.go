// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"crypto/pbkdf2"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// RFC 6070 and, for SHA-256, RFC 7914 section 11.
func TestPBKDF2GivesThePublishedKeys(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct {
		alg            uint32
		password, salt string
		iterations     uint64
		want           string
	}{
		{wire.HashSHA1, "password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{wire.HashSHA1, "password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"},
		{wire.HashSHA1, "password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"},
		{
			wire.HashSHA1, "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
			"3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
		},
		{wire.HashSHA1, "pass\x00word", "sa\x00lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"},
		{
			wire.HashSHA256, "passwd", "salt", 1,
			"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc" +
				"49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
		},
		{
			wire.HashSHA256, "Password", "NaCl", 80000,
			"4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56" +
				"a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
		},
	} {
		got := r.bytes(ask{
			what: wire.CryptoPBKDF2, alg: v.alg, key: []byte(v.password), salt: []byte(v.salt),
			iterations: v.iterations, out: uint64(len(v.want) / 2),
		})
		if hex.EncodeToString(got) != v.want {
			t.Errorf("%q, %d iterations: %x, want %s", v.password, v.iterations, got, v.want)
		}
	}
}

func TestPBKDF2InPiecesIsThatOfGo(t *testing.T) {
	r := newRig(t)
	random := rand.New(rand.NewPCG(5, 6))
	some := func(n int) []byte {
		b := make([]byte, random.IntN(n))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for alg := uint32(1); alg < uint32(len(hashes)); alg++ {
		for _, iterations := range []int{1, 2, pieceIterations - 1, pieceIterations, pieceIterations + 1, 3210} {
			password, salt, n := some(300), some(200_000), 1+random.IntN(200)
			want, err := pbkdf2.Key(hashes[alg], string(password), salt, iterations, n)
			if err != nil {
				t.Fatal(err)
			}
			got := r.do(ask{
				what: wire.CryptoPBKDF2, alg: alg, key: password, salt: salt, iterations: uint64(iterations),
				out: uint64(n),
			})
			if !bytes.Equal(got.data, want) {
				t.Errorf("%d, %d iterations, %d bytes: %x, want %x", alg, iterations, n, got.data, want)
			}
			if got.runs < iterations/pieceIterations {
				t.Errorf("%d iterations in %d runs", iterations, got.runs)
			}
		}
	}
}

func TestPBKDF2OfTwoThousandMillionIterationsCanBeStopped(t *testing.T) {
	r := newRig(t)
	x := r.start(ask{
		what: wire.CryptoPBKDF2, alg: wire.HashSHA512, key: []byte("k"), iterations: mostIterations, out: mostDerived,
	})
	for range 10 {
		if said := x.Run(); said != task.More {
			t.Fatalf("%#x", said)
		}
	}
	x.Base().Stopped.Store(true)
	if got := r.finish(x); got.status != wire.ECANCELED || got.runs != 1 || got.data != nil {
		t.Errorf("status %d, %d runs, %d bytes", got.status, got.runs, len(got.data))
	}
}

func TestPBKDF2RefusesWhatMakesNoSense(t *testing.T) {
	r := newRig(t)
	a := ask{what: wire.CryptoPBKDF2, alg: wire.HashSHA1, iterations: 1, out: 20}
	with := func(change func(a *ask)) ask {
		b := a
		change(&b)
		return b
	}
	r.fails(with(func(a *ask) { a.iterations = 0 }), wire.EINVAL, "pbkdf2: 0 iterations, not 1 to 2147483647")
	r.fails(with(func(a *ask) { a.iterations = 1 << 31 }), wire.EINVAL,
		"pbkdf2: 2147483648 iterations, not 1 to 2147483647")
	r.fails(with(func(a *ask) { a.out = 0 }), wire.EINVAL, "pbkdf2: a result of 0 bytes, less than 1")
	r.fails(with(func(a *ask) { a.out = 1<<20 + 1 }), wire.ETOOBIG,
		"pbkdf2: a result of 1048577 bytes, more than 1048576")
	r.fails(with(func(a *ask) { a.key = make([]byte, mostShort+1) }), wire.ETOOBIG,
		"pbkdf2: a key of 16777217 bytes, more than 16777216")
	r.fails(with(func(a *ask) { a.salt = make([]byte, mostShort+1) }), wire.ETOOBIG,
		"pbkdf2: a salt of 16777217 bytes, more than 16777216")
}

// RFC 7914 section 12, but for the vector that takes a gigabyte.
func TestScryptGivesThePublishedKeys(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct {
		password, salt string
		n, r, p        uint64
		want           string
	}{
		{
			"", "", 16, 1, 1,
			"77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
				"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
		},
		{
			"password", "NaCl", 1024, 8, 16,
			"fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
				"2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
		},
		{
			"pleaseletmein", "SodiumChloride", 16384, 8, 1,
			"7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
				"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
		},
	} {
		got := r.bytes(ask{
			what: wire.CryptoScrypt, key: []byte(v.password), salt: []byte(v.salt), cost: v.n, r: v.r, p: v.p, out: 64,
		})
		if hex.EncodeToString(got) != v.want {
			t.Errorf("%q: %x, want %s", v.password, got, v.want)
		}
	}
}

func TestScryptKeepsToItsMemory(t *testing.T) {
	r := newRig(t)
	a := ask{what: wire.CryptoScrypt, cost: 32768, r: 8, p: 1, out: 32}
	r.fails(a, wire.ETOOBIG, "scrypt: needs 33557504 bytes of memory, more than 33554432")
	a.max = 33557503
	r.fails(a, wire.ETOOBIG, "scrypt: needs 33557504 bytes of memory, more than 33557503")
	a.max++
	r.bytes(a)
	a.cost, a.max = 1<<40, 0
	r.fails(a, wire.ETOOBIG, "scrypt: needs 1125899906845696 bytes of memory, more than 33554432")
	a.cost, a.r, a.max = 1<<62, 1<<29, 1<<63
	r.fails(a, wire.ETOOBIG, "scrypt: needs 18446744073709551615 bytes of memory, more than 9223372036854775808")
	a.cost, a.r, a.max = 1<<40, 8, ^uint64(0)
	r.fails(a, wire.ENOMEM, "scrypt: needs 1125899906845696 bytes of memory")
}

func TestMemoryThatIsNotThereIsAnError(t *testing.T) {
	r := newRig(t)
	a := ask{what: wire.CryptoScrypt, cost: 1 << 20, r: 8, p: 1, out: 32, max: 1 << 40}
	x := r.start(a)
	r.mem.empty = true
	if got := r.finish(x); got.status != wire.ENOMEM {
		t.Errorf("status %d, %q", got.status, got.text)
	}
}

func TestScryptRefusesWhatMakesNoSense(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct {
		n, r, p, out uint64
		want         string
	}{
		{0, 8, 1, 32, "a cost of 0, no power of 2"},
		{1, 8, 1, 32, "a cost of 1, no power of 2"},
		{1000, 8, 1, 32, "a cost of 1000, no power of 2"},
		{1024, 0, 1, 32, "block size 0, parallelism 1: their product is not 1 to 2^30-1"},
		{1024, 8, 0, 32, "block size 8, parallelism 0: their product is not 1 to 2^30-1"},
		{1024, 1 << 15, 1 << 15, 32, "block size 32768, parallelism 32768: their product is not 1 to 2^30-1"},
		{1024, 1 << 63, 2, 32, "block size 9223372036854775808, parallelism 2: their product is not 1 to 2^30-1"},
		{65536, 1, 1, 32, "a cost of 65536, too much for a block size of 1"},
		{1024, 8, 1, 0, "a result of 0 bytes, less than 1"},
	} {
		a := ask{what: wire.CryptoScrypt, cost: v.n, r: v.r, p: v.p, out: v.out}
		r.fails(a, wire.EINVAL, "scrypt: "+v.want)
	}
}

// The tests of the reference implementation of Argon2, version 0x13.
func TestArgon2idGivesThePublishedKeys(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct {
		password, salt     string
		passes, kib, lanes uint64
		want               string
	}{
		{
			"password", "somesalt", 2, 65536, 1,
			"09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
		},
		{"password", "somesalt", 2, 256, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{"password", "somesalt", 2, 256, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{
			"password", "somesalt", 1, 65536, 1,
			"f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98",
		},
		{
			"differentpassword", "somesalt", 2, 65536, 1,
			"0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde",
		},
		{
			"password", "diffsalt", 2, 65536, 1,
			"bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c",
		},
	} {
		got := r.bytes(ask{
			what: wire.CryptoArgon2id, key: []byte(v.password), salt: []byte(v.salt), iterations: v.passes, kib: v.kib,
			p: v.lanes, out: 32,
		})
		if hex.EncodeToString(got) != v.want {
			t.Errorf("%q, %d passes, %d KiB, %d lanes: %x, want %s", v.password, v.passes, v.kib, v.lanes, got, v.want)
		}
	}
}

func TestArgon2idRefusesWhatMakesNoSense(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct {
		passes, kib, lanes, out, max uint64
		status                       int32
		want                         string
	}{
		{0, 64, 1, 32, 0, wire.EINVAL, "0 passes, not 1 to 2^32-1"},
		{1 << 32, 64, 1, 32, 0, wire.EINVAL, "4294967296 passes, not 1 to 2^32-1"},
		{1, 64, 0, 32, 0, wire.EINVAL, "0 lanes, not 1 to 255"},
		{1, 1 << 20, 256, 32, 0, wire.EINVAL, "256 lanes, not 1 to 255"},
		{1, 31, 4, 32, 0, wire.EINVAL, "31 KiB of memory, not 32 (8 for each lane) to 2^32-1"},
		{1, 1 << 32, 4, 32, 0, wire.EINVAL, "4294967296 KiB of memory, not 32 (8 for each lane) to 2^32-1"},
		{1, 64, 1, 3, 0, wire.EINVAL, "a result of 3 bytes, less than 4"},
		{1, 64, 1, 1 << 40, 0, wire.ETOOBIG, "a result of 1099511627776 bytes, more than 1048576"},
		{1, 1 << 21, 1, 32, 0, wire.ETOOBIG, "needs 2147483648 bytes of memory, more than 268435456"},
		{1, 64, 1, 32, 65535, wire.ETOOBIG, "needs 65536 bytes of memory, more than 65535"},
	} {
		a := ask{what: wire.CryptoArgon2id, iterations: v.passes, kib: v.kib, p: v.lanes, out: v.out, max: v.max}
		r.fails(a, v.status, "argon2id: "+v.want)
	}
}

// RFC 5869, appendix A.
func TestHKDFGivesThePublishedKeys(t *testing.T) {
	r := newRig(t)
	count := func(from, to int) []byte {
		var b []byte
		for i := from; i <= to; i++ {
			b = append(b, byte(i))
		}
		return b
	}
	for i, v := range []struct {
		alg                uint32
		secret, salt, info []byte
		want               string
	}{
		{
			wire.HashSHA256, bytes.Repeat([]byte{0x0b}, 22), count(0, 0x0c), count(0xf0, 0xf9),
			"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
		},
		{
			wire.HashSHA256, count(0, 0x4f), count(0x60, 0xaf), count(0xb0, 0xff),
			"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c" +
				"59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71" +
				"cc30c58179ec3e87c14c01d5c1f3434f1d87",
		},
		{
			wire.HashSHA256, bytes.Repeat([]byte{0x0b}, 22), nil, nil,
			"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
		},
		{
			wire.HashSHA1, bytes.Repeat([]byte{0x0b}, 11), count(0, 0x0c), count(0xf0, 0xf9),
			"085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
		},
	} {
		got := r.bytes(ask{
			what: wire.CryptoHKDF, alg: v.alg, key: v.secret, salt: v.salt, info: v.info, out: uint64(len(v.want) / 2),
		})
		if hex.EncodeToString(got) != v.want {
			t.Errorf("%d: %x, want %s", i+1, got, v.want)
		}
	}
}

func TestHKDFGivesAtMost255Digests(t *testing.T) {
	r := newRig(t)
	a := ask{what: wire.CryptoHKDF, alg: wire.HashSHA256, key: []byte("k"), out: 255 * 32}
	if got := r.bytes(a); len(got) != 255*32 {
		t.Errorf("%d bytes", len(got))
	}
	a.out++
	r.fails(a, wire.ETOOBIG, "hkdf: a result of 8161 bytes, more than 8160")
	a.out = 0
	r.fails(a, wire.EINVAL, "hkdf: a result of 0 bytes")
	a.out, a.info = 1, []byte(strings.Repeat("x", mostShort+1))
	r.fails(a, wire.ETOOBIG, "hkdf: an info of 16777217 bytes, more than 16777216")
}
