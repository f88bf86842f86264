// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

// dgrams are the datagrams that a socket has got, besides what told notes.
type dgrams struct {
	*told
	got   []string
	from  []net.Address
	reals []int64
}

// datagrams starts a datagram socket and waits until it is open.
func (h *netRig) datagrams(q wire.Net) *dgrams {
	h.t.Helper()
	w := h.ear()
	if q.What == 0 {
		q.What = wire.NetBind
	}
	if q.Type == 0 {
		q.Type = wire.NetUDP
	}
	if q.Type == wire.NetUDP && q.Host == 0 {
		q.Host = h.cstring("127.0.0.1")
	}
	h.net(q, w.told)
	h.until(func() bool { return len(w.all) > 0 })
	if w.String() != "open" {
		h.t.Fatalf("%s %s", w, w.text)
	}
	return w
}

func (h *netRig) ear() *dgrams {
	w := &dgrams{told: &told{}}
	w.on = func(ev *wire.Event) {
		if ev.Status != wire.OK || ev.Flags&wire.EvMore == 0 || ev.Aux != wire.NetDatagram {
			return
		}
		if ev.Data == 0 {
			h.t.Fatal("a datagram without an address")
		}
		a := wire.At[wire.Address](ev.Data - addressRoom)
		w.from = append(w.from, net.Address{
			Family: uint8(a.Family), Port: a.Port, IP: a.IP, Scope: a.Scope, Path: string(a.Path[:a.PathLen]),
		})
		w.got = append(w.got, string(wire.Slice[byte](ev.Data, int(ev.Len))))
		w.reals = append(w.reals, ev.Num)
		if *wire.At[byte](ev.Data + uintptr(ev.Len)) != 0 {
			h.t.Fatal("no NUL behind the datagram")
		}
	}
	return w
}

// sendsTo queues a SEND_TO op.
func (h *netRig) sendsTo(w *dgrams, to *net.Address, data string) {
	h.ops = append(h.ops, h.toOp(wire.Op{Code: wire.OpSendTo, Target: w.id}, to, data))
}

func (h *netRig) toOp(op wire.Op, to *net.Address, data string) wire.Op {
	b := append([]byte(data), 0)
	op.Data, op.Len = uintptr(unsafe.Pointer(&b[0])), uint32(len(data))
	h.keep = append(h.keep, b)
	if to != nil {
		record := &wire.Address{}
		to.Record(record)
		h.keep = append(h.keep, record)
		op.Arg = int64(uintptr(unsafe.Pointer(record)))
	}
	return op
}

// writesTo queues a WRITE op of one datagram.
func (h *netRig) writesTo(w *dgrams, to *net.Address, data string) *told {
	x := &told{}
	x.id = h.start(h.toOp(wire.Op{Code: wire.OpWrite, Target: w.id}, to, data), h.hears(x))
	return x
}

func (h *netRig) hasGot(w *dgrams, n int) {
	h.t.Helper()
	h.until(func() bool { return len(w.got) >= n })
}

func TestADatagramArrivesWithItsSender(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		h.sendsTo(a, &b.addr, "hello")
		h.sendsTo(a, &b.addr, "")
		h.hasGot(b, 2)
		if b.got[0] != "hello" || b.got[1] != "" || b.from[0] != a.addr || b.reals[0] != 5 || b.reals[1] != 0 {
			t.Fatalf("%q from %v", b.got, b.from)
		}
		h.ends(a.told, b.told)
	})
}

func TestTheDatagramsOfOneStepGoWithOneCall(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		var want []string
		for i := range 40 {
			want = append(want, fmt.Sprint("number ", i))
			h.sendsTo(a, &b.addr, want[i])
		}
		h.hasGot(b, 40)
		if h.calls.sends != 1 {
			t.Fatalf("%d calls", h.calls.sends)
		}
		if strings.Join(b.got, ",") != strings.Join(want, ",") {
			t.Fatalf("%q", b.got)
		}
		h.ends(a.told, b.told)
	})
}

