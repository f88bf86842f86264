// SPDX-License-Identifier: MIT

package zip

import (
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"

	"libloop.dev/libloop/libloop/internal/task"
)

// pump lets a worker run a decompressor piece by piece. A decompressor pulls: it asks for input in the middle of
// its work and cannot be left there. So it runs on a goroutine of its own, which stands still whenever the
// worker has to go on elsewhere: it never runs while no call of read is under way, and it ends with the data, or
// with stop. What is small and whole needs none of that: then the worker runs the decompressor itself.
//
// A coroutine of package iter would do, but that is tied to the thread that made it, and workers are threads of C.
type pump struct {
	params *params
	open   func(*params, *source) (io.Reader, error) // makes inner
	in     source
	inner  io.Reader
	err    error // how it ended

	out []byte // what read was given
	n   int    // bytes of it that are filled

	running  bool          // the goroutine exists
	turn     chan bool     // to it: go on (true), or end
	answer   chan pumped   // from it
	panicked *pumpPanicked // it ended with a panic
}

// pumped is what a call of read came to.
type pumped int

const (
	pumpFull   pumped = iota // the output is full
	pumpHungry               // it needs input
	pumpPaused               // it goes on at once, but a piece of input is used up
	pumpEnded                // it has ended; see err
)

type pumpPanicked struct {
	value any
	stack []byte
}

func (p *pumpPanicked) String() string {
	return fmt.Sprintf("%v\n\nin the goroutine of a decompressor:\n%s", p.value, p.stack)
}

// newPump makes a pump without input.
func newPump(p *params, stopped *atomic.Bool) *pump {
	return &pump{params: p, open: newDecompressor, in: source{stopped: stopped}}
}

// read lets the decompressor write to out until that is full, or it cannot go on. n bytes are then written, and
// the next call has to go on behind them, unless out was full or the pump has ended.
func (p *pump) read(out []byte) (n int, why pumped) {
	if p.err != nil {
		return 0, pumpEnded
	}
	p.out, p.n, p.in.used = out, 0, 0
	switch {
	case p.running:
		p.turn <- true
	case p.inner == nil && (!p.in.last || len(p.in.data) > task.PieceBytes):
		p.running = true
		p.turn, p.answer = make(chan bool), make(chan pumped)
		p.in.wait = p.wait
		go p.work()
	default:
		p.fill()
		if p.err != nil {
			return p.n, pumpEnded
		}
		return p.n, pumpFull
	}
	why = p.listen()
	return p.n, why
}

// fill runs the decompressor until out is full or it ends.
func (p *pump) fill() {
	if p.inner == nil {
		p.inner, p.err = p.open(p.params, &p.in)
	}
	for p.err == nil && p.n < len(p.out) {
		var n int
		n, p.err = p.inner.Read(p.out[p.n:])
		p.n += n
	}
}

// listen waits for the goroutine's answer and lets its panic go on here.
func (p *pump) listen() pumped {
	why := <-p.answer
	if why == pumpEnded {
		p.running = false
		if p.panicked != nil {
			panic(p.panicked.String())
		}
	}
	return why
}

// work is the goroutine.
func (p *pump) work() {
	defer func() {
		if v := recover(); v != nil {
			p.panicked = &pumpPanicked{v, debug.Stack()}
			p.err = errStopped
		}
		p.answer <- pumpEnded
	}()
	for {
		p.fill()
		if p.err != nil {
			return
		}
		if !p.pause(pumpFull) {
			p.err = errStopped
			return
		}
	}
}

// pause gives the turn back to read. False: the pump is to end. Runs on: the goroutine.
func (p *pump) pause(why pumped) bool {
	p.answer <- why
	return <-p.turn
}

// wait is the source's.
func (p *pump) wait(why need) bool {
	answer := pumpHungry
	if why == needPause {
		answer = pumpPaused
	}
	ok := p.pause(answer)
	p.in.used = 0
	return ok
}

// stop ends the decompressor, wherever it stands, and lets go of input and output. It may be called again.
func (p *pump) stop() {
	p.in.closed = true
	for p.running {
		p.turn <- false
		p.listen()
	}
	if p.err == nil {
		p.err = errStopped
	}
	p.inner, p.in.data, p.out = nil, nil, nil
}
