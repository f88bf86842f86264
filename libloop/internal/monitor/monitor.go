// SPDX-License-Identifier: MIT

// Package monitor keeps Go's monitor thread (sysmon) from being woken by each step of a loop.
//
// A thread of the host that has called Go keeps its processor, in Go's sense of the word (a P), when it goes
// back to C. The monitor takes a P away from a thread in C that has not scheduled a goroutine for 10 ms, and
// takes stepping for waiting: it looks at the P's count of scheduled goroutines (schedtick), and a call from C
// runs on a goroutine of the thread's own, without the scheduler. So it takes the P between two steps, finds
// all Ps idle, and goes to sleep; the next step must find a P again and wakes the monitor for it. Each message
// of an echo server with one connection woke a thread so.
//
// Tick counts a step as what it is, progress of the P. Then the monitor leaves the P alone while steps come
// within 10 ms of each other, and takes it when the loop really rests.
// Source: Go 1.26, package runtime, retake and exitsyscallTryGetP.
package monitor

// Tick counts a step of the calling thread. Call it while the thread runs Go. Where the layout of the runtime's
// records is not known it does nothing, and all works as it did without.
func Tick() {
	if known {
		tick()
	}
}
