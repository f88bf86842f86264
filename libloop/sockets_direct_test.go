// SPDX-License-Identifier: MIT

//go:build linux

package libloop

import (
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// A directRig is two streams, each with a socket of the test's own as its peer, and what the engine says of
// the descriptors to which the C half may send by itself.
type directRig struct {
	*netRig
	fds   [64]int32
	a, b  *told
	peers [2]int
	said  []int32 // of each event with data of a, -1 also when nothing of the step is good
}

func newDirectRig(t *testing.T) *directRig {
	h := &directRig{netRig: newNetRig(t, setup{})}
	h.step.DirectFDs = uintptr(unsafe.Pointer(&h.fds))
	for i, w := range []**told{&h.a, &h.b} {
		ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		h.must(err)
		h.peers[i] = ends[1]
		*w = h.takesOver(ends[0], 0)
		h.reads(*w)
	}
	h.a.on = func(ev *wire.Event) {
		if ev.Aux != wire.NetData || ev.Status != wire.OK || ev.Flags&wire.EvMore == 0 {
			return
		}
		for i := range h.events[:h.step.NEvents] {
			if at := &h.events[i]; at.ID == ev.ID && at.Data == ev.Data {
				if h.step.Direct == 0 {
					h.fds[i] = -1
				}
				h.said = append(h.said, h.fds[i])
			}
		}
	}
	h.settle()
	return h
}

// says has the peer of a stream write a byte.
func (h *directRig) says(i int) {
	_, err := unix.Write(h.peers[i], []byte("x"))
	h.must(err)
}

func (h *directRig) done(open ...int) {
	for _, i := range open {
		h.must(unix.Close(h.peers[i]))
	}
	h.gone(h.a)
	h.gone(h.b)
	h.finish()
}

func TestTheDescriptorOfAStreamIsToldBesideItsData(t *testing.T) {
	h := newDirectRig(t)
	h.says(0)
	h.says(0)
	h.settle()
	want := int32(h.e.find(h.a.id).aux)
	if len(h.said) == 0 || h.said[0] != want || want < 0 {
		t.Fatalf("%d are told, not %d", h.said, want)
	}
	h.done(0, 1)
}

func TestNoDescriptorIsToldWhereBytesWaitToBeSent(t *testing.T) {
	h := newDirectRig(t)
	h.calls.send = func(int, int) (int, syscall.Errno, bool) { return 0, syscall.EAGAIN, true }
	h.sends(h.a, []byte("waits"))
	h.turn(wire.StepSubmit)
	h.says(0)
	h.settle()
	if len(h.said) != 1 || h.said[0] != -1 {
		t.Fatalf("%d are told", h.said)
	}
	h.calls.send = nil
	h.done(0, 1)
}

func TestNoDescriptorIsToldBehindTheEndOfSending(t *testing.T) {
	h := newDirectRig(t)
	h.control(wire.OpEnd, h.a.id)
	h.says(0)
	h.settle()
	if len(h.said) != 1 || h.said[0] != -1 {
		t.Fatalf("%d are told", h.said)
	}
	h.done(0, 1)
}

// A descriptor that is closed may be another's a moment later, and the events before it still to be delivered.
func TestNoDescriptorOfAStepIsGoodInWhichOneIsClosed(t *testing.T) {
	h := newDirectRig(t)
	h.sends(h.b, []byte("unread")) // so that the end of its peer is a reset
	h.settle()
	h.says(0)
	h.must(unix.Close(h.peers[1]))
	h.settle()
	if len(h.said) != 1 || h.said[0] != -1 {
		t.Fatalf("%d are told", h.said)
	}
	h.done(0)
}

func TestOpsOfAStepEndWhatTheLastOneTold(t *testing.T) {
	h := newDirectRig(t)
	h.a.on = func(ev *wire.Event) {
		if ev.Aux == wire.NetData && ev.Flags&wire.EvMore != 0 {
			h.turn(wire.StepSubmit)
			h.said = append(h.said, int32(h.step.Direct))
		}
	}
	h.says(0)
	h.settle()
	if len(h.said) != 1 || h.said[0] != 0 {
		t.Fatalf("still good: %d", h.said)
	}
	h.done(0, 1)
}

func TestASendOfTheCHalfThatFailedEndsTheStream(t *testing.T) {
	h := newDirectRig(t)
	h.raw(wire.Op{Code: wire.OpSendFailed, Target: h.a.id, Arg: int64(syscall.ECONNRESET)})
	h.raw(wire.Op{Code: wire.OpSendFailed, Target: h.a.id, Arg: int64(syscall.EPIPE)})
	h.gone(h.a)
	if h.a.final.Status != wire.ECONNRESET {
		t.Fatalf("ended with %d", h.a.final.Status)
	}
	h.raw(wire.Op{Code: wire.OpSendFailed, Target: h.a.id, Arg: int64(syscall.EPIPE)}) // it is gone already
	h.settle()
	h.must(unix.Close(h.peers[0]))
	h.done(1)
}
