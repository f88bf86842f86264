// SPDX-License-Identifier: MIT

package libloop

import (
	"bytes"
	"io"
	gonet "net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
	"libloop.dev/libloop/libloop/net"
)

func TestEveryHiccupOfTheSystemIsWeathered(t *testing.T) {
	// Each call has its turn of EINTR, EAGAIN, ENOBUFS, ENOMEM and of doing a part of what was asked.
	onBoth(t, func(t *testing.T, h *netRig) {
		n := 0
		hiccup := func(_, most int) (int, syscall.Errno, bool) {
			n++
			switch n % 8 {
			case 1:
				return 0, syscall.EINTR, true
			case 2:
				return 0, syscall.ENOBUFS, true
			case 3:
				return 0, syscall.ENOMEM, true
			}
			return min(most, 1000+n%7), 0, true
		}
		h.calls.send = hiccup
		h.calls.recv = func(fd, room int) (int, syscall.Errno, bool) {
			_, errno, _ := hiccup(fd, room)
			return room, errno, true // a read that leaves something behind is not one of the system's
		}
		data := noise(300_000)
		w, peer, l := h.pair(wire.Net{})
		done := make(chan []byte, 1)
		go func() {
			got, _ := io.ReadAll(peer)
			done <- got
		}()
		x := h.writes(w, data, 0)
		h.sends(w, data[:1000])
		h.control(wire.OpEnd, w.id)
		h.reads(w)
		go func() {
			_, _ = peer.Write(data)
			_ = peer.CloseWrite()
		}()
		h.gone(w)
		if got := <-done; !bytes.Equal(got, append(append([]byte{}, data...), data[:1000]...)) {
			t.Fatalf("%d bytes arrived", len(got))
		}
		if !bytes.Equal(w.data, data) || x.final.Num != int64(len(data)) {
			t.Fatalf("%d bytes came; %+v", len(w.data), *x.final)
		}
		h.must(peer.Close())
		h.ends(l)
	})
}

func TestReadinessThatIsNoneIsNoHarm(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		h.reads(w)
		h.settle()
		for _, x := range []*told{w, l} {
			h.e.sockets.report(h.e, h.e.find(x.id), wire.Readable|wire.Writable|wire.Hangup)
		}
		h.settle()
		h.tells(w, "")
		_, err := peer.Write([]byte("x"))
		h.must(err)
		h.until(func() bool { return len(w.data) == 1 })
		h.must(peer.Close())
		h.gone(w)
		h.ends(l)
	})
}

func TestAListenerWithoutDescriptorsSaysSoOnceAndGoesOn(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		onBoth(t, func(t *testing.T, h *netRig) {
			l := h.listen(wire.Net{})
			short := true
			h.calls.accept = func() (syscall.Errno, bool) { return errno, short }
			peer := h.dialPeer(l.port)
			h.until(func() bool { return len(l.all) == 2 })
			tries := 0
			h.calls.accept = func() (syscall.Errno, bool) {
				tries++
				return errno, short
			}
			h.until(func() bool { return tries == 3 })
			if want := "open error" + itoa(wire.FromErrno(errno)); l.String() != want || l.text[:7] != "accept " {
				t.Fatalf("%s %s", l, l.text)
			}
			short = false
			w := h.takes(l)
			h.must(peer.Close())
			h.ends(w, l)
		})
	}
}

func itoa(n int32) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	if n >= 10 {
		return itoa(n/10) + itoa(n%10)
	}
	return string(rune('0' + n))
}

func TestAListenerTriesAgainWhenAStreamGivesItsDescriptorBack(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w, peer, l := h.pair(wire.Net{})
		short := true
		h.calls.accept = func() (syscall.Errno, bool) { return syscall.EMFILE, short }
		other := h.dialPeer(l.port)
		h.until(func() bool { return len(l.all) == 3 })
		short = false
		now := h.clock.ns
		h.clear(w.id)
		y := h.takes(l)
		if h.clock.ns != now {
			t.Fatal("it waited")
		}
		h.must(peer.Close())
		h.must(other.Close())
		h.ends(y, l)
	})
}

func TestAConnectionThatIsGoneBeforeAcceptIsNoErrorOfTheListener(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		n := 0
		h.calls.accept = func() (syscall.Errno, bool) {
			n++
			return [...]syscall.Errno{0, syscall.ECONNABORTED, syscall.EINTR, syscall.EPROTO}[n%4], n%4 != 0
		}
		peer := h.dialPeer(l.port)
		w := h.takes(l)
		h.tells(l, "open accepted")
		h.must(peer.Close())
		h.ends(w, l)
	})
}

func TestConnectingToNothingIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		port := l.port
		h.closes(l)
		h.gone(l)
		h.tells(l, "open final")
		c := h.connect(port, wire.Net{})
		x := h.writes(c, []byte("never"), 0)
		h.gone(c)
		if c.final.Status != wire.ECONNREFUSED || c.text != "connect 127.0.0.1:"+itoa(int32(port)) ||
			x.final.Status != wire.ECANCELED {
			t.Fatalf("%+v %s %+v", *c.final, c.text, *x.final)
		}
	})
}

// blackHole makes a listener that answers no more connections, because nobody accepts the first ones.
func (h *netRig) blackHole(family uint8) *net.Address {
	h.t.Helper()
	at := net.Loopbacks(0)[0]
	if family == net.Inet {
		at = net.Loopbacks(0)[1]
	}
	calls := &net.System{}
	fd, errno := calls.Socket(family)
	if errno == 0 {
		errno = calls.Bind(fd, &at)
	}
	if errno != 0 {
		h.t.Skipf("no loopback of this family: %v", errno)
	}
	h.must(unix.Listen(fd, 0))
	calls.Local(fd, &at)
	fds := []int{fd}
	for range 4 {
		c, _ := calls.Socket(family)
		calls.Connect(c, &at)
		fds = append(fds, c)
	}
	h.byEnd = append(h.byEnd, func() {
		for _, fd := range fds {
			calls.Close(fd)
		}
	})
	return &at
}

func TestABlackHoleEndsAtTheDeadline(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		hole := h.blackHole(net.Inet)
		h.calls.dial = func(fd int, _ *net.Address) (syscall.Errno, bool) { return h.calls.System.Connect(fd, hole), true }
		q := wire.Net{
			Size: netSize, What: wire.NetConnect, Type: wire.NetTCP, Host: h.cstring("192.0.2.1"), Port: 9,
		}
		h.keep = append(h.keep, &q)
		w := &told{}
		begun := h.clock.ns
		w.id = h.start(wire.Op{
			Code: wire.OpNet, Data: uintptr(unsafe.Pointer(&q)), TimeoutNS: 5_000_000,
		}, h.hears(w))
		h.gone(w)
		if w.final.Status != wire.ETIMEDOUT || w.text != "connect 192.0.2.1:9" || h.clock.ns-begun < 5_000_000 {
			t.Fatalf("%+v %s", *w.final, w.text)
		}
	})
}

func TestAConnectionToItselfIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		port := l.port
		h.closes(l)
		h.gone(l)
		c := h.connect(port, wire.Net{LocalHost: h.cstring("127.0.0.1"), LocalPort: uint32(port)})
		h.gone(c)
		if c.final.Status != wire.ECONNREFUSED {
			t.Fatalf("%s %s", c, c.text)
		}
	})
}

func TestTheNextAddressIsTriedWhenOneFails(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{}) // on 127.0.0.1 only
		c := h.connect(l.port, wire.Net{Host: h.cstring("localhost")})
		s := h.takes(l)
		h.until(func() bool { return len(c.all) > 0 })
		h.tells(c, "open")
		if got := string(c.addr.Append(nil)); got != "127.0.0.1:"+itoa(int32(l.port)) {
			t.Fatal(got)
		}
		h.ends(c, s, l)
	})
}

func TestTheNextAddressIsTriedBesideASilentOneAfterAQuarterOfASecond(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		hole := h.blackHole(net.Inet6)
		h.calls.dial = func(fd int, to *net.Address) (syscall.Errno, bool) {
			if to.Family == net.Inet6 {
				return h.calls.System.Connect(fd, hole), true
			}
			return 0, false
		}
		begun := h.clock.ns
		c := h.connect(l.port, wire.Net{Host: h.cstring("localhost")})
		s := h.takes(l)
		h.until(func() bool { return len(c.all) > 0 })
		h.tells(c, "open")
		if took := h.clock.ns - begun; took < attemptDelay {
			t.Fatalf("after %d ns", took)
		}
		h.ends(c, s, l)
	})
}

func TestWhenAllAddressesFailTheFirstErrorIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		h.calls.dial = func(_ int, to *net.Address) (syscall.Errno, bool) {
			if to.Family == net.Inet6 {
				return syscall.ENETUNREACH, true
			}
			return syscall.EHOSTUNREACH, true
		}
		c := h.connect(1, wire.Net{Host: h.cstring("localhost")})
		h.gone(c)
		if c.final.Status != wire.ENETUNREACH || c.text != "connect [::1]:1" {
			t.Fatalf("%s %s", c, c.text)
		}
	})
}