func TestManyDatagramsComeWithOneCall(t *testing.T) {
	h := newNetRig(t, setup{})
	a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{ReadSize: 100, ReadBudget: 64})
	for i := range 40 {
		h.sendsTo(a, &b.addr, fmt.Sprint(i))
	}
	h.settle()
	h.calls.recvs = 0
	h.reads(b.told)
	h.hasGot(b, 40)
	if h.calls.recvs != 1 {
		t.Fatalf("%d calls", h.calls.recvs)
	}
	h.ends(a.told, b.told)
	h.finish()
}

func TestNothingIsLostOrChangedWhenTheSystemHasNoRoom(t *testing.T) {
	// Each call has its turn of EINTR, EAGAIN, ENOBUFS and ENOMEM, and of sending a part of the list.
	for _, family := range []uint32{wire.NetUDP, wire.NetUnixDgram} {
		onBoth(t, func(t *testing.T, h *netRig) {
			q := wire.Net{Type: family}
			if family == wire.NetUnixDgram {
				q.Host = h.cstring(filepath.Join(t.TempDir(), "s"))
			}
			b := h.datagrams(q)
			q.Host = 0
			a := h.datagrams(q)
			h.reads(b.told)
			n := 0
			h.calls.send = func(_, most int) (int, syscall.Errno, bool) {
				n++
				switch n % 5 {
				case 1:
					return 0, syscall.EINTR, true
				case 2:
					return 0, syscall.ENOBUFS, true
				case 3:
					return 0, syscall.ENOMEM, true
				}
				return min(most, 3), 0, true
			}
			h.calls.recv = func(_, most int) (int, syscall.Errno, bool) {
				n++
				return min(most, 2), [...]syscall.Errno{syscall.EINTR, syscall.ENOMEM, 0}[n%3], n%3 < 2
			}
			var want []string
			var last *told
			for i := range 60 {
				want = append(want, fmt.Sprint("number ", i))
				if i%7 == 0 {
					last = h.writesTo(a, &b.addr, want[i])
				} else {
					h.sendsTo(a, &b.addr, want[i])
				}
			}
			h.hasGot(b, 60)
			if strings.Join(b.got, ",") != strings.Join(want, ",") {
				t.Fatalf("%q", b.got)
			}
			h.until(func() bool { return last.final != nil })
			if last.final.Status != wire.OK || last.final.Num != 9 {
				t.Fatalf("%+v", *last.final)
			}
			h.ends(a.told, b.told)
		})
	}
}

func TestAFullReceiverOfUnixDatagramsHoldsNothingBackForGood(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "s")
		b := h.datagrams(wire.Net{Type: wire.NetUnixDgram, Host: h.cstring(path)})
		a := h.datagrams(wire.Net{Type: wire.NetUnixDgram, HighWater: 5000})
		var want []string
		for i := range 2000 { // more than the system keeps for a receiver
			want = append(want, fmt.Sprintf("datagram %04d", i))
			h.sendsTo(a, &b.addr, want[i])
		}
		h.until(func() bool { return a.String() == "open full" })
		h.reads(b.told)
		h.hasGot(b, 2000)
		if strings.Join(b.got, ",") != strings.Join(want, ",") {
			t.Fatal("another order")
		}
		h.until(func() bool { return a.String() == "open full drain" })
		h.closes(a.told)
		h.closes(b.told)
		h.gone(b.told)
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Fatal("the path is still there")
		}
	})
}

func TestClosingSendsWhatIsQueued(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		short := true
		h.calls.send = func(_, most int) (int, syscall.Errno, bool) { return most, syscall.ENOBUFS, short }
		h.sendsTo(a, &b.addr, "one")
		x := h.writesTo(a, &b.addr, "two")
		h.closes(a.told)
		h.settle()
		if a.final != nil {
			t.Fatal("it ended with something in the queue")
		}
		late := h.writesTo(a, &b.addr, "late")
		short = false
		h.gone(a.told)
		h.hasGot(b, 2)
		if a.final.Status != wire.OK || x.final == nil || x.final.Status != wire.OK || late.final.Status != wire.EPIPE {
			t.Fatalf("%s %s %s", a, x, late)
		}
		h.ends(b.told)
	})
}

