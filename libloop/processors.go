// SPDX-License-Identifier: MIT

package libloop

import (
	"math/bits"
	"runtime"
	"sync"

	"libloop.dev/libloop/libloop/internal/wire"
)

// A thread that enters Go needs one of Go's processors (a P), and keeps it while it is in a call of the system.
// Where all are taken it waits until Go's monitor thread takes one back, which looks seldom (cshim/monitor.c). So there
// is one for each thread that may come, however few processors the machine has: the loop's and its workers'.

const (
	leastProcessors = 64
	mostProcessors  = 1024
	otherThreads    = 16 // Go's own, of the HTTP client and the resolver
)

// processors are those of all loops together.
var processors struct {
	sync.Mutex
	threads int // that loops have, at most
}

// Processors makes as many as a library needs whose loops are small and few: more later stops all of Go for a
// moment.
func Processors() {
	runtime.GOMAXPROCS(max(leastProcessors, 4*runtime.GOMAXPROCS(0)))
}

// threads returns how many threads a loop may have in Go.
func threads(opts *wire.Options) int { return 1 + wire.Lanes*int(min(opts.Workers, mostProcessors)) }

// admit counts n threads more, or fewer, and makes processors for them. There are never fewer than before.
func admit(n int) {
	p := &processors
	p.Lock()
	defer p.Unlock()
	p.threads += n
	if want := min(p.threads+otherThreads, mostProcessors); want > runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(1 << bits.Len(uint(want-1)))
	}
}
