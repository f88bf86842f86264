// SPDX-License-Identifier: MIT

// Package timers orders deadlines.
package timers

import (
	"math/bits"
	"slices"
)

// Owner knows which keys of a queue are still wanted.
type Owner interface {
	// Live says whether a key counts, or was forgotten by its owner.
	Live(k Key) bool
	// Moved tells the new word of a live key, in the place of k.Word.
	Moved(k Key, word uint64)
}

// Queue holds keys in order. Keys are never taken out of the middle: whoever stops a timer forgets its key's
// word and calls Stopped; the key is dead from then on, and dropped when it comes up, or with all dead ones
// when they are over half. Runs on: loop thread.
//
// It is a radix queue. A heap of a million keys misses the cache at each of its ten levels, at a push and
// again at a pop. But what is popped never falls, so keys far ahead need no order yet: they lie in buckets, by
// the highest digit in which they differ from base, the point up to which the order is made. When the order
// has been used up, the first bucket is taken apart relative to its own least key, and one that is small
// enough is sorted. A key is copied three or four times on its way, each time from one sequence into another.
// Deadlines before base, which come from starts of short timers while the order already reaches further, go
// into a heap, which is small. Source: Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest
// path problem" (1990).
type Queue struct {
	owner Owner
	seq   uint64
	n     int // keys, dead ones too
	dead  int

	front []Key // sorted, from at on; nothing after base
	at    int
	near  heap // before base

	base    uint64 // the order is made up to here; nothing before it is in a bucket
	levels  uint32 // bit l: level l has keys
	filled  [levelCount]uint64
	buckets [levelCount][bucketCount]list
	chunks  chunks
	scratch []Key
}

const (
	digitBits   = 6
	bucketCount = 1 << digitBits
	levelCount  = (64 + digitBits - 1) / digitBits

	sortable = 4096 // keys of a bucket that are sorted and no longer taken apart; also of a front
	crowded  = 4096 // keys before base that are too many for a heap
)

// New makes an empty queue.
func New(owner Owner) *Queue { return &Queue{owner: owner} }

// point is a deadline on an unsigned scale.
func point(deadline int64) uint64 { return uint64(deadline) ^ 1<<63 }

// Push adds a key and returns its word, which is never 0.
func (q *Queue) Push(deadline int64, ref Ref) uint64 {
	if q.seq == maxSequence {
		q.renumber()
	}
	q.seq++
	q.n++
	k := Key{deadline, q.seq<<refBits | uint64(ref)}
	if point(deadline) >= q.base {
		q.put(k)
		return k.Word
	}
	q.near.push(k)
	if len(q.near) > crowded && len(q.near) > q.n/2 {
		q.rebase()
	}
	return k.Word
}

// put adds a key that is not before base to its bucket.
func (q *Queue) put(k Key) {
	p := point(k.Deadline)
	l := uint(63-bits.LeadingZeros64((p^q.base)|1)) / digitBits
	b := p >> (l * digitBits) & (bucketCount - 1)
	q.levels |= 1 << l
	q.filled[l] |= 1 << b
	q.chunks.push(&q.buckets[l][b], k)
}

// Len returns how many keys there are, dead ones too.
func (q *Queue) Len() int { return q.n }

// Pending returns how many keys there are that are not dead.
func (q *Queue) Pending() int { return q.n - q.dead }

// Min returns the first key. It may be dead.
func (q *Queue) Min() (Key, bool) {
	for q.at == len(q.front) {
		if len(q.near) > 0 {
			return q.near[0], true
		}
		if !q.refill() {
			return Key{}, false
		}
	}
	k := q.front[q.at]
	if len(q.near) > 0 && q.near[0].less(k) {
		k = q.near[0]
	}
	return k, true
}

// Pop drops the key that Min returned. dead says that it was dead.
func (q *Queue) Pop(dead bool) {
	if q.at < len(q.front) && (len(q.near) == 0 || q.front[q.at].less(q.near[0])) {
		q.at++
	} else {
		q.near.pop()
	}
	if dead {
		q.dead--
	}
	if q.n--; q.n == 0 {
		q.clear()
	}
}

// TakeDue moves the first keys with deadlines up to now into buf, in order, and returns how many. Dead ones
// are among them: tell their number to Dropped.
func (q *Queue) TakeDue(now int64, buf []Key) int {
	taken := 0
	for taken < len(buf) {
		k, ok := q.Min()
		if !ok || k.Deadline > now {
			break
		}
		if len(q.near) > 0 {
			buf[taken] = k
			taken++
			q.Pop(false)
			continue
		}
		// Nothing comes between the keys of the front.
		run := q.front[q.at:min(len(q.front), q.at+len(buf)-taken)]
		n := 0
		for n < len(run) && run[n].Deadline <= now {
			buf[taken] = run[n]
			taken++
			n++
		}
		q.at += n
		if q.n -= n; q.n == 0 {
			q.clear()
		}
	}
	return taken
}

// Dropped tells how many of the keys that TakeDue gave were dead, or died since. What compact has dropped
// meanwhile is no longer counted.
func (q *Queue) Dropped(dead int) { q.dead = max(0, q.dead-dead) }

// clear forgets the past of an empty queue, and the memory of a large one.
func (q *Queue) clear() {
	q.front, q.at, q.base = q.front[:0], 0, 0
	if cap(q.near) > crowded {
		q.near = nil
	}
	q.chunks.shrink()
}

