// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// Digests of "abc", from the standards of the functions: FIPS 180-4, FIPS 202, RFC 7693, RFC 1321.
var digestsOfABC = map[uint32]string{
	wire.HashSHA224: "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
	wire.HashSHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	wire.HashSHA384: "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed" +
		"8086072ba1e7cc2358baeca134c825a7",
	wire.HashSHA512: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" +
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	wire.HashSHA512256: "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
	wire.HashSHA3224:   "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
	wire.HashSHA3256:   "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
	wire.HashSHA3384: "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2" +
		"98d88cea927ac7f539f1edf228376d25",
	wire.HashSHA3512: "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e" +
		"10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0",
	wire.HashBLAKE2b256: "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
	wire.HashBLAKE2b384: "6f56a82c8e7ef526dfe182eb5212f7db9df1317e57815dbda46083fc30f54ee6" +
		"c66ba83be64b302d7cba6ce15bb556f4",
	wire.HashBLAKE2b512: "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1" +
		"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
	wire.HashBLAKE2s256: "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982",
	wire.HashSHA1:       "a9993e364706816aba3e25717850c26c9cd0d89d",
	wire.HashMD5:        "900150983cd24fb0d6963f7d28e17f72",
}

func TestHashesGiveThePublishedDigests(t *testing.T) {
	if len(digestsOfABC) != len(hashes)-1 {
		t.Fatalf("%d of %d hashes have a vector", len(digestsOfABC), len(hashes)-1)
	}
	r := newRig(t)
	for alg, want := range digestsOfABC {
		if got := hex.EncodeToString(r.bytes(ask{what: wire.CryptoHash, alg: alg, data: []byte("abc")})); got != want {
			t.Errorf("%d: %s, want %s", alg, got, want)
		}
	}
}

// RFC 2202 and RFC 4231, test cases 1, 2 and 6; the last has a key longer than a block.
func TestHMACGivesThePublishedDigests(t *testing.T) {
	long := bytes.Repeat([]byte{0xaa}, 131)
	r := newRig(t)
	for _, v := range []struct {
		alg       uint32
		key, data []byte
		want      string
	}{
		{
			wire.HashMD5, bytes.Repeat([]byte{0x0b}, 16), []byte("Hi There"),
			"9294727a3638bb1c13f48ef8158bfc9d",
		},
		{
			wire.HashSHA1, bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There"),
			"b617318655057264e28bc0b6fb378c8ef146be00",
		},
		{
			wire.HashSHA224, bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There"),
			"896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22",
		},
		{
			wire.HashSHA256, bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There"),
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		},
		{
			wire.HashSHA384, []byte("Jefe"), []byte("what do ya want for nothing?"),
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e" +
				"8e2240ca5e69e2c78b3239ecfab21649",
		},
		{
			wire.HashSHA512, []byte("Jefe"), []byte("what do ya want for nothing?"),
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554" +
				"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
		},
		{
			wire.HashSHA256, long, []byte("Test Using Larger Than Block-Size Key - Hash Key First"),
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
		},
	} {
		a := ask{what: wire.CryptoHMAC, alg: v.alg, key: v.key, data: v.data}
		if got := hex.EncodeToString(r.bytes(a)); got != v.want {
			t.Errorf("%d: %s, want %s", v.alg, got, v.want)
		}
	}
}

func TestAHashOfPiecesIsThatOfAllInARow(t *testing.T) {
	r := newRig(t)
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, task.PieceBytes+12345)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	for alg := uint32(1); alg < uint32(len(hashes)); alg++ {
		h := hashes[alg]()
		h.Write(text)
		want := h.Sum(nil)
		var pieces [][]byte
		for rest := text; len(rest) > 0; {
			n := min(random.IntN(len(text)/3), len(rest))
			pieces = append(pieces, rest[:n], nil)
			rest = rest[n:]
		}
		for _, flags := range []uint32{0, wire.CryptoBorrow} {
			one := r.do(ask{what: wire.CryptoHash, alg: alg, flags: flags, data: text})
			several := r.do(ask{what: wire.CryptoHash, alg: alg, flags: flags, pieces: pieces})
			if !bytes.Equal(one.data, want) || !bytes.Equal(several.data, want) {
				t.Errorf("%d, flags %d: %x and %x, want %x", alg, flags, one.data, several.data, want)
			}
			if one.runs != 2 || several.runs < 2 {
				t.Errorf("%d: the text took %d and %d runs", alg, one.runs, several.runs)
			}
		}
		mac := hmac.New(hashes[alg], []byte("a key"))
		mac.Write(text)
		got := r.bytes(ask{what: wire.CryptoHMAC, alg: alg, key: []byte("a key"), pieces: pieces})
		if want := mac.Sum(nil); !bytes.Equal(got, want) {
			t.Errorf("hmac %d: %x, want %x", alg, got, want)
		}
	}
}

func TestEmptyPiecesDoNotHoldAWorker(t *testing.T) {
	r := newRig(t)
	got := r.do(ask{what: wire.CryptoHash, alg: wire.HashMD5, pieces: make([][]byte, 100_000)})
	if hex.EncodeToString(got.data) != "d41d8cd98f00b204e9800998ecf8427e" || got.runs < 5 {
		t.Errorf("%x in %d runs", got.data, got.runs)
	}
}

