// SPDX-License-Identifier: MIT

package libloop

import "slices"

// fifo is a queue in one array. The zero value is ready.
type fifo[T any] struct {
	items []T
	head  int
}

// roomKept is how many items an empty queue keeps room for.
const roomKept = 4096

// push adds an item. A full array doubles: the runtime's own steps are a quarter from some size on, and what they leave
// behind, five times the array, keeps the garbage collector busy.
func (f *fifo[T]) push(v T) {
	if len(f.items) == cap(f.items) {
		f.items = slices.Grow(f.items, len(f.items))
	}
	f.items = append(f.items, v)
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

// first returns the oldest item; the queue must not be empty.
func (f *fifo[T]) first() *T { return &f.items[f.head] }

// countWhile returns how many of the oldest items f holds for.
func (f *fifo[T]) countWhile(holds func(*T) bool) int {
	n := 0
	for n < f.len() && holds(&f.items[f.head+n]) {
		n++
	}
	return n
}

// pop drops the oldest item.
func (f *fifo[T]) pop() {
	f.head++
	switch {
	case f.head < len(f.items):
		// A queue that is never empty is moved down when half of it is behind the head.
		if f.head >= roomKept && f.head*2 >= len(f.items) {
			n := copy(f.items, f.items[f.head:])
			f.items, f.head = f.items[:n], 0
		}
	case cap(f.items) > roomKept:
		*f = fifo[T]{}
	default:
		f.items, f.head = f.items[:0], 0
	}
}
