// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	gonet "net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// faultyCalls are the real system calls, but for those that a test takes the place of.
type faultyCalls struct {
	net.System
	recv   func(fd, n int) (int, syscall.Errno, bool) // true: that is the answer
	send   func(fd, n int) (int, syscall.Errno, bool) // also for pieces: n bytes of at most so many
	accept func() (syscall.Errno, bool)
	made   func() (syscall.Errno, bool) // a datagram socket
	dial   func(fd int, to *net.Address) (syscall.Errno, bool)
	recvs  int
	sends  int
	closed []int
}

func (c *faultyCalls) Recv(fd int, data uintptr, n int) (int, syscall.Errno) {
	c.recvs++
	if c.recv != nil {
		if got, errno, yes := c.recv(fd, n); yes {
			if errno != 0 {
				return -1, errno
			}
			n = got
		}
	}
	return c.System.Recv(fd, data, n)
}

func (c *faultyCalls) Send(fd int, data uintptr, n int) (int, syscall.Errno) {
	c.sends++
	if c.send != nil {
		if most, errno, yes := c.send(fd, n); yes {
			if errno != 0 {
				return -1, errno
			}
			n = most
		}
	}
	return c.System.Send(fd, data, n)
}

func (c *faultyCalls) SendV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	if c.send == nil {
		c.sends++
		return c.System.SendV(fd, bufs, n)
	}
	first := wire.At[wire.Buf](bufs)
	return c.Send(fd, first.Data, int(first.Len)) // a part, as the system might
}

func (c *faultyCalls) Read(fd int, data uintptr, n int) (int, syscall.Errno) {
	c.recvs++
	if c.recv != nil {
		if got, errno, yes := c.recv(fd, n); yes {
			if errno != 0 {
				return -1, errno
			}
			n = got
		}
	}
	return c.System.Read(fd, data, n)
}

func (c *faultyCalls) Write(fd int, data uintptr, n int) (int, syscall.Errno) {
	c.sends++
	if c.send != nil {
		if most, errno, yes := c.send(fd, n); yes {
			if errno != 0 {
				return -1, errno
			}
			n = most
		}
	}
	return c.System.Write(fd, data, n)
}

func (c *faultyCalls) WriteV(fd int, bufs uintptr, n int) (int, syscall.Errno) {
	if c.send == nil {
		c.sends++
		return c.System.WriteV(fd, bufs, n)
	}
	first := wire.At[wire.Buf](bufs)
	return c.Write(fd, first.Data, int(first.Len)) // a part, as the system might
}

func (c *faultyCalls) Datagram(family uint8) (int, syscall.Errno) {
	if c.made != nil {
		if errno, yes := c.made(); yes {
			return -1, errno
		}
	}
	return c.System.Datagram(family)
}

func (c *faultyCalls) RecvMany(fd int, list []net.Datagram) (int, syscall.Errno) {
	c.recvs++
	if c.recv != nil {
		if _, errno, yes := c.recv(fd, len(list)); yes {
			return -1, errno
		}
	}
	return c.System.RecvMany(fd, list)
}

func (c *faultyCalls) SendMany(fd int, list []net.Datagram) (int, syscall.Errno) {
	c.sends++
	if c.send != nil {
		if most, errno, yes := c.send(fd, len(list)); yes {
			if errno != 0 {
				return -1, errno
			}
			list = list[:most]
		}
	}
	return c.System.SendMany(fd, list)
}

func (c *faultyCalls) Accept(fd int, from *net.Address) (int, syscall.Errno) {
	if c.accept != nil {
		if errno, yes := c.accept(); yes {
			return -1, errno
		}
	}
	return c.System.Accept(fd, from)
}

func (c *faultyCalls) Connect(fd int, to *net.Address) syscall.Errno {
	if c.dial != nil {
		if errno, yes := c.dial(fd, to); yes {
			return errno
		}
	}
	return c.System.Connect(fd, to)
}

func (c *faultyCalls) Close(fd int) {
	c.closed = append(c.closed, fd)
	c.System.Close(fd)
}

// netRig is a host with a real poller and real sockets.
type netRig struct {
	*host
	calls *faultyCalls
	byEnd []func()
}

// told is what a socket has said so far.
type told struct {
	id    uint64
	all   []string // one word for each event
	data  []byte   // of all LOOP_NET_DATA
	sizes []int
	fresh []uint64    // accepted
	addr  net.Address // the last one told
	port  uint16      // of a listener
	final *wire.Event
	text  string // of the last error
	on    func(*wire.Event)
}

