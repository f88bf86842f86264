// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	nethttp "net/http"
	"net/http/httptrace"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"libloop.dev/libloop/libloop/internal/wire"
)

// exchange is one request on its way.
type exchange struct {
	plan
	c      *client
	id     uint64
	ctx    context.Context
	cancel context.CancelFunc

	handshake atomic.Pointer[error] // what a TLS handshake failed with

	opened  chan struct{} // the window has opened; capacity 1
	mu      sync.Mutex
	waiting int // guarded by mu. Bytes of chunks that were not delivered
}

const (
	window     = 256 << 10 // bytes of a stream that may wait
	chunkSize  = 32 << 10
	firstGuess = 1 << 20 // bytes reserved at most because a server announced them
	pauseCheck = 20 * time.Millisecond
)

// run is the goroutine of a request.
func (x *exchange) run(t *nethttp.Transport) {
	defer x.recovered() // a panic of Notify
	result := x.guarded(t)
	x.cancel()
	x.source.shut()
	result.ID, result.Kind = x.id, Done
	x.c.push(result)
}

func (x *exchange) recovered() {
	if v := recover(); v != nil {
		x.c.cfg.Panic(v, debug.Stack())
	}
}

// guarded makes the request. What it prepares for the case of a panic stays when there is one.
func (x *exchange) guarded(t *nethttp.Transport) (answer Result) {
	answer.Status = wire.EPANIC
	defer x.recovered()
	result, err := x.make(t)
	if err != nil {
		return x.failure(err)
	}
	return result
}

// make sends the request and reads the response.
func (x *exchange) make(t *nethttp.Transport) (Result, error) {
	ctx := httptrace.WithClientTrace(x.ctx, &httptrace.ClientTrace{
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				x.handshake.Store(&err)
			}
		},
	})
	hc := nethttp.Client{Transport: t, CheckRedirect: x.redirect}
	resp, err := hc.Do(x.request.WithContext(ctx))
	if err != nil {
		return Result{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == nethttp.StatusSwitchingProtocols {
		_ = resp.Body.Close()
		resp.Body = nethttp.NoBody // what follows is no HTTP
	}
	head := headOf(resp)
	if int64(len(head)) > x.maxHeader {
		return Result{}, errHead
	}
	if resp.Body != nethttp.NoBody && resp.ContentLength > 0 && uint64(resp.ContentLength) > x.maxBody {
		return Result{}, errBody
	}
	result := Result{HTTPStatus: int64(resp.StatusCode)}
	if x.stream {
		x.c.push(Result{ID: x.id, Kind: Head, HTTPStatus: result.HTTPStatus, Data: head})
		return result, x.forward(resp)
	}
	result.BodyOffset = uint64(len(head))
	result.Data, err = x.readAll(resp, head)
	return result, err
}

// redirect decides whether net/http follows one. via has the requests made so far.
func (x *exchange) redirect(next *nethttp.Request, via []*nethttp.Request) error {
	switch {
	case !x.follow:
		return nethttp.ErrUseLastResponse
	case len(via) > x.maxRedirects:
		return errRedirects
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return errScheme
	}
	return nil
}

// headOf writes the head of a response: names canonical and sorted, an empty line at the end.
func headOf(resp *nethttp.Response) []byte {
	var b bytes.Buffer
	b.WriteString(strings.ReplaceAll(resp.Proto+" "+resp.Status, "\r", " "))
	b.WriteString("\r\n")
	_ = resp.Header.Write(&b)
	b.WriteString("\r\n")
	return b.Bytes()
}

// readAll appends the body to the head.
func (x *exchange) readAll(resp *nethttp.Response, data []byte) ([]byte, error) {
	const spare = 512
	if n := resp.ContentLength; n > 0 && resp.Body != nethttp.NoBody {
		data = slices.Grow(data, int(min(n, firstGuess))+spare)
	}
	body := len(data)
	for {
		if err := x.pause(); err != nil {
			return nil, err
		}
		if cap(data)-len(data) < spare {
			data = slices.Grow(data, max(spare, min(len(data), 4<<20)))
		}
		n, err := resp.Body.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if uint64(len(data)-body) > x.maxBody {
			return nil, errBody
		}
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// forward pushes the body in chunks.
func (x *exchange) forward(resp *nethttp.Response) error {
	buf := make([]byte, chunkSize)
	total := uint64(0)
	for {
		room, err := x.room()
		if err != nil {
			return err
		}
		n, err := resp.Body.Read(buf[:min(room, len(buf))])
		if total += uint64(n); total > x.maxBody {
			return errBody
		}
		if n > 0 {
			x.mu.Lock()
			x.waiting += n
			x.mu.Unlock()
			x.c.push(Result{
				ID: x.id, Kind: Chunk, HTTPStatus: int64(resp.StatusCode), Data: bytes.Clone(buf[:n]),
			})
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// room waits until the window is open and gives its bytes, more than 0.
func (x *exchange) room() (int, error) {
	for {
		if err := x.pause(); err != nil {
			return 0, err
		}
		x.mu.Lock()
		room := window - x.waiting
		x.mu.Unlock()
		if room > 0 {
			return room, nil
		}
		select {
		case <-x.opened:
		case <-x.ctx.Done():
			return 0, x.ctx.Err()
		}
	}
}

func (x *exchange) delivered(n int) {
	x.mu.Lock()
	x.waiting -= n
	x.mu.Unlock()
	select {
	case x.opened <- struct{}{}:
	default:
	}
}

// pause waits while the host retains too much. Giving retained data back wakes nobody (it may be done in any
// thread, after the loop, and often), so this looks again now and then.
func (x *exchange) pause() error {
	cfg := &x.c.cfg
	if cfg.PauseAbove == 0 || cfg.Retained == nil || cfg.Retained() <= cfg.PauseAbove {
		return nil
	}
	tick := time.NewTicker(pauseCheck)
	defer tick.Stop()
	for cfg.Retained() > cfg.PauseAbove {
		select {
		case <-tick.C:
		case <-x.ctx.Done():
			return x.ctx.Err()
		}
	}
	return nil
}