func TestWhatWasSentBeforeACancelIsSent(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		h.sendsTo(a, &b.addr, "before")
		h.cancel(a.id)
		h.hasGot(b, 1)
		h.gone(a.told)
		if a.final.Status != wire.ECANCELED || b.got[0] != "before" {
			t.Fatalf("%s %q", a, b.got)
		}
		h.ends(b.told)
	})
}

func TestACancelledWriteIsLeftOutAndTheNextOnesGo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		short := true
		h.calls.send = func(_, most int) (int, syscall.Errno, bool) { return most, syscall.ENOBUFS, short }
		x := h.writesTo(a, &b.addr, "left out")
		y := h.writesTo(a, &b.addr, "goes")
		late := &told{}
		op := h.toOp(wire.Op{Code: wire.OpWrite, Target: a.id, TimeoutNS: 1}, &b.addr, "too late")
		late.id = h.start(op, h.hears(late))
		h.settle()
		h.cancel(x.id)
		h.until(func() bool { return late.final != nil })
		short = false
		h.hasGot(b, 1)
		h.until(func() bool { return y.final != nil })
		if x.final.Status != wire.ECANCELED || late.final.Status != wire.ETIMEDOUT || y.final.Status != wire.OK ||
			b.got[0] != "goes" {
			t.Fatalf("%s %s %s %q", x, y, late, b.got)
		}
		h.ends(a.told, b.told)
	})
}

func TestADatagramTooLongFailsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a, b := h.datagrams(wire.Net{}), h.datagrams(wire.Net{})
		h.reads(b.told)
		long := strings.Repeat("x", 70_000)
		h.sendsTo(a, &b.addr, "first")
		h.sendsTo(a, &b.addr, long)
		x := h.writesTo(a, &b.addr, long)
		h.sendsTo(a, &b.addr, "last")
		h.hasGot(b, 2)
		h.until(func() bool { return x.final != nil && len(a.all) == 2 })
		if x.final.Status != wire.ETOOBIG || x.final.Aux != uint64(syscall.EMSGSIZE) || x.final.Num != 0 {
			t.Fatalf("%+v", *x.final)
		}
		want := "write 127.0.0.1:" + itoa(int32(b.addr.Port))
		if a.all[1] != "error"+itoa(wire.ETOOBIG) || a.text != want || x.text != want || b.got[1] != "last" {
			t.Fatalf("%s %s %s", a, a.text, x.text)
		}
		h.ends(a.told, b.told)
	})
}

func TestAnErrorThatIsOwedIsToldBeforeTheEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a := h.datagrams(wire.Net{})
		h.sendsTo(a, &a.addr, strings.Repeat("x", 70_000))
		h.closes(a.told)
		h.gone(a.told)
		h.tells(a.told, "open error"+itoa(wire.ETOOBIG)+" final")
	})
}

func TestARefusedDatagramEndsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		b := h.datagrams(wire.Net{})
		port := b.addr.Port
		a := h.datagrams(wire.Net{What: wire.NetConnect, Port: uint32(port)})
		h.closes(b.told)
		h.gone(b.told)
		h.reads(a.told)
		h.sends(a.told, []byte("to nobody"))
		h.until(func() bool { return len(a.all) == 2 })
		if a.all[1] != "error"+itoa(wire.ECONNREFUSED) {
			t.Fatalf("%s %s", a, a.text)
		}
		b = h.datagrams(wire.Net{Port: uint32(port)})
		h.reads(b.told)
		h.sends(a.told, []byte("to somebody"))
		h.hasGot(b, 1)
		h.ends(a.told, b.told)
	})
}