func (w *told) String() string { return strings.Join(w.all, " ") }

func newNetRig(t testing.TB, conf setup) *netRig {
	t.Helper()
	conf.real = true
	h := &netRig{host: newHost(t, conf), calls: &faultyCalls{}}
	h.e.sockets.calls = h.calls
	return h
}

// onBoth runs a test over both backends, and with batches of one event.
func onBoth(t *testing.T, f func(t *testing.T, h *netRig)) {
	t.Helper()
	for _, conf := range []setup{{backend: wire.BackendEpoll}, {backend: wire.BackendPoll}, {capacity: 1}} {
		if conf.backend == wire.BackendEpoll && runtime.GOOS != "linux" {
			continue
		}
		t.Run(fmt.Sprintf("backend%d capacity%d", conf.backend, conf.capacity), func(t *testing.T) {
			before := openFDs(t)
			h := newNetRig(t, conf)
			f(t, h)
			h.finish()
			for _, f := range h.byEnd {
				f()
			}
			if after := openFDs(t); after != before {
				t.Fatalf("%d descriptors before, %d after", before, after)
			}
		})
	}
}

// openFDs counts descriptors. Go's own poller opens some with the first use: that is made before.
func openFDs(t testing.TB) int {
	t.Helper()
	l, err := gonet.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip("no /dev/fd")
	}
	return len(list)
}

// hears notes an event.
func (h *netRig) hears(w *told) func(*wire.Event) {
	return func(ev *wire.Event) {
		h.t.Helper()
		bytes := wire.Slice[byte](ev.Data, int(ev.Len))
		switch {
		case ev.Status != wire.OK:
			w.text = string(bytes)
			w.all = append(w.all, fmt.Sprintf("error%d", ev.Status))
		case ev.Flags&wire.EvMore == 0:
			w.all = append(w.all, "final")
		default:
			w.all = append(w.all, [...]string{"", "open", "accepted", "data", "end", "full", "drain", "datagram"}[ev.Aux])
		}
		if ev.Flags&wire.EvMore == 0 {
			copied := *ev
			w.final = &copied
		} else if ev.Status == wire.OK {
			h.note(w, ev, bytes)
		}
		if w.on != nil {
			w.on(ev)
		}
	}
}

func (h *netRig) note(w *told, ev *wire.Event, bytes []byte) {
	switch ev.Aux {
	case wire.NetOpen, wire.NetAccepted:
		a := wire.At[wire.Address](ev.Data)
		if ev.Len != uint64(unsafe.Sizeof(*a)) || a.Size != uint32(ev.Len) {
			h.t.Fatalf("address of %d bytes", ev.Len)
		}
		w.addr = net.Address{
			Family: uint8(a.Family), Port: a.Port, IP: a.IP, Scope: a.Scope, Path: string(a.Path[:a.PathLen]),
		}
		if ev.Aux == wire.NetOpen {
			w.port = a.Port
		} else {
			w.fresh = append(w.fresh, uint64(ev.Num))
		}
	case wire.NetData, wire.NetEnd:
		if ev.Aux == wire.NetData && ev.Len == 0 {
			h.t.Fatal("data without bytes")
		}
		w.data = append(w.data, bytes...)
		w.sizes = append(w.sizes, len(bytes))
		if ev.Len > 0 && *wire.At[byte](ev.Data + uintptr(ev.Len)) != 0 {
			h.t.Fatal("no NUL behind the data")
		}
	}
}

