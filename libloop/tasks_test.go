// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// opTrial is the code of a battery that only tests have.
const opTrial = 30

func init() { opFlags[opTrial] = wire.OpFlagUnref | wire.OpFlagQuiet }

// trial is a task that does what its test says. said is what its calls of Run come to, the last one again and
// again; a stopped one comes to its end.
type trial struct {
	task.State
	said    []int
	early   int    // bytes that Start says it used; 0: Start does nothing
	onStart func() // called by Start, unless nil
	runs    int
	log     []string
	number  int

	made, released int // calls of Make and Release
}

func (x *trial) Release() { x.released++ }

func (x *trial) Run() int {
	x.runs++
	said := x.said[0]
	if len(x.said) > 1 {
		x.said = x.said[1:]
	}
	if x.Stopped.Load() {
		x.log = append(x.log, "stopped")
		return x.Fail(wire.ECANCELED, 0, "")
	}
	if said == task.Out || said == task.End && x.Status == wire.OK {
		x.number++
		x.Bytes(fmt.Appendf(nil, "piece %d", x.number))
		x.Num, x.Aux = int64(x.number), 7
	}
	return said
}

func (x *trial) Start(int) (int, bool) {
	if x.onStart != nil {
		x.onStart()
	}
	if x.early == 0 {
		return 0, false
	}
	x.Bytes([]byte("early"))
	return x.early, true
}

// trials are the tasks of a test by the number that their op has as arg.
var trials []*trial

var testNouns = nouns{opTrial: {
	Check: func(op *wire.Op) bool { return op.Len != 99 },
	Make: func(_ wire.Memory, op *wire.Op) (task.Task, int32) {
		if op.Len > 0 {
			return nil, -int32(op.Len)
		}
		trials[op.Arg].made++
		return trials[op.Arg], wire.OK
	},
	Lane: func(*wire.Op) uint32 { return wire.LaneFile },
	Name: func(*wire.Op) string { return "trial" },
}}

func (h *host) trial(x *trial, cb func(*wire.Event)) uint64 {
	trials = append(trials, x)
	return h.start(wire.Op{Code: opTrial, Arg: int64(len(trials) - 1), Data: 8}, cb)
}

// say logs status, value and whether more comes.
func (h *host) say(name string) func(*wire.Event) {
	return func(ev *wire.Event) {
		text := string(wire.Slice[byte](ev.Data, int(ev.Len)))
		more := ""
		if ev.Flags&wire.EvMore != 0 {
			more = " +"
		}
		h.logf("%s %d %q %d%s", name, ev.Status, text, ev.Num, more)
	}
}

func (h *host) want(lines ...string) {
	h.t.Helper()
	if !slices.Equal(h.log, lines) {
		h.t.Fatalf("got  %q\nwant %q", h.log, lines)
	}
	h.log = nil
}

func TestATaskGivesItsResultOnce(t *testing.T) {
	h := newHost(t, setup{})
	h.trial(&trial{said: []int{task.More, task.More, task.End}}, h.say("a"))
	h.run()
	h.want(`a 0 "piece 1" 1`)
	h.finish()
}

func TestATaskGivesPiecesUntilItsEnd(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		h := newHost(t, setup{capacity: capacity})
		h.trial(&trial{said: []int{task.Out, task.More, task.Out, task.End}}, h.say("a"))
		h.run()
		h.want(`a 0 "piece 1" 1 +`, `a 0 "piece 2" 2 +`, `a 0 "piece 3" 3`)
		h.finish()
	}
}

func TestTheErrorOfATaskHasItsSubject(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.End}}
	x.Fail(wire.ENOENT, 2, "open /nowhere")
	h.trial(x, func(ev *wire.Event) {
		h.say("a")(ev)
		if ev.Aux != 2 || ev.Flags&wire.KindMask != wire.KindError {
			t.Fatalf("%+v", *ev)
		}
	})
	h.run()
	h.want(`a -33 "open /nowhere" 0`)
	h.finish()
}

func TestATaskThatCannotBeMadeEndsWithItsCode(t *testing.T) {
	h := newHost(t, setup{})
	h.start(wire.Op{Code: opTrial, Len: 14, Data: 8}, h.say("a"))
	h.start(wire.Op{Code: opTrial, Len: 99, Data: 8}, h.say("refused"))
	h.start(wire.Op{Code: opTrial}, h.say("refused"))
	h.run()
	h.want(`a -14 "trial" 0`)
	if len(h.refused) != 2 || h.refused[0].Status != wire.EINVAL || h.refused[1].Status != wire.EINVAL {
		t.Fatalf("%+v", h.refused)
	}
	h.finish()
}

func TestWhatIsDoneAtOnceComesInTheNextPass(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{early: 1}
	h.trial(x, h.say("early"))
	h.imm = append(h.imm, func() {
		h.logf("immediate")
		h.trial(&trial{early: 1}, h.say("early 2"))
		h.imm = append(h.imm, func() { h.logf("immediate 2") })
	})
	h.run()
	h.want("immediate", `early 0 "early" 0`, `early 2 0 "early" 0`, "immediate 2")
	if x.runs != 0 || h.busyPool() {
		t.Fatal("a worker did it")
	}
	h.finish()
}

