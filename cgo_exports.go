// SPDX-License-Identifier: MIT

// Package main is the shared library: the functions that the C half calls, and nothing else. Each finds the
// engine, calls it, and turns a panic into LOOP_EPANIC.
package main

// #include "libloop/cshim/step.h"
import "C"

import (
	"io"
	"log"
	"os"
	"runtime/debug"
	"unsafe"

	"github.com/mattn/go-pointer"
	"libloop.dev/libloop/libloop"
	"libloop.dev/libloop/libloop/cshim"
)

func init() {
	libloop.Processors()
	// net/http logs; standard error is the host's.
	log.SetOutput(io.Discard)
	// Go's own poller, which starts with the first pipe, makes isolated wake-ups cheaper.
	if r, w, err := os.Pipe(); err == nil {
		_ = r.Close()
		_ = w.Close()
	}
}

func main() {}

// find returns the engine of a handle, or nil.
func find(handle unsafe.Pointer) *libloop.Engine {
	e, _ := pointer.Restore(handle).(*libloop.Engine)
	return e
}

// guard is deferred by each export that runs the engine: a panic poisons it.
func guard(e *libloop.Engine, code *C.int32_t) {
	if v := recover(); v != nil {
		e.Poison(v, debug.Stack())
		*code = C.LOOP_EPANIC
	}
}

//export loopgo_new
func loopgo_new(options *C.loop_options_t, shared *C.loop__shared_t, engineOut *unsafe.Pointer) (code C.int32_t) {
	defer func() {
		if v := recover(); v != nil {
			code = C.LOOP_EPANIC
		}
	}()
	e, rc := libloop.New(cshim.Options(unsafe.Pointer(options)), cshim.Shared(unsafe.Pointer(shared)),
		cshim.NewMemory(unsafe.Pointer(shared)))
	if rc == C.LOOP_OK {
		*engineOut = pointer.Save(e)
	}
	return C.int32_t(rc)
}

//export loopgo_step
func loopgo_step(engine unsafe.Pointer, step *C.loop__step_t) (code C.int32_t) {
	e := find(engine)
	if e == nil {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	return C.int32_t(e.Step(cshim.Step(unsafe.Pointer(step))))
}

//export loopgo_task
func loopgo_task(engine unsafe.Pointer, job *C.loop__job_t) (more C.int32_t) {
	e := find(engine)
	if e == nil {
		return 0
	}
	// One that panics has no result: the loop ends with it.
	defer func() {
		if v := recover(); v != nil {
			e.GoPanic(v, debug.Stack())
			more = 0
		}
	}()
	if e.RunTask(cshim.Job(unsafe.Pointer(job)).Arg) {
		return 1
	}
	return 0
}

//export loopgo_ask
func loopgo_ask(engine unsafe.Pointer, what C.uint32_t, id C.uint64_t, out *C.int64_t) (code C.int32_t) {
	e := find(engine)
	if e == nil {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	return C.int32_t(e.Ask(uint32(what), uint64(id), (*int64)(unsafe.Pointer(out))))
}

//export loopgo_stats
func loopgo_stats(engine unsafe.Pointer, what, index C.uint32_t, out unsafe.Pointer) (code C.int32_t) {
	e := find(engine)
	if e == nil {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	return C.int32_t(e.Stats(uint32(what), uint32(index), uintptr(out)))
}

//export loopgo_epitaph
func loopgo_epitaph(engine unsafe.Pointer, step *C.loop__step_t) (code C.int32_t) {
	e := find(engine)
	if e == nil {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	return C.int32_t(e.Epitaph(cshim.Step(unsafe.Pointer(step))))
}

//export loopgo_panic_text
func loopgo_panic_text(engine unsafe.Pointer, text *C.char, capacity C.uint32_t) (code C.int32_t) {
	e := find(engine)
	if e == nil || capacity == 0 {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	out := unsafe.Slice((*byte)(unsafe.Pointer(text)), int(capacity))
	out[copy(out[:capacity-1], e.PanicText())] = 0
	return C.LOOP_OK
}

//export loopgo_free
func loopgo_free(engine unsafe.Pointer) (code C.int32_t) {
	e := find(engine)
	if e == nil {
		return C.LOOP_EINVAL
	}
	defer guard(e, &code)
	rc := e.Free()
	if rc == C.LOOP_OK {
		pointer.Unref(engine)
	}
	return C.int32_t(rc)
}
