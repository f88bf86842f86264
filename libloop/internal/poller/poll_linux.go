// SPDX-License-Identifier: MIT

package poller

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const pollRDHUP = unix.POLLRDHUP

// pollNow is ppoll(2) with timeout 0: a raw call, since it cannot sleep. (arm64 has no poll.)
func pollNow(records uintptr, n uint32) (int, error) {
	var none unix.Timespec
	got, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, records, uintptr(n),
		uintptr(unsafe.Pointer(&none)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}