func TestTheLoopsThreadDoesSoMuchAtOnceInATurn(t *testing.T) {
	h := newHost(t, setup{})
	early := 0
	count := func(ev *wire.Event) {
		if string(wire.Slice[byte](ev.Data, int(ev.Len))) == "early" {
			early++
		}
	}
	for range earlyTasks + 10 {
		h.trial(&trial{early: 1, said: []int{task.End}}, count)
	}
	h.run()
	if early != earlyTasks {
		t.Fatalf("%d of %d", early, earlyTasks)
	}
	early = 0
	for range 10 {
		h.trial(&trial{early: earlyBytes / 2, said: []int{task.End}}, count)
	}
	h.run()
	if early != 2 {
		t.Fatalf("%d with half of the bytes each", early)
	}
	h.finish()
}

func TestARunOnceGivesWhatWasDoneAtOnce(t *testing.T) {
	h := newHost(t, setup{})
	h.trial(&trial{early: 1}, h.say("early"))
	h.runMode(wire.StepOnce)
	h.want(`early 0 "early" 0`)
	h.finish()
}

func TestATaskCancelledInTheQueueNeverRuns(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.End}}
	id := h.trial(x, h.say("a"))
	h.turn(0)
	h.cancel(id)
	h.turn(0)
	h.want(`a -11 "trial" 0`)
	h.run()
	if x.runs != 0 {
		t.Fatal("it ran")
	}
	h.finish()
	if x.released != 1 {
		t.Fatalf("it was released %d times", x.released)
	}
}

func TestATaskCancelledAtWorkTellsSoAndEndsWhenItHasLetGo(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.Out, task.Out}}
	id := h.trial(x, h.say("a"))
	h.turn(0)
	h.begin(wire.LaneFile)
	h.end()
	h.turn(0)
	h.want(`a 0 "piece 1" 1 +`)
	h.begin(wire.LaneFile)
	h.cancel(id)
	h.turn(0)
	h.want(`a -11 "trial" 0 +`)
	h.end()
	h.turn(0)
	h.want(`a -11 "trial" 0`)
	if !slices.Equal(x.log, []string{"stopped"}) {
		t.Fatalf("%q", x.log)
	}
	h.finish()
}

func TestAPieceInTheWorkListComesBeforeTheCancelWhateverTheBatch(t *testing.T) {
	for _, capacity := range []int{1, 2, 1024} {
		h := newHost(t, setup{capacity: capacity})
		var ids [3]uint64
		for i := range ids {
			say := h.say(fmt.Sprint(i))
			ids[i] = h.trial(&trial{said: []int{task.Out, task.Out}}, func(ev *wire.Event) {
				say(ev)
				if i == 0 && ev.Flags&wire.EvOutcome == 0 {
					for _, id := range ids {
						h.cancel(id)
					}
				}
			})
		}
		h.turn(0)
		h.runJobs()
		h.run()
		h.want(`0 0 "piece 1" 1 +`, `1 0 "piece 1" 1 +`, `2 0 "piece 1" 1 +`,
			`0 -11 "trial" 0 +`, `1 -11 "trial" 0 +`, `2 -11 "trial" 0 +`)
		// What is on its way to its end keeps no loop alive.
		h.finish()
		h.want(`0 -11 "trial" 0`, `1 -11 "trial" 0`, `2 -11 "trial" 0`)
	}
}

func TestTheDeadlineOfATaskCountsAnewFromEachPiece(t *testing.T) {
	h := newHost(t, setup{})
	trials = append(trials, &trial{said: []int{task.Out, task.Out, task.More, task.Out}})
	h.start(wire.Op{Code: opTrial, Arg: int64(len(trials) - 1), Data: 8, TimeoutNS: 100}, h.say("a"))
	for range 2 {
		h.turn(0)
		h.clock.ns += 60
		h.runJobs()
		h.turn(0)
	}
	h.want(`a 0 "piece 1" 1 +`, `a 0 "piece 2" 2 +`)
	h.begin(wire.LaneFile)
	h.clock.ns += 100
	h.turn(0)
	h.turn(0)
	h.want(`a -12 "trial" 0 +`)
	h.end()
	h.turn(0)
	h.want(`a -12 "trial" 0`)
	h.finish()
}

func TestAFullLaneRefusesATask(t *testing.T) {
	h := newHost(t, setup{queueLimit: 1})
	h.trial(&trial{said: []int{task.End}}, h.say("a"))
	h.trial(&trial{said: []int{task.End}}, h.say("b"))
	h.run()
	h.want(`b -9 "trial" 0`, `a 0 "piece 1" 1`)
	h.finish()
}

