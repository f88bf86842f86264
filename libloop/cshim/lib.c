/* SPDX-License-Identifier: MIT
 *
 * What needs no loop: versions and the names of errors. Pure, so it works in a forked child, too.
 */
#include "internal.h"

#include <errno.h>

const char *loop_version(void) {
    return LOOP_VERSION_STRING;
}

int64_t loop_abi_version(void) {
    return LOOP_ABI_VERSION;
}

typedef struct error_name {
    int32_t code;
    int32_t os_errno; /* 0: no errno means this */
    const char *name;
    const char *text;
} error_name_t;

#define ERROR(code, os_errno, text)                                                                \
    { code, os_errno, #code, text }

static const error_name_t errors[] = {
    ERROR(LOOP_OK, 0, "no error"),
    ERROR(LOOP_EINVAL, EINVAL, "an argument is missing, unknown or out of range"),
    ERROR(LOOP_EBADID, 0, "the id is stale, forged or another loop's"),
    ERROR(LOOP_ECLOSED, 0, "the loop is closed"),
    ERROR(LOOP_EWRONGTHREAD, 0, "another thread owns the loop"),
    ERROR(LOOP_ENESTED, 0, "not possible inside a callback of the same loop"),
    ERROR(LOOP_EFORK, 0, "a forked child cannot use the library"),
    ERROR(LOOP_EPANIC, 0, "a bug inside the library ended the loop"),
    ERROR(LOOP_ENOMEM, ENOMEM, "out of memory"),
    ERROR(LOOP_EFULL, 0, "a bounded queue is full"),
    ERROR(LOOP_EBUSY, EBUSY, "still in use"),
    ERROR(LOOP_ECANCELED, ECANCELED, "canceled"),
    ERROR(LOOP_ETIMEDOUT, ETIMEDOUT, "the deadline passed"),
    ERROR(LOOP_ENOTSUP, EOPNOTSUPP, "not supported here"),
    ERROR(LOOP_EEXIST, EEXIST, "exists already"),
    ERROR(LOOP_EPERM, EPERM, "not permitted"),
    ERROR(LOOP_EOF, 0, "ended before it was complete"),
    ERROR(LOOP_ETOOBIG, 0, "larger than its limit"),
    ERROR(LOOP_ETYPE, 0, "the value is of another kind"),
    ERROR(LOOP_EJOB, 0, "a host function returned a code without a name"),
    ERROR(LOOP_EHTTP, 0, "the peer does not speak HTTP as it should"),
    ERROR(LOOP_EDNS, 0, "the name does not resolve"),
    ERROR(LOOP_ETLS, 0, "no trusted TLS connection"),
    ERROR(LOOP_EREDIRECT, 0, "more redirects than allowed"),
    ERROR(LOOP_EAUTH, 0, "authentication failed"),
    ERROR(LOOP_EDATA, 0, "the data is corrupt, or of another format"),
    ERROR(LOOP_ESYS, 0, "a system error without a name of its own"),
    ERROR(LOOP_ENOENT, ENOENT, "no such file or directory"),
    ERROR(LOOP_EACCES, EACCES, "permission denied"),
    ERROR(LOOP_EBADF, EBADF, "not an open descriptor"),
    ERROR(LOOP_EIO, EIO, "input or output failed"),
    ERROR(LOOP_EMFILE, EMFILE, "too many open files in this process"),
    ERROR(LOOP_ENFILE, ENFILE, "too many open files in the system"),
    ERROR(LOOP_EAGAIN, EAGAIN, "temporarily not possible"),
    ERROR(LOOP_EINTR, EINTR, "interrupted by a signal"),
    ERROR(LOOP_ENOSPC, ENOSPC, "no space left"),
    ERROR(LOOP_EPIPE, EPIPE, "the peer reads no more"),
    ERROR(LOOP_ECONNREFUSED, ECONNREFUSED, "connection refused"),
    ERROR(LOOP_ECONNRESET, ECONNRESET, "connection reset by the peer"),
    ERROR(LOOP_ECONNABORTED, ECONNABORTED, "connection aborted"),
    ERROR(LOOP_EHOSTUNREACH, EHOSTUNREACH, "no route to the host"),
    ERROR(LOOP_ENETUNREACH, ENETUNREACH, "the network is unreachable"),
    ERROR(LOOP_EADDRINUSE, EADDRINUSE, "the address is in use"),
    ERROR(LOOP_EADDRNOTAVAIL, EADDRNOTAVAIL, "the address is not available"),
    ERROR(LOOP_ENOTCONN, ENOTCONN, "not connected"),
    ERROR(LOOP_EISDIR, EISDIR, "is a directory"),
    ERROR(LOOP_ENOTDIR, ENOTDIR, "not a directory"),
    ERROR(LOOP_ENOTEMPTY, ENOTEMPTY, "the directory is not empty"),
    ERROR(LOOP_ENAMETOOLONG, ENAMETOOLONG, "the name is too long"),
    ERROR(LOOP_ELOOP, ELOOP, "too many symbolic links"),
    ERROR(LOOP_EROFS, EROFS, "the file system is read-only"),
    ERROR(LOOP_EXDEV, EXDEV, "not on the same file system"),
    ERROR(LOOP_ENOBUFS, ENOBUFS, "no buffer space"),
    ERROR(LOOP_EDQUOT, EDQUOT, "the quota is used up"),
    ERROR(LOOP_EFBIG, EFBIG, "the file is too large for its file system"),
    ERROR(LOOP_ETXTBSY, ETXTBSY, "a program that runs cannot be written"),
    ERROR(LOOP_EMLINK, EMLINK, "the file has too many names"),
    ERROR(LOOP_ENXIO, ENXIO, "no such device, or nobody at the other end"),
    ERROR(LOOP_ESPIPE, ESPIPE, "it has no offsets"),
    ERROR(LOOP_ENODEV, ENODEV, "the device cannot do this"),
    ERROR(LOOP_ESTALE, ESTALE, "the file is gone from its server"),
};

#define ERRORS (sizeof errors / sizeof errors[0])

static const error_name_t *find_error(int64_t code) {
    for (size_t i = 0; i < ERRORS; i++)
        if (errors[i].code == code)
            return &errors[i];
    return NULL;
}

const char *loop_strerror(int64_t code) {
    const error_name_t *error = find_error(code);
    return error != NULL ? error->text : "unknown error";
}

const char *loop_err_name(int64_t code) {
    const error_name_t *error = find_error(code);
    return error != NULL ? error->name : "LOOP_UNKNOWN";
}

int64_t loop_err_from_errno(int32_t os_errno) {
    if (os_errno == 0)
        return LOOP_OK;
    for (size_t i = 0; i < ERRORS; i++)
        if (errors[i].os_errno == os_errno)
            return errors[i].code;
    switch (os_errno) {
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
        return LOOP_EAGAIN;
#endif
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP:
        return LOOP_ENOTSUP;
#endif
    default:
        return LOOP_ESYS;
    }
}
