// SPDX-License-Identifier: MIT

package fs

import (
	"math"

	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

const nsPerSecond = 1_000_000_000

// nanoseconds returns a time as one number; what lies beyond 64 bits is cut.
func nanoseconds(sec, nsec int64) int64 {
	const most = math.MaxInt64 / nsPerSecond // in seconds, and still room for a second
	switch {
	case sec >= most:
		return math.MaxInt64
	case sec < -most:
		return math.MinInt64
	}
	return sec*nsPerSecond + nsec
}

// timespec is the inverse for times that a host gives, with wire.TimeNow and wire.TimeOmit.
func timespec(ns int64) unix.Timespec {
	switch ns {
	case wire.TimeNow:
		return timeNow
	case wire.TimeOmit:
		return timeOmit
	}
	sec, nsec := ns/nsPerSecond, ns%nsPerSecond
	if nsec < 0 {
		sec, nsec = sec-1, nsec+nsPerSecond
	}
	return unix.Timespec{Sec: sec, Nsec: nsec}
}
