// SPDX-License-Identifier: MIT

// Package pages is memory for large tables: blocks of 2 MiB in huge pages where the system has them. A
// million new records touch 20,000 ordinary pages, whose faults cost more than what is done with the records;
// and the garbage collector would count these tables as a reason to run.
//
// What lies in a block must not hold Go pointers.
package pages

import "unsafe"

// BlockSize is the size of a block in bytes.
const BlockSize = 2 << 20

// New returns a zeroed block seen as an array of T, which must fit into it exactly or be smaller. Where the
// system gives none it is ordinary Go memory. Free gives it back.
func New[T any]() (array *T, free func()) {
	if unsafe.Sizeof(*array) <= BlockSize {
		if p := mapBlock(); p != nil {
			return (*T)(p), func() { unmapBlock(p) }
		}
	}
	return new(T), func() {}
}
