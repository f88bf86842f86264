// SPDX-License-Identifier: MIT

package libloop

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// echo is a flow that gives each piece of its input back in parts of at most two bytes, and the number of
// bytes at its end. "!" in the input makes it fail.
type echo struct {
	task.State
	data  []byte
	total int64
	fed   bool
	last  bool
	eager bool // asks for input at once when it has used some up
}

func (x *echo) Feed(data []byte, last bool) { x.data, x.last, x.fed = data, last, true }

func (x *echo) Run() int {
	x.Status, x.Kind = wire.OK, wire.KindUndefined
	switch {
	case x.Stopped.Load():
		return x.Fail(wire.ECANCELED, 0, "echo")
	case len(x.data) > 0 && x.data[0] == '!':
		return x.Fail(wire.EIO, 5, "echo")
	case len(x.data) > 0:
		n := min(2, len(x.data))
		x.Bytes(x.data[:n])
		x.data = x.data[n:]
		x.total += int64(n)
		if len(x.data) == 0 {
			x.fed = false
			if x.eager {
				return task.Out | task.Consumed | task.Idle
			}
			return task.Out | task.Consumed
		}
		return task.Out
	case x.last:
		x.Drop()
		x.Kind, x.Num = wire.KindInt, x.total
		return task.End
	case x.fed:
		x.fed = false
		return task.Consumed
	}
	return task.Idle
}

const opEcho = 29

func init() {
	opFlags[opEcho] = wire.OpFlagUnref | wire.OpFlagQuiet
	testNouns[opEcho] = &task.Noun{
		Check: func(*wire.Op) bool { return true },
		Make: func(_ wire.Memory, op *wire.Op) (task.Task, int32) {
			return &echo{eager: op.Arg == 1}, wire.OK
		},
		Lane: func(*wire.Op) uint32 { return wire.LaneCpu },
		Name: func(*wire.Op) string { return "echo" },
	}
}

func (h *host) echo(cb func(*wire.Event)) uint64 {
	return h.start(wire.Op{Code: opEcho, Data: 8}, cb)
}

func (h *host) write(flow uint64, text string, flags uint16, cb func(*wire.Event)) uint64 {
	b := append([]byte(text), 0)
	h.keep = append(h.keep, b)
	return h.start(wire.Op{
		Code: wire.OpWrite, Flags: flags, Target: flow, Len: uint32(len(text)), Data: uintptr(unsafe.Pointer(&b[0])),
	}, cb)
}

// wrote logs status, bytes taken and bytes that wait.
func (h *host) wrote(name string) func(*wire.Event) {
	return func(ev *wire.Event) { h.logf("%s %d %d %d", name, ev.Status, ev.Num, ev.Aux) }
}

func TestAFlowUsesItsWritesInOrderAndThenEnds(t *testing.T) {
	for _, capacity := range []int{1, 1024} {
		for _, flags := range []uint16{0, wire.OpFlagBorrowed} {
			h := newHost(t, setup{capacity: capacity})
			id := h.echo(h.say("flow"))
			h.write(id, "abc", flags, h.wrote("first"))
			h.write(id, "", flags, h.wrote("empty"))
			h.write(id, "de", flags, h.wrote("second"))
			h.control(wire.OpEnd, id)
			h.write(id, "f", flags, h.wrote("late"))
			h.run()
			h.want("late -42 0 0", `flow 0 "ab" 0 +`, `flow 0 "c" 0 +`, "first 0 3 2", "empty 0 0 2",
				`flow 0 "de" 0 +`, "second 0 2 0", `flow 0 "" 5`)
			h.finish()
		}
	}
}

func TestAFlowThatWaitsForInputKeepsNoLoopAlive(t *testing.T) {
	h := newHost(t, setup{})
	id := h.echo(h.say("flow"))
	h.run()
	h.want()
	h.write(id, "a", 0, h.wrote("write"))
	h.run()
	h.want(`flow 0 "a" 0 +`, "write 0 1 0")
	h.control(wire.OpEnd, id)
	h.run()
	h.want(`flow 0 "" 1`)
	h.finish()
}

