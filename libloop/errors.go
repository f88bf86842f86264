// SPDX-License-Identifier: MIT

package libloop

import (
	"errors"
	"syscall"

	"libloop.dev/libloop/libloop/internal/wire"
)

// codes names the errnos that have a code of their own.
var codes = map[syscall.Errno]int32{
	syscall.EINVAL: wire.EINVAL, syscall.ENOMEM: wire.ENOMEM, syscall.EBUSY: wire.EBUSY,
	syscall.ECANCELED: wire.ECANCELED, syscall.ETIMEDOUT: wire.ETIMEDOUT, syscall.ENOTSUP: wire.ENOTSUP,
	syscall.EEXIST: wire.EEXIST, syscall.EPERM: wire.EPERM, syscall.ENOENT: wire.ENOENT,
	syscall.EACCES: wire.EACCES, syscall.EBADF: wire.EBADF, syscall.EIO: wire.EIO,
	syscall.EMFILE: wire.EMFILE, syscall.ENFILE: wire.ENFILE, syscall.EAGAIN: wire.EAGAIN,
	syscall.EINTR: wire.EINTR, syscall.ENOSPC: wire.ENOSPC, syscall.EPIPE: wire.EPIPE,
	syscall.ECONNREFUSED: wire.ECONNREFUSED, syscall.ECONNRESET: wire.ECONNRESET,
	syscall.ECONNABORTED: wire.ECONNABORTED, syscall.EHOSTUNREACH: wire.EHOSTUNREACH,
	syscall.ENETUNREACH: wire.ENETUNREACH, syscall.EADDRINUSE: wire.EADDRINUSE,
	syscall.EADDRNOTAVAIL: wire.EADDRNOTAVAIL, syscall.ENOTCONN: wire.ENOTCONN,
	syscall.EISDIR: wire.EISDIR, syscall.ENOTDIR: wire.ENOTDIR, syscall.ENOTEMPTY: wire.ENOTEMPTY,
	syscall.ENAMETOOLONG: wire.ENAMETOOLONG, syscall.ELOOP: wire.ELOOP, syscall.EROFS: wire.EROFS,
	syscall.EXDEV: wire.EXDEV, syscall.ENOBUFS: wire.ENOBUFS,
}

// fromErrno returns the code for an errno: ESYS for one without a name, OK for 0.
func fromErrno(errno syscall.Errno) int32 {
	if errno == 0 {
		return wire.OK
	}
	if c, ok := codes[errno]; ok {
		return c
	}
	return wire.ESYS
}

// fromError returns the code and the errno of an error of a system call.
func fromError(err error) (code int32, errno syscall.Errno) {
	if err == nil {
		return wire.OK, 0
	}
	if !errors.As(err, &errno) {
		return wire.ESYS, 0
	}
	return fromErrno(errno), errno
}

// known says whether a code is one of the header's.
func known(code int32) bool {
	return code <= wire.OK && code >= wire.EREDIRECT || code <= wire.ESYS && code >= wire.ENOBUFS
}
