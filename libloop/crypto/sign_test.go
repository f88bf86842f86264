// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// RFC 8032 section 7.1, tests 1 and 2.
func TestEd25519GivesThePublishedSignatures(t *testing.T) {
	r := newRig(t)
	for _, v := range []struct{ private, public, message, want string }{
		{
			"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155" +
				"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		},
		{
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
				"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
	} {
		a := ask{what: wire.CryptoSign, key: unhex(t, v.private), data: unhex(t, v.message)}
		if got := hex.EncodeToString(r.bytes(a)); got != v.want {
			t.Errorf("%s: %s, want %s", v.private, got, v.want)
		}
		a = ask{
			what: wire.CryptoPublicKey, alg: wire.KeyEd25519, flags: wire.CryptoRaw, key: unhex(t, v.private),
		}
		if got := hex.EncodeToString(r.bytes(a)); got != v.public {
			t.Errorf("%s: public key %s, want %s", v.private, got, v.public)
		}
		a = ask{
			what: wire.CryptoVerify, key: unhex(t, v.public), data: unhex(t, v.message), signature: unhex(t, v.want),
		}
		if !r.truth(a) {
			t.Errorf("%s: the signature is not good", v.public)
		}
	}
}

// RFC 6979 appendices A.2.5 to A.2.7, message "sample".
func TestECDSATakesThePublishedSignatures(t *testing.T) {
	number := func(text string) *big.Int { return new(big.Int).SetBytes(unhex(t, text)) }
	r := newRig(t)
	for _, v := range []struct {
		curve        elliptic.Curve
		alg          uint32
		x, y, r1, s1 string
	}{
		{
			elliptic.P256(), wire.HashSHA256,
			"60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6",
			"7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
			"EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
			"F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
		},
		{
			elliptic.P384(), wire.HashSHA384,
			"EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64" +
				"DEF8F0EA9055866064A254515480BC13",
			"8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1" +
				"288B231C3AE0D4FE7344FD2533264720",
			"94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C" +
				"81A648152E44ACF96E36DD1E80FABE46",
			"99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F" +
				"A329C145786E679E7B82C71A38628AC8",
		},
		{
			elliptic.P521(), wire.HashSHA512,
			"01894550D0785932E00EAA23B694F213F8C3121F86DC97A04E5A7167DB4E5BCD" +
				"371123D46E45DB6B5D5370A7F20FB633155D38FFA16D2BD761DCAC474B9A2F50 23A4",
			"00493101C962CD4D2FDDF782285E64584139C2F91B47F87FF82354D6630F746A" +
				"28A0DB25741B5B34A828008B22ACC23F924FAAFBD4D33F81EA66956DFEAA2BFD FCF5",
			"00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F" +
				"174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E3 77FA",
			"00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF" +
				"282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4 A67A",
		},
	} {
		point := slices.Concat([]byte{4}, unhex(t, v.x), unhex(t, v.y))
		public, err := ecdsa.ParseUncompressedPublicKey(v.curve, point)
		if err != nil {
			t.Fatal(err)
		}
		key, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := asn1.Marshal(struct{ R, S *big.Int }{number(v.r1), number(v.s1)})
		if err != nil {
			t.Fatal(err)
		}
		a := ask{what: wire.CryptoVerify, alg: v.alg, key: key, data: []byte("sample"), signature: signature}
		if !r.truth(a) {
			t.Errorf("%s: the signature is not good", v.curve.Params().Name)
		}
		a.data = []byte("Sample")
		if r.truth(a) {
			t.Errorf("%s: the signature of another message is good", v.curve.Params().Name)
		}
	}
}

// pair makes a pair of keys.
func (r *rig) pair(kind, flags uint32) (private, public []byte) {
	r.t.Helper()
	got := r.do(ask{what: wire.CryptoGenerateKey, alg: kind, flags: flags})
	if got.status != wire.OK || got.aux == 0 || got.aux >= uint64(len(got.data)) {
		r.t.Fatalf("kind %d, flags %d: %d, %q, %d of %d", kind, flags, got.status, got.text, got.aux, len(got.data))
	}
	return got.data[:got.aux], got.data[got.aux:]
}

// ecPrivate gives a key in SEC 1, as `openssl ecparam -genkey` writes it.
func ecPrivate(t *testing.T, curve elliptic.Curve) (der, text []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if der, err = x509.MarshalECPrivateKey(key); err != nil {
		t.Fatal(err)
	}
	text = pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 1, 1}})
	return der, append(text, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})...)
}

