/* SPDX-License-Identifier: MIT
 *
 * Descriptors that go to other processes, who these are, and files that are sent, for C callers.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

/* The peer's process, user and group. */
static int64_t credentials(int fd, loop_credentials_t *out) {
#ifdef __linux__
    struct {
        int32_t pid;
        uint32_t uid, gid;
    } peer = {0}; /* struct ucred, which needs _GNU_SOURCE */
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return loop_err_from_errno(errno);
    if (peer.pid == 0 && peer.uid == UINT32_MAX)
        return LOOP_ENOTSUP; /* none was noted: it has no peer */
    out->pid = peer.pid;
    out->uid = peer.uid;
    out->gid = peer.gid;
#else
    uid_t uid;
    gid_t gid;
    if (getpeereid(fd, &uid, &gid) != 0)
        return errno == ENOTCONN ? LOOP_ENOTSUP : loop_err_from_errno(errno);
    out->pid = 0;
    out->uid = uid;
    out->gid = gid;
#endif
    return 0;
}

int64_t loop_peer_credentials(loop_t *loop, int64_t stream, loop_credentials_t *out) {
    int listens = 0;
    socklen_t len = sizeof listens;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (out == NULL || out->size < sizeof *out)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__ask_socket(loop, stream, LOOP__ASK_TYPE);
    if (rc >= 0 && rc != LOOP_NET_UNIX)
        rc = LOOP_ENOTSUP;
    if (rc >= 0)
        rc = loop__ask_socket(loop, stream, LOOP__ASK_FD);
    if (rc >= 0 && getsockopt((int)rc, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 &&
        listens != 0)
        rc = LOOP_ENOTSUP;
    if (rc >= 0)
        rc = credentials((int)rc, out);
    return loop__leave(loop, rc);
}

/* Whether a descriptor can be duplicated now; what fails is told by the call. */
static int64_t can_dup(int32_t fd) {
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return loop_err_from_errno(errno);
    close(own);
    return 0;
}

static int64_t send_fd(loop_t *loop, int64_t stream, int32_t fd, const void *data, uint64_t len) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__look_up(loop, stream, &standing, &slot);
    if (rc == 0 && standing == LOOP__ALIVE) {
        rc = loop__ask_socket(loop, stream, LOOP__ASK_TYPE);
        if (rc >= 0)
            rc = rc == LOOP_NET_UNIX ? 0 : LOOP_ENOTSUP;
    }
    if (rc == 0)
        rc = can_dup(fd);
    if (rc == 0)
        rc = loop__takes_data(loop, stream);
    if (rc <= 0)
        return rc;
    loop_op_t *op = loop__ops_room(loop, 1);
    if (op == NULL)
        return LOOP_ENOMEM;
    if (!loop__is_current_data(loop, data, len))
        data = loop__ops_copy(loop, data, len);
    if (data == NULL)
        return LOOP_ENOMEM;
    *op = (loop_op_t){.code = LOOP_OP_SEND_FD,
                      .len = (uint32_t)len,
                      .target = (uint64_t)stream,
                      .cb = loop__quiet_refusal,
                      .data = data,
                      .arg = fd};
    loop->ops.count++;
    return loop__submit(loop); /* at once: the host may close its own */
}

int64_t loop_send_fd(loop_t *loop, int64_t stream, int32_t fd, const void *data, uint64_t len) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (fd < 0 || data == NULL || len == 0 || len > UINT32_MAX)
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, send_fd(loop, stream, fd, data, len));
}

int64_t loop_send_file(loop_t *loop, int64_t stream, int32_t fd, uint64_t offset, uint64_t len,
                       loop_cb cb, void *user) {
    loop__standing_t standing;
    loop__slot_t *slot;
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (fd < 0 || len > INT64_MAX || offset > INT64_MAX - len || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    rc = loop__look_up(loop, stream, &standing, &slot);
    if (rc == 0 && loop__refuses(loop, stream, LOOP__SLOT_NO_WRITE))
        rc = LOOP_EBADF;
    if (rc == 0)
        rc = loop__start(loop, LOOP_OP_SEND_FILE, cb, user, 0, &op);
    if (rc < 0)
        return loop__leave(loop, rc);
    op->target = (uint64_t)stream;
    op->len = (uint32_t)fd;
    op->arg = (int64_t)offset;
    op->data = (const void *)(uintptr_t)len;
    (void)loop__submit(loop); /* at once: the host may close its own */
    return loop__leave(loop, rc);
}