func TestANameToListenOnIsEDNS(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		w := &told{}
		h.net(wire.Net{What: wire.NetListen, Type: wire.NetTCP, Host: h.cstring("example.invalid")}, w)
		h.gone(w)
		if w.final.Status != wire.EDNS || w.text != "listen example.invalid" {
			t.Fatalf("%s %s", w, w.text)
		}
	})
}

func TestAPortThatIsTakenIsEADDRINUSE(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := h.listen(wire.Net{})
		w := &told{}
		h.net(wire.Net{
			What: wire.NetListen, Type: wire.NetTCP, Host: h.cstring("127.0.0.1"), Port: uint32(l.port),
		}, w)
		h.gone(w)
		if w.final.Status != wire.EADDRINUSE || w.text != "listen 127.0.0.1:"+itoa(int32(l.port)) {
			t.Fatalf("%s %s", w, w.text)
		}
		h.ends(l)
	})
}

func TestReuseportSharesAPort(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		one := h.listen(wire.Net{Flags: wire.NetReuseport})
		two := h.listen(wire.Net{Flags: wire.NetReuseport, Port: uint32(one.port)})
		if one.port != two.port {
			t.Fatal("another port")
		}
		h.ends(one, two)
	})
}

func TestAListenerWithoutAHostTakesBothFamilies(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		l := &told{}
		h.net(wire.Net{What: wire.NetListen, Type: wire.NetTCP}, l)
		h.until(func() bool { return len(l.all) > 0 })
		list := []*told{l}
		for _, host := range []string{"127.0.0.1", "::1"} {
			probe, err := gonet.Listen("tcp", gonet.JoinHostPort(host, "0"))
			if err != nil {
				continue // this machine has only one of them
			}
			h.must(probe.Close())
			c := h.connect(l.port, wire.Net{Host: h.cstring(host)})
			list = append(list, c, h.takes(l))
		}
		h.ends(list...)
	})
}

func TestUnixStreamsOverAPathWhichTheListenerRemoves(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "s")
		l, c := &told{}, &told{}
		h.net(wire.Net{What: wire.NetListen, Type: wire.NetUnix, Host: h.cstring(path)}, l)
		h.net(wire.Net{What: wire.NetConnect, Type: wire.NetUnix, Host: h.cstring(path)}, c)
		h.sends(c, []byte("hi"))
		s := h.takes(l)
		h.reads(s)
		h.until(func() bool { return len(s.data) == 2 })
		if got := string(c.addr.Append(nil)); got != path {
			t.Fatalf("peer %q", got)
		}
		h.control(wire.OpEnd, c.id)
		h.reads(c)
		h.gone(c)
		h.gone(s)
		h.closes(l)
		h.gone(l)
		if _, err := os.Lstat(path); !os.IsNotExist(err) {
			t.Fatal("the path is still there")
		}
	})
}

func TestAPathThatIsTakenStaysAndOneTooLongIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "s")
		h.must(os.WriteFile(path, nil, 0o600))
		l, long, absent := &told{}, &told{}, &told{}
		h.net(wire.Net{What: wire.NetListen, Type: wire.NetUnix, Host: h.cstring(path)}, l)
		tooLong := path + string(bytes.Repeat([]byte("x"), 200))
		h.net(wire.Net{What: wire.NetConnect, Type: wire.NetUnix, Host: h.cstring(tooLong)}, long)
		h.net(wire.Net{What: wire.NetConnect, Type: wire.NetUnix, Host: h.cstring(path + "no")}, absent)
		h.gone(l)
		h.gone(long)
		h.gone(absent)
		if l.final.Status != wire.EADDRINUSE || l.text != "listen "+path || long.final.Status != wire.ENAMETOOLONG ||
			absent.final.Status != wire.ENOENT || absent.text != "connect "+path+"no" {
			t.Fatalf("%s %s, %s, %s %s", l, l.text, long, absent, absent.text)
		}
		_, err := os.Lstat(path)
		h.must(err)
	})
}

func TestAnAdoptedDescriptorIsAStreamOrAListener(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		h.must(err)
		a, b := &told{}, &told{}
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[0])}, a)
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[1])}, b)
		h.sends(a, []byte("across"))
		h.reads(b)
		h.until(func() bool { return len(b.data) == 6 })
		h.tells(b, "open data")
		again, folder := &told{}, &told{}
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(fds[1])}, again)
		root, err := unix.Open("/", unix.O_RDONLY, 0)
		h.must(err)
		h.net(wire.Net{What: wire.NetAdopt, FD: int32(root)}, folder)
		h.gone(again)
		h.gone(folder)
		if again.final.Status != wire.EEXIST || folder.final.Status != wire.EISDIR {
			t.Fatalf("%s %s", again, folder)
		}
		h.sends(a, []byte("still"))
		h.until(func() bool { return len(b.data) == 11 })
		h.ends(a, b)
	})
}

