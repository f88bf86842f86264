// SPDX-License-Identifier: MIT

package dns

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// exchange sends a question to a server and gives its answer, whatever that says. What is no answer to this
// question is not looked at.
func (r *resolver) exchange(
	ctx context.Context, network string, server netip.AddrPort, try time.Duration, what dns.Question, extended bool,
) (*dns.Msg, *failure) {
	var id [2]byte
	_, _ = rand.Read(id[:]) // it never fails
	m := dns.Msg{Question: []dns.Question{what}}
	m.Id, m.RecursionDesired = binary.BigEndian.Uint16(id[:]), true
	if extended {
		m.SetEdns0(udpSize, false)
	}
	packed, err := m.Pack()
	if err != nil {
		return nil, noName()
	}
	ctx, cancel := context.WithTimeout(ctx, try)
	defer cancel()
	conn, err := r.connect(ctx, network, server.String())
	if err != nil {
		return nil, ofDial(ctx, err)
	}
	defer conn.Close()
	if network == "tcp" {
		packed = append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)
	}
	if _, err := conn.Write(packed); err != nil {
		return nil, ofSocket(err)
	}
	buf := make([]byte, udpMost)
	for {
		data, err := receive(conn, network, buf)
		if err != nil {
			return nil, ofSocket(err)
		}
		answer, f := open(data, &m)
		if answer != nil || f != nil {
			return answer, f
		}
	}
}

// receive reads a message, into the buffer if it comes over UDP.
func receive(conn net.Conn, network string, buf []byte) ([]byte, error) {
	if network == "udp" {
		n, err := conn.Read(buf)
		return buf[:n], err
	}
	if _, err := io.ReadFull(conn, buf[:2]); err != nil {
		return nil, err
	}
	buf = make([]byte, binary.BigEndian.Uint16(buf))
	_, err := io.ReadFull(conn, buf)
	return buf, err
}

// open takes a message apart. nil and nil: it is no answer to this question. A message with the right id that
// cannot be read is the server's failure.
func open(data []byte, asked *dns.Msg) (*dns.Msg, *failure) {
	const head, response, cut, answers = 12, 0x80, 0x02, 6
	if len(data) < head || binary.BigEndian.Uint16(data) != asked.Id || data[2]&response == 0 {
		return nil, nil
	}
	m := new(dns.Msg)
	err := m.Unpack(data)
	if err != nil && data[2]&cut != 0 {
		return &dns.Msg{MsgHdr: dns.MsgHdr{Truncated: true}}, nil
	}
	if err != nil || !m.Truncated && int(binary.BigEndian.Uint16(data[answers:])) != len(m.Answer) {
		return nil, garbled("the answer is garbled")
	}
	// A server that has not understood the question need not repeat it.
	if len(m.Question) == 0 && m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return m, nil
	}
	if len(m.Question) != 1 || !sameQuestion(m.Question[0], asked.Question[0]) {
		return nil, nil
	}
	return m, nil
}

func sameQuestion(a, b dns.Question) bool {
	return strings.EqualFold(a.Name, b.Name) && a.Qtype == b.Qtype && a.Qclass == b.Qclass
}

// ofDial makes the failure of a connection that was not made.
func ofDial(ctx context.Context, err error) *failure {
	if ctx.Err() != nil {
		return noAnswer()
	}
	return ofSocket(err)
}

// connect opens a socket to a server. It is ready to be used until its context or the resolver ends: then whoever
// reads from it is told.
func (r *resolver) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	if r.aim != nil {
		addr = r.aim(network, addr)
	}
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil, net.ErrClosed
	}
	r.work.Add(1)
	r.mu.Unlock()
	bound, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(r.root, cancel)
	conn, err := r.dial.DialContext(bound, network, addr)
	if err != nil {
		stop()
		cancel()
		r.work.Done()
		return nil, err
	}
	wake := context.AfterFunc(bound, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	done := sync.OnceFunc(func() {
		wake()
		stop()
		cancel()
		r.work.Done()
	})
	if udp, ok := conn.(*net.UDPConn); ok {
		return &udpConn{udp, done}, nil
	}
	return &tcpConn{conn, done}, nil
}

// udpConn is a net.PacketConn, by which Go's resolver knows that it need not frame its messages.
type udpConn struct {
	*net.UDPConn
	done func()
}

// SetDeadline does nothing: the context has the deadline, and a later one must not undo its end.
func (*udpConn) SetDeadline(time.Time) error { return nil }

func (c *udpConn) Close() error {
	defer c.done()
	return c.UDPConn.Close()
}

type tcpConn struct {
	net.Conn
	done func()
}

// SetDeadline does nothing, as that of udpConn.
func (*tcpConn) SetDeadline(time.Time) error { return nil }

func (c *tcpConn) Close() error {
	defer c.done()
	return c.Conn.Close()
}