// text makes a C string that lives as long as the host.
func (h *netRig) cstring(s string) uintptr {
	b := append([]byte(s), 0)
	h.keep = append(h.keep, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

// net starts a NET op.
func (h *netRig) net(q wire.Net, w *told) uint64 {
	q.Size = uint32(unsafe.Sizeof(q))
	record := &q
	h.keep = append(h.keep, record)
	w.id = h.start(wire.Op{Code: wire.OpNet, Data: uintptr(unsafe.Pointer(record))}, h.hears(w))
	return w.id
}

// listen starts a listener on 127.0.0.1 and waits until it listens.
func (h *netRig) listen(q wire.Net) *told {
	h.t.Helper()
	w := &told{}
	q.What, q.Type = wire.NetListen, wire.NetTCP
	if q.Host == 0 {
		q.Host = h.cstring("127.0.0.1")
	}
	h.net(q, w)
	h.until(func() bool { return len(w.all) > 0 })
	if w.String() != "open" {
		h.t.Fatalf("listen: %s %s", w, w.text)
	}
	return w
}

// connect starts a stream to a port of 127.0.0.1.
func (h *netRig) connect(port uint16, q wire.Net) *told {
	w := &told{}
	q.What, q.Type, q.Port = wire.NetConnect, wire.NetTCP, uint32(port)
	if q.Host == 0 {
		q.Host = h.cstring("127.0.0.1")
	}
	h.net(q, w)
	return w
}

// until turns until something is so.
func (h *netRig) until(so func() bool) {
	h.t.Helper()
	more := uint32(0)
	for range 1_000_000 {
		if so() {
			return
		}
		switch h.turn(more) {
		case wire.AnswerDone:
			if !so() {
				h.t.Fatal("the loop ended before")
			}
			return
		case wire.AnswerWait:
			if so() {
				return // the next turn says that it did not sleep
			}
			more = h.sleep()
			continue
		}
		if h.code != wire.OK {
			h.t.Fatalf("Step: %d", h.code)
		}
		more = 0
	}
	h.t.Fatal("it never came about")
}

// settle turns until nothing is left to do at once.
func (h *netRig) settle() {
	for range 100_000 {
		if a := h.turn(wire.StepNowait); a == wire.AnswerPass || a == wire.AnswerDone {
			return
		}
	}
	h.t.Fatal("it never settles")
}

// takes waits for the next connection of a listener and gives it a voice of its own.
func (h *netRig) takes(l *told) *told {
	h.t.Helper()
	n := len(l.fresh)
	h.until(func() bool { return len(l.fresh) > n })
	return h.adopts(l.fresh[n])
}

// adopts makes the rig know an accepted id.
func (h *netRig) adopts(id uint64) *told {
	w := &told{id: id}
	h.byRef[id] = &hostID{id: id, cb: h.hears(w), started: wire.Op{Code: wire.OpNet}}
	return w
}

// reads queues a READ op.
func (h *netRig) reads(w *told) { h.ops = append(h.ops, wire.Op{Code: wire.OpRead, Target: w.id}) }

func (h *netRig) sends(w *told, data []byte) {
	h.keep = append(h.keep, data)
	op := wire.Op{Code: wire.OpSend, Target: w.id, Len: uint32(len(data))}
	if len(data) > 0 {
		op.Data = uintptr(unsafe.Pointer(&data[0]))
	}
	h.ops = append(h.ops, op)
}

// writes queues a WRITE op; its id and end are in what it returns.
func (h *netRig) writes(w *told, data []byte, flags uint16) *told {
	h.keep = append(h.keep, data)
	x := &told{}
	op := wire.Op{Code: wire.OpWrite, Flags: flags, Target: w.id, Len: uint32(len(data))}
	if len(data) > 0 {
		op.Data = uintptr(unsafe.Pointer(&data[0]))
	}
	x.id = h.start(op, h.hears(x))
	return x
}

func (h *netRig) closes(w *told) { h.control(wire.OpClose, w.id) }

// gone waits for the final event.
func (h *netRig) gone(w *told) {
	h.t.Helper()
	h.until(func() bool { return w.final != nil })
}

// dialPeer connects a peer outside of the loop.
func (h *netRig) dialPeer(port uint16) *gonet.TCPConn {
	h.t.Helper()
	c, err := gonet.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		h.t.Fatal(err)
	}
	return c.(*gonet.TCPConn)
}

// pair makes a stream of the loop and its peer outside of it, and the listener between them.
func (h *netRig) pair(q wire.Net) (stream *told, peer *gonet.TCPConn, listener *told) {
	h.t.Helper()
	listener = h.listen(q)
	peer = h.dialPeer(listener.port)
	return h.takes(listener), peer, listener
}

// must fails the test for an error.
func (h *netRig) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// tells checks the words that a socket has said.
func (h *netRig) tells(w *told, want string) {
	h.t.Helper()
	if w.String() != want {
		h.t.Fatalf("got  %s (%s)\nwant %s", w, w.text, want)
	}
}

// ends clears sockets that a test has no more use for.
func (h *netRig) ends(list ...*told) {
	for _, w := range list {
		if w.final == nil {
			h.clear(w.id)
		}
	}
}
