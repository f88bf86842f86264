// SPDX-License-Identifier: MIT

package http

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestAfterShutNobodyReadsTheBody(t *testing.T) {
	// Readers run while shut and the write behind it happen: the race detector sees a read that comes late.
	for range 50 {
		s := &source{data: make([]byte, 4096)}
		memory := s.data
		var readers sync.WaitGroup
		begun := make(chan struct{}, 4)
		for range 4 {
			readers.Go(func() {
				in, _ := s.open()
				defer in.Close()
				var b [16]byte
				_, err := in.Read(b[:])
				begun <- struct{}{}
				for err == nil {
					_, err = in.Read(b[:])
				}
				if err != io.EOF && !errors.Is(err, errBodyGone) {
					t.Errorf("Read: %v", err)
				}
			})
		}
		<-begun
		s.shut()
		for i := range memory {
			memory[i] = '!'
		}
		readers.Wait()
		late, _ := s.open()
		if n, err := late.Read(make([]byte, 16)); n != 0 || !errors.Is(err, errBodyGone) {
			t.Fatalf("Read after shut: %d, %v", n, err)
		}
	}
}

func TestABorrowedBodyIsFreeAfterDone(t *testing.T) {
	body := bytes.Repeat([]byte("data"), 2<<20)
	for _, c := range []struct {
		name   string
		answer string
		code   int32
	}{
		{"canceled in the middle", "", wire.ECANCELED},
		{"answered before it is read", "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", wire.OK},
		{"failed before it is read", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", wire.ETOOBIG},
	} {
		t.Run(c.name, func(t *testing.T) {
			reached := make(chan struct{}, 1)
			over := make(chan struct{}, 1)
			url := raw(t, func(conn *net.TCPConn) {
				readHead(conn)
				_, _ = conn.Write([]byte(c.answer))
				reached <- struct{}{}
				untilGone(conn)
				over <- struct{}{}
			})
			r := newRig(t, Config{})
			memory := r.mem.Alloc(uintptr(len(body)))
			shared := wire.Slice[byte](memory, len(body))
			copy(shared, body)
			id := r.start(ask{
				method: "POST", url: url, body: body, bodyAt: memory, flags: wire.HTTPBorrowBody, maxBody: 8,
			})
			if c.answer == "" {
				<-reached
				r.Cancel(id)
			}
			res := r.done(id)
			for i := range shared {
				shared[i] = '!'
			}
			if res.Status != c.code {
				t.Fatalf("status %d, %s", res.Status, res.Text)
			}
			r.Close() // or the connection would stay, idle
			<-over
		})
	}
}

func TestTheBodyIsShutBeforeDone(t *testing.T) {
	reached := make(chan struct{}, 1)
	url := stages(t)["the head"](reached)
	r := newRig(t, Config{})
	body := []byte("borrowed")
	id := r.start(ask{
		method: "POST", url: url, body: body, bodyAt: r.text(string(body)), flags: wire.HTTPBorrowBody,
	})
	x := r.Client.(*client).find(id)
	<-reached
	r.Cancel(id)
	r.done(id)
	x.source.mu.Lock()
	defer x.source.mu.Unlock()
	if !x.source.over || x.source.data != nil {
		t.Fatal("the body can still be read")
	}
}

func TestAfterAbandonNobodyReadsABorrowedBody(t *testing.T) {
	reached := make(chan struct{}, 1)
	url := stages(t)["the head"](reached)
	r := newRig(t, Config{})
	body := []byte("borrowed")
	id := r.start(ask{
		method: "POST", url: url, body: body, bodyAt: r.text(string(body)), flags: wire.HTTPBorrowBody,
	})
	x := r.Client.(*client).find(id)
	<-reached
	r.Abandon()
	x.source.mu.Lock()
	over := x.source.over && x.source.data == nil
	x.source.mu.Unlock()
	if !over {
		t.Error("the body can still be read")
	}
	if res := r.done(id); res.Status != wire.ECANCELED {
		t.Errorf("status %d, %s", res.Status, res.Text)
	}
	if code := r.Start(id+1, ask{url: url}.record(r), 0); code != wire.ECLOSED {
		t.Errorf("Start after Abandon: %d", code)
	}
}

func TestCancelAndCloseEndAConnectionThatIsNotMadeYet(t *testing.T) {
	reached := make(chan struct{}, 10)
	r := newRig(t, Config{})
	r.Client.(*client).dial.ControlContext = func(ctx context.Context, _, _ string, _ syscall.RawConn) error {
		reached <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	id := r.start(ask{url: "http://127.0.0.1:1/"})
	<-reached
	r.Cancel(id)
	if res := r.done(id); res.Status != wire.ECANCELED {
		t.Fatalf("status %d, %s", res.Status, res.Text)
	}
	r.start(ask{url: "http://127.0.0.1:1/"})
	<-reached
	r.Close()
	settle(t)
}
