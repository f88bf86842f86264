// SPDX-License-Identifier: MIT

package crypto

import (
	"crypto/rand"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

const mostRandom = 1 << 30

// random fills a block piece by piece.
type random struct{ done uint64 }

func startRandom(*work) stage { return &random{} }

func (r *random) run(w *work) int {
	n := w.req.OutLen
	if r.done == 0 {
		switch {
		case n == 0:
			return w.invalid("0 bytes")
		case n > mostRandom:
			return w.fail(wire.ETOOBIG, "%d bytes, more than %d", n, mostRandom)
		case w.Alloc(int(n)) == nil:
			return w.fail(wire.ENOMEM, "%d bytes", n)
		}
	}
	buf := wire.Slice[byte](w.Data, int(n))
	end := min(r.done+task.PieceBytes, n)
	if _, err := rand.Read(buf[r.done:end]); err != nil {
		return w.fail(wire.ESYS, "the system gives no random bytes")
	}
	if r.done = end; end < n {
		return task.More
	}
	w.Kind = wire.KindBytes
	return task.End
}

func (r *random) close() {}
