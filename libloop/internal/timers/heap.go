// SPDX-License-Identifier: MIT

package timers

// heap is a 4-ary min-heap: half the levels of a binary one, and the four children of a node are one
// cache line.
type heap []Key

func (h *heap) push(k Key) {
	*h = append(*h, k)
	a := *h
	i := len(a) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !k.less(a[p]) {
			break
		}
		a[i] = a[p]
		i = p
	}
	a[i] = k
}

// pop takes the first key out. The heap must not be empty.
func (h *heap) pop() Key {
	a := *h
	first := a[0]
	last := len(a) - 1
	k := a[last]
	*h = a[:last]
	if last > 0 {
		(*h).sink(0, k)
	}
	return first
}

// sink puts k at or below i, where a hole is.
func (h heap) sink(i int, k Key) {
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		least := c
		for j := c + 1; j < min(c+4, len(h)); j++ {
			if h[j].less(h[least]) {
				least = j
			}
		}
		if !h[least].less(k) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = k
}

// build orders any array as a heap.
func (h heap) build() {
	for i := (len(h) - 2) / 4; i >= 0 && len(h) > 1; i-- {
		h.sink(i, h[i])
	}
}
