/* SPDX-License-Identifier: MIT
 *
 * Datagrams for C callers: the check of a request, sending to an address, who sent one. (Making the
 * socket is in net.c, groups and options are in net_values.c and net_group.c.)
 */
#include "internal.h"

#include <string.h>

#define BIND_FLAGS ((uint32_t)(LOOP_NET_REUSEPORT | LOOP_NET_V6ONLY | LOOP_NET_REUSEADDR))
#define HOST_MAX 255u

/* Whether a host can be bound to without asking for a name. */
static int is_own(const char *host, uint32_t len) {
    char text[HOST_MAX + 1];
    loop_address_t a;
    size_t n = len > 0 ? len : strnlen(host, sizeof text);
    if (n > HOST_MAX)
        return 0;
    memcpy(text, host, n);
    text[n] = '\0';
    return strlen(text) == n &&
           (strcmp(text, "localhost") == 0 || loop_address_parse(text, 0, &a) == 0);
}

int loop__datagram_ok(const loop_net_t *q) {
    int binds = q->what == LOOP_NET_BIND;
    if (q->backlog != 0)
        return 0;
    if (q->type == LOOP_NET_UNIX_DGRAM)
        return q->flags == 0 && q->port == 0 && q->local_port == 0 &&
               (binds ? q->local_host == NULL : q->host != NULL);
    if (binds)
        return (q->flags & ~BIND_FLAGS) == 0 && q->local_host == NULL && q->local_port == 0 &&
               (q->host == NULL || is_own(q->host, q->host_len));
    return q->flags == 0 && q->host != NULL && q->port > 0;
}

int64_t loop_udp_bind(loop_t *loop, const char *host, uint32_t port, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_BIND, LOOP_NET_UDP, host, port, cb, user);
}

int64_t loop_udp_connect(loop_t *loop, const char *host, uint32_t port, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_CONNECT, LOOP_NET_UDP, host, port, cb, user);
}

int64_t loop_unix_dgram_bind(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_BIND, LOOP_NET_UNIX_DGRAM, path, 0, cb, user);
}

int64_t loop_unix_dgram_connect(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_CONNECT, LOOP_NET_UNIX_DGRAM, path, 0, cb, user);
}

/* ---- Sending --------------------------------------------------------------------------------- */

/* Whether something can be sent to an address. */
static int address_ok(const loop_address_t *to) {
    if (to == NULL || to->size < sizeof *to)
        return 0;
    if (to->family == LOOP_AF_UNIX)
        return to->path_len > 0 && to->path_len < sizeof to->path;
    return (to->family == LOOP_AF_INET || to->family == LOOP_AF_INET6) && to->path_len == 0;
}

static int64_t send_to(loop_t *loop, int64_t socket, const loop_address_t *to, const void *data,
                       uint64_t len) {
    int64_t rc = loop__takes_data(loop, socket);
    if (rc <= 0)
        return rc;
    loop_op_t *op = loop__ops_room(loop, 1);
    if (op == NULL)
        return LOOP_ENOMEM;
    const void *where = loop__ops_copy(loop, to, sizeof *to);
    if (where != NULL && len > 0 && !loop__is_current_data(loop, data, len))
        data = loop__ops_copy(loop, data, len);
    if (where == NULL || (data == NULL && len > 0))
        return LOOP_ENOMEM;
    *op = (loop_op_t){.code = LOOP_OP_SEND_TO,
                      .len = (uint32_t)len,
                      .target = (uint64_t)socket,
                      .cb = loop__quiet_refusal,
                      .data = data,
                      .arg = (int64_t)(intptr_t)where};
    loop->ops.count++;
    return loop__submit_queued(loop);
}

int64_t loop_send_to(loop_t *loop, int64_t socket, const loop_address_t *to, const void *data,
                     uint64_t len) {
    int64_t rc = loop__enter_sound(loop);
    if (rc < 0)
        return rc;
    if (!address_ok(to) || (data == NULL && len > 0) || len > UINT32_MAX)
        return loop__leave(loop, LOOP_EINVAL);
    return loop__leave(loop, send_to(loop, socket, to, data, len));
}

int64_t loop_write_to(loop_t *loop, int64_t socket, const loop_address_t *to, const void *data,
                      uint64_t len, loop_cb cb, void *user) {
    loop__standing_t standing;
    loop__slot_t *slot;
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if ((to != NULL && !address_ok(to)) || (data == NULL && len > 0) || len > UINT32_MAX ||
        cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = loop__blob_new(sizeof *to + len);
    rc = blob == NULL ? LOOP_ENOMEM : loop__look_up(loop, socket, &standing, &slot);
    if (rc == 0)
        rc = loop__start(loop, LOOP_OP_WRITE, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    loop_address_t *copy = loop__blob_data(blob);
    if (len > 0)
        memcpy(copy + 1, data, len);
    op->target = (uint64_t)socket;
    op->len = (uint32_t)len;
    op->data = copy + 1;
    if (to != NULL) {
        *copy = *to;
        op->arg = (int64_t)(intptr_t)copy;
    }
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* The engine puts the sender before the bytes. */
const loop_address_t *loop_sender(const loop_event_t *ev) {
    if (ev == NULL || ev->code != LOOP_OP_NET || ev->status != 0 || ev->aux != LOOP_NET_DATAGRAM ||
        (ev->flags & LOOP_EV_MORE) == 0 || ev->data == NULL)
        return NULL;
    return (const loop_address_t *)ev->data - 1;
}
