// SPDX-License-Identifier: MIT

//go:build go1.26 && !go1.27 && amd64 && linux

package monitor

import "unsafe"

// records is what probe reads of the goroutine that calls it.
type records struct {
	g      uintptr
	curg   uintptr // m.curg: the goroutine that m runs
	m      uintptr
	pm     uintptr // p.m: the thread that has p
	status uint32  // p.status
	tick   uint32  // p.schedtick
}

// running is the status of a P that a thread has (_Prunning).
const running = 1

// probe and tick are not interrupted: the runtime does not preempt assembly, so the goroutine stays where it is.
//
//go:noescape
func probe(to *records)

//go:noescape
func tick()

var known = plausible(look())

func look() records {
	var r records
	probe(&r)
	return r
}

// plausible says whether the records lead back to each other as they do where the offsets are right.
func plausible(r records) bool {
	return r.g != 0 && r.curg == r.g && r.m != 0 && r.pm == r.m && r.status == running
}

// What the offsets in layout_go126.s say must fit what probe writes.
var _ = [1]struct{}{}[unsafe.Offsetof(records{}.tick)-36]
