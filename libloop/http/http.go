// SPDX-License-Identifier: MIT

// Package http is the loop's HTTP(S) client: net/http behind a queue of results.
//
// # Contract
//
// A loop has one Client, so that connections are used again. Start, Cancel, Collect, Delivered, Abandon and
// Close run on the loop's thread. A request runs on a goroutine of its own, which pushes Results and calls
// Config.Notify after each; Notify and Config.Panic must be ready for any goroutine.
//
// Start copies what it needs of the request, but for a borrowed body, and returns wire.OK, or
// wire.EINVAL (the URL, method, headers or limits mean nothing), wire.ECLOSED, wire.ENOMEM; then nothing
// more comes for the id.
//
// For each started id exactly one Result of kind Done comes, the last one of the id. From then on no byte of
// a borrowed body is read. Cancel hastens it and gives it the status wire.ECANCELED, unless the response is
// complete already.
//
// A whole response is one Done: Data has head and body, BodyOffset the length of the head. A stream is Head,
// Chunks, Done; Data of a Result is the receiver's. A failed Done has Status, Errno (or 0) and Text.
//
// A stream's goroutine stops reading while 256 KiB of its chunks are not Delivered. Every goroutine stops
// reading bodies while Config.Retained gives more than Config.PauseAbove.
//
// Abandon is for a loop that has panicked: it cancels everything and does not wait; when it returns no byte
// of a borrowed body is read any more. Results may still be pushed.
//
// Close cancels everything, waits for all goroutines of this package, and closes the connections. Results
// that were not collected are dropped; neither Notify nor Panic is called afterwards.
package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/url"
	"sync"

	"libloop.dev/libloop/libloop/internal/wire"
)

// Kinds of a Result.
const (
	Head uint8 = iota
	Chunk
	Done
)

// Result is one thing that a request came to.
type Result struct {
	ID         uint64
	Kind       uint8
	Status     int32  // wire.OK or the code of the failure
	HTTPStatus int64  // 200, 404 ...; 0 without a response
	Errno      int64  // the system's number behind Status, or 0
	BodyOffset uint64 // of a whole response: where the body begins in Data
	Data       []byte
	Text       string // of a failure: "METHOD URL: reason"
}

// Client makes the requests of one loop; see the contract above.
type Client interface {
	Start(id uint64, req *wire.HTTP, flags uint16) (code int32)
	Cancel(id uint64)
	Collect(dst []Result) []Result
	Delivered(id uint64, n int)
	Abandon()
	Close()
}

// Config is what a Client needs to know.
type Config struct {
	Proxy      string // URL (http, https, socks5), or "": none; the environment does not count
	CAPem      []byte // roots that replace the system's, or nil
	Notify     func() // a Result waits for Collect
	Panic      func(value any, stack []byte)
	PauseAbove uint64        // bytes; 0: never pause
	Retained   func() uint64 // bytes that the host holds; nil: never pause
}

type client struct {
	cfg   Config
	proxy *url.URL // nil: none
	roots *x509.CertPool
	dial  net.Dialer
	root  context.Context // ends with Close
	stop  context.CancelFunc
	work  sync.WaitGroup // goroutines of requests, dials in progress

	mu         sync.Mutex
	live       map[uint64]*exchange        // guarded by mu
	results    []Result                    // guarded by mu
	transports map[kind]*nethttp.Transport // guarded by mu
	conns      map[*trackedConn]struct{}   // guarded by mu
	closed     bool                        // guarded by mu
}

// Errors of New.
var (
	ErrProxy = errors.New("http: the proxy is not an http, https or socks5 URL")
	ErrRoots = errors.New("http: no certificate in the PEM roots")
)

// New makes a client. It opens nothing yet.
func New(cfg Config) (Client, error) {
	c := &client{
		cfg:        cfg,
		live:       make(map[uint64]*exchange),
		transports: make(map[kind]*nethttp.Transport),
		conns:      make(map[*trackedConn]struct{}),
	}
	if cfg.Proxy != "" {
		u, err := url.Parse(cfg.Proxy)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
			return nil, ErrProxy
		}
		c.proxy = u
	}
	if cfg.CAPem != nil {
		c.roots = x509.NewCertPool()
		if !c.roots.AppendCertsFromPEM(cfg.CAPem) {
			return nil, ErrRoots
		}
	}
	// The pure Go resolver ends when it is told to; libc's would hold a thread.
	c.dial.Resolver = &net.Resolver{PreferGo: true}
	c.root, c.stop = context.WithCancel(context.Background())
	// net/http tells the log package when a server talks out of turn. A library has nothing to say on
	// the host's standard error.
	log.SetOutput(io.Discard)
	return c, nil
}

// Start begins a request.
func (c *client) Start(id uint64, req *wire.HTTP, flags uint16) int32 {
	p, code := newPlan(req, flags)
	if code != wire.OK {
		return code
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return wire.ECLOSED
	}
	if _, ok := c.live[id]; ok {
		return wire.EINVAL
	}
	x := &exchange{c: c, id: id, plan: p, opened: make(chan struct{}, 1)}
	x.ctx, x.cancel = context.WithCancel(c.root)
	c.live[id] = x
	t := c.transportFor(kind{insecure: p.insecure, headLimit: headClass(p.maxHeader)})
	c.work.Go(func() { x.run(t) })
	return wire.OK
}

// Cancel ends a request as soon as it can.
func (c *client) Cancel(id uint64) {
	if x := c.find(id); x != nil {
		x.cancel()
	}
}

// Collect appends what has arrived.
func (c *client) Collect(dst []Result) []Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	dst = append(dst, c.results...)
	clear(c.results)
	if cap(c.results) > 1024 { // after a burst
		c.results = nil
	}
	c.results = c.results[:0]
	return dst
}

// Delivered opens the window of a stream by n bytes.
func (c *client) Delivered(id uint64, n int) {
	if x := c.find(id); x != nil {
		x.delivered(n)
	}
}

// Abandon ends all requests without waiting for their goroutines. When it returns nobody reads what was
// borrowed for them.
func (c *client) Abandon() {
	c.stop()
	c.mu.Lock()
	c.closed = true
	var all []*exchange
	for _, x := range c.live {
		all = append(all, x)
	}
	c.mu.Unlock()
	for _, x := range all {
		x.source.shut()
	}
}

// Close ends the client.
func (c *client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.work.Wait()
	c.mu.Lock()
	transports, conns := c.transports, c.conns
	c.transports, c.conns, c.results = nil, nil, nil
	c.mu.Unlock()
	for _, t := range transports {
		t.CloseIdleConnections()
	}
	for conn := range conns {
		_ = conn.Conn.Close()
	}
}

func (c *client) find(id uint64) *exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live[id]
}

// push queues a result and says so.
func (c *client) push(r Result) {
	c.mu.Lock()
	if r.Kind == Done {
		delete(c.live, r.ID)
	}
	c.results = append(c.results, r)
	c.mu.Unlock()
	c.cfg.Notify()
}

func tlsConfig(roots *x509.CertPool, insecure bool) *tls.Config {
	return &tls.Config{
		RootCAs:            roots,
		InsecureSkipVerify: insecure,
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(64),
	}
}
