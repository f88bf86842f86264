// SPDX-License-Identifier: MIT

package poller

// kevent mirrors struct kevent; udata is a number, never a pointer for Go's eyes.
type kevent struct {
	ident  uint64
	filter int16
	flags  uint16
	fflags uint32
	_      int64 // data
	udata  uint64
}
