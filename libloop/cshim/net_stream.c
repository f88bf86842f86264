/* SPDX-License-Identifier: MIT
 *
 * What C callers do with streams: read, send, write in pieces, close.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define BYTES_MAX 2147483647u
#define PIECES_MAX 1048576u

/* ---- Reading --------------------------------------------------------------------------------- */

static int64_t start_read(loop_t *loop, int64_t stream, uint64_t n, uint16_t flags, loop_cb cb,
                          void *user) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__look_up(loop, stream, &standing, &slot);
    if (rc == 0 && loop__refuses(loop, stream, LOOP__SLOT_NO_READ))
        return LOOP_EBADF;
    if (rc < 0 || standing == LOOP__DECIDED)
        return rc;
    loop_op_t *op = loop__ops_room(loop, 1);
    if (op == NULL)
        return LOOP_ENOMEM;
    *op = (loop_op_t){.code = LOOP_OP_READ,
                      .flags = flags,
                      .target = (uint64_t)stream,
                      .user = (uint64_t)(uintptr_t)user,
                      .cb = cb,
                      .arg = (int64_t)n,
                      .timeout_ns = loop->next_timeout_ns};
    loop->ops.count++;
    loop__next_clear(loop);
    if (slot != NULL && loop__slot_code(slot) == LOOP_OP_NET) {
        slot->cb = cb; /* for the end that a panic brings */
        slot->user = (uint64_t)(uintptr_t)user;
    }
    return loop__submit_queued(loop);
}

static int64_t read_some(loop_t *loop, int64_t stream, uint64_t n, int ok, uint16_t flags,
                         loop_cb cb, void *user) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (!ok || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, start_read(loop, stream, n, flags, cb, user));
}

int64_t loop_read_start(loop_t *loop, int64_t stream, loop_cb cb, void *user) {
    return read_some(loop, stream, 0, 1, 0, cb, user);
}

int64_t loop_read_once(loop_t *loop, int64_t stream, uint64_t max, loop_cb cb, void *user) {
    int ok = max >= 1 && max <= BYTES_MAX;
    return read_some(loop, stream, max, ok, LOOP_OPF_ONESHOT, cb, user);
}

int64_t loop_read_exact(loop_t *loop, int64_t stream, uint64_t len, loop_cb cb, void *user) {
    int ok = len >= 1 && len <= BYTES_MAX;
    return read_some(loop, stream, len, ok, 0, cb, user);
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* The event of a socket that is being delivered, NULL for none. */
static const loop_event_t *current_of_socket(const loop_t *loop) {
    if (!loop->dispatching || loop->batch.at == 0)
        return NULL;
    const loop_event_t *ev = &loop->batch.events[loop->batch.at - 1];
    return ev->code == LOOP_OP_NET && ev->status == 0 && (ev->flags & LOOP_EV_MORE) != 0 ? ev
                                                                                         : NULL;
}

/* Whether bytes are those of the event with data that is being delivered. The engine keeps them
 * until it has taken the ops of the next step, so they need no copy. */
int loop__is_current_data(const loop_t *loop, const void *data, uint64_t len) {
    const loop_event_t *ev = current_of_socket(loop);
    if (ev == NULL || ev->data == NULL ||
        (ev->aux != LOOP_NET_DATA && ev->aux != LOOP_NET_DATAGRAM))
        return 0;
    uintptr_t at = (uintptr_t)data, from = (uintptr_t)ev->data;
    return at >= from && len <= ev->len && at - from <= ev->len - len;
}

int loop__may_send_direct(const loop_t *loop) {
#if defined(LOOP_FAULTS) || !defined(__linux__) /* elsewhere a send may raise SIGPIPE */
    return 0;
#endif
    return loop->ops.count == 0 && !loop->shared.trace_on && loop__state(loop) == LOOP__OPEN;
}

/* Where bytes to a stream may be sent at once, -1 if they may not: only to the stream whose data is
 * being delivered, of which the engine has said what it knows in this batch. */
static int direct_fd(const loop_t *loop, int64_t stream) {
    if (!loop->step.direct || loop->current != (uint64_t)stream || !loop__may_send_direct(loop))
        return -1;
    const loop_event_t *ev = current_of_socket(loop);
    if (ev == NULL || ev->id != (uint64_t)stream || ev->aux != LOOP_NET_DATA)
        return -1;
    return loop->batch.direct_fds[loop->batch.at - 1];
}

/* Send what the system takes at once. Returns how many bytes that is, or -1: the stream has failed,
 * and the engine is told. */
int64_t loop__send_direct(loop_t *loop, int fd, int64_t stream, const void *data, uint64_t len) {
    ssize_t n;
    do {
        n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    loop->step.sent++;
    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM)
        return 0; /* the engine knows how to go on */
    return loop__control(loop, LOOP__OP_SEND_FAILED, (uint64_t)stream, 0, errno) < 0 ? 0 : -1;
}

int64_t loop__takes_data(loop_t *loop, int64_t socket) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__look_up(loop, socket, &standing, &slot);
    if (rc < 0)
        return rc;
    const uint64_t *word = loop__word(loop, (uint64_t)socket);
    if (word != NULL && (*word & LOOP__SLOT_NO_WRITE) != 0)
        return LOOP_EBADF;
    if (word != NULL && (*word & LOOP__SLOT_SHUT) != 0)
        return LOOP_EPIPE;
    return standing != LOOP__DECIDED;
}

