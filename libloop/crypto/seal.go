// SPDX-License-Identifier: MIT

package crypto

import (
	"crypto/aes"
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const (
	tagBytes      = 16
	mostInOnePart = 1 << 30 // bytes of a message that is not cut into pieces
)

// suite is a cipher: lengths in bytes.
type suite struct {
	key                   int
	leastNonce, mostNonce int
	make                  func(key []byte, nonce int) (cipher.AEAD, error)
}

// suites are the ciphers, by alg. GCM takes the nonces that Node takes; 12 bytes are its own length.
var suites = [...]suite{
	wire.CipherAES128GCM:         {16, 1, 128, newGCM},
	wire.CipherAES192GCM:         {24, 1, 128, newGCM},
	wire.CipherAES256GCM:         {32, 1, 128, newGCM},
	wire.CipherChaCha20Poly1305:  {32, 12, 12, func(key []byte, _ int) (cipher.AEAD, error) { return chacha20poly1305.New(key) }},
	wire.CipherXChaCha20Poly1305: {32, 24, 24, func(key []byte, _ int) (cipher.AEAD, error) { return chacha20poly1305.NewX(key) }},
}

func newGCM(key []byte, nonce int) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithNonceSize(block, nonce)
}

// aead returns the cipher with its key. Nil: the task has failed.
func (w *work) aead() cipher.AEAD {
	s := &suites[w.req.Alg]
	switch nonce := len(w.salt); {
	case len(w.key) != s.key:
		w.invalid("a key of %d bytes, not %d", len(w.key), s.key)
	case nonce < s.leastNonce || nonce > s.mostNonce:
		if s.leastNonce == s.mostNonce {
			w.invalid("a nonce of %d bytes, not %d", nonce, s.leastNonce)
		} else {
			w.invalid("a nonce of %d bytes, not %d to %d", nonce, s.leastNonce, s.mostNonce)
		}
	default:
		a, err := s.make(w.key, nonce)
		if err != nil {
			w.invalid("%v", err)
			return nil
		}
		return a
	}
	return nil
}

// inOnePart says whether a message is short enough for what cannot cut it. If not, the task has failed.
func (w *work) inOnePart(most int) bool {
	if len(w.data) > most {
		w.fail(wire.ETOOBIG, "a message of %d bytes, more than %d", len(w.data), most)
		return false
	}
	return true
}

// seal encrypts; the tag is behind the text.
func seal(w *work) int {
	a := w.aead()
	if a == nil || !w.inOnePart(mostInOnePart) {
		return task.End
	}
	out := w.Alloc(len(w.data) + tagBytes)
	if out == nil {
		return w.fail(wire.ENOMEM, "%d bytes", len(w.data)+tagBytes)
	}
	a.Seal(out[:0], w.salt, w.data, w.info)
	w.Kind = wire.KindBytes
	return task.End
}

// openSealed decrypts, or fails without a result.
func openSealed(w *work) int {
	a := w.aead()
	if a == nil || !w.inOnePart(mostInOnePart+tagBytes) {
		return task.End
	}
	n := len(w.data) - tagBytes
	if n < 0 {
		return w.fail(wire.EAUTH, "%d bytes, less than a tag", len(w.data))
	}
	out := w.Alloc(n)
	if out == nil && n > 0 {
		return w.fail(wire.ENOMEM, "%d bytes", n)
	}
	if _, err := a.Open(out[:0], w.salt, w.data, w.info); err != nil {
		return w.Fail(wire.EAUTH, 0, w.name)
	}
	w.Kind = wire.KindBytes
	return task.End
}
