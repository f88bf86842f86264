// SPDX-License-Identifier: MIT

// Package pages is memory for tables that grow large, in blocks that the system makes present all at once. A
// million new records lie in 20,000 pages, and to fault them in one by one costs more than what is done with
// the records. It is not the Go heap's either, so that it is no reason for the garbage collector to run.
//
// What lies in a block must not hold Go pointers.
package pages

import "unsafe"

// BlockSize is the size of a block in bytes.
const BlockSize = 256 << 10

// New returns a zeroed block seen as a T, which must not be larger. Where the system gives none it is ordinary
// Go memory. free gives it back.
func New[T any]() (record *T, free func()) { return block[T](true) }

// NewSparse returns the same with pages that become present when they are touched: for the first block of a
// table, of which most need only little.
func NewSparse[T any]() (record *T, free func()) { return block[T](false) }

func block[T any](whole bool) (record *T, free func()) {
	if unsafe.Sizeof(*record) <= BlockSize {
		if p := mapBlock(whole); p != nil {
			return (*T)(p), func() { unmapBlock(p) }
		}
	}
	return new(T), func() {}
}
