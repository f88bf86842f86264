// SPDX-License-Identifier: MIT

package crypto

import (
	"hash"

	"libloop.dev/libloop/libloop/internal/task"
)

// stream is a hash as a flow: pieces go in, and after the last one the digest comes out.
type stream struct {
	*work
	fed *fedHash
}

// Feed implements task.Feeder.
func (s *stream) Feed(data []byte, last bool) {
	s.fed.piece, s.fed.last, s.fed.full = data, last, true
}

func startStream(*work) stage { return &fedHash{} }

// fedHash is the stage of a stream.
type fedHash struct {
	h     hash.Hash
	piece []byte // what is not hashed of the piece that was fed
	full  bool   // a piece was fed and is not used up; it may be empty
	last  bool
}

func (f *fedHash) run(w *work) int {
	if f.h == nil {
		f.h = w.newHash()
	}
	if !f.full {
		return task.Idle
	}
	n := min(len(f.piece), task.PieceBytes)
	f.h.Write(f.piece[:n])
	if f.piece = f.piece[n:]; len(f.piece) > 0 {
		return task.More
	}
	f.full, f.piece = false, nil
	if f.last {
		return w.Bytes(f.h.Sum(nil)) | task.Consumed
	}
	return task.Consumed | task.Idle
}

func (f *fedHash) close() { *f = fedHash{} }
