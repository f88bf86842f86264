// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/http"
	"libloop.dev/libloop/libloop/internal/wire"
)

// fakeClient gives what a test says.
type fakeClient struct {
	e         *Engine
	results   []http.Result
	started   []uint64
	canceled  []uint64
	delivered map[uint64]int
	code      int32
	closed    bool
	abandoned bool
	onCollect func() // in the middle of a step
}

func (c *fakeClient) Start(id uint64, _ *wire.HTTP, _ uint16) int32 {
	c.started = append(c.started, id)
	return c.code
}

func (c *fakeClient) Cancel(id uint64) { c.canceled = append(c.canceled, id) }

func (c *fakeClient) Collect(dst []http.Result) []http.Result {
	dst = append(dst, c.results...)
	c.results = nil
	if c.onCollect != nil {
		c.onCollect()
	}
	return dst
}

func (c *fakeClient) Delivered(id uint64, n int) { c.delivered[id] += n }

func (c *fakeClient) Abandon() { c.abandoned = true }

func (c *fakeClient) Close() { c.closed = true }

// give is what a goroutine of the client does.
func (c *fakeClient) give(r http.Result) {
	c.results = append(c.results, r)
	c.e.notify()
}

func newHTTPHost(t *testing.T, conf setup) (*host, *fakeClient) {
	h := newHost(t, conf)
	c := &fakeClient{e: h.e, delivered: map[uint64]int{}}
	h.e.openHTTP = func(*Engine) (http.Client, int32) { return c, wire.OK }
	return h, c
}

func (h *host) request(flags uint32, body bool, cb func(*wire.Event)) uint64 {
	url, method := []byte("http://example/\x00"), []byte("PUT\x00")
	req := &wire.HTTP{Size: httpSize, Flags: flags, Method: addrOf8(method), URL: addrOf8(url)}
	if body {
		req.Body, req.BodyLen = addrOf8(url), 4
	}
	h.keep = append(h.keep, req, url, method)
	return h.start(wire.Op{Code: wire.OpHttp, Data: uintptr(unsafe.Pointer(req))}, cb)
}

// hears notes all of an event, with its data.
func (h *host) hears(ev *wire.Event) {
	var flags []string
	for bit, name := range map[uint16]string{
		wire.EvMore: "more", wire.EvHead: "head", wire.EvOutcome: "outcome", wire.EvBlock: "block",
	} {
		if ev.Flags&bit != 0 {
			flags = append(flags, name)
		}
	}
	data := string(wire.Slice[byte](ev.Data, int(ev.Len)))
	if len(data) > 80 {
		data = fmt.Sprint(len(data), " bytes")
	}
	if len(flags) == 2 && flags[0] > flags[1] {
		flags[0], flags[1] = flags[1], flags[0]
	}
	h.logf("%d kind%d %d/%d %q %s", ev.Status, ev.Flags&wire.KindMask, ev.Num, ev.Aux, data,
		strings.Join(flags, "+"))
}

func (h *host) heard(want ...string) {
	h.t.Helper()
	if fmt.Sprint(h.log) != fmt.Sprint(want) {
		h.t.Fatalf("got  %q\nwant %q", h.log, want)
	}
	h.log = nil
}

func TestAResponseIsOneEvent(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	id := h.request(0, false, h.hears)
	h.turn(0)
	c.give(http.Result{ID: id, Kind: http.Done, HTTPStatus: 404, BodyOffset: 5, Data: []byte("head\nbody")})
	h.run()
	h.heard(`0 kind5 404/5 "head\nbody" `)
	h.finish()
	if !c.closed {
		t.Fatal("the client is open")
	}
}

func TestAStreamIsHeadChunksAndEnd(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h, c := newHTTPHost(t, setup{capacity: capacity})
		id := h.request(wire.HTTPStream, false, h.hears)
		h.turn(0)
		c.give(http.Result{ID: id, Kind: http.Head, HTTPStatus: 200, Data: []byte("head")})
		c.give(http.Result{ID: id, Kind: http.Chunk, Data: []byte("one")})
		c.give(http.Result{ID: id, Kind: http.Chunk, Data: make([]byte, blockMin+1)})
		c.give(http.Result{ID: id, Kind: http.Done, HTTPStatus: 200})
		h.run()
		h.heard(`0 kind5 200/0 "head" head+more`, `0 kind5 0/0 "one" more`,
			`0 kind5 0/0 "16385 bytes" block+more`, `0 kind0 200/0 "" `)
		if c.delivered[id] != 3+blockMin+1 {
			t.Fatalf("%d bytes delivered", c.delivered[id])
		}
		h.finish()
	}
}

func TestAFailedRequestTellsItsCodeErrnoAndText(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	first := h.request(0, false, h.hears)
	second := h.request(0, false, h.hears)
	h.turn(0)
	c.give(http.Result{ID: first, Kind: http.Done, Status: wire.ECONNREFUSED, Errno: 111, Text: "PUT x: refused"})
	c.give(http.Result{ID: second, Kind: http.Done, Status: wire.EDNS})
	h.run()
	h.heard(`-43 kind7 0/111 "http PUT x: refused" `, `-21 kind7 0/0 "http PUT http://example/" `)
	h.finish()
}

func TestARequestThatCannotStartEndsWithItsCode(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	c.code = wire.EINVAL
	h.request(0, false, h.hears)
	h.run()
	h.heard(`-1 kind7 0/0 "http PUT http://example/" `)
	h.finish()
}

