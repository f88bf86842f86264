// SPDX-License-Identifier: MIT

// Package timers orders deadlines.
package timers

// Queue holds keys in order. Keys are never taken out of the middle: whoever stops a timer forgets its
// key's word and calls Stopped; the key is dead from then on, and dropped when it comes up or when Compact
// runs. The zero value is ready. Runs on: loop thread.
type Queue struct {
	heap heap
	seq  uint64
	dead int
}

// Push adds a key and returns its word, which is never 0.
func (q *Queue) Push(deadline int64, ref Ref) uint64 {
	q.seq++
	w := q.seq<<refBits | uint64(ref)
	q.heap.push(Key{deadline, w})
	return w
}

// Len returns how many keys there are, dead ones too.
func (q *Queue) Len() int { return len(q.heap) }

// Min returns the first key. It may be dead.
func (q *Queue) Min() (Key, bool) {
	if len(q.heap) == 0 {
		return Key{}, false
	}
	return q.heap[0], true
}

// Pop drops the key that Min returned. dead says that it was dead.
func (q *Queue) Pop(dead bool) {
	q.heap.pop()
	if dead {
		q.dead--
	}
}

// Stopped counts a key that died. It returns true when more than half are dead: then call Compact.
func (q *Queue) Stopped() bool {
	q.dead++
	return q.dead > 64 && q.dead > len(q.heap)/2
}

// Compact drops the keys that live says no to.
func (q *Queue) Compact(live func(Key) bool) {
	kept := q.heap[:0]
	for _, k := range q.heap {
		if live(k) {
			kept = append(kept, k)
		}
	}
	q.heap = kept
	q.heap.build()
	q.dead = 0
}
