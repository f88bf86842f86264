// SPDX-License-Identifier: MIT

package libloop

import (
	"errors"
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
)

// fromError returns the code and the errno of an error of a system call.
func fromError(err error) (code int32, errno syscall.Errno) {
	if err == nil {
		return wire.OK, 0
	}
	if !errors.As(err, &errno) {
		return wire.ESYS, 0
	}
	return wire.FromErrno(errno), errno
}

// known says whether a code is one of the header's.
func known(code int32) bool {
	return code <= wire.OK && code >= wire.EDATA || code <= wire.ESYS && code >= wire.ESTALE
}
