// SPDX-License-Identifier: MIT

//go:build darwin || freebsd

package poller

import (
	"golang.org/x/sys/unix"
	"libloop.dev/libloop/libloop/internal/wire"
)

// pollRDHUP is nothing here: poll(2) says POLLHUP, and a half-closed peer is readable with 0 bytes.
const pollRDHUP = 0

func pollNow(records uintptr, n uint32) (int, error) {
	return unix.Poll(wire.Slice[unix.PollFd](records, int(n)), 0)
}
