/* SPDX-License-Identifier: MIT
 *
 * Descriptors for C callers: those of the host that become streams, and fresh ones in pairs.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int64_t loop_adopt(loop_t *loop, int32_t fd, uint32_t flags, loop_cb cb, void *user) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = LOOP_NET_ADOPT;
    request.flags = flags;
    request.fd = fd;
    return loop_net(loop, &request, cb, user);
}

void loop__note_direction(loop_t *loop, int64_t id, int fd) {
    uint64_t *word = loop__word(loop, (uint64_t)id);
    int flags = fcntl(fd, F_GETFL);
    if (word == NULL || flags < 0)
        return;
    if ((flags & O_ACCMODE) == O_WRONLY)
        *word |= LOOP__SLOT_NO_READ;
    else if ((flags & O_ACCMODE) == O_RDONLY)
        *word |= LOOP__SLOT_NO_WRITE;
}

int64_t loop_net_type(loop_t *loop, int64_t socket) {
    int64_t rc = loop__enter_sound(loop);
    return rc < 0 ? rc : loop__leave(loop, loop__ask_socket(loop, socket, LOOP__ASK_TYPE));
}

#ifndef __linux__
/* What Linux does in one call. */
static int fit(int fds[2]) {
    for (int i = 0; i < 2; i++) {
        if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) < 0 || fcntl(fds[i], F_SETFL, O_NONBLOCK) < 0) {
            int error = errno;
            close(fds[0]);
            close(fds[1]);
            errno = error;
            return -1;
        }
    }
    return 0;
}
#endif

static int64_t answer(int rc, const int fds[2], int32_t fds_out[2]) {
    if (rc < 0)
        return loop_err_from_errno(errno);
    fds_out[0] = fds[0];
    fds_out[1] = fds[1];
    return 0;
}

int64_t loop_pipe(int32_t fds_out[2]) {
    int fds[2], rc;
    if (loop__forked())
        return LOOP_EFORK;
    if (fds_out == NULL)
        return LOOP_EINVAL;
#ifdef __linux__
    rc = pipe2(fds, O_CLOEXEC | O_NONBLOCK);
#else
    rc = pipe(fds);
    if (rc == 0)
        rc = fit(fds);
#endif
    return answer(rc, fds, fds_out);
}

int64_t loop_socketpair(uint32_t type, int32_t fds_out[2]) {
    int fds[2], rc;
    if (loop__forked())
        return LOOP_EFORK;
    if ((type != LOOP_NET_UNIX && type != LOOP_NET_UNIX_DGRAM) || fds_out == NULL)
        return LOOP_EINVAL;
    int kind = type == LOOP_NET_UNIX ? SOCK_STREAM : SOCK_DGRAM;
#ifdef __linux__
    rc = socketpair(AF_UNIX, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
#else
    rc = socketpair(AF_UNIX, kind, 0, fds);
    if (rc == 0)
        rc = fit(fds);
#endif
    return answer(rc, fds, fds_out);
}