func TestEachFormOfAKeySignsAndVerifies(t *testing.T) {
	r := newRig(t)
	message := bytes.Repeat([]byte("message "), task.PieceBytes/8+1) // two pieces
	for kind := uint32(wire.KeyEd25519); kind <= wire.KeyP521; kind++ {
		forms := []uint32{0, wire.CryptoPEM}
		alg := uint32(wire.HashSHA3384)
		if kind == wire.KeyEd25519 {
			forms, alg = append(forms, wire.CryptoRaw), wire.HashNone
		}
		for _, form := range forms {
			private, public := r.pair(kind, form)
			if form == wire.CryptoPEM != bytes.HasPrefix(private, []byte("-----BEGIN PRIVATE KEY-----\n")) ||
				form == wire.CryptoPEM != bytes.HasPrefix(public, []byte("-----BEGIN PUBLIC KEY-----\n")) {
				t.Errorf("kind %d, form %d: %q, %q", kind, form, private, public)
			}
			signature := r.bytes(ask{what: wire.CryptoSign, alg: alg, key: private, data: message})
			good := ask{what: wire.CryptoVerify, alg: alg, key: public, data: message, signature: signature}
			if !r.truth(good) {
				t.Errorf("kind %d, form %d: its own signature is not good", kind, form)
			}
			_, other := r.pair(kind, form)
			for name, bad := range map[string]func(a *ask){
				"another message":         func(a *ask) { a.data = message[1:] },
				"another key":             func(a *ask) { a.key = other },
				"no signature":            func(a *ask) { a.signature = nil },
				"a signature cut off":     func(a *ask) { a.signature = signature[:len(signature)-1] },
				"a signature with a tail": func(a *ask) { a.signature = append(bytes.Clone(signature), 0) },
				"a garbled signature": func(a *ask) {
					a.signature = bytes.Clone(signature)
					a.signature[len(signature)/2] ^= 0x10
				},
			} {
				a := good
				bad(&a)
				if r.truth(a) {
					t.Errorf("kind %d, form %d: good with %s", kind, form, name)
				}
			}
			for _, to := range forms {
				again := r.bytes(ask{what: wire.CryptoPublicKey, alg: kind, flags: to, key: private})
				if to == form && !bytes.Equal(again, public) {
					t.Errorf("kind %d, form %d: the public key is another", kind, form)
				}
				if form != wire.CryptoRaw {
					same := r.bytes(ask{what: wire.CryptoPublicKey, flags: to, key: public})
					if !bytes.Equal(again, same) {
						t.Errorf("kind %d, from form %d to %d: the public key is another", kind, form, to)
					}
				}
			}
		}
	}
}

func TestKeysInSEC1AreTaken(t *testing.T) {
	r := newRig(t)
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		der, text := ecPrivate(t, curve)
		for _, key := range [][]byte{der, text, append([]byte("\n \t"), text...)} {
			signature := r.bytes(ask{what: wire.CryptoSign, alg: wire.HashSHA256, key: key, data: []byte("m")})
			public := r.bytes(ask{what: wire.CryptoPublicKey, key: key})
			a := ask{what: wire.CryptoVerify, alg: wire.HashSHA256, key: public, data: []byte("m"), signature: signature}
			if !r.truth(a) {
				t.Errorf("%s: not good", curve.Params().Name)
			}
		}
	}
}

func TestEveryHashThatIsNotBrokenSigns(t *testing.T) {
	r := newRig(t)
	private, public := r.pair(wire.KeyP384, 0)
	for alg := uint32(1); alg < uint32(len(hashes)); alg++ {
		a := ask{what: wire.CryptoSign, alg: alg, key: private, data: []byte("m")}
		if alg == wire.HashSHA1 || alg == wire.HashMD5 {
			r.fails(a, wire.EINVAL, "sign: a hash that is broken")
			a.what, a.key = wire.CryptoVerify, public
			r.fails(a, wire.EINVAL, "verify: a hash that is broken")
			continue
		}
		a.what, a.signature, a.key = wire.CryptoVerify, r.bytes(a), public
		if !r.truth(a) {
			t.Errorf("%d: not good", alg)
		}
	}
}