static int64_t send_bytes(loop_t *loop, int64_t stream, const void *data, uint64_t len) {
    int64_t rc = loop__takes_data(loop, stream);
    if (rc <= 0)
        return rc;
    int fd = direct_fd(loop, stream);
    if (fd >= 0 && len > 0) {
        int64_t sent = loop__send_direct(loop, fd, stream, data, len);
        if (sent < 0 || (uint64_t)sent == len)
            return 0;
        data = (const char *)data + sent;
        len -= (uint64_t)sent;
    }
    loop_op_t *op = loop__ops_room(loop, 1);
    if (op == NULL)
        return LOOP_ENOMEM;
    if (!loop__is_current_data(loop, data, len) && len > 0) {
        data = loop__ops_copy(loop, data, len);
        if (data == NULL)
            return LOOP_ENOMEM;
    }
    *op = (loop_op_t){.code = LOOP_OP_SEND,
                      .len = (uint32_t)len,
                      .target = (uint64_t)stream,
                      .cb = loop__quiet_refusal,
                      .data = data};
    loop->ops.count++;
    return loop__submit_queued(loop);
}

int64_t loop_send(loop_t *loop, int64_t stream, const void *data, uint64_t len) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if ((data == NULL && len > 0) || len > UINT32_MAX)
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, send_bytes(loop, stream, data, len));
}

/* Writes how many bytes the pieces have together. */
static int pieces_ok(const loop_buf_t *bufs, uint32_t count, uint64_t *total_out) {
    uint64_t total = 0;
    if (bufs == NULL || count == 0 || count > PIECES_MAX)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        if ((bufs[i].data == NULL && bufs[i].len > 0) || bufs[i].len > UINT32_MAX - total)
            return 0;
        total += bufs[i].len;
    }
    *total_out = total;
    return 1;
}

/* The pieces as one. NULL: out of memory. */
static loop__blob_t *join(const loop_buf_t *bufs, uint32_t count, uint64_t total) {
    loop__blob_t *blob = loop__blob_new(total);
    if (blob == NULL)
        return NULL;
    char *at = loop__blob_data(blob);
    for (uint32_t i = 0; i < count; i++) {
        if (bufs[i].len > 0)
            memcpy(at, bufs[i].data, bufs[i].len);
        at += bufs[i].len;
    }
    return blob;
}

static int64_t write_pieces(loop_t *loop, int64_t stream, const loop_buf_t *bufs, uint32_t count,
                            int borrowed, loop_cb cb, void *user) {
    loop__standing_t standing;
    loop__slot_t *slot;
    loop_op_t *op;
    uint64_t total;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!pieces_ok(bufs, count, &total) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = NULL;
    if (borrowed) {
        blob = loop__blob_new(count * sizeof *bufs);
        if (blob != NULL)
            memcpy(loop__blob_data(blob), bufs, count * sizeof *bufs);
    } else {
        blob = join(bufs, count, total);
    }
    rc = blob == NULL ? LOOP_ENOMEM : loop__look_up(loop, stream, &standing, &slot);
    if (rc == 0 && loop__refuses(loop, stream, LOOP__SLOT_NO_WRITE))
        rc = LOOP_EBADF;
    if (rc == 0)
        rc = loop__start(loop, LOOP_OP_WRITE, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    op->flags = borrowed ? LOOP_OPF_BORROWED | LOOP_OPF_VECTOR : 0;
    op->len = borrowed ? count : (uint32_t)total;
    op->target = (uint64_t)stream;
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop_writev(loop_t *loop, int64_t stream, const loop_buf_t *bufs, uint32_t count,
                    loop_cb cb, void *user) {
    return write_pieces(loop, stream, bufs, count, 0, cb, user);
}

int64_t loop_writev_borrowed(loop_t *loop, int64_t stream, const loop_buf_t *bufs, uint32_t count,
                             loop_cb cb, void *user) {
    return write_pieces(loop, stream, bufs, count, 1, cb, user);
}

/* ---- Closing --------------------------------------------------------------------------------- */

static int64_t close_socket(loop_t *loop, int64_t socket, int64_t how) {
    loop__standing_t standing;
    loop__slot_t *slot;
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    rc = loop__look_up(loop, socket, &standing, &slot);
    if (rc == 0 && standing == LOOP__ALIVE) {
        loop_op_t *op = loop__ops_room(loop, 1);
        if (op == NULL)
            return loop__leave(loop, LOOP_ENOMEM);
        *op = (loop_op_t){.code = LOOP_OP_CLOSE,
                          .target = (uint64_t)socket,
                          .cb = loop__quiet_refusal,
                          .arg = how,
                          .timeout_ns = loop->next_timeout_ns};
        loop->ops.count++;
        loop__next_clear(loop);
        uint64_t *word = loop__word(loop, (uint64_t)socket);
        if (word != NULL)
            *word |= LOOP__SLOT_SHUT;
        rc = loop__submit_queued(loop);
    }
    return loop__leave(loop, rc);
}

int64_t loop_net_close(loop_t *loop, int64_t socket) {
    return close_socket(loop, socket, 0);
}

int64_t loop_net_reset(loop_t *loop, int64_t socket) {
    return close_socket(loop, socket, 1);
}
