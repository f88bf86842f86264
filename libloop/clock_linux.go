// SPDX-License-Identifier: MIT

package libloop

import _ "unsafe" // for go:linkname

// nanotime is CLOCK_MONOTONIC through the vDSO. x/sys/unix makes a system call of it, ten times the cost,
// and package time hides the absolute value, which must compare with the deadlines that C stamps.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

type systemClock struct{}

func (systemClock) Now() int64 { return nanotime() }
