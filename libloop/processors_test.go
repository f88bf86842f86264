// SPDX-License-Identifier: MIT

package libloop

import (
	"runtime"
	"testing"

	"libloop.dev/libloop/libloop/internal/wire"
)

func TestThereIsAProcessorForEachThreadThatMayEnterGo(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	Processors()
	if n := runtime.GOMAXPROCS(0); n < leastProcessors || n < 4*before {
		t.Errorf("%d processors to begin with", n)
	}
	held := processors.threads
	n := threads(&wire.Options{Workers: 40})
	if n != 1+3*40 {
		t.Fatalf("%d threads", n)
	}
	admit(n)
	if have := runtime.GOMAXPROCS(0); have < held+n+otherThreads {
		t.Errorf("%d processors for %d threads", have, held+n)
	}
	admit(-n)
	if processors.threads != held {
		t.Errorf("%d threads are left", processors.threads-held)
	}
}

func TestProcessorsAreNeverMoreThanTheMost(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	n := threads(&wire.Options{Workers: 1 << 31})
	admit(n)
	defer admit(-n)
	if have := runtime.GOMAXPROCS(0); have > mostProcessors {
		t.Errorf("%d processors", have)
	}
}