func TestAnAdoptedTCPSocketTakesNodelay(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		nodelay := func(w *told) bool {
			value, err := unix.GetsockoptInt(int(h.e.find(w.id).aux), unix.IPPROTO_TCP, unix.TCP_NODELAY)
			h.must(err)
			return value != 0
		}
		adopts := func(fd int, flags uint32) *told {
			w := &told{}
			h.net(wire.Net{What: wire.NetAdopt, FD: int32(fd), Flags: flags}, w)
			h.until(func() bool { return len(w.all) > 0 })
			h.tells(w, "open")
			return w
		}
		server, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		h.must(err)
		h.must(unix.Bind(server, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
		h.must(unix.Listen(server, 2))
		l := adopts(server, wire.NetNodelay)
		var streams []*told
		for i, flags := range []uint32{0, wire.NetNodelay} {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			h.must(err)
			h.must(unix.Connect(fd, &unix.SockaddrInet4{Port: int(l.port), Addr: [4]byte{127, 0, 0, 1}}))
			w := adopts(fd, flags)
			if nodelay(w) != (flags != 0) {
				t.Fatalf("flags %d, nodelay %t", flags, flags == 0)
			}
			h.until(func() bool { return len(l.fresh) > i })
			s := h.adopts(l.fresh[i])
			if !nodelay(s) {
				t.Fatal("a stream of an adopted listener is without it")
			}
			streams = append(streams, w, s)
		}
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		h.must(err)
		a, b := adopts(pair[0], wire.NetNodelay), adopts(pair[1], 0) // for which it means nothing
		h.ends(append(streams, l, a, b)...)
	})
}

func TestTheEventOfAUnixStreamThatComesSaysThatItsPeerHasNoName(t *testing.T) {
	onBoth(t, func(t *testing.T, h *netRig) {
		path := filepath.Join(t.TempDir(), "s")
		from := filepath.Join(t.TempDir(), "from")
		l := &told{}
		h.net(wire.Net{What: wire.NetListen, Type: wire.NetUnix, Host: h.cstring(path)}, l)
		h.until(func() bool { return len(l.all) > 0 })
		for _, name := range []string{"", from} {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			h.must(err)
			if name != "" {
				h.must(unix.Bind(fd, &unix.SockaddrUnix{Name: name}))
			}
			h.must(unix.Connect(fd, &unix.SockaddrUnix{Name: path}))
			l.addr = net.Address{Family: net.Inet, Path: "not told"}
			s := h.takes(l)
			if l.addr.Path != name || l.addr.Family != net.Unix && l.addr.Family != net.None {
				t.Fatalf("peer %q, said family %d %q", name, l.addr.Family, l.addr.Path)
			}
			h.must(unix.Close(fd))
			h.ends(s)
		}
		h.ends(l)
	})
}

func TestANumberThatTheHostClosedReachesNoOtherStream(t *testing.T) {
	for _, paused := range []bool{false, true} {
		onBoth(t, func(t *testing.T, h *netRig) {
			w, peer, l := h.pair(wire.Net{})
			h.reads(w)
			h.settle()
			if paused { // so that the poller does not know it, where it has no edges
				h.control(wire.OpPause, w.id)
				h.settle()
			}
			other := h.dialPeer(l.port) // the system has connected it, and the loop has not taken it
			fd := int(h.e.find(w.id).aux)
			h.must(unix.Close(fd)) // which a host must not do
			y := h.takes(l)
			if got := int(h.e.find(y.id).aux); got != fd {
				t.Fatalf("it has the number %d, not %d", got, fd)
			}
			h.reads(y)
			_, err := other.Write([]byte("mine"))
			h.must(err)
			h.until(func() bool { return len(y.data) == 4 && w.final != nil })
			if len(w.data) != 0 || w.final.Status != wire.EBADF {
				t.Fatalf("%q, status %d", w.data, w.final.Status)
			}
			_, err = other.Write([]byte(" too")) // its end has closed nothing of the other's
			h.must(err)
			h.until(func() bool { return string(y.data) == "mine too" })
			h.must(peer.Close())
			h.must(other.Close())
			h.gone(y)
			h.ends(w, l)
		})
	}
}