func TestAnEmptyMessageNeedsNoAddress(t *testing.T) {
	r := newRig(t)
	want := "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := hex.EncodeToString(r.bytes(ask{what: wire.CryptoHash, alg: wire.HashSHA256})); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	a := ask{what: wire.CryptoHMAC, alg: wire.HashSHA256}
	want = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
	if got := hex.EncodeToString(r.bytes(a)); got != want {
		t.Errorf("hmac: %s, want %s", got, want)
	}
}

func TestRandomBytesComeInPiecesAndDoNotRepeat(t *testing.T) {
	r := newRig(t)
	for _, n := range []uint64{1, 16, task.PieceBytes, task.PieceBytes + 1, 3*task.PieceBytes + 7} {
		a := r.do(ask{what: wire.CryptoRandomBytes, out: n})
		b := r.do(ask{what: wire.CryptoRandomBytes, out: n})
		if uint64(len(a.data)) != n || n > 1 && bytes.Equal(a.data, b.data) {
			t.Errorf("%d bytes, asked for %d", len(a.data), n)
		}
		if want := int((n + task.PieceBytes - 1) / task.PieceBytes); a.runs != want {
			t.Errorf("%d bytes in %d runs, want %d", n, a.runs, want)
		}
		if n > 1000 {
			// Each byte is 0 with a chance of 1 in 256: fewer than a half of those expected, or more than
			// twice as many, means that a part was not filled.
			if zeros := uint64(bytes.Count(a.data, []byte{0})); zeros < n/512 || zeros > n/128 {
				t.Errorf("%d of %d bytes are 0", zeros, n)
			}
		}
	}
}

func TestRandomBytesHaveALimit(t *testing.T) {
	r := newRig(t)
	r.fails(ask{what: wire.CryptoRandomBytes}, wire.EINVAL, "random_bytes: 0 bytes")
	r.fails(ask{what: wire.CryptoRandomBytes, out: mostRandom + 1}, wire.ETOOBIG,
		"random_bytes: 1073741825 bytes, more than 1073741824")
	r.fails(ask{what: wire.CryptoRandomBytes, out: 1 << 63}, wire.ETOOBIG,
		"random_bytes: 9223372036854775808 bytes, more than 1073741824")
}

// stream makes a flow.
func (r *rig) stream(what, alg uint32, key string) task.Feeder {
	r.t.Helper()
	x, ok := r.start(ask{what: what, alg: alg, key: []byte(key)}).(task.Feeder)
	if !ok {
		r.t.Fatal("it is no flow")
	}
	return x
}

func TestAStreamGivesTheDigestOfAllItWasFed(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for alg := uint32(1); alg < uint32(len(hashes)); alg++ {
		for _, what := range []uint32{wire.CryptoHashStream, wire.CryptoHMACStream} {
			r := newRig(t)
			x := r.stream(what, alg, "a key")
			want := hashes[alg]()
			if what == wire.CryptoHMACStream {
				want = hmac.New(hashes[alg], []byte("a key"))
			}
			if said := x.Run(); said != task.Idle {
				t.Fatalf("an unfed stream says %#x", said)
			}
			for i := range 5 {
				piece := bytes.Repeat([]byte{byte(i)}, random.IntN(2*task.PieceBytes))
				want.Write(piece)
				x.Feed(piece, i == 4)
				said := x.Run()
				for ; said == task.More; said = x.Run() {
				}
				if i < 4 && said != task.Consumed|task.Idle || i == 4 && said != task.Consumed|task.End {
					t.Fatalf("piece %d: %#x", i, said)
				}
			}
			s := x.Base()
			if got := wire.Slice[byte](s.Data, int(s.Len)); !bytes.Equal(got, want.Sum(nil)) {
				t.Errorf("%d of %d: %x", what, alg, got)
			}
			s.Drop()
			if r.mem.Live() != 0 {
				t.Error("memory is left")
			}
		}
	}
}

func TestAStreamMayEndWithAnEmptyPiece(t *testing.T) {
	r := newRig(t)
	x := r.stream(wire.CryptoHashStream, wire.HashSHA1, "")
	x.Feed([]byte("abc"), false)
	if said := x.Run(); said != task.Consumed|task.Idle {
		t.Fatalf("%#x", said)
	}
	x.Feed(nil, true)
	if got := r.finish(x); hex.EncodeToString(got.data) != digestsOfABC[wire.HashSHA1] {
		t.Errorf("%x", got.data)
	}
}

func TestAStoppedStreamLetsGo(t *testing.T) {
	r := newRig(t)
	x := r.stream(wire.CryptoHMACStream, wire.HashSHA1, "k")
	x.Feed(make([]byte, 2*task.PieceBytes), false)
	if said := x.Run(); said != task.More {
		t.Fatalf("%#x", said)
	}
	x.Base().Stopped.Store(true)
	if got := r.finish(x); got.status != wire.ECANCELED || got.runs != 1 {
		t.Errorf("status %d after %d runs", got.status, got.runs)
	}
}
