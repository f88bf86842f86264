// SPDX-License-Identifier: MIT

package libloop

import (
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
)

// trace collects the records of a step in shared memory. The C half stamps their time and thread.
type trace struct {
	mem   wire.Memory
	on    bool
	addr  uintptr
	room  int
	n     int
	phase int // index of the last phase's record
	turns uint64
	quiet int
}

const (
	traceSize = unsafe.Sizeof(wire.Trace{})
	traceMin  = 64 // records
)

// begin drops the records of the last step.
func (t *trace) begin(e *Engine) {
	if t.on = e.shared.TraceOn != 0; !t.on && t.room == 0 {
		return
	}
	if t.n > t.room/4 || t.room <= traceMin {
		t.quiet = 0
	} else if t.quiet++; t.quiet >= slabCalm {
		t.mem.Free(t.addr)
		t.addr, t.room, t.quiet = 0, 0, 0
	}
	t.n = 0
}

// add appends a record. Without memory it is lost.
func (t *trace) add(r wire.Trace) {
	if t.n == t.room && !t.grow() {
		return
	}
	r.Size = uint32(traceSize)
	*wire.At[wire.Trace](t.addr + uintptr(t.n)*traceSize) = r
	t.n++
}

func (t *trace) grow() bool {
	room := max(traceMin, t.room*2)
	addr := t.mem.Alloc(uintptr(room) * traceSize)
	if addr == 0 {
		return false
	}
	copy(wire.Slice[wire.Trace](addr, t.n), wire.Slice[wire.Trace](t.addr, t.n))
	t.mem.Free(t.addr)
	t.addr, t.room = addr, room
	return true
}

func (t *trace) done() (uintptr, uint32) {
	if t.n == 0 {
		return 0, 0
	}
	return t.addr, uint32(t.n)
}

func (t *trace) close() {
	t.mem.Free(t.addr)
	t.addr, t.room, t.n = 0, 0, 0
}

// labelOf returns the label of an id.
func (e *Engine) labelOf(s *slot) uintptr {
	if (s.code == wire.OpWork || e.tasks.nouns[s.code] != nil) && s.aux != 0 {
		return uintptr(s.aux)
	}
	if s.extra != 0 && e.extras[s.extra].label != 0 {
		return e.labels.all[e.extras[s.extra].label].addr
	}
	return e.codeLabel(uint16(s.code))
}

// codeLabel returns the name of a code, 0 for an unknown one.
func (e *Engine) codeLabel(code uint16) uintptr {
	if int(code) < len(e.names) {
		return e.labels.all[e.names[code]].addr
	}
	return 0
}

// traces says whether what an id does is traced.
func (e *Engine) traces(s *slot) bool { return e.trace.on && s.flags&flagQuiet == 0 }

// traceEvent records that an event of an id is delivered.
func (e *Engine) traceEvent(ev *wire.Event, s *slot) {
	if e.traces(s) {
		e.traceDelivery(ev, s.seq, e.labelOf(s))
	}
}

// traceOther records that an event without a live id is delivered.
func (e *Engine) traceOther(ev *wire.Event) {
	if e.trace.on {
		e.traceDelivery(ev, 0, e.codeLabel(ev.Code))
	}
}

func (e *Engine) traceDelivery(ev *wire.Event, seq uint64, label uintptr) {
	e.trace.add(wire.Trace{
		Kind: wire.TraceEvent, ID: ev.ID, Seq: seq, Label: label, Num: ev.Num, Status: ev.Status,
		Code: uint32(ev.Code),
	})
}

// traceControl records a control op that was accepted.
func (e *Engine) traceControl(op *wire.Op, target uint64) {
	if !e.trace.on {
		return
	}
	e.trace.add(wire.Trace{
		Kind: wire.TraceControl, ID: target, Code: uint32(op.Code), Label: e.codeLabel(op.Code),
	})
}

// tracePhase opens the record of a phase, before its first event; closePhase fills in how many there are.
func (e *Engine) tracePhase(phase uint32) {
	if e.trace.on {
		e.trace.phase = e.trace.n
		e.trace.add(wire.Trace{Kind: wire.TracePhase, Code: phase})
	}
}

// closePhase ends the record of a phase; a phase without events leaves none.
func (e *Engine) closePhase(events int) {
	if !e.trace.on || e.trace.phase >= e.trace.n {
		return
	}
	r := wire.At[wire.Trace](e.trace.addr + uintptr(e.trace.phase)*traceSize)
	if r.Num = int64(events); events == 0 && e.trace.n == e.trace.phase+1 {
		e.trace.n--
	}
}

// traceCount records the beginning of a turn or pass.
func (e *Engine) traceCount(kind uint32, n uint64) {
	if e.trace.on {
		e.trace.add(wire.Trace{Kind: kind, Seq: n, Num: int64(n)})
	}
}