func TestADatagramWithoutAPeerHasNowhereToGo(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a := h.datagrams(wire.Net{})
		h.sends(a.told, []byte("x"))
		x := h.writes(a.told, []byte("x"), 0)
		h.until(func() bool { return x.final != nil && len(a.all) == 2 })
		if x.final.Status != wire.ENOTCONN || a.all[1] != "error"+itoa(wire.ENOTCONN) {
			t.Fatalf("%s %s", a, x)
		}
		h.ends(a.told)
	})
}

func TestAPausedSocketGivesNoDatagrams(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a := h.datagrams(wire.Net{})
		h.reads(a.told)
		h.control(wire.OpPause, a.id)
		h.sendsTo(a, &a.addr, "x")
		h.settle()
		h.settle()
		if len(a.got) != 0 {
			t.Fatal("it came")
		}
		h.control(wire.OpResume, a.id)
		h.hasGot(a, 1)
		h.ends(a.told)
	})
}

func TestAFloodLeavesTimersTheirTurn(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		a := h.datagrams(wire.Net{ReadSize: 64})
		h.reads(a.told)
		ticks, before := 0, 0
		note := a.on
		a.on = func(ev *wire.Event) {
			note(ev)
			if ev.Status == wire.OK && ev.Aux == wire.NetDatagram && ev.Flags&wire.EvMore != 0 && ticks < 5 {
				h.clock.ns += 1000
				h.sendsTo(a, &a.addr, "again and again")
				h.sendsTo(a, &a.addr, "again and again")
			}
		}
		h.interval(1000, func(*wire.Event) {
			if ticks++; ticks == 1 {
				before = len(a.got)
			}
		})
		h.sendsTo(a, &a.addr, "begin")
		h.until(func() bool { return ticks >= 5 })
		if before > 2*defaultBudget {
			t.Fatalf("%d datagrams before the first timer", before)
		}
		for id := range h.byRef {
			h.clear(id)
		}
	})
}

func TestDatagramsOfUnixSockets(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		dir := t.TempDir()
		one, two := filepath.Join(dir, "1"), filepath.Join(dir, "2")
		b := h.datagrams(wire.Net{Type: wire.NetUnixDgram, Host: h.cstring(one)})
		a := h.datagrams(wire.Net{
			What: wire.NetConnect, Type: wire.NetUnixDgram, Host: h.cstring(one), LocalHost: h.cstring(two),
		})
		nobody := h.datagrams(wire.Net{Type: wire.NetUnixDgram})
		h.reads(b.told)
		h.sends(a.told, []byte("named"))
		h.hasGot(b, 1)
		h.sendsTo(nobody, &b.addr, "unnamed")
		h.hasGot(b, 2)
		if b.from[0].Path != two || b.from[1].Family != net.None {
			t.Fatalf("%+v", b.from)
		}
		h.sendsTo(nobody, &net.Address{Family: net.Unix, Path: one + "x"}, "no such path")
		h.until(func() bool { return len(nobody.all) == 2 })
		if nobody.all[1] != "error"+itoa(wire.ENOENT) || nobody.text != "write "+one+"x" {
			t.Fatalf("%s %s", nobody, nobody.text)
		}
		h.closes(b.told)
		h.gone(b.told)
		x := h.writes(a.told, []byte("gone"), 0)
		h.until(func() bool { return x.final != nil })
		if x.final.Status != wire.ECONNREFUSED {
			t.Fatalf("%s", x)
		}
		h.closes(a.told)
		h.closes(nobody.told)
		h.gone(a.told)
		for _, path := range []string{one, two} {
			if _, err := os.Lstat(path); !os.IsNotExist(err) {
				t.Fatalf("%s is still there", path)
			}
		}
	})
}

func TestABindThatFailsSaysWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "s")
		h.must(os.WriteFile(path, nil, 0o600))
		a := h.datagrams(wire.Net{})
		taken, name, there, full := h.ear(), h.ear(), h.ear(), h.ear()
		host := h.cstring("127.0.0.1")
		h.net(wire.Net{What: wire.NetBind, Type: wire.NetUDP, Host: host, Port: uint32(a.addr.Port)}, taken.told)
		h.net(wire.Net{What: wire.NetBind, Type: wire.NetUDP, Host: h.cstring("example.invalid")}, name.told)
		h.net(wire.Net{What: wire.NetBind, Type: wire.NetUnixDgram, Host: h.cstring(path)}, there.told)
		for _, w := range []*dgrams{taken, name, there} {
			h.gone(w.told)
		}
		if taken.final.Status != wire.EADDRINUSE || name.final.Status != wire.EINVAL ||
			there.final.Status != wire.EADDRINUSE || there.text != "bind "+path || name.text != "bind example.invalid" {
			t.Fatalf("%s %s %s", taken, name, there)
		}
		h.calls.made = func() (syscall.Errno, bool) { return syscall.EMFILE, true }
		h.net(wire.Net{What: wire.NetBind, Type: wire.NetUDP, Host: host}, full.told)
		h.gone(full.told)
		if full.final.Status != wire.EMFILE {
			t.Fatalf("%s", full)
		}
		_, err := os.Lstat(path)
		h.must(err)
		h.ends(a.told)
	})
}

func TestOpsThatAreNoneForDatagramsAreRefused(t *testing.T) {
	h := newNetRig(t, setup{})
	a := h.datagrams(wire.Net{})
	l := h.listen(wire.Net{})
	bad := a.addr
	bad.Family = 77
	for _, op := range []wire.Op{
		{Code: wire.OpRead, Target: a.id, Arg: 5},
		{Code: wire.OpRead, Target: a.id, Arg: 5, Flags: wire.OpFlagOneshot},
		{Code: wire.OpSendTo, Target: a.id},
		h.toOp(wire.Op{Code: wire.OpSendTo, Target: l.id}, &a.addr, "x"),
		h.toOp(wire.Op{Code: wire.OpSend, Target: a.id}, &a.addr, "x"),
		h.toOp(wire.Op{Code: wire.OpSendTo, Target: a.id}, &bad, "x"),
	} {
		n := len(h.refused)
		h.ops = append(h.ops, op)
		h.settle()
		if len(h.refused) != n+1 {
			t.Fatalf("%+v was taken", op)
		}
	}
	x := h.writesTo(a, &bad, "x")
	h.until(func() bool { return x.final != nil })
	if x.final.Status != wire.EINVAL || len(a.all) != 1 {
		t.Fatalf("%s %s", x, a)
	}
	h.ends(a.told, l)
	h.finish()
}

func TestAnAdoptedDescriptorMayBeForDatagrams(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		h.must(err)
		a, b := h.ear(), h.ear()
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[0])}, a.told)
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[1])}, b.told)
		h.sends(a.told, []byte("one"))
		h.sends(a.told, []byte("two"))
		h.reads(b.told)
		h.hasGot(b, 2)
		if strings.Join(b.got, " ") != "one two" {
			t.Fatalf("%q", b.got)
		}
		h.ends(a.told, b.told)
	})
}

func TestDatagramsAllocateNothing(t *testing.T) {
	h := newNetRig(t, setup{})
	a := h.datagrams(wire.Net{ReadSize: 2048})
	d := &driver{tb: t, e: h.e, ops: make([]wire.Op, 0, 64), events: make([]wire.Event, 64)}
	d.step = h.step
	d.step.Events, d.step.EventCapacity = uintptr(unsafe.Pointer(&d.events[0])), 64
	d.op(wire.Op{Code: wire.OpRead, Target: a.id})
	op := h.toOp(wire.Op{Code: wire.OpSendTo, Target: a.id}, &a.addr, strings.Repeat("x", 1000))
	wantNoAllocs(t, func() {
		for range 20 {
			d.op(op)
		}
		n := 0
		for tries := 0; n < 20; tries++ {
			if d.take(wire.StepNowait) == wire.AnswerBatch {
				n += int(d.step.NEvents)
			}
			if tries > 1000 {
				t.Fatalf("%d events", n)
			}
		}
	})
	h.ends(a.told)
	h.finish()
}