func TestACancelledRequestEndsAtOnceAndItsResultsAreDropped(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	id := h.request(0, true, h.hears)
	h.turn(0)
	h.cancel(id)
	h.run()
	h.heard(`-11 kind7 0/0 "http PUT http://example/" `)
	if len(c.canceled) != 1 {
		t.Fatalf("cancelled %v", c.canceled)
	}
	c.give(http.Result{ID: id, Kind: http.Done, Status: wire.ECANCELED})
	h.run()
	h.heard()
	h.finish()
}

func TestABorrowedBodyIsHeldUntilTheRequestIsDone(t *testing.T) {
	for name, end := range map[string]func(*host, uint64){
		"cancel":  (*host).cancel,
		"timeout": func(h *host, _ uint64) { h.clock.ns += 1000 },
		"close":   func(h *host, _ uint64) { h.closed = true },
	} {
		t.Run(name, func(t *testing.T) {
			h, c := newHTTPHost(t, setup{})
			id := h.request(wire.HTTPBorrowBody, true, h.hears)
			h.ops[0].TimeoutNS = 1000
			h.turn(0)
			end(h, id)
			for range 4 {
				h.turn(wire.StepNowait)
			}
			status := map[string]int32{"timeout": wire.ETIMEDOUT}[name]
			if status == 0 {
				status = wire.ECANCELED
			}
			h.heard(fmt.Sprintf(`%d kind7 0/0 "http PUT http://example/" more+outcome`, status))
			c.give(http.Result{ID: id, Kind: http.Chunk, Data: []byte("late")})
			c.give(http.Result{ID: id, Kind: http.Done, Status: wire.ECANCELED})
			h.run()
			h.heard(fmt.Sprintf(`%d kind7 0/0 "http PUT http://example/" `, status))
			h.finish()
		})
	}
}

func TestAClearedRequestWithABorrowedBodyIsSilentUntilItIsDone(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	id := h.request(wire.HTTPBorrowBody, true, h.hears)
	h.turn(0)
	h.clear(id)
	h.run()
	if h.byRef[id] == nil {
		t.Fatal("ended while its body is in use")
	}
	c.give(http.Result{ID: id, Kind: http.Done})
	h.run()
	h.heard()
	if h.byRef[id] != nil {
		t.Fatal("no final event")
	}
	h.finish()
}

func TestAResponseThatIsThereBeatsCancelAndDeadline(t *testing.T) {
	h, c := newHTTPHost(t, setup{capacity: 1})
	id := h.request(0, false, h.hears)
	h.ops[0].TimeoutNS = 1000
	h.turn(0)
	c.give(http.Result{ID: id, Kind: http.Done, HTTPStatus: 200})
	h.onPost = func(uint64) { h.cancel(id); h.clock.ns += 5000 }
	h.post(1)
	h.run()
	h.heard(`0 kind5 200/0 "" `)
	h.finish()
}

func TestAnOutcomeNotToldYetBecomesTheFinalEventWhenTheRequestIsDone(t *testing.T) {
	h, c := newHTTPHost(t, setup{phaseLimit: 1})
	id := h.request(wire.HTTPBorrowBody, true, h.hears)
	h.turn(0)
	for range 3 {
		h.cancel(h.after(1e9, nil))
	}
	h.cancel(id)
	c.give(http.Result{ID: id, Kind: http.Done, Status: wire.ECANCELED})
	h.run()
	h.heard(`-11 kind7 0/0 "http PUT http://example/" `)
	h.finish()
}

func TestWithoutMemoryAResponseIsENOMEM(t *testing.T) {
	h, c := newHTTPHost(t, setup{})
	id := h.request(0, false, func(ev *wire.Event) { h.logf("%d", ev.Status) })
	h.turn(0)
	h.e.out.mem = noMemory{}
	c.give(http.Result{ID: id, Kind: http.Done, HTTPStatus: 200, Data: []byte("head")})
	h.run()
	h.wants("-8")
	h.e.out.mem = h.mem
	h.finish()
}

func TestTheClientIsMadeForTheFirstRequestFromTheOptions(t *testing.T) {
	h := newHost(t, setup{})
	h.e.conf.proxy = "ftp://no proxy"
	h.request(0, false, func(ev *wire.Event) { h.logf("%d", ev.Status) })
	h.run()
	h.wants("-1")
	h.e.conf.proxy = ""
	h.e.conf.pem = []byte("not a certificate")
	h.request(0, false, func(ev *wire.Event) { h.logf("%d", ev.Status) })
	h.run()
	h.wants("-1")
	h.e.conf.pem = nil
	if h.e.http.client != nil {
		t.Fatal("there is a client")
	}
	h.finish()
}

func TestTheRealClientGoesThroughTheLoop(t *testing.T) {
	h := newHost(t, setup{real: true})
	done := make(chan struct{}, 1)
	h.e.openHTTP = func(e *Engine) (http.Client, int32) {
		client, err := http.New(http.Config{
			Notify: func() { e.notify(); done <- struct{}{} },
			Panic:  e.GoPanic,
		})
		if err != nil {
			t.Fatal(err)
		}
		return client, wire.OK
	}
	url := []byte("http://127.0.0.1:1/\x00")
	req := &wire.HTTP{Size: httpSize, URL: addrOf8(url)}
	h.keep = append(h.keep, url, req)
	h.start(wire.Op{Code: wire.OpHttp, Data: uintptr(unsafe.Pointer(req))}, func(ev *wire.Event) {
		h.logf("%d %s", ev.Status, wire.Slice[byte](ev.Data, int(ev.Len)))
	})
	h.turn(0)
	atomic.StoreUint32(&h.shared.Armed, 1)
	<-done
	h.run()
	h.heard("-43 http GET http://127.0.0.1:1/: dial tcp 127.0.0.1:1: connect: connection refused")
	h.finish()
}
