// SPDX-License-Identifier: MIT

package libloop

import (
	"slices"

	"libloop.dev/libloop/libloop/internal/wire"
)

// The size of terminals. Whoever asks for one is told of its changes: the C half has a handler for SIGWINCH then,
// which says that some size may have changed.

// size answers what size a terminal has. ENOTSUP: it is none.
func (t *sockets) size(x *socket, n uint32) (int64, int32) {
	if x.kind != wire.NetTTY {
		return 0, wire.ENOTSUP
	}
	columns, rows, errno := t.calls.Size(int(x.fd))
	if errno != 0 {
		return 0, wire.FromErrno(errno)
	}
	if !x.is(sockSized) {
		x.flags |= sockSized
		t.sized = append(t.sized, n)
	}
	x.own().window = uint32(columns)<<16 | uint32(rows)
	return int64(columns)<<32 | int64(rows), wire.OK
}

// unsize forgets a terminal that ends.
func (t *sockets) unsize(n uint32) {
	t.sized = slices.DeleteFunc(t.sized, func(k uint32) bool { return k == n })
}

// resized has the poll phase look at the sizes.
func (t *sockets) resized() {
	for _, n := range t.sized {
		x := t.at(n)
		x.flags |= sockLook
		t.push(x, n)
	}
}

// look tells the size of a terminal if it has changed. There is room.
func (t *sockets) look(e *Engine, x *socket, s *slot) bool {
	x.flags &^= sockLook
	columns, rows, errno := t.calls.Size(int(x.fd))
	window := uint32(columns)<<16 | uint32(rows)
	if errno != 0 || window == x.window {
		return false
	}
	x.own().window = window
	e.tellSocket(x, s, wire.NetResized, wire.Event{Flags: wire.KindInt, Num: int64(columns)<<32 | int64(rows)})
	return true
}
