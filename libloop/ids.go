// SPDX-License-Identifier: MIT

package libloop

import (
	"libloop.dev/libloop/libloop/internal/pages"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// An id:
//
//	bits   62..61 maker   60..33 slot   32..0 generation, from 1
//
// An id without its generation is a timers.Ref: maker and slot, 30 bits. Refs of live ids are unique.
const (
	generationBits = 33
	generationMask = 1<<generationBits - 1
	slotBits       = 28
	slotMask       = 1<<slotBits - 1

	makerShim = 1
	makerHost = 2
	makerLoop = 3 // accepted connections: the engine names them
	makers    = 4
)

func refOf(id uint64) timers.Ref { return timers.Ref(id >> generationBits) }

// The life of an id. It is counted alive while live or ending, referenced, and not muted.
const (
	stateFree   = iota // nothing lives in the slot
	stateLive          // can still give events
	stateEnding        // a verdict waits in the pending queue
	stateInUse         // its outcome is told or muted; the final event comes when the host's things are free
)

// Flags of a slot.
const (
	flagRef     = 1 << iota // referenced
	flagRepeat              // TIMER: an interval
	flagOneshot             // POLL_FD
	flagEdge                // POLL_FD
	flagMuted               // cleared
	flagDue                 // TIMER: in the due list; the event is certain
	flagLast                // ending, but an event is in the work list of the phase and comes first
	flagResult              // WORK, HTTP: the result is there; it is delivered whatever comes
	flagInUse               // ending, and the host's function or body is still in use
	flagBorrow              // HTTP: the body is the host's
	flagStream              // HTTP: a stream. WRITE: to a stream, whose number is arg; aux: bytes sent
	flagQuiet               // leaves no trace and has no number
	flagRests               // a task that waits for input or is paused: it keeps no loop alive
)

// slot is what the engine knows of an id. No pointers, so that the garbage collector does not look into
// the tables; 64 bytes, one cache line.
type slot struct {
	gen   uint64 // of the last id that lived here; 0: none yet
	user  uint64
	cb    uintptr
	seq   uint64 // how many ops were accepted up to it: for traces and the order of starting
	key   uint64 // word of the timer key that counts; 0: none
	arg   int64  // TIMER: next deadline. Watchers: next ref. POLL_FD: fd. WORK: job. HTTP: request. NET: socket
	aux   int64  // TIMER: period or delay. Watchers: previous ref. POLL_FD: interest. WORK: label. NET: fd or -1
	extra uint32 // index in extras; 0: none
	code  uint8  // wire.Op*
	state uint8
	flags uint16
}

// extra is what only few ids need.
type extra struct {
	timeout int64  // ns; 0: none
	expires int64  // when the deadline passes; valid with timeout
	label   uint32 // index in labels; 0: none
	text    uint32 // of the error when it was cancelled or too late: index in labels; 0: as its code says
	status  int32  // of the outcome, for the final event
	free    uint32 // next free record
}

const (
	chunkBits = 12
	chunkLen  = 1 << chunkBits
)

type chunk [chunkLen]slot

// ids are the slots of all makers.
type ids struct {
	tables [makers][]*chunk
	frees  []func()       // give the chunks back
	limits [makers]uint32 // slots handed out; ids beyond are forged
	extras []extra        // 0 is not used
	free   uint32         // first free record in extras
	spare  int            // free records in extras

	madeBase uint64 // the generation before the first of makerLoop
}

// at returns the slot of a ref that has lived; nil if there is none.
func (t *ids) at(r timers.Ref) *slot {
	table := t.tables[r>>slotBits]
	n := uint32(r) & slotMask
	if c := int(n >> chunkBits); c < len(table) && table[c] != nil {
		return &table[c][n&(chunkLen-1)]
	}
	return nil
}

// find returns the slot of a live id, nil for any other number.
func (t *ids) find(id uint64) *slot {
	if id>>63 != 0 {
		return nil
	}
	if s := t.at(refOf(id)); s != nil && s.gen == id&generationMask && s.state != stateFree {
		return s
	}
	return nil
}

// claim returns the free slot that a new id may live in.
func (t *ids) claim(id uint64) (*slot, int32) {
	maker := id >> (generationBits + slotBits)
	gen := id & generationMask
	n := uint32(id>>generationBits) & slotMask
	if maker != makerShim && maker != makerHost || n >= t.limits[maker] || gen == 0 {
		return nil, wire.EBADID
	}
	c := int(n >> chunkBits)
	if c >= len(t.tables[maker]) || t.tables[maker][c] == nil {
		t.grow(int(maker), c)
	}
	s := &t.tables[maker][c][n&(chunkLen-1)]
	if s.state != stateFree || gen <= s.gen {
		return nil, wire.EBADID
	}
	return s, wire.OK
}

// made returns a free slot for an id of the loop's own, its generation set; nil: there are too many.
func (e *Engine) made() (timers.Ref, *slot) {
	t := &e.sockets
	var n uint32
	if k := len(t.made); k > 0 {
		n, t.made = t.made[k-1], t.made[:k-1]
	} else {
		if t.slots > slotMask {
			return 0, nil
		}
		n = t.slots
		t.slots++
		if c := int(n >> chunkBits); c >= len(e.tables[makerLoop]) {
			e.grow(makerLoop, c)
		}
	}
	r := timers.Ref(makerLoop<<slotBits | n)
	s := e.at(r)
	s.gen = max(s.gen, e.madeBase) + 1
	return r, s
}

// grow makes chunk c of a table. Most loops need only little of the first.
func (t *ids) grow(maker, c int) {
	for len(t.tables[maker]) <= c {
		t.tables[maker] = append(t.tables[maker], nil)
	}
	block := pages.New[chunk]
	if c == 0 {
		block = pages.NewSparse[chunk]
	}
	fresh, free := block()
	t.tables[maker][c] = fresh
	t.frees = append(t.frees, free)
}

// close gives the tables back. Nothing may live in them.
func (t *ids) close() {
	t.tables = [makers][]*chunk{}
	for _, free := range t.frees {
		free()
	}
	t.frees = nil
}

// idOf puts the id of a slot together.
func idOf(r timers.Ref, s *slot) uint64 { return uint64(r)<<generationBits | s.gen }

// each calls f for every slot that is not free.
func (t *ids) each(f func(timers.Ref, *slot)) {
	for maker := range t.tables {
		for c, chunk := range t.tables[maker] {
			if chunk == nil {
				continue
			}
			for i := range chunk {
				if chunk[i].state != stateFree {
					f(timers.Ref(maker<<slotBits|c<<chunkBits|i), &chunk[i])
				}
			}
		}
	}
}

// more returns the extra record of a slot, making it if needed. The pointer is good until the next call.
func (t *ids) more(s *slot) *extra {
	if s.extra == 0 {
		if t.free == 0 {
			if len(t.extras) == 0 {
				t.extras = append(t.extras, extra{})
			}
			t.extras = append(t.extras, extra{})
			t.free = uint32(len(t.extras) - 1)
			t.spare++
		}
		s.extra = t.free
		t.free = t.extras[s.extra].free
		t.spare--
		t.extras[s.extra] = extra{}
	}
	return &t.extras[s.extra]
}

// less gives the extra record of a slot back.
func (t *ids) less(s *slot) {
	if s.extra == 0 {
		return
	}
	t.extras[s.extra].free = t.free
	t.free = s.extra
	s.extra = 0
	t.spare++
	if t.spare == len(t.extras)-1 && len(t.extras) > 1024 {
		t.extras, t.free, t.spare = nil, 0, 0
	}
}