// Close gives the memory of the queue back. It is empty then.
func (q *Queue) Close() {
	q.chunks.close()
	*q = Queue{owner: q.owner}
}

// refill orders the next keys. The front and the heap are empty. False: there are none.
func (q *Queue) refill() bool {
	q.front, q.at = q.front[:0], 0
	for q.levels != 0 {
		l := uint(bits.TrailingZeros32(q.levels))
		b := uint(bits.TrailingZeros64(q.filled[l]))
		from := &q.buckets[l][b]
		if l == 0 {
			// One point in time: these keys are in order already.
			q.front = q.chunks.pop(from, q.front)
			q.base = point(q.front[0].Deadline)
			q.emptied(l, b)
			return true
		}
		if from.n <= sortable {
			for from.n > 0 {
				q.front = q.chunks.pop(from, q.front)
			}
			q.emptied(l, b)
			q.sort(l * digitBits)
			q.base = point(q.front[len(q.front)-1].Deadline)
			return true
		}
		q.spread(l, b)
	}
	return false
}

// emptied notes that a bucket may be empty now.
func (q *Queue) emptied(l, b uint) {
	if q.buckets[l][b].n > 0 {
		return
	}
	if q.filled[l] &^= 1 << b; q.filled[l] == 0 {
		q.levels &^= 1 << l
	}
}

// spread takes the first bucket apart, into levels below its own, which are empty.
func (q *Queue) spread(l, b uint) {
	from := q.buckets[l][b]
	q.buckets[l][b] = list{}
	q.emptied(l, b)
	q.base = q.chunks.least(from)
	for from.n > 0 {
		c, keys := q.chunks.first(&from)
		for _, k := range keys {
			q.put(k)
		}
		q.chunks.free(c)
	}
}

// sort orders the front by deadline. Equal deadlines are in order already and stay so. The deadlines differ
// in their low width bits only.
func (q *Queue) sort(width uint) {
	a := q.front
	if len(a) <= 32 {
		for i := 1; i < len(a); i++ {
			k := a[i]
			j := i
			for ; j > 0 && k.Deadline < a[j-1].Deadline; j-- {
				a[j] = a[j-1]
			}
			a[j] = k
		}
		return
	}
	if cap(q.scratch) < len(a) {
		q.scratch = make([]Key, sortable)
	}
	to := q.scratch[:len(a)]
	for shift := uint(0); shift < width; shift += 8 {
		var counts [256]uint32
		for i := range a {
			counts[uint8(point(a[i].Deadline)>>shift)]++
		}
		if counts[uint8(point(a[0].Deadline)>>shift)] == uint32(len(a)) {
			continue // the same digit everywhere
		}
		at := uint32(0)
		for d, n := range counts {
			counts[d] = at
			at += n
		}
		for i := range a {
			d := uint8(point(a[i].Deadline) >> shift)
			to[counts[d]] = a[i]
			counts[d]++
		}
		a, to = to, a
	}
	if &a[0] != &q.front[0] {
		q.front, q.scratch = a, q.front
	}
}

// Stopped counts a key that died.
func (q *Queue) Stopped() {
	if q.dead++; q.dead > 64 && q.dead > q.n/2 {
		q.compact()
	}
}

// compact drops the dead keys.
func (q *Queue) compact() {
	dead := func(k Key) bool { return !q.owner.Live(k) }
	q.front = append(q.front[:0], q.front[q.at:]...)
	q.at = 0
	q.front = slices.DeleteFunc(q.front, dead)
	q.near = slices.DeleteFunc(q.near, dead)
	q.near.build()
	q.n = len(q.front) + len(q.near)
	q.dead = 0
	for l := range q.buckets {
		for filled := q.filled[l]; filled != 0; filled &= filled - 1 {
			b := bits.TrailingZeros64(filled)
			q.n += q.chunks.filter(&q.buckets[l][b], q.owner)
			q.emptied(uint(l), uint(b))
		}
	}
	if q.n == 0 {
		q.clear()
	}
}

// take empties the queue into an array in which equal deadlines are in order.
func (q *Queue) take() []Key {
	all := make([]Key, 0, q.n)
	all = append(all, q.front[q.at:]...)
	slices.SortFunc(q.near, Key.compare)
	all = append(all, q.near...) // started after those at the front
	for l := range q.buckets {
		for b := range q.buckets[l] {
			for from := &q.buckets[l][b]; from.n > 0; {
				all = q.chunks.pop(from, all)
			}
		}
		q.filled[l] = 0
	}
	q.levels = 0
	q.front, q.at, q.near = q.front[:0], 0, q.near[:0]
	return all
}

// rebase moves base back to the first key: too many keys are before it.
func (q *Queue) rebase() {
	all := q.take()
	q.base = point(all[0].Deadline)
	for _, k := range all {
		q.base = min(q.base, point(k.Deadline))
	}
	for _, k := range all {
		q.put(k)
	}
	if cap(q.near) > 2*crowded {
		q.near = nil
	}
}

// renumber gives the live keys new sequences from 1, in the same order, when all have been used.
func (q *Queue) renumber() {
	all := q.take()
	slices.SortFunc(all, func(a, b Key) int { return int(int64(a.Word>>refBits) - int64(b.Word>>refBits)) })
	q.seq, q.n, q.dead, q.base = 0, 0, 0, 0
	for _, k := range all {
		if q.owner.Live(k) {
			q.owner.Moved(k, q.Push(k.Deadline, k.Ref()))
		}
	}
}
