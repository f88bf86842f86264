// SPDX-License-Identifier: MIT

package crypto

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"hash"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// signature signs or verifies. ECDSA hashes the message in pieces; Ed25519 needs it whole.
type signature struct {
	parse func(text []byte, raw uint32) (any, error)
	key   any
	h     hash.Hash // of ECDSA
}

func startSign(*work) stage   { return &signature{parse: parsePrivate} }
func startVerify(*work) stage { return &signature{parse: parsePublic} }

func (s *signature) run(w *work) int {
	if s.key == nil {
		if !s.begin(w) {
			return task.End
		}
	}
	switch key := s.key.(type) {
	case ed25519.PrivateKey:
		return w.Bytes(ed25519.Sign(key, w.data))
	case ed25519.PublicKey:
		return w.truth(ed25519.Verify(key, w.data, w.input.signature))
	}
	if !w.message.feed(s.h) {
		return task.More
	}
	digest := s.h.Sum(nil)
	switch key := s.key.(type) {
	case *ecdsa.PrivateKey:
		made, err := ecdsa.SignASN1(rand.Reader, key, digest)
		if err != nil {
			return w.invalid("%v", err)
		}
		return w.Bytes(made)
	case *ecdsa.PublicKey:
		return w.truth(ecdsa.VerifyASN1(key, digest, w.input.signature))
	}
	return w.invalid("a key that does not sign")
}

// begin reads the key and begins the hash. False: the task has failed.
func (s *signature) begin(w *work) bool {
	key, err := s.parse(w.key, wire.KeyEd25519)
	if err != nil {
		w.invalid("%v", err)
		return false
	}
	switch alg := w.req.Alg; kindOf(key) {
	case wire.KeyX25519:
		w.invalid("a key of X25519, which does not sign")
		return false
	case wire.KeyEd25519:
		if alg != wire.HashNone {
			w.invalid("a hash, and a key of Ed25519, which hashes by itself")
			return false
		}
		if !w.inOnePart(mostInOnePart) {
			return false
		}
	default:
		switch alg {
		case wire.HashNone:
			w.invalid("no hash, and a key of ECDSA, which needs one")
			return false
		case wire.HashSHA1, wire.HashMD5:
			w.invalid("a hash that is broken")
			return false
		}
		s.h = hashes[alg]()
	}
	s.key = key
	return true
}

func (s *signature) close() {
	if key, ok := s.key.(ed25519.PrivateKey); ok {
		clear(key)
	}
	s.key, s.h = nil, nil
}

// truth makes a bool the result.
func (w *work) truth(yes bool) int {
	w.Kind = wire.KindBool
	if yes {
		w.Num = 1
	}
	return task.End
}

// agree makes the secret that two sides of X25519 share.
func agree(w *work) int {
	key, err := parsePrivate(w.key, wire.KeyX25519)
	if err != nil {
		return w.invalid("%v", err)
	}
	peer, err := parsePublic(w.data, wire.KeyX25519)
	if err != nil {
		return w.invalid("%v", err)
	}
	private, mine := key.(*ecdh.PrivateKey)
	public, theirs := peer.(*ecdh.PublicKey)
	if !mine || !theirs {
		return w.invalid("a key that is not of X25519")
	}
	secret, err := private.ECDH(public)
	if err != nil {
		return w.invalid("a public key that gives a secret of zeros")
	}
	return w.secret(secret)
}
