/* SPDX-License-Identifier: MIT
 *
 * Names for C callers: a question is copied with its texts into one piece of memory that lives until
 * the engine has taken the op; and what walks the records of an answer.
 */
#include "internal.h"

#include <string.h>

/* ---- Questions ------------------------------------------------------------------------------- */

#define TRIES_MAX 100u
#define TRY_MAX_NS (INT64_C(3600) * 1000 * 1000 * 1000)

/* len 0: up to the NUL. */
static int text_ok(const char *text, uint32_t len) {
    return len == 0 || (text != NULL && len <= INT32_MAX && memchr(text, '\0', len) == NULL);
}

static int type_ok(uint32_t type) {
    switch (type) {
    case LOOP_DNS_A:
    case LOOP_DNS_NS:
    case LOOP_DNS_CNAME:
    case LOOP_DNS_SOA:
    case LOOP_DNS_PTR:
    case LOOP_DNS_MX:
    case LOOP_DNS_TXT:
    case LOOP_DNS_AAAA:
    case LOOP_DNS_SRV:
    case LOOP_DNS_NAPTR:
    case LOOP_DNS_ANY:
    case LOOP_DNS_CAA:
        return 1;
    default:
        return 0;
    }
}

/* Whether it has what its question takes, and nothing else. */
static int fields_ok(const loop_dns_t *request) {
    int asks = request->servers != NULL || request->tries != 0 || request->try_ns != 0;
    int sorts = request->flags != 0 || request->family != 0;
    switch (request->what) {
    case LOOP_DNS_LOOKUP:
        return request->type == 0 && !asks && request->flags <= LOOP_DNS_IPV6_FIRST &&
               (request->family == 0 || request->family == 4 || request->family == 6);
    case LOOP_DNS_REVERSE:
        return request->type == 0 && !sorts;
    case LOOP_DNS_QUERY:
        return type_ok(request->type) && !sorts;
    default:
        return 0;
    }
}

static int request_ok(const loop_dns_t *request) {
    return request != NULL && request->size >= sizeof *request &&
           loop__rest_is_zero(request, request->size, sizeof *request) && request->name != NULL &&
           text_ok(request->name, request->name_len) &&
           text_ok(request->servers, request->servers_len) && request->tries <= TRIES_MAX &&
           request->try_ns >= 0 && request->try_ns <= TRY_MAX_NS && fields_ok(request);
}

static size_t text_bytes(const char *text, uint32_t len) {
    return text == NULL ? 0 : (len != 0 ? len : strlen(text)) + 1;
}

/* bytes: with the NUL; 0 for no text. */
static const char *put_text(char **at, const char *text, size_t bytes) {
    char *copy = *at;
    if (bytes == 0)
        return NULL;
    memcpy(copy, text, bytes - 1);
    copy[bytes - 1] = '\0';
    *at += bytes;
    return copy;
}

/* A copy with the texts. NULL: out of memory. */
static loop__blob_t *copy_request(const loop_dns_t *request) {
    size_t name = text_bytes(request->name, request->name_len);
    size_t servers = text_bytes(request->servers, request->servers_len);
    loop__blob_t *blob = loop__blob_new(sizeof *request + name + servers);
    if (blob == NULL)
        return NULL;
    loop_dns_t *copy = loop__blob_data(blob);
    char *at = (char *)(copy + 1);
    *copy = *request;
    copy->size = sizeof *copy;
    copy->name = put_text(&at, request->name, name);
    copy->servers = put_text(&at, request->servers, servers);
    copy->name_len = copy->servers_len = 0;
    return blob;
}

int64_t loop_dns(loop_t *loop, const loop_dns_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_DNS, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop_dns_lookup(loop_t *loop, const char *name, uint32_t family, uint32_t flags, loop_cb cb,
                        void *user) {
    loop_dns_t request = LOOP_DNS_INIT;
    request.what = LOOP_DNS_LOOKUP;
    request.name = name;
    request.family = family;
    request.flags = flags;
    return loop_dns(loop, &request, cb, user);
}

int64_t loop_dns_reverse(loop_t *loop, const char *address, loop_cb cb, void *user) {
    loop_dns_t request = LOOP_DNS_INIT;
    request.what = LOOP_DNS_REVERSE;
    request.name = address;
    return loop_dns(loop, &request, cb, user);
}

int64_t loop_dns_query(loop_t *loop, const char *name, uint32_t type, loop_cb cb, void *user) {
    loop_dns_t request = LOOP_DNS_INIT;
    request.what = LOOP_DNS_QUERY;
    request.name = name;
    request.type = type;
    return loop_dns(loop, &request, cb, user);
}

/* ---- Answers --------------------------------------------------------------------------------- */

const loop_dns_record_t *loop_dns_next(const loop_event_t *ev, const loop_dns_record_t *record) {
    if (ev == NULL || ev->code != LOOP_OP_DNS || ev->status != 0 || ev->data == NULL ||
        (ev->flags & LOOP_KIND_MASK) != LOOP_KIND_BYTES)
        return NULL;
    const char *end = (const char *)ev->data + ev->len;
    const char *next =
        record == NULL ? (const char *)ev->data : (const char *)record + record->size;
    return next < end ? (const loop_dns_record_t *)(const void *)next : NULL;
}

/* A text lies as two bytes of length, its bytes, and a NUL. */
const char *loop_dns_text(const loop_dns_record_t *record, uint32_t index, uint64_t *len_out) {
    if (record == NULL || index >= record->text_count)
        return NULL;
    const char *at = (const char *)(record + 1);
    for (;; index--) {
        uint16_t len;
        memcpy(&len, at, sizeof len);
        at += sizeof len;
        if (index == 0) {
            if (len_out != NULL)
                *len_out = len;
            return at;
        }
        at += len + 1;
    }
}
