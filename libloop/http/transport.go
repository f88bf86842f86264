// SPDX-License-Identifier: MIT

package http

import (
	"context"
	"fmt"
	"math/bits"
	"net"
	nethttp "net/http"
	"net/url"
	"time"
)

// kind is what requests must agree in to share connections.
type kind struct {
	insecure  bool
	headLimit int64 // bytes; a power of two
}

const (
	idlePerHost = 64
	idleAll     = 256
	idleTime    = 60 * time.Second
	least       = 4096 // bytes of a head that are read at once anyway
)

// headClass gives the limit that a transport enforces for a request with the limit n: the next power of two,
// so that a host with a hundred different limits does not get a hundred pools of connections. The exact
// limit is checked when the head is complete.
func headClass(n int64) int64 {
	if n <= least {
		return least
	}
	return 1 << bits.Len64(uint64(n-1))
}

// transportFor gives the transport of a kind. c.mu is held.
func (c *client) transportFor(k kind) *nethttp.Transport {
	if t := c.transports[k]; t != nil {
		return t
	}
	var protocols nethttp.Protocols
	protocols.SetHTTP1(true)
	t := &nethttp.Transport{
		DialContext:            c.connect,
		TLSClientConfig:        tlsConfig(c.roots, k.insecure),
		DisableCompression:     true, // the host gets the bytes as they were sent
		MaxIdleConns:           idleAll,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTime,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: k.headLimit,
		Protocols:              &protocols,
		OnProxyConnectResponse: proxyAnswer,
	}
	if c.proxy != nil {
		t.Proxy = nethttp.ProxyURL(c.proxy)
	}
	c.transports[k] = t
	return t
}

// proxyAnswer says in words why a proxy makes no tunnel; net/http would only name the status.
func proxyAnswer(_ context.Context, _ *url.URL, _ *nethttp.Request, resp *nethttp.Response) error {
	if resp.StatusCode != nethttp.StatusOK {
		return fmt.Errorf("the proxy answered %q", resp.Status)
	}
	return nil
}

// connect dials for a transport. net/http lets a dial go on when its request is gone; Close must not wait for
// that, so it ends with the client, too.
func (c *client) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, net.ErrClosed
	}
	c.work.Add(1)
	c.mu.Unlock()
	defer c.work.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.root, cancel)()
	conn, err := c.dial.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	tracked := &trackedConn{Conn: conn, c: c}
	c.mu.Lock()
	c.conns[tracked] = struct{}{}
	c.mu.Unlock()
	return tracked, nil
}

// trackedConn is a connection that Close finds, whatever net/http is doing with it.
type trackedConn struct {
	net.Conn
	c *client
}

func (t *trackedConn) Close() error {
	t.c.mu.Lock()
	delete(t.c.conns, t)
	t.c.mu.Unlock()
	return t.Conn.Close()
}
