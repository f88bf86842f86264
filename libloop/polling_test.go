// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestALevelDescriptorIsToldInEveryPassWhileReady(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, 0, func(ev *wire.Event) {
		if ev.Flags != wire.EvMore|wire.KindInt || ev.Num != wire.Readable {
			t.Errorf("event %+v", *ev)
		}
		h.logf("%d", h.step.Pass)
	})
	h.poll.set(7, wire.Readable|wire.Writable)
	h.perPass(3)
	h.wants("1 2 3")
	h.poll.set(7, wire.Writable)
	h.perPass(1)
	h.wants("")
	h.clear(id)
	h.finish()
}

func TestOneshotIsToldOnceAndEndsItsId(t *testing.T) {
	h := newHost(t, setup{})
	h.pollFD(7, wire.Readable, wire.OpFlagOneshot, func(ev *wire.Event) {
		if ev.Flags != wire.KindInt || ev.Num != wire.Readable|wire.Hangup {
			t.Errorf("event %+v", *ev)
		}
		h.logf("ready")
	})
	h.poll.set(7, wire.Readable|wire.Hangup)
	h.run()
	h.wants("ready")
	if len(h.poll.fds) != 0 || h.e.polling.watched != 0 {
		t.Fatal("still watched")
	}
	h.finish()
}

func TestEdgeIsToldWhenItBecomesReady(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, wire.OpFlagEdge, h.says("edge"))
	h.poll.set(7, wire.Readable)
	h.perPass(3)
	h.wants("edge")
	h.poll.set(7, wire.Readable)
	h.perPass(3)
	h.wants("edge")
	h.clear(id)
	h.finish()
}

func TestModifyChangesWhatIsToldAndHangupAndErrorAlwaysAre(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, 0, func(ev *wire.Event) { h.logf("%d", ev.Num) })
	h.poll.set(7, wire.Readable|wire.Writable|wire.Hangup|wire.Error)
	h.perPass(1)
	h.raw(wire.Op{Code: wire.OpPollModify, Target: id, Len: wire.Writable})
	h.perPass(1)
	h.raw(wire.Op{Code: wire.OpPollModify, Target: id, Len: wire.Readable | wire.Writable})
	h.perPass(1)
	h.wants("13 14 15")
	h.raw(wire.Op{Code: wire.OpPollModify, Target: id, Len: 0})
	h.raw(wire.Op{Code: wire.OpPollModify, Target: id, Len: wire.Hangup})
	h.clear(id)
	h.wantRefused(wire.EINVAL, wire.EINVAL)
	h.finish()
}

func TestWhatTheSystemSaysOfADescriptorComesAsItsFinalEvent(t *testing.T) {
	h := newHost(t, setup{})
	said := func(ev *wire.Event) {
		if ev.Flags != wire.KindError {
			t.Errorf("event %+v", *ev)
		}
		h.logf("%s:%d:%d", wire.Slice[byte](ev.Data, int(ev.Len)), ev.Status, ev.Aux)
	}
	first := h.pollFD(7, wire.Readable, 0, nil)
	h.pollFD(7, wire.Readable, 0, said)
	h.pollFD(900, wire.Readable, 0, said)
	h.pollFD(901, wire.Readable, 0, said)
	h.pollFD(902, wire.Readable, 0, said)
	id := h.pollFD(903, wire.Readable, 0, said)
	h.raw(wire.Op{Code: wire.OpPollModify, Target: id, Len: wire.Writable})
	h.turn(0)
	want := fmt.Sprintf("[poll_fd 7:%d:%d poll_fd 900:%d:%d poll_fd 901:%d:%d poll_fd 902:%d:%d poll_fd 903:%d:%d]",
		wire.EEXIST, syscall.EEXIST, wire.EBADF, syscall.EBADF, wire.EPERM, syscall.EPERM,
		wire.ESYS, syscall.ENOTTY, wire.EBADF, syscall.EBADF)
	if got := fmt.Sprint(h.log); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	h.clear(first)
	h.finish()
}

func TestAClearedDescriptorIsForgottenAtOnce(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, 0, h.says("old"))
	h.clear(id)
	h.pollFD(7, wire.Readable, wire.OpFlagOneshot, h.says("new"))
	h.poll.set(7, wire.Readable)
	h.run()
	h.wants("new")
	h.finish()
}

func TestADescriptorClearedByAnEarlierEventOfItsBatchIsSilent(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		var ids [2]uint64
		for i := range ids {
			ids[i] = h.pollFD(10+i, wire.Readable, 0, func(*wire.Event) {
				h.logf("fd%d", i)
				h.clear(ids[1-i])
				h.clear(ids[i])
			})
			h.poll.set(10+i, wire.Readable)
		}
		h.run()
		h.wants("fd0")
		if h.poll.rebuilt != 0 {
			t.Fatal("the set was built anew for a record that was only stale")
		}
		h.finish()
	}
}

