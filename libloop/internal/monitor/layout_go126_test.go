// SPDX-License-Identifier: MIT

//go:build go1.26 && !go1.27 && amd64 && linux

package monitor

import (
	"runtime"
	"testing"
)

func TestTheLayoutIsKnown(t *testing.T) {
	if !known {
		t.Fatalf("the runtime's records are not where they should be: %+v", look())
	}
}

func TestTheCountIsThatOfScheduledGoroutines(t *testing.T) {
	// With one P each return from the scheduler counts there.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 100 {
		before := look().tick
		runtime.Gosched()
		if counted := look().tick - before; counted == 0 || counted > 1000 {
			t.Fatalf("counted %d after a pass through the scheduler", counted)
		}
	}
}

func TestATickCountsOne(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	ones := 0
	for range 1000 {
		// Now and then the goroutine is preempted in between, and the scheduler counts, too.
		before := look().tick
		Tick()
		switch counted := look().tick - before; {
		case counted == 0:
			t.Fatal("not counted")
		case counted == 1:
			ones++
		}
	}
	if ones < 900 {
		t.Errorf("only %d of 1000 counted one", ones)
	}
}

func TestRecordsThatDoNotFitAreNotTrusted(t *testing.T) {
	good := look()
	for name, spoil := range map[string]func(*records){
		"no goroutine":     func(r *records) { r.g, r.curg = 0, 0 },
		"another's thread": func(r *records) { r.curg++ },
		"no thread":        func(r *records) { r.m, r.pm = 0, 0 },
		"another's P":      func(r *records) { r.pm++ },
		"a P that rests":   func(r *records) { r.status = 0 },
	} {
		r := good
		if spoil(&r); plausible(r) {
			t.Errorf("%s: trusted", name)
		}
	}
	if !plausible(good) {
		t.Errorf("not trusted: %+v", good)
	}
}
