// SPDX-License-Identifier: MIT

package libloop

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

// program is a random host. What a callback does depends on its name and the number of its call alone, so
// that two loops that call in the same order do the same.
type program struct {
	h      *host
	seed   uint64
	budget int  // ids still to be started
	moves  bool // callbacks move the clock; else ids have deadlines
	over   bool
	names  []string
	ids    map[string]uint64
	calls  map[string]int
	fds    int
}

func newProgram(h *host, seed uint64) *program {
	p := &program{h: h, seed: seed, budget: 120, moves: seed%2 == 0, ids: map[string]uint64{}, calls: map[string]int{}}
	h.onPost = func(v uint64) { p.called(fmt.Sprint("post", v), nil) }
	p.act("main", 12)
	return p
}

// called is every callback.
func (p *program) called(name string, ev *wire.Event) {
	if p.over {
		return
	}
	status, more := int32(0), ""
	if ev != nil {
		status = ev.Status
		if ev.Flags&wire.EvMore != 0 {
			more = "+"
		}
	}
	p.h.logf("%d %s(%d)%s", p.h.step.Pass, name, status, more)
	p.calls[name]++
	if p.calls[name] == 4 && more != "" {
		p.h.clear(p.ids[name])
		return
	}
	p.act(fmt.Sprint(name, "#", p.calls[name]), 3)
}

// act makes up to n calls of the loop.
func (p *program) act(key string, n int) {
	var hash uint64 = 14695981039346656037
	for _, c := range []byte(key) {
		hash = (hash ^ uint64(c)) * 1099511628211
	}
	r := rand.New(rand.NewPCG(p.seed, hash))
	if p.moves && r.IntN(4) == 0 {
		p.h.clock.ns += int64(r.IntN(30))
	}
	for range r.IntN(n + 1) {
		if r.IntN(3) == 0 && len(p.names) > 0 {
			p.change(p.names[r.IntN(len(p.names))], r)
		} else if p.budget > 0 {
			p.budget--
			p.start(r)
		}
	}
}

func (p *program) start(r *rand.Rand) {
	h := p.h
	n := len(p.names)
	kind := []string{"timer", "timer", "interval", "idle", "prepare", "check", "job", "fd", "post", "imm", "tick"}[r.IntN(11)]
	name := fmt.Sprint(kind, n)
	cb := func(ev *wire.Event) { p.called(name, ev) }
	var timeout int64
	if !p.moves && r.IntN(5) == 0 {
		timeout = int64(1 + r.IntN(60))
	}
	op := wire.Op{TimeoutNS: timeout}
	if r.IntN(8) == 0 {
		op.Flags = wire.OpFlagUnref
	}
	delay := int64(r.IntN(5) * 10)
	switch kind {
	case "timer":
		op.Code, op.Arg = wire.OpTimer, h.clock.ns+delay
	case "interval":
		op.Code, op.Arg, op.Target = wire.OpTimer, h.clock.ns+delay, uint64(5+delay)
		op.Flags |= wire.OpFlagRepeat
	case "idle":
		op.Code = wire.OpIdle
	case "prepare":
		op.Code = wire.OpPrepare
	case "check":
		op.Code = wire.OpCheck
	case "job":
		work := h.workOp(func(*wire.Value) int32 { return 0 })
		op.Code, op.Arg = work.Code, work.Arg
	case "fd":
		p.fds++
		op.Code, op.Arg, op.Len = wire.OpPollFD, int64(100+p.fds), wire.Readable
		op.Flags |= []uint16{0, wire.OpFlagOneshot, wire.OpFlagEdge}[r.IntN(3)]
		h.poll.set(100+p.fds, wire.Readable)
	case "post":
		h.post(uint64(n))
	case "imm":
		h.imm = append(h.imm, func() { p.called(name, nil) })
	case "tick":
		h.ticks = append(h.ticks, func() { p.called(name, nil) })
	}
	p.names = append(p.names, name)
	if op.Code != 0 {
		p.ids[name] = h.start(op, cb)
	}
}

// change makes a control call about an earlier name.
func (p *program) change(name string, r *rand.Rand) {
	h := p.h
	id := p.ids[name]
	if x := h.byRef[id]; x == nil || x.cleared {
		return
	}
	_, final := h.inBatch(id)
	switch r.IntN(5) {
	case 0:
		h.clear(id)
	case 1:
		h.cancel(id)
	case 2:
		p.refresh(name, h.clock.ns+int64(r.IntN(4)*10))
	case 3:
		if !final {
			h.control(wire.OpUnref, id)
		}
	case 4:
		if !final {
			h.control(wire.OpRef, id)
		}
	}
}

// refresh does what the C half does: a timer whose event is in the batch goes on under a new id.
func (p *program) refresh(name string, deadline int64) {
	h := p.h
	x := h.byRef[p.ids[name]]
	if x.started.Code != wire.OpTimer {
		return
	}
	if x.cancelled || x.started.TimeoutNS > 0 {
		return // refused if it has ended but is not told yet, which the size of the batch decides
	}
	some, final := h.inBatch(x.id)
	if some {
		h.skipInBatch(x)
	}
	if final {
		op := x.started
		op.Arg = deadline
		p.ids[name] = h.start(op, x.cb)
		return
	}
	h.raw(wire.Op{Code: wire.OpRefresh, Target: x.id, Arg: deadline})
}

// play runs the program to its end. Each sleep ends the jobs that the sleep before has begun.
func (p *program) play(t *testing.T) []string {
	h := p.h
	flags := uint32(0)
	for range 200_000 {
		answer := h.turn(flags)
		if h.code != wire.OK {
			t.Fatalf("Step: %d", h.code)
		}
		flags = 0
		switch answer {
		case wire.AnswerDone:
			for len(h.running) > 0 {
				h.end()
			}
			return p.end()
		case wire.AnswerWait:
			if h.busyPool() {
				for len(h.running) > 0 {
					h.end()
				}
				h.begin(0)
				h.begin(0)
				continue
			}
			if h.step.WaitNS < 0 && !h.poll.any() {
				h.logf("nothing more will happen")
				return p.end()
			}
			flags = h.sleep()
		}
	}
	t.Fatal("the program does not end")
	return nil
}

// end closes the loop, without doing anything in the callbacks that come of it.
func (p *program) end() []string {
	log := p.h.log
	p.over = true
	p.h.finish()
	return log
}

func TestTheSizeOfTheBatchDoesNotChangeTheOrder(t *testing.T) {
	programs := uint64(100)
	if n, err := strconv.ParseUint(os.Getenv("LOOP_PROGRAMS"), 10, 64); err == nil {
		programs = n
	}
	calls := 0
	for seed := range programs {
		var first []string
		for _, capacity := range []int{1024, 1, 2, 7} {
			h := newHost(t, setup{capacity: capacity, phaseLimit: []uint32{0, 0, 3, 1}[seed%4]})
			log := newProgram(h, seed).play(t)
			if first == nil {
				first = log
				calls += len(log)
			} else if !slices.Equal(first, log) {
				i := 0
				for i < min(len(log), len(first)) && log[i] == first[i] {
					i++
				}
				t.Fatalf("seed %d, capacity %d: calls differ from number %d on\ngot  %q\nwant %q", seed, capacity, i,
					log[i:min(i+5, len(log))], first[i:min(i+5, len(first))])
			}
		}
	}
	if calls < int(programs)*50 {
		t.Fatalf("only %d calls in %d programs", calls, programs)
	}
}
