// SPDX-License-Identifier: MIT

//go:build !linux

package libloop

import "golang.org/x/sys/unix"

type systemClock struct{}

// Now reads CLOCK_MONOTONIC as C does: the runtime's own clock stops while some of these systems sleep.
func (systemClock) Now() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return ts.Nano()
}