func TestADeadIdThatIsStillReportedHasTheSetBuiltAnew(t *testing.T) {
	h := newHost(t, setup{})
	live := h.pollFD(7, wire.Readable, 0, h.says("live"))
	h.poll.set(7, wire.Readable)
	dead := h.pollFD(8, wire.Readable, 0, h.says("dead"))
	h.turn(wire.StepSubmit)
	h.poll.ghosts = []fakeRecord{{dead, wire.Readable}}
	h.clear(dead)
	h.turn(wire.StepSubmit)
	h.perPass(3)
	h.wants("live live live")
	if h.poll.rebuilt != 1 {
		t.Fatalf("built anew %d times", h.poll.rebuilt)
	}
	h.clear(live)
	h.finish()
}

func TestTheWakeDescriptorGivesNoEvent(t *testing.T) {
	h := newHost(t, setup{})
	id := h.pollFD(7, wire.Readable, 0, h.says("fd"))
	h.turn(0)
	h.poll.records = []fakeRecord{{0, wire.Readable}}
	h.step.NReady, h.step.WaitErrno = 1, 0
	h.turn(wire.StepWaited)
	if h.answer != wire.AnswerWait {
		t.Fatalf("answer %d", h.answer)
	}
	h.wants("")
	h.clear(id)
	h.finish()
}

func TestABusyLoopLooksAtDescriptorsOnlyEverySoOften(t *testing.T) {
	passes := func(step int64) (int, int) {
		h := newHost(t, setup{})
		fd := h.pollFD(7, wire.Readable, 0, nil)
		idle := h.watcher(wire.OpIdle, func(*wire.Event) { h.clock.ns += step })
		h.turn(0)
		before := h.poll.polls
		const n = 170
		for range n {
			h.turn(0)
		}
		polls := h.poll.polls - before
		h.clear(fd)
		h.clear(idle)
		h.finish()
		return n, polls
	}
	if n, polls := passes(0); polls != n/(maxSkips+1) {
		t.Errorf("%d polls in %d fast passes", polls, n)
	}
	if n, polls := passes(maxSkipped / 2); polls != n/2 {
		t.Errorf("%d polls in %d passes of %d ns", polls, n, maxSkipped/2)
	}
	if n, polls := passes(maxSkipped); polls != n {
		t.Errorf("%d polls in %d slow passes", polls, n)
	}
}

func TestALoopWithoutDescriptorsDoesNotPoll(t *testing.T) {
	h := newHost(t, setup{})
	h.after(0, nil)
	h.holds = 1
	h.perPass(5)
	if h.poll.polls != 0 {
		t.Fatalf("%d polls", h.poll.polls)
	}
	h.finish()
}

func TestRealBackends(t *testing.T) {
	for name, backend := range map[string]uint32{"best": wire.BackendAuto, "poll": wire.BackendPoll} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{real: true, backend: backend})
			rd, wr, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rd.Close(); _ = wr.Close() }()
			file, err := os.Open(os.Args[0])
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			var id uint64
			id = h.pollFD(int(rd.Fd()), wire.Readable, 0, func(ev *wire.Event) {
				h.logf("readable %d", ev.Num)
				h.clear(id)
			})
			h.pollFD(int(wr.Fd()), wire.Writable, wire.OpFlagOneshot, h.says("writable"))
			h.pollFD(int(rd.Fd()), wire.Readable, 0, h.tells("twice"))
			h.pollFD(int(file.Fd()), wire.Readable, 0, h.tells("file"))
			h.pollFD(1<<20, wire.Readable, 0, h.tells("no fd"))
			if _, err := wr.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			h.run()
			got := fmt.Sprint(h.log)
			want := "[twice(-14)@0 file(-15)@0 no fd(-35)@0 readable 1 writable]"
			other := "[twice(-14)@0 file(-15)@0 no fd(-35)@0 writable readable 1]"
			if got != want && got != other {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
			h.finish()
		})
	}
}

func TestNewPassesOnWhyThereIsNoPoller(t *testing.T) {
	mem := &wire.HeapMemory{}
	e, code := New(&wire.Options{Backend: 99}, &wire.Shared{}, mem)
	if e != nil || code != wire.ENOTSUP && code != wire.EINVAL {
		t.Fatalf("engine %v, code %d", e, code)
	}
	if mem.Live() != 0 {
		t.Fatalf("%d allocations left", mem.Live())
	}
	for _, f := range []func() (*Engine, int32){
		func() (*Engine, int32) { return New(nil, &wire.Shared{}, mem) },
		func() (*Engine, int32) { return New(&wire.Options{}, nil, mem) },
		func() (*Engine, int32) { return New(&wire.Options{}, &wire.Shared{}, nil) },
	} {
		if e, code := f(); e != nil || code != wire.EINVAL {
			t.Fatalf("engine %v, code %d", e, code)
		}
	}
	if e, code := New(&wire.Options{}, &wire.Shared{}, noMemory{}); e != nil || code != wire.ENOMEM {
		t.Fatalf("engine %v, code %d", e, code)
	}
}
