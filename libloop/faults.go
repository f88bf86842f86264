// SPDX-License-Identifier: MIT

//go:build faults

package libloop

import (
	"runtime/debug"

	"libloop.dev/libloop/libloop/internal/task"
	"libloop.dev/libloop/libloop/internal/wire"
)

// fault takes an op with an unknown code. In this build three of them panic on purpose, and one does
// what no Go program can recover from.
func (e *Engine) fault(op *wire.Op) int32 {
	switch op.Code {
	case 0xF004:
		debug.SetMaxStack(1 << 20)
		overflow(e)
	case 0xF001:
		panic("fault: a panic in the step")
	case 0xF002:
		go e.guard(func() { panic("fault: a panic in a goroutine") })
	case 0xF003:
		n := e.tasks.add(&badTask{})
		addr := e.jobs.block(e, 0, &slot{}, wire.LaneFile, 0)
		j := wire.At[wire.Job](addr)
		j.Fn, j.Arg = 0, uintptr(n)
		e.jobs.push(e, addr, j)
	default:
		return wire.EINVAL
	}
	return wire.OK
}

// badTask panics on a worker of the pool.
type badTask struct{ task.State }

func (*badTask) Run() int { panic("fault: a panic in a worker") }

// guard runs f as every goroutine of the engine runs: a panic ends the loop, not the process.
func (e *Engine) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			e.GoPanic(v, debug.Stack())
		}
	}()
	f()
}

// overflow uses all of its goroutine's stack.
func overflow(e *Engine) {
	var frame [1024]byte
	overflow(e)
	frame[e.now&1]++
}
