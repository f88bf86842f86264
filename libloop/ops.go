// SPDX-License-Identifier: MIT

package libloop

import (
	"math"
	"syscall"
	"unicode/utf8"

	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// lastNaming is the greatest code of an op that names an id.
const lastNaming = 31

// opFlags are the flags that a naming op may have; 0: there is no such op.
var opFlags = [lastNaming + 1]uint16{
	wire.OpTimer:   wire.OpFlagUnref | wire.OpFlagQuiet | wire.OpFlagRepeat,
	wire.OpIdle:    wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpPrepare: wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpCheck:   wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpPollFD:  wire.OpFlagUnref | wire.OpFlagQuiet | wire.OpFlagOneshot | wire.OpFlagEdge,
	wire.OpWork:    wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpHttp:    wire.OpFlagUnref | wire.OpFlagQuiet | wire.OpFlagBorrowed,
	wire.OpFS:      wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpCrypto:  wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpZip:     wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpWatch:   wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpDNS:     wire.OpFlagUnref | wire.OpFlagQuiet,
	wire.OpWrite:   wire.OpFlagUnref | wire.OpFlagQuiet | wire.OpFlagBorrowed | wire.OpFlagVector,
	wire.OpNet:     wire.OpFlagUnref | wire.OpFlagQuiet,

	wire.OpSendFile: wire.OpFlagUnref | wire.OpFlagQuiet,
}

const maxLabel = 4096 // bytes

// takeOps takes the ops of a step in order.
func (e *Engine) takeOps(s *wire.Step) {
	var name uint32 // the label for the next naming op
	for i := uint32(0); i < s.OpCount; i++ {
		op := wire.At[wire.Op](s.Ops + uintptr(i)*uintptr(s.OpStride))
		var status int32
		switch {
		case op.Code <= lastNaming && opFlags[op.Code] != 0:
			status = e.start(op, name)
			name = 0
		case op.Code == wire.OpLabel:
			e.labels.drop(name)
			name, status = e.label(op)
		default:
			status = e.control(op)
		}
		if status != wire.OK {
			e.refuse(op, status)
		}
	}
	e.labels.drop(name)
	if len(e.sockets.gathered) > 0 {
		e.sockets.sendGathered(e)
	}
}

// label takes a LABEL op and returns the index of its label.
func (e *Engine) label(op *wire.Op) (uint32, int32) {
	if op.ID != 0 || op.Flags != 0 || op.Len > maxLabel || op.Data == 0 && op.Len > 0 {
		return 0, wire.EINVAL
	}
	text := wire.Slice[byte](op.Data, int(op.Len))
	if !utf8.Valid(text) {
		return 0, wire.EINVAL
	}
	for _, c := range text {
		if c == 0 {
			return 0, wire.EINVAL
		}
	}
	if len(text) == 0 {
		return 0, wire.OK
	}
	i := e.labels.use(text)
	if i == 0 {
		return 0, wire.ENOMEM
	}
	e.traceControl(op, 0)
	return i, wire.OK
}

// start takes an op that names an id. It owns the label from now on.
func (e *Engine) start(op *wire.Op, name uint32) int32 {
	s, status := e.admit(op)
	if status != wire.OK {
		e.labels.drop(name)
		return status
	}
	r := refOf(op.ID)
	if op.Flags&wire.OpFlagQuiet == 0 {
		e.count++
	}
	*s = slot{
		gen: op.ID & generationMask, user: op.User, cb: op.CB, seq: e.count,
		code: uint8(op.Code), state: stateLive, flags: flagRef,
	}
	if op.Flags&wire.OpFlagUnref != 0 {
		s.flags = 0
	} else {
		e.alive++
	}
	if op.Flags&wire.OpFlagQuiet != 0 {
		s.flags |= flagQuiet
		e.quiet++
	}
	e.live++
	if name != 0 {
		e.more(s).label = name
	}
	if op.TimeoutNS > 0 {
		e.more(s).timeout = op.TimeoutNS
		e.restart(s, e.taken())
	}
	var errno int32
	switch op.Code {
	case wire.OpTimer:
		s.arg = op.Arg
		if op.Flags&wire.OpFlagRepeat != 0 {
			s.flags |= flagRepeat
			s.aux = int64(op.Target)
		} else {
			s.aux = int64(op.Data) // the C half's: delay + 1, or 0
		}
	case wire.OpIdle, wire.OpPrepare, wire.OpCheck:
		e.link(r, s)
	case wire.OpPollFD:
		status, errno = e.watch(r, s, op)
	case wire.OpWork:
		status = e.jobs.submit(e, r, s, op)
	case wire.OpHttp:
		status = e.http.start(e, r, s, op)
	case wire.OpWatch:
		status = e.watching.start(e, r, s, op)
	case wire.OpDNS:
		status = e.naming.start(e, r, s, op)
	case wire.OpWrite:
		if x := e.streamOf(op.Target); x != nil {
			status = e.sockets.write(e, r, s, op, x)
		} else {
			status = e.tasks.write(e, r, s, op)
		}
	case wire.OpSendFile:
		status, errno = e.sockets.sendFile(e, r, s, op)
	case wire.OpNet:
		status, errno = e.sockets.start(e, r, s, op)
	default:
		status = e.tasks.submit(e, r, s, op)
	}
	if s.state == stateLive && s.key == 0 { // a write may have ended already
		e.arm(r, s)
	}
	if e.traces(s) {
		e.trace.add(wire.Trace{
			Kind: wire.TraceRegister, ID: op.ID, Seq: s.seq, Code: uint32(op.Code), Label: e.labelOf(s),
		})
	}
	if status != wire.OK {
		e.disarm(s)
		s.state = stateEnding
		e.pending.push(verdict{id: op.ID, status: status, errno: int16(errno)})
	}
	return wire.OK
}

// admit checks all of a naming op and returns the slot for it.
func (e *Engine) admit(op *wire.Op) (*slot, int32) {
	if op.Flags&^opFlags[op.Code] != 0 || op.ID == 0 || op.TimeoutNS < 0 {
		return nil, wire.EINVAL
	}
	if e.closing.begun {
		return nil, wire.ECLOSED
	}
	switch op.Code {
	case wire.OpTimer:
		if op.Flags&wire.OpFlagRepeat != 0 {
			if op.Target == 0 || op.Target > math.MaxInt64 {
				return nil, wire.EINVAL
			}
		} else if op.Target != 0 {
			return nil, wire.EINVAL
		}
	case wire.OpPollFD:
		const both = wire.OpFlagOneshot | wire.OpFlagEdge
		if !interestOK(op.Len) || op.Arg < 0 || op.Arg > math.MaxInt32 || op.Flags&both == both {
			return nil, wire.EINVAL
		}
	case wire.OpWork:
		if op.Len >= wire.Lanes || op.Arg == 0 {
			return nil, wire.EINVAL
		}
	case wire.OpHttp:
		if !httpOK(op) {
			return nil, wire.EINVAL
		}
	case wire.OpWatch:
		if !watchOK(op) {
			return nil, wire.EINVAL
		}
	case wire.OpDNS:
		if !dnsOK(op) {
			return nil, wire.EINVAL
		}
	case wire.OpWrite:
		if op.Target == 0 || op.Data == 0 && op.Len > 0 {
			return nil, wire.EINVAL
		}
	case wire.OpSendFile:
		if !fileOK(op) {
			return nil, wire.EINVAL
		}
	case wire.OpNet:
		if !netOK(op) {
			return nil, wire.EINVAL
		}
	default:
		if e.tasks.nouns[op.Code] != nil && !e.taskOK(op) {
			return nil, wire.EINVAL
		}
	}
	return e.claim(op.ID)
}

func interestOK(mask uint32) bool {
	return mask != 0 && mask&^(wire.Readable|wire.Writable) == 0
}

// control takes an op without an id of its own.
func (e *Engine) control(op *wire.Op) int32 {
	switch op.Code {
	case wire.OpCancel, wire.OpClear, wire.OpRef, wire.OpUnref, wire.OpRefresh, wire.OpPollModify,
		wire.OpEnd, wire.OpPause, wire.OpResume, wire.OpClose:
	case wire.OpRead, wire.OpSend, wire.OpSendTo, wire.OpSendFD:
		return e.stream(op)
	case wire.OpQueueLimit:
		if op.ID != 0 || op.Flags != 0 || op.Len >= wire.Lanes || op.Arg < 0 || op.Arg > math.MaxUint32 {
			return wire.EINVAL
		}
		e.conf.queueLimit[op.Len] = uint32(op.Arg)
		return wire.OK
	case wire.OpSendFailed:
		if x := e.streamOf(op.Target); x != nil {
			e.sockets.fail(e, x, opWrite, syscall.Errno(op.Arg))
		}
		return wire.OK
	default:
		return e.fault(op)
	}
	if op.Flags != 0 || op.ID != 0 || op.Target == 0 {
		return wire.EINVAL
	}
	s := e.find(op.Target)
	if s == nil {
		return wire.EBADID
	}
	if status := e.apply(refOf(op.Target), s, op); status != wire.OK {
		return status
	}
	e.traceControl(op, op.Target)
	return wire.OK
}

// apply does a control op to a live id.
func (e *Engine) apply(r timers.Ref, s *slot, op *wire.Op) int32 {
	if len(e.sockets.gathered) > 0 {
		e.sockets.sendGathered(e) // what was sent before goes before
	}
	switch op.Code {
	case wire.OpCancel:
		if s.state == stateLive && s.flags&flagMuted == 0 && !e.decided(r, s) {
			e.end(r, s, wire.ECANCELED, 0)
		}
	case wire.OpClear:
		e.mute(r, s)
	case wire.OpRef:
		if s.flags&flagRef == 0 {
			s.flags |= flagRef
			if s.counted() {
				e.alive++
			}
		}
	case wire.OpUnref:
		e.uncount(s)
		s.flags &^= flagRef
	case wire.OpRefresh:
		if s.code != wire.OpTimer || s.state != stateLive {
			return wire.EBADID
		}
		e.refresh(r, s, op.Arg)
	case wire.OpPollModify:
		if s.code != wire.OpPollFD || s.state != stateLive {
			return wire.EBADID
		}
		if !interestOK(op.Len) {
			return wire.EINVAL
		}
		e.modify(r, s, op.Len)
	case wire.OpClose:
		return e.socketOp(r, s, op)
	case wire.OpEnd, wire.OpPause, wire.OpResume:
		if s.code == wire.OpNet {
			return e.socketOp(r, s, op)
		}
		if !e.isTask(s) {
			return wire.EBADID
		}
		if s.state != stateLive || s.flags&(flagMuted|flagResult) != 0 {
			break // it ends anyway
		}
		if entry := e.tasks.at(uint32(s.arg)); op.Code == wire.OpEnd {
			e.tasks.finish(e, s, entry)
		} else {
			e.tasks.pause(e, s, entry, op.Code == wire.OpPause)
		}
	}
	return wire.OK
}

// stream takes an op that has more than a target: READ, SEND, SEND_TO or SEND_FD.
func (e *Engine) stream(op *wire.Op) int32 {
	known := uint16(0)
	if op.Code == wire.OpRead {
		known = wire.OpFlagOneshot
	}
	if op.Flags&^known != 0 || op.ID != 0 || op.Target == 0 || op.Code != wire.OpRead && op.Data == 0 && op.Len > 0 {
		return wire.EINVAL
	}
	s := e.find(op.Target)
	if s == nil {
		return wire.EBADID
	}
	if status := e.socketOp(refOf(op.Target), s, op); status != wire.OK {
		return status
	}
	e.traceControl(op, op.Target)
	return wire.OK
}

// socketOp does a control op to a live id that should be a socket.
func (e *Engine) socketOp(r timers.Ref, s *slot, op *wire.Op) int32 {
	t := &e.sockets
	if s.code != wire.OpNet {
		return wire.EBADID
	}
	if s.state != stateLive || s.flags&flagMuted != 0 {
		return wire.OK // it ends anyway
	}
	x := t.of(s)
	switch op.Code {
	case wire.OpRead:
		return t.startRead(e, r, s, op)
	case wire.OpSend, wire.OpSendTo:
		if x.dgram != nil && (op.Code == wire.OpSendTo) == (op.Arg != 0) {
			return t.takeSend(e, x, op)
		}
		if x.is(sockListens) || x.dgram != nil || op.Code == wire.OpSendTo {
			return wire.EBADID
		}
		return t.send(e, x, s, op)
	case wire.OpSendFD:
		return t.sendFD(e, x, s, op)
	case wire.OpClose:
		return t.shut(e, r, s, op)
	case wire.OpEnd:
		return t.finish(e, x)
	}
	t.pause(e, r, s, op.Code == wire.OpPause)
	return wire.OK
}
