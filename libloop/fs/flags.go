// SPDX-License-Identifier: MIT

package fs

import (
	"golang.org/x/sys/unix"

	"libloop.dev/libloop/libloop/internal/wire"
)

// always are the flags of every open: nothing leaks into programs that the host starts, and no terminal becomes
// the controlling one.
const always = unix.O_CLOEXEC | unix.O_NOCTTY

var commonFlagTable = [...]struct{ ours, theirs int }{
	{wire.OWronly, unix.O_WRONLY}, {wire.ORdwr, unix.O_RDWR}, {wire.OCreat, unix.O_CREAT}, {wire.OExcl, unix.O_EXCL},
	{wire.OTrunc, unix.O_TRUNC}, {wire.OAppend, unix.O_APPEND}, {wire.ONofollow, unix.O_NOFOLLOW},
	{wire.ODirectory, unix.O_DIRECTORY}, {wire.OSync, unix.O_SYNC}, {wire.ODsync, dataSync},
	{wire.ONonblock, unix.O_NONBLOCK},
}

// commonFlags returns the system's flags for those of wire.O* that every system has.
func commonFlags(flags uint32) int {
	o := always
	for _, f := range commonFlagTable {
		if int(flags)&f.ours != 0 {
			o |= f.theirs
		}
	}
	return o
}
