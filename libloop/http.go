// SPDX-License-Identifier: MIT

package libloop

import (
	"unsafe"

	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/timers"
	"libloop.dev/libloop/libloop/internal/wire"
)

// requests are the HTTP requests of a loop. The client is made for the first one.
type requests struct {
	arrivals[http.Result]
	client   http.Client
	subjects subjects // "METHOD URL"
}

const (
	httpSize  = uint32(unsafe.Sizeof(wire.HTTP{}))
	httpFlags = wire.HTTPStream | wire.HTTPFollow | wire.HTTPBorrowBody | wire.HTTPNoKeepalive |
		wire.HTTPInsecure
)

// httpOK checks the part of a request that the engine reads itself.
func httpOK(op *wire.Op) bool {
	if op.Data == 0 {
		return false
	}
	if *wire.At[uint32](op.Data) < httpSize {
		return false
	}
	req := wire.At[wire.HTTP](op.Data)
	return req.Flags&^uint32(httpFlags) == 0 && req.URL != 0 && (req.Body != 0 || req.BodyLen == 0)
}

// start makes a request. Codes: those of the client's Start.
func (h *requests) start(e *Engine, r timers.Ref, s *slot, op *wire.Op) int32 {
	req := wire.At[wire.HTTP](op.Data)
	method := "GET"
	if req.Method != 0 {
		method = wire.Text(req.Method)
	}
	h.subjects.set(s, method+" "+wire.Text(req.URL))
	if req.Flags&wire.HTTPStream != 0 {
		s.flags |= flagStream
	}
	if req.Body != 0 && (req.Flags&wire.HTTPBorrowBody != 0 || op.Flags&wire.OpFlagBorrowed != 0) {
		s.flags |= flagBorrow
	}
	if h.client == nil {
		client, code := e.openHTTP(e)
		if code != wire.OK {
			return code
		}
		h.client = client
	}
	return h.client.Start(idOf(r, s), req, op.Flags)
}

// cancel ends a request. True: its body is in use until the client is done with it.
func (h *requests) cancel(e *Engine, r timers.Ref, s *slot) bool {
	h.client.Cancel(idOf(r, s))
	return s.flags&flagBorrow != 0
}

// collect takes what has arrived and makes it the work list.
func (h *requests) collect(e *Engine) {
	if h.client == nil {
		return
	}
	fresh := h.arrivals.collect(h.client.Collect)
	for i := range fresh {
		if res := &fresh[i]; res.Kind == http.Done {
			h.over(e, res)
		}
	}
}

// over marks an id whose request is over: whatever comes now, the result is delivered.
func (h *requests) over(e *Engine, res *http.Result) {
	s := e.find(res.ID)
	if s == nil || s.code != wire.OpHttp {
		return
	}
	switch s.state {
	case stateLive:
		s.flags |= flagResult
		e.disarm(s)
	case stateEnding:
		s.flags &^= flagInUse // the verdict that waits is the final event now
	}
}

// deliver writes the event of the next result, if its id still wants one. False: no room, nothing has
// changed.
func (h *requests) deliver(e *Engine) bool {
	res := &h.list[h.at]
	r := refOf(res.ID)
	s := e.find(res.ID)
	ok := true
	switch {
	case s == nil || s.code != wire.OpHttp || s.state == stateEnding && s.flags&flagLast == 0:
	case s.state == stateInUse:
		if res.Kind == http.Done {
			s.flags &^= flagInUse
			ok = e.failed(r, s, e.extras[s.extra].status, 0, 0)
		}
	case s.flags&flagMuted != 0:
		if res.Kind == http.Done {
			e.failed(r, s, wire.ECANCELED, 0, 0)
		}
	default:
		ok = h.event(e, r, s, res)
	}
	if ok {
		h.done()
	}
	return ok
}

// event writes the event of a result of a live id.
func (h *requests) event(e *Engine, r timers.Ref, s *slot, res *http.Result) bool {
	if res.Status != wire.OK {
		if res.Text != "" {
			h.subjects.set(s, res.Text)
		}
		return e.failed(r, s, res.Status, int32(res.Errno), 0)
	}
	var data uintptr
	var n uint64
	var block bool
	if len(res.Data) > 0 {
		var ok bool
		if data, n, block, ok = e.out.put(res.Data); !ok {
			return false
		}
		if data == 0 {
			return e.failed(r, s, wire.ENOMEM, 0, 0)
		}
	}
	if e.traces(s) && res.Kind != http.Chunk {
		e.trace.add(wire.Trace{
			Kind: wire.TraceReady, ID: res.ID, Seq: s.seq, Num: res.HTTPStatus, Code: wire.OpHttp,
			Label: e.labelOf(s),
		})
	}
	ev := e.event(r, s)
	ev.Num, ev.Data, ev.Len, ev.Aux = res.HTTPStatus, data, n, res.BodyOffset
	if n > 0 || s.flags&flagStream == 0 || res.Kind != http.Done {
		ev.Flags = wire.KindBytes
	}
	if block {
		ev.Flags |= wire.EvBlock
	}
	switch res.Kind {
	case http.Head:
		ev.Flags |= wire.EvHead | wire.EvMore
	case http.Chunk:
		ev.Flags |= wire.EvMore
		h.client.Delivered(res.ID, len(res.Data))
	}
	e.deliver(ev, s)
	return true
}

func (h *requests) close() {
	if h.client != nil {
		h.client.Close()
	}
	*h = requests{}
}

// abandon ends all requests after a panic: nobody reads their bodies any more. It may be called again.
func (h *requests) abandon() {
	defer func() { _ = recover() }()
	if h.client != nil {
		h.client.Abandon()
	}
}
