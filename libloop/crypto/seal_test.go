// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"fmt"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

type sealed struct {
	name                       string
	alg                        uint32
	key, nonce, aad, text, out []byte
}

// The test cases of the GCM specification, RFC 8439 section 2.8.2, and draft-irtf-cfrg-xchacha appendix A.3.
func sealedVectors(t *testing.T) []sealed {
	const (
		text = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" +
			"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
		aad  = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
		half = "feffe9928665731c6d6a8f9467308308"
	)
	ladies := []byte("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, " +
		"sunscreen would be it.")
	chachaKey := make([]byte, 32)
	for i := range chachaKey {
		chachaKey[i] = byte(0x80 + i)
	}
	chachaAAD := unhex(t, "50515253c0c1c2c3c4c5c6c7")
	gcm := func(name string, alg uint32, key, nonce, aad, text, out string) sealed {
		return sealed{name, alg, unhex(t, key), unhex(t, nonce), unhex(t, aad), unhex(t, text), unhex(t, out)}
	}
	return []sealed{
		gcm("test case 1", wire.CipherAES128GCM, "00000000000000000000000000000000", "000000000000000000000000",
			"", "", "58e2fccefa7e3061367f1d57a4e7455a"),
		gcm("test case 2", wire.CipherAES128GCM, "00000000000000000000000000000000", "000000000000000000000000",
			"", "00000000000000000000000000000000",
			"0388dace60b6a392f328c2b971b2fe78 ab6e47d42cec13bdf53a67b21257bddf"),
		gcm("test case 4", wire.CipherAES128GCM, half, "cafebabefacedbaddecaf888", aad, text,
			"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"+
				"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"+
				"5bc94fbc3221a5db94fae95ae7121a47"),
		gcm("test case 5, a nonce of 8 bytes", wire.CipherAES128GCM, half, "cafebabefacedbad", aad, text,
			"61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"+
				"73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598"+
				"3612d2e79e3b0785561be14aaca2fccb"),
		gcm("test case 10", wire.CipherAES192GCM, half+"feffe9928665731c", "cafebabefacedbaddecaf888", aad, text,
			"3980ca0b3c00e841eb06fac4872a2757859e1ceaa6efd984628593b40ca1e19c"+
				"7d773d00c144c525ac619d18c84a3f4718e2448b2fe324d9ccda2710"+
				"2519498e80f1478f37ba55bd6d27618c"),
		gcm("test case 16", wire.CipherAES256GCM, half+half, "cafebabefacedbaddecaf888", aad, text,
			"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"+
				"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"+
				"76fc6ece0f4e1768cddf8853bb2d551b"),
		{
			"RFC 8439", wire.CipherChaCha20Poly1305, chachaKey, unhex(t, "070000004041424344454647"), chachaAAD, ladies,
			unhex(t, "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"+
				"3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"+
				"92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"+
				"3ff4def08e4b7a9de576d26586cec64b6116 1ae10b594f09e26a7e902ecbd0600691"),
		},
		{
			"XChaCha", wire.CipherXChaCha20Poly1305, chachaKey,
			unhex(t, "404142434445464748494a4b4c4d4e4f5051525354555657"), chachaAAD, ladies,
			unhex(t, "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"+
				"731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"+
				"2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"+
				"21f9664c97637da9768812f615c68b13b52e c0875924c1c7987947deafd8780acf49"),
		},
	}
}

func (v *sealed) ask(what uint32, data []byte) ask {
	return ask{what: what, alg: v.alg, key: v.key, salt: v.nonce, info: v.aad, data: data}
}

func TestSealGivesThePublishedTextsAndOpenTakesThemBack(t *testing.T) {
	r := newRig(t)
	for _, v := range sealedVectors(t) {
		for _, flags := range []uint32{0, wire.CryptoBorrow} {
			a := v.ask(wire.CryptoSeal, v.text)
			a.flags = flags
			if got := r.bytes(a); !bytes.Equal(got, v.out) {
				t.Errorf("%s: %x, want %x", v.name, got, v.out)
			}
			a = v.ask(wire.CryptoOpenSealed, v.out)
			a.flags = flags
			if got := r.bytes(a); !bytes.Equal(got, v.text) {
				t.Errorf("%s: %x, want %x", v.name, got, v.text)
			}
		}
	}
}

func TestOpenRefusesWhateverIsNotTheSame(t *testing.T) {
	r := newRig(t)
	flip := func(b []byte, i int) []byte {
		c := bytes.Clone(b)
		c[i] ^= 0x01
		return c
	}
	for _, v := range sealedVectors(t) {
		for i := range v.out {
			r.fails(v.ask(wire.CryptoOpenSealed, flip(v.out, i)), wire.EAUTH, "open_sealed")
		}
		for n := range v.out {
			want := "open_sealed"
			if n < tagBytes {
				want = fmt.Sprintf("open_sealed: %d bytes, less than a tag", n)
			}
			r.fails(v.ask(wire.CryptoOpenSealed, v.out[:n]), wire.EAUTH, want)
		}
		r.fails(v.ask(wire.CryptoOpenSealed, append(bytes.Clone(v.out), 0)), wire.EAUTH, "open_sealed")
		other := v
		other.key = flip(v.key, 3)
		r.fails(other.ask(wire.CryptoOpenSealed, v.out), wire.EAUTH, "open_sealed")
		other = v
		other.nonce = flip(v.nonce, 0)
		r.fails(other.ask(wire.CryptoOpenSealed, v.out), wire.EAUTH, "open_sealed")
		other = v
		other.aad = append(bytes.Clone(v.aad), 0)
		r.fails(other.ask(wire.CryptoOpenSealed, v.out), wire.EAUTH, "open_sealed")
	}
}

func TestKeysAndNoncesOfOtherLengthsAreRefused(t *testing.T) {
	r := newRig(t)
	for _, what := range []uint32{wire.CryptoSeal, wire.CryptoOpenSealed} {
		name := rules[what].name
		for _, v := range []struct {
			alg        uint32
			key, nonce int
			want       string
		}{
			{wire.CipherAES128GCM, 0, 12, "a key of 0 bytes, not 16"},
			{wire.CipherAES128GCM, 32, 12, "a key of 32 bytes, not 16"},
			{wire.CipherAES192GCM, 16, 12, "a key of 16 bytes, not 24"},
			{wire.CipherAES256GCM, 31, 12, "a key of 31 bytes, not 32"},
			{wire.CipherAES256GCM, 32, 0, "a nonce of 0 bytes, not 1 to 128"},
			{wire.CipherAES256GCM, 32, 129, "a nonce of 129 bytes, not 1 to 128"},
			{wire.CipherChaCha20Poly1305, 16, 12, "a key of 16 bytes, not 32"},
			{wire.CipherChaCha20Poly1305, 32, 24, "a nonce of 24 bytes, not 12"},
			{wire.CipherXChaCha20Poly1305, 32, 12, "a nonce of 12 bytes, not 24"},
		} {
			a := ask{what: what, alg: v.alg, key: make([]byte, v.key), salt: make([]byte, v.nonce), data: make([]byte, 40)}
			r.fails(a, wire.EINVAL, name+": "+v.want)
		}
	}
}

func TestAMessageThatCannotBeCutHasALimit(t *testing.T) {
	w := &work{name: "seal", input: input{data: make([]byte, 10)}}
	if !w.inOnePart(10) || w.inOnePart(9) || w.Status != wire.ETOOBIG ||
		w.Subject != "seal: a message of 10 bytes, more than 9" {
		t.Errorf("status %d, %q", w.Status, w.Subject)
	}
}
