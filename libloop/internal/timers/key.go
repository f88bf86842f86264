// SPDX-License-Identifier: MIT

package timers

import "math"

// Ref says whose key it is; the queue does not look at it. 30 bits.
type Ref uint32

// Key is one start of a timer. The order of keys is (Deadline, sequence), and sequences are unique, so it
// is total.
//
//	bits of Word   63..30 sequence   29..0 ref
type Key struct {
	Deadline int64 // ns
	Word     uint64
}

const (
	refBits     = 30
	refMask     = 1<<refBits - 1
	maxSequence = 1<<(64-refBits) - 1
)

// Ref returns whose key it is.
func (k Key) Ref() Ref { return Ref(k.Word & refMask) }

// less is the order of keys. Words compare as their sequences do.
func (k Key) less(o Key) bool {
	return k.Deadline < o.Deadline || k.Deadline == o.Deadline && k.Word < o.Word
}

func (k Key) compare(o Key) int {
	switch {
	case k.less(o):
		return -1
	case o.less(k):
		return 1
	}
	return 0
}

// Add returns a + b, or the nearest int64 when that does not fit.
func Add(a, b int64) int64 {
	sum := a + b
	// The sum has overflowed when both operands have a sign that it has not.
	if (a^sum)&(b^sum) < 0 {
		return nearest(a)
	}
	return sum
}

// Sub returns a - b, or the nearest int64 when that does not fit.
func Sub(a, b int64) int64 {
	diff := a - b
	if (a^b)&(a^diff) < 0 {
		return nearest(a)
	}
	return diff
}

// nearest is the largest or least int64, by the sign.
func nearest(sign int64) int64 {
	if sign < 0 {
		return math.MinInt64
	}
	return math.MaxInt64
}
