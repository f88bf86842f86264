// SPDX-License-Identifier: MIT

package fs

import "sync"

// sparesMost is how many blank operations of a kind are kept, for all loops together: a megabyte, if each has room for
// a file of 16 KiB.
const sparesMost = 64

// spares are operations that have ended and are blank again, so that those which a loop does all the time are no
// work for the garbage collector. Any thread.
type spares[T any] struct {
	mu   sync.Mutex
	free []*T
}

func (s *spares[T]) take() *T {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) == 0 {
		return new(T)
	}
	last := len(s.free) - 1
	x := s.free[last]
	s.free[last], s.free = nil, s.free[:last]
	return x
}

func (s *spares[T]) keep(x *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < sparesMost {
		s.free = append(s.free, x)
	}
}