func TestAFlowThatFailsEndsTheWritesThatWait(t *testing.T) {
	h := newHost(t, setup{})
	id := h.echo(h.say("flow"))
	h.write(id, "a", 0, h.wrote("first"))
	h.write(id, "!", 0, h.wrote("bad"))
	h.write(id, "b", wire.OpFlagBorrowed, h.wrote("third"))
	h.run()
	h.want(`flow 0 "a" 0 +`, "first 0 1 2", `flow -36 "echo" 0`, "bad -11 0 0", "third -11 0 0")
	if late := h.write(id, "c", 0, h.wrote("late")); late == 0 {
		t.Fatal("no id")
	}
	h.run()
	h.want("late -2 0 0")
	h.finish()
}

func TestAWriteToWhatIsNoFlowEndsWithBadId(t *testing.T) {
	h := newHost(t, setup{})
	h.write(h.after(1000, nil), "a", 0, h.wrote("timer"))
	h.write(h.trial(&trial{said: []int{task.End}}, nil), "a", 0, h.wrote("no input"))
	h.write(1<<62|5, "a", 0, h.wrote("forged"))
	h.run()
	h.want("timer -2 0 0", "no input -2 0 0", "forged -2 0 0")
	h.finish()
}

func TestACancelledFlowEndsItsWritesAndItselfOnce(t *testing.T) {
	for _, rests := range []bool{true, false} {
		h := newHost(t, setup{})
		id := h.echo(h.say("flow"))
		if rests {
			h.turn(0)
		} else {
			h.write(id, "abcdef", wire.OpFlagBorrowed, h.wrote("write"))
			h.turn(0)
			h.begin(wire.LaneCpu)
		}
		h.cancel(id)
		h.turn(0)
		h.want(`flow -11 "echo" 0 +`)
		h.runJobs()
		h.turn(0)
		h.turn(0)
		if rests {
			h.want(`flow -11 "echo" 0`)
		} else {
			h.want(`flow -11 "echo" 0`, "write -11 0 0")
		}
		h.finish()
	}
}

func TestACancelledWriteIsLeftOut(t *testing.T) {
	h := newHost(t, setup{})
	id := h.echo(h.say("flow"))
	h.write(id, "a", 0, h.wrote("first"))
	second := h.write(id, "b", 0, h.wrote("second"))
	third := h.write(id, "c", 0, h.wrote("third"))
	h.write(id, "d", 0, h.wrote("fourth"))
	h.cancel(second)
	h.clear(third)
	h.control(wire.OpEnd, id)
	h.run()
	h.want("second -11 0 0", `flow 0 "a" 0 +`, "first 0 1 1", `flow 0 "d" 0 +`, "fourth 0 1 0", `flow 0 "" 2`)
	h.finish()
}

func TestAWriteCancelledWhileItIsUsedEndsWhenItIsFree(t *testing.T) {
	h := newHost(t, setup{})
	id := h.echo(h.say("flow"))
	write := h.write(id, "ab", wire.OpFlagBorrowed, h.wrote("write"))
	h.turn(0)
	h.begin(wire.LaneCpu)
	h.cancel(write)
	h.turn(0)
	h.want("write -11 0 0")
	h.end()
	h.turn(0)
	h.turn(0)
	h.want(`flow 0 "ab" 0 +`, "write -11 0 0")
	h.finish()
}

func TestAFlowCancelledWithAPieceInTheWorkListDoesNotRest(t *testing.T) {
	h := newHost(t, setup{capacity: 1})
	first := h.start(wire.Op{Code: opEcho, Data: 8, Arg: 1}, h.say("first"))
	second := h.start(wire.Op{Code: opEcho, Data: 8, Arg: 1}, h.say("second"))
	h.write(first, "a", 0, func(*wire.Event) { h.cancel(second) })
	h.write(second, "b", 0, h.wrote("write"))
	h.turn(0)
	h.runJobs()
	h.run()
	h.want(`first 0 "a" 0 +`, `second 0 "b" 0 +`, "write 0 1 0", `second -11 "echo" 0 +`)
	h.finish()
	h.want(`first -11 "echo" 0 +`, `second -11 "echo" 0`, `first -11 "echo" 0`)
}

