// SPDX-License-Identifier: MIT

package crypto

import (
	"hash"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// input is what a request was given: copies in one block outside of Go's heap, which is wiped at the end, and
// what the host has lent.
type input struct {
	mem                        wire.Memory
	block                      uintptr
	size                       int
	key, salt, info, signature []byte
	data                       []byte
	message                    message // data, or the pieces
	path                       string
}

// message is a text in one or several pieces.
type message [][]byte

// take copies a request. False: there is no memory.
func (in *input) take(req *wire.Crypto) bool {
	lent := req.Flags&wire.CryptoBorrow != 0
	short := []struct {
		to   *[]byte
		addr uintptr
		len  uint64
	}{
		{&in.key, req.Key, req.KeyLen},
		{&in.salt, req.Salt, req.SaltLen},
		{&in.info, req.Info, req.InfoLen},
		{&in.signature, req.Signature, req.SignatureLen},
	}
	pieces := []wire.Buf{{Data: req.Data, Len: req.DataLen}}
	if req.BufCount > 0 {
		pieces = wire.Slice[wire.Buf](req.Bufs, int(req.BufCount))
	}
	for _, s := range short {
		in.size += int(s.len)
	}
	for _, p := range pieces {
		if !lent {
			in.size += int(p.Len)
		}
	}
	if in.size > 0 {
		if in.block = in.mem.Alloc(uintptr(in.size)); in.block == 0 {
			return false
		}
	}
	room := wire.Slice[byte](in.block, in.size)
	put := func(addr uintptr, n uint64) []byte {
		var copied []byte
		copied, room = room[:n:n], room[n:]
		copy(copied, wire.Slice[byte](addr, int(n)))
		return copied
	}
	for _, s := range short {
		*s.to = put(s.addr, s.len)
	}
	in.message = make(message, 0, len(pieces))
	for _, p := range pieces {
		if lent {
			in.message = append(in.message, wire.Slice[byte](p.Data, int(p.Len)))
		} else {
			in.message = append(in.message, put(p.Data, p.Len))
		}
	}
	in.data = in.message[0]
	in.path = wire.Text(req.Path)
	return true
}

// drop wipes the copies and gives them back.
func (in *input) drop() {
	clear(wire.Slice[byte](in.block, in.size))
	in.mem.Free(in.block)
	*in = input{mem: in.mem}
}

// feed hashes the next piece of work. True: that was the last.
func (m *message) feed(h hash.Hash) bool {
	const each = 64 // what an empty piece costs, in bytes
	for room := task.PieceBytes; len(*m) > 0; {
		if room <= 0 {
			return false
		}
		n := min(room, len((*m)[0]))
		h.Write((*m)[0][:n])
		room -= n + each
		if (*m)[0] = (*m)[0][n:]; len((*m)[0]) == 0 {
			*m = (*m)[1:]
		}
	}
	return true
}