func TestKeysThatAreNoneAreRefused(t *testing.T) {
	r := newRig(t)
	edPrivate, edPublic := r.pair(wire.KeyEd25519, 0)
	xPrivate, xPublic := r.pair(wire.KeyX25519, 0)
	p224, p224Text := ecPrivate(t, elliptic.P224())
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaDER, err := x509.MarshalPKCS8PrivateKey(rsaKey)
	if err != nil {
		t.Fatal(err)
	}
	rsaPublic, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	const (
		noPrivate = "no private key in PKCS#8 or SEC 1"
		noPublic  = "no public key in SPKI"
		unknown   = " of a kind that is known here"
	)
	for _, v := range []struct {
		what, alg uint32
		key       []byte
		want      string
	}{
		{wire.CryptoSign, 0, nil, noPrivate},
		{wire.CryptoSign, 0, []byte("secret"), noPrivate},
		{wire.CryptoSign, 0, edPublic, noPrivate},
		{wire.CryptoSign, 0, edPrivate[:len(edPrivate)-1], noPrivate},
		{wire.CryptoSign, 0, text("CERTIFICATE", edPrivate), noPrivate},
		{wire.CryptoSign, 0, []byte("-----BEGIN PRIVATE KEY-----\nMC4C\n"), noPrivate},
		{wire.CryptoSign, 0, text("ENCRYPTED PRIVATE KEY", edPrivate), "the private key is encrypted"},
		{wire.CryptoSign, 2, rsaDER, noPrivate + unknown},
		{wire.CryptoSign, 2, p224, noPrivate + unknown},
		{wire.CryptoSign, 2, p224Text, noPrivate + unknown},
		{wire.CryptoSign, 0, xPrivate, "a key of X25519, which does not sign"},
		{wire.CryptoSign, 2, edPrivate, "a hash, and a key of Ed25519, which hashes by itself"},
		{wire.CryptoVerify, 0, nil, noPublic},
		{wire.CryptoVerify, 0, edPrivate, noPublic},
		{wire.CryptoVerify, 0, text("PRIVATE KEY", edPrivate), noPublic},
		{wire.CryptoVerify, 0, text("PUBLIC KEY", edPrivate), noPublic},
		{wire.CryptoVerify, 2, rsaPublic, noPublic + unknown},
		{wire.CryptoVerify, 0, xPublic, "a key of X25519, which does not sign"},
		{wire.CryptoPublicKey, 0, []byte("key"), "no key in PKCS#8, SEC 1 or SPKI"},
		{wire.CryptoPublicKey, 0, make([]byte, 32), "no key in PKCS#8, SEC 1 or SPKI"},
		{wire.CryptoPublicKey, 0, text("ENCRYPTED PRIVATE KEY", edPrivate), "the private key is encrypted"},
		{wire.CryptoPublicKey, wire.KeyP256, edPrivate, "a key of Ed25519, not of P-256"},
		{wire.CryptoX25519, 0, edPrivate, "a key that is not of X25519"},
		{wire.CryptoX25519, 0, make([]byte, 31), noPrivate},
	} {
		r.fails(ask{what: v.what, alg: v.alg, key: v.key, data: xPublic}, wire.EINVAL, rules[v.what].name+": "+v.want)
	}
	private, public := r.pair(wire.KeyP256, 0)
	needs := "no hash, and a key of ECDSA, which needs one"
	r.fails(ask{what: wire.CryptoSign, key: private}, wire.EINVAL, "sign: "+needs)
	r.fails(ask{what: wire.CryptoVerify, key: public}, wire.EINVAL, "verify: "+needs)
	raw := "only keys of Ed25519 and X25519 have a raw form"
	for kind := uint32(wire.KeyP256); kind <= wire.KeyP521; kind++ {
		a := ask{what: wire.CryptoGenerateKey, alg: kind, flags: wire.CryptoRaw}
		r.fails(a, wire.EINVAL, "generate_key: "+raw)
	}
	r.fails(ask{what: wire.CryptoPublicKey, flags: wire.CryptoRaw, key: private}, wire.EINVAL, "public_key: "+raw)
}

// RFC 7748 section 6.1.
func TestX25519GivesThePublishedSecret(t *testing.T) {
	r := newRig(t)
	alice := unhex(t, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
	alicePublic := unhex(t, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
	bob := unhex(t, "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
	bobPublic := unhex(t, "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
	want := "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
	for _, v := range []struct{ key, peer []byte }{{alice, bobPublic}, {bob, alicePublic}} {
		if got := r.bytes(ask{what: wire.CryptoX25519, key: v.key, data: v.peer}); hex.EncodeToString(got) != want {
			t.Errorf("%x, want %s", got, want)
		}
	}
	a := ask{what: wire.CryptoPublicKey, alg: wire.KeyX25519, flags: wire.CryptoRaw, key: alice}
	if got := r.bytes(a); !bytes.Equal(got, alicePublic) {
		t.Errorf("%x, want %x", got, alicePublic)
	}
}

func TestBothSidesOfX25519AgreeInEveryForm(t *testing.T) {
	r := newRig(t)
	var secrets [][]byte
	for _, form := range []uint32{0, wire.CryptoPEM, wire.CryptoRaw} {
		mine, myPublic := r.pair(wire.KeyX25519, form)
		for _, other := range []uint32{0, wire.CryptoPEM, wire.CryptoRaw} {
			theirs, theirPublic := r.pair(wire.KeyX25519, other)
			a := r.bytes(ask{what: wire.CryptoX25519, key: mine, data: theirPublic})
			b := r.bytes(ask{what: wire.CryptoX25519, key: theirs, data: myPublic})
			if len(a) != 32 || !bytes.Equal(a, b) {
				t.Errorf("forms %d and %d: %x and %x", form, other, a, b)
			}
			if slices.ContainsFunc(secrets, func(s []byte) bool { return bytes.Equal(s, a) }) {
				t.Error("a secret came twice")
			}
			secrets = append(secrets, a)
		}
	}
}

func TestPublicKeysOfLowOrderAreRefused(t *testing.T) {
	r := newRig(t)
	key, _ := r.pair(wire.KeyX25519, wire.CryptoRaw)
	for _, low := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	} {
		a := ask{what: wire.CryptoX25519, key: key, data: unhex(t, low)}
		r.fails(a, wire.EINVAL, "x25519: a public key that gives a secret of zeros")
	}
	r.fails(ask{what: wire.CryptoX25519, key: key, data: make([]byte, 33)}, wire.EINVAL, "x25519: no public key in SPKI")
}
