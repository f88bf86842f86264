// SPDX-License-Identifier: MIT

package libloop

// clock is where a loop reads time: CLOCK_MONOTONIC in nanoseconds, on the scale the C half stamps
// deadlines with. Tests drive one of their own.
type clock interface {
	Now() int64
}
