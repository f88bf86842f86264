/* SPDX-License-Identifier: MIT
 *
 * Making sockets for C callers: the check of a request, and its copy in one piece of memory that
 * lives until the engine has taken the op.
 */
#include "internal.h"

#include <string.h>

#define PORT_MAX 65535u
#define COUNT_MAX 2147483647u
#define READ_SIZE_MAX 65536u
#define LISTEN_FLAGS ((uint32_t)(LOOP_NET_REUSEPORT | LOOP_NET_V6ONLY))
#define FLAGS                                                                                      \
    ((uint32_t)(LOOP_NET_HALF_OPEN | LOOP_NET_NODELAY | LOOP_NET_FDS | LOOP_NET_KEEP |             \
                LOOP_NET_REUSEADDR) |                                                              \
     LISTEN_FLAGS)

static int request_ok(const loop_net_t *q) {
    if (q == NULL || q->size < sizeof *q || !loop__rest_is_zero(q, q->size, sizeof *q) ||
        (q->flags & ~FLAGS) != 0 || q->port > PORT_MAX || q->local_port > PORT_MAX ||
        q->backlog > COUNT_MAX || q->read_size > READ_SIZE_MAX || q->read_budget > COUNT_MAX ||
        (q->low_water > 0 && q->low_water >= q->high_water))
        return 0;
    if ((q->type == LOOP_NET_UDP || q->type == LOOP_NET_UNIX_DGRAM) &&
        (q->what == LOOP_NET_BIND || q->what == LOOP_NET_CONNECT))
        return loop__datagram_ok(q);
    if ((q->flags & LOOP_NET_REUSEADDR) != 0)
        return 0;
    if (q->what == LOOP_NET_ADOPT)
        return q->type == 0 && q->fd >= 0 && (q->flags & LISTEN_FLAGS) == 0;
    if ((q->what != LOOP_NET_LISTEN && q->what != LOOP_NET_CONNECT) ||
        (q->flags & LOOP_NET_KEEP) != 0 ||
        (q->what == LOOP_NET_CONNECT && (q->flags & LISTEN_FLAGS) != 0))
        return 0;
    if (q->type == LOOP_NET_UNIX)
        return q->host != NULL && q->port == 0 &&
               (q->flags & ~(uint32_t)(LOOP_NET_HALF_OPEN | LOOP_NET_FDS)) == 0;
    return q->type == LOOP_NET_TCP && (q->flags & LOOP_NET_FDS) == 0 &&
           (q->what == LOOP_NET_LISTEN || (q->host != NULL && q->port > 0));
}

/* Bytes of a text, which the field may say or its NUL. */
static uint64_t text_bytes(const char *text, uint32_t len) {
    return text == NULL ? 0 : len > 0 ? len : strlen(text);
}

static const char *put_text(char **at, const char *text, uint64_t bytes) {
    char *copy = *at;
    if (text == NULL)
        return NULL;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    *at += bytes + 1;
    return copy;
}

static loop__blob_t *copy_request(const loop_net_t *q) {
    uint64_t host = text_bytes(q->host, q->host_len);
    uint64_t local = text_bytes(q->local_host, q->local_host_len);
    loop__blob_t *blob = loop__blob_new(sizeof *q + host + local + 2);
    if (blob == NULL)
        return NULL;
    loop_net_t *copy = loop__blob_data(blob);
    char *at = (char *)(copy + 1);
    *copy = *q;
    copy->size = sizeof *copy;
    copy->host = put_text(&at, q->host, host);
    copy->local_host = put_text(&at, q->local_host, local);
    return blob;
}

int64_t loop_net(loop_t *loop, const loop_net_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_NET, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    if (request->what == LOOP_NET_ADOPT)
        loop__note_direction(loop, rc, request->fd);
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop__net_make(loop_t *loop, uint32_t what, uint32_t type, const char *host, uint32_t port,
                       loop_cb cb, void *user) {
    loop_net_t request = LOOP_NET_INIT;
    request.what = what;
    request.type = type;
    request.host = host;
    request.port = port;
    return loop_net(loop, &request, cb, user);
}

int64_t loop_tcp_listen(loop_t *loop, const char *host, uint32_t port, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_LISTEN, LOOP_NET_TCP, host, port, cb, user);
}

int64_t loop_tcp_connect(loop_t *loop, const char *host, uint32_t port, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_CONNECT, LOOP_NET_TCP, host, port, cb, user);
}

int64_t loop_unix_listen(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_LISTEN, LOOP_NET_UNIX, path, 0, cb, user);
}

int64_t loop_unix_connect(loop_t *loop, const char *path, loop_cb cb, void *user) {
    return loop__net_make(loop, LOOP_NET_CONNECT, LOOP_NET_UNIX, path, 0, cb, user);
}
