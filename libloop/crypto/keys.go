// SPDX-License-Identifier: MIT

package crypto

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const rawBytes = 32

var (
	errNoPrivate = errors.New("no private key in PKCS#8 or SEC 1")
	errNoPublic  = errors.New("no public key in SPKI")
	errEncrypted = errors.New("the private key is encrypted")
	errNoRaw     = errors.New("only keys of Ed25519 and X25519 have a raw form")
)

// kinds are the names of the kinds of keys.
var kinds = [...]string{
	wire.KeyEd25519: "Ed25519", wire.KeyP256: "P-256", wire.KeyP384: "P-384", wire.KeyP521: "P-521",
	wire.KeyX25519: "X25519",
}

// curves are those of ECDSA, by kind.
var curves = [...]elliptic.Curve{
	wire.KeyP256: elliptic.P256(), wire.KeyP384: elliptic.P384(), wire.KeyP521: elliptic.P521(),
}

// kindOf returns the kind of a key, private or public; 0: none that is known here.
func kindOf(key any) uint32 {
	switch k := key.(type) {
	case ed25519.PrivateKey, ed25519.PublicKey:
		return wire.KeyEd25519
	case *ecdsa.PrivateKey:
		return kindOf(&k.PublicKey)
	case *ecdsa.PublicKey:
		for kind, c := range curves {
			if c != nil && c == k.Curve {
				return uint32(kind)
			}
		}
	case *ecdh.PrivateKey:
		return kindOf(k.PublicKey())
	case *ecdh.PublicKey:
		if k.Curve() == ecdh.X25519() {
			return wire.KeyX25519
		}
	}
	return 0
}

// unwrap takes a key out of PEM, whose type it returns with it; DER has none.
func unwrap(text []byte) (der []byte, label string) {
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("-----BEGIN ")) {
		return text, ""
	}
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, "garbage"
		}
		// openssl writes the parameters of a curve before the key.
		if block.Type != "EC PARAMETERS" {
			return block.Bytes, block.Type
		}
		text = rest
	}
}

// parsePrivate reads a private key. raw is the kind of one without a form, 0 if it must have one.
func parsePrivate(text []byte, raw uint32) (any, error) {
	if len(text) == rawBytes {
		switch raw {
		case wire.KeyEd25519:
			return ed25519.NewKeyFromSeed(text), nil
		case wire.KeyX25519:
			return ecdh.X25519().NewPrivateKey(text)
		}
	}
	der, label := unwrap(text)
	if label != "" {
		defer clear(der)
	}
	switch label {
	case "", "PRIVATE KEY", "EC PRIVATE KEY":
	case "ENCRYPTED PRIVATE KEY":
		return nil, errEncrypted
	default:
		return nil, errNoPrivate
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return supported(key, errNoPrivate)
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return supported(key, errNoPrivate)
	}
	return nil, errNoPrivate
}

// parsePublic reads a public key.
func parsePublic(text []byte, raw uint32) (any, error) {
	if len(text) == rawBytes {
		switch raw {
		case wire.KeyEd25519:
			return ed25519.PublicKey(text), nil
		case wire.KeyX25519:
			return ecdh.X25519().NewPublicKey(text)
		}
	}
	der, label := unwrap(text)
	if label != "" && label != "PUBLIC KEY" {
		return nil, errNoPublic
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errNoPublic
	}
	return supported(key, errNoPublic)
}

// supported lets the kinds of kinds through.
func supported(key any, otherwise error) (any, error) {
	if kindOf(key) == 0 {
		return nil, fmt.Errorf("%w of a kind that is known here", otherwise)
	}
	return key, nil
}

// publicOf returns the public key of a private one.
func publicOf(key any) any {
	switch k := key.(type) {
	case ed25519.PrivateKey:
		return k.Public()
	case *ecdsa.PrivateKey:
		return &k.PublicKey
	case *ecdh.PrivateKey:
		return k.PublicKey()
	}
	return key
}

// encode writes a key in the form that the flags name.
func encode(key any, flags uint32, label string, toDER func(any) ([]byte, error)) ([]byte, error) {
	if flags&wire.CryptoRaw != 0 {
		switch k := key.(type) {
		case ed25519.PrivateKey:
			return k.Seed(), nil
		case ed25519.PublicKey:
			return bytes.Clone(k), nil
		case *ecdh.PrivateKey:
			return k.Bytes(), nil
		case *ecdh.PublicKey:
			return k.Bytes(), nil
		}
		return nil, errNoRaw
	}
	der, err := toDER(key)
	if err != nil || flags&wire.CryptoPEM == 0 {
		return der, err
	}
	defer clear(der)
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), nil
}

func encodePrivate(key any, flags uint32) ([]byte, error) {
	return encode(key, flags, "PRIVATE KEY", x509.MarshalPKCS8PrivateKey)
}

func encodePublic(key any, flags uint32) ([]byte, error) {
	return encode(key, flags, "PUBLIC KEY", x509.MarshalPKIXPublicKey)
}

// newKey makes a private key.
func newKey(kind uint32) (any, error) {
	switch kind {
	case wire.KeyEd25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case wire.KeyX25519:
		return ecdh.X25519().GenerateKey(rand.Reader)
	}
	return ecdsa.GenerateKey(curves[kind], rand.Reader)
}

// generateKey gives a private key and behind it the public one.
func generateKey(w *work) int {
	key, err := newKey(w.req.Alg)
	if err != nil {
		return w.invalid("%v", err)
	}
	private, err := encodePrivate(key, w.req.Flags)
	if err != nil {
		return w.invalid("%v", err)
	}
	defer clear(private)
	public, err := encodePublic(publicOf(key), w.req.Flags)
	if err != nil {
		return w.invalid("%v", err)
	}
	buf := w.Alloc(len(private) + len(public))
	if buf == nil {
		return w.fail(wire.ENOMEM, "%d bytes", len(private)+len(public))
	}
	copy(buf[copy(buf, private):], public)
	w.Kind, w.Aux = wire.KindBytes, uint64(len(private))
	return task.End
}

// publicKey gives the public key of a private one, or a public one in another form.
func publicKey(w *work) int {
	key, err := parsePrivate(w.key, w.req.Alg)
	if err != nil {
		var second error
		if key, second = parsePublic(w.key, 0); second != nil {
			if errors.Is(err, errNoPrivate) {
				err = errors.New("no key in PKCS#8, SEC 1 or SPKI")
			}
			return w.invalid("%v", err)
		}
	}
	if kind := kindOf(key); w.req.Alg != 0 && kind != w.req.Alg {
		return w.invalid("a key of %s, not of %s", kinds[kind], kinds[w.req.Alg])
	}
	public, err := encodePublic(publicOf(key), w.req.Flags)
	if err != nil {
		return w.invalid("%v", err)
	}
	return w.Bytes(public)
}
