// SPDX-License-Identifier: MIT

package wire

import "syscall"

// Errnos names the errnos that have a code of their own.
var Errnos = map[syscall.Errno]int32{
	syscall.EINVAL: EINVAL, syscall.ENOMEM: ENOMEM, syscall.EBUSY: EBUSY,
	syscall.ECANCELED: ECANCELED, syscall.ETIMEDOUT: ETIMEDOUT, syscall.ENOTSUP: ENOTSUP,
	syscall.EEXIST: EEXIST, syscall.EPERM: EPERM, syscall.ENOENT: ENOENT,
	syscall.EACCES: EACCES, syscall.EBADF: EBADF, syscall.EIO: EIO,
	syscall.EMFILE: EMFILE, syscall.ENFILE: ENFILE, syscall.EAGAIN: EAGAIN,
	syscall.EINTR: EINTR, syscall.ENOSPC: ENOSPC, syscall.EPIPE: EPIPE,
	syscall.ECONNREFUSED: ECONNREFUSED, syscall.ECONNRESET: ECONNRESET,
	syscall.ECONNABORTED: ECONNABORTED, syscall.EHOSTUNREACH: EHOSTUNREACH,
	syscall.ENETUNREACH: ENETUNREACH, syscall.EADDRINUSE: EADDRINUSE,
	syscall.EADDRNOTAVAIL: EADDRNOTAVAIL, syscall.ENOTCONN: ENOTCONN,
	syscall.EISDIR: EISDIR, syscall.ENOTDIR: ENOTDIR, syscall.ENOTEMPTY: ENOTEMPTY,
	syscall.ENAMETOOLONG: ENAMETOOLONG, syscall.ELOOP: ELOOP, syscall.EROFS: EROFS,
	syscall.EXDEV: EXDEV, syscall.ENOBUFS: ENOBUFS,
	syscall.EDQUOT: EDQUOT, syscall.EFBIG: EFBIG, syscall.ETXTBSY: ETXTBSY,
	syscall.EMLINK: EMLINK, syscall.ENXIO: ENXIO, syscall.ESPIPE: ESPIPE,
	syscall.ENODEV: ENODEV, syscall.ESTALE: ESTALE,
}

// FromErrno returns the code for an errno: ESYS for one without a name, OK for 0.
func FromErrno(errno syscall.Errno) int32 {
	if errno == 0 {
		return OK
	}
	if c, ok := Errnos[errno]; ok {
		return c
	}
	return ESYS
}