func TestATaskWithoutAWorkerEndsWithItsError(t *testing.T) {
	h := newHost(t, setup{})
	x := &trial{said: []int{task.End}}
	h.trial(x, h.say("a"))
	h.turn(0)
	j := h.begin(wire.LaneFile)
	h.running = nil
	j.Status, j.Out = wire.EAGAIN, wire.Value{Kind: wire.KindError, OSErrno: 11}
	j.State = wire.JobFinished
	h.back(j)
	h.turn(0)
	h.want(`a -39 "trial" 0`)
	if x.runs != 0 {
		t.Fatal("it ran")
	}
	h.finish()
}

func TestTasksEndOnceWhateverIsDoneToThem(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 9))
		h := newHost(t, setup{capacity: 1 + r.IntN(4), phaseLimit: uint32(r.IntN(3))})
		var ids []uint64
		first := len(trials)
		for range 40 {
			switch r.IntN(6) {
			case 0, 1:
				x := &trial{early: r.IntN(2)}
				for range r.IntN(5) {
					x.said = append(x.said, []int{task.More, task.Out}[r.IntN(2)])
				}
				x.said = append(x.said, task.End)
				ids = append(ids, h.trial(x, func(*wire.Event) {}))
			case 2:
				if len(ids) > 0 {
					id := ids[r.IntN(len(ids))]
					[]func(uint64){h.cancel, h.clear}[r.IntN(2)](id)
				}
			case 3:
				h.begin(wire.LaneFile)
			case 4:
				if len(h.running) > 0 {
					h.end()
				}
			default:
				h.turn([]uint32{0, wire.StepNowait, wire.StepSubmit}[r.IntN(3)])
			}
		}
		if r.IntN(2) == 0 {
			h.run()
		}
		h.finish()
		for n, x := range trials[first:] {
			if x.released != x.made {
				t.Fatalf("seed %d: task %d was released %d times", seed, n, x.released)
			}
		}
	}
}

// opener is a task that hands over a descriptor, keeps a copy of its input, and can say what it is about.
type opener struct {
	task.State
	fd int
}

func (x *opener) Text() string { return "open it" }

func (x *opener) Run() int {
	x.Kind, x.Num, x.Flags = wire.KindInt, int64(x.fd), wire.EvFD
	return task.End
}

const opOpener = 28

func init() {
	opFlags[opOpener] = wire.OpFlagUnref
	testNouns[opOpener] = &task.Noun{
		Check: func(*wire.Op) bool { return true },
		Make: func(mem wire.Memory, op *wire.Op) (task.Task, int32) {
			x := &opener{fd: int(op.Arg)}
			x.Mem = mem
			if got := x.KeepInput([]byte("in"), nil, []byte("put")); string(got) != "input" {
				return nil, wire.EINVAL
			}
			return x, wire.OK
		},
		Lane: func(*wire.Op) uint32 { return wire.LaneFile },
		Name: func(*wire.Op) string { return "open" },
	}
}

// newFD opens a descriptor; isOpen says whether the number still stands for something.
func newFD(t *testing.T) (fd int, isOpen func() bool) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(p[0]) })
	return p[1], func() bool {
		var st syscall.Stat_t
		return syscall.Fstat(p[1], &st) == nil
	}
}

func TestWhoGetsTheEventHasTheDescriptor(t *testing.T) {
	h := newHost(t, setup{})
	fd, isOpen := newFD(t)
	h.start(wire.Op{Code: opOpener, Arg: int64(fd), Data: 8}, func(ev *wire.Event) {
		if ev.Flags != wire.KindInt|wire.EvFD || ev.Num != int64(fd) {
			t.Errorf("%+v", *ev)
		}
	})
	h.run()
	h.finish()
	if !isOpen() {
		t.Fatal("it is closed")
	}
	_ = syscall.Close(fd)
}

func TestADescriptorThatNobodyGetsIsClosed(t *testing.T) {
	for name, end := range map[string]func(h *host, id uint64){
		"cleared when it is there": func(h *host, id uint64) {
			h.runJobs()
			h.clear(id)
			h.turn(0)
		},
		"cancelled at work": func(h *host, id uint64) {
			h.begin(wire.LaneFile)
			h.cancel(id)
			h.turn(0)
			h.want(`a -11 "open it" 0 +`)
			h.end()
			h.turn(0)
			h.want(`a -11 "open it" 0`)
		},
		"closed": func(h *host, _ uint64) {
			h.begin(wire.LaneFile)
			h.turn(wire.StepClose)
			h.end()
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, setup{})
			fd, isOpen := newFD(t)
			id := h.start(wire.Op{Code: opOpener, Arg: int64(fd), Data: 8}, h.say("a"))
			h.turn(0)
			end(h, id)
			h.run()
			h.finish()
			if isOpen() {
				t.Error("it is open")
			}
		})
	}
}

func TestATaskThatNeverRanSaysWhatItWasAboutAndGivesItsInputBack(t *testing.T) {
	h := newHost(t, setup{})
	id := h.start(wire.Op{Code: opOpener, Data: 8}, h.say("a"))
	h.turn(0)
	h.cancel(id)
	h.turn(0)
	h.want(`a -11 "open it" 0`)
	h.run()
	h.finish() // looks for memory that is left
}
