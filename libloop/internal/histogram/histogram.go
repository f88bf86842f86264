// SPDX-License-Identifier: MIT

// Package histogram counts times so that percentiles can be told later.
package histogram

import (
	"math"
	"math/bits"
)

// Times up to 15 ns have a bucket each. Above, the buckets of a power of two are 8 of the same width, so a
// bucket is at most an eighth of its times wide, and its middle at most a sixteenth (6.25 %) away from any.
const (
	stepBits = 3
	steps    = 1 << stepBits
	buckets  = 64 * steps // more than there are times for, so that no index needs a check
)

// Histogram holds times in nanoseconds. The zero value is empty.
type Histogram struct {
	sum    int64
	max    int64
	counts [buckets]uint64
}

// Add counts a time; a negative one as 0. The sum saturates.
func (h *Histogram) Add(ns int64) {
	if ns < 0 {
		ns = 0
	}
	if h.sum += ns; h.sum < 0 {
		h.sum = math.MaxInt64
	}
	if ns > h.max {
		h.max = ns
	}
	h.counts[bucketOf(uint64(ns))%buckets]++
}

// bucketOf returns the bucket of a time: its four highest bits, and how many there are below them.
func bucketOf(ns uint64) uint {
	shift := uint(bits.Len64(ns|steps)) - (stepBits + 1)
	return shift*steps + uint(ns>>(shift&63))
}

// middle returns the time in the middle of a bucket.
func middle(bucket int) int64 {
	if bucket < 2*steps {
		return int64(bucket)
	}
	shift := bucket/steps - 1
	least := int64(bucket%steps+steps) << shift
	return least + 1<<shift/2
}

// Sum returns the sum of all times.
func (h *Histogram) Sum() int64 { return h.sum }

// Max returns the longest time, 0 when there is none.
func (h *Histogram) Max() int64 { return h.max }

// Percentile returns a time that so many of a hundred times do not exceed, to 6.25 %; 0 when there is none.
func (h *Histogram) Percentile(percent uint64) int64 {
	var n, seen uint64
	for _, count := range h.counts {
		n += count
	}
	// The rank of the time that is asked for, from 1. In this order it does not overflow.
	rank := n/100*percent + (n%100*percent+99)/100
	for i, count := range h.counts {
		if seen += count; seen >= rank && count > 0 {
			return min(middle(i), h.max)
		}
	}
	return h.max
}