func TestAPausedTaskGivesNothingUntilItIsResumed(t *testing.T) {
	h := newHost(t, setup{})
	id := h.trial(&trial{said: []int{task.Out, task.Out, task.End}}, h.say("a"))
	h.turn(0)
	h.control(wire.OpPause, id)
	h.run()
	h.want(`a 0 "piece 1" 1 +`) // it was on its way
	h.run()
	h.want()
	h.control(wire.OpResume, id)
	h.run()
	h.want(`a 0 "piece 2" 2 +`, `a 0 "piece 3" 3`)
	h.finish()
}

func TestATaskWaitsWhileTheHostRetainsTooMuch(t *testing.T) {
	h := newHost(t, setup{})
	h.e.conf.retainMax = 100
	h.shared.Retained = 101
	id := h.trial(&trial{said: []int{task.Out, task.Out, task.End}}, h.say("a"))
	h.turn(0)
	h.runJobs()
	for range 3 {
		if h.turn(0); h.answer == wire.AnswerWait {
			h.clock.ns += h.step.WaitNS
			h.turn(wire.StepWaited)
		}
	}
	h.want(`a 0 "piece 1" 1 +`)
	if h.busyPool() || h.step.WaitNS > heldCheck || h.step.Alive != 1 {
		t.Fatalf("wait %d, alive %d", h.step.WaitNS, h.step.Alive)
	}
	h.shared.Retained = 100
	h.turn(0)
	h.runJobs()
	h.turn(0)
	h.want(`a 0 "piece 2" 2 +`)
	h.runJobs()
	h.shared.Retained = 101
	h.cancel(id)
	h.run()
	h.want(`a 0 "piece 3" 3`)
	h.finish()
}

func TestATaskThatIsHeldCanBeCancelled(t *testing.T) {
	h := newHost(t, setup{})
	h.e.conf.retainMax, h.shared.Retained = 100, 101
	id := h.trial(&trial{said: []int{task.Out, task.Out}}, h.say("a"))
	h.turn(0)
	h.runJobs()
	h.turn(0)
	h.cancel(id)
	h.turn(0)
	h.want(`a 0 "piece 1" 1 +`, `a -11 "trial" 0 +`)
	h.finish()
	h.want(`a -11 "trial" 0`)
}

func TestFlowControlOfOtherIdsIsRefused(t *testing.T) {
	h := newHost(t, setup{})
	id := h.after(1000, nil)
	for _, code := range []uint16{wire.OpEnd, wire.OpPause, wire.OpResume} {
		h.control(code, id)
	}
	h.run()
	if len(h.refused) != 3 || h.refused[0].Status != wire.EBADID {
		t.Fatalf("%+v", h.refused)
	}
	h.finish()
}

func TestFlowsAndWritesEndOnceWhateverIsDoneToThem(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 11))
		h := newHost(t, setup{capacity: 1 + r.IntN(4), phaseLimit: uint32(r.IntN(3))})
		var ids, all []uint64
		for range 60 {
			switch r.IntN(8) {
			case 0:
				ids = append(ids, h.start(wire.Op{Code: opEcho, Data: 8, Arg: r.Int64N(2)}, func(*wire.Event) {}))
				all = append(all, ids[len(ids)-1])
			case 1, 2:
				if len(ids) > 0 {
					text := []string{"", "a", "bcd", "efghi", "x!"}[r.IntN(5)]
					flags := []uint16{0, wire.OpFlagBorrowed}[r.IntN(2)]
					all = append(all, h.write(ids[r.IntN(len(ids))], text, flags, func(*wire.Event) {}))
				}
			case 3:
				if len(all) > 0 {
					[]func(uint64){h.cancel, h.clear}[r.IntN(2)](all[r.IntN(len(all))])
				}
			case 4:
				if len(ids) > 0 {
					h.control([]uint16{wire.OpEnd, wire.OpPause, wire.OpResume}[r.IntN(3)], ids[r.IntN(len(ids))])
				}
			case 5:
				h.begin(wire.LaneCpu)
			case 6:
				if len(h.running) > 0 {
					h.end()
				}
			default:
				h.turn([]uint32{0, wire.StepNowait, wire.StepSubmit}[r.IntN(3)])
			}
		}
		if r.IntN(2) == 0 {
			for _, id := range ids {
				h.control(wire.OpResume, id) // a write that waits for a paused flow keeps the loop alive
			}
			h.run()
		}
		h.finish()
	}
}
