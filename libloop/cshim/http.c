/* SPDX-License-Identifier: MIT
 *
 * HTTP for C callers: the request is copied into one piece of memory that lives until the engine has
 * taken the op; and what finds headers and body in a response event.
 */
#include "internal.h"

#include <string.h>
#include <strings.h>

/* ---- Requests -------------------------------------------------------------------------------- */

#define KNOWN_FLAGS                                                                                \
    ((uint32_t)(LOOP_HTTP_STREAM | LOOP_HTTP_FOLLOW | LOOP_HTTP_BORROW_BODY |                      \
                LOOP_HTTP_NO_KEEPALIVE | LOOP_HTTP_INSECURE))

static int request_ok(const loop_http_t *request) {
    return request != NULL && request->size >= sizeof *request &&
           loop__rest_is_zero(request, request->size, sizeof *request) &&
           (request->flags & ~KNOWN_FLAGS) == 0 && request->url != NULL &&
           (request->body != NULL || request->body_len == 0);
}

static size_t text_bytes(const char *text) {
    return text != NULL ? strlen(text) + 1 : 0;
}

static const char *put_text(char **at, const char *text) {
    size_t bytes = text_bytes(text);
    char *copy = *at;
    if (bytes == 0)
        return NULL;
    memcpy(copy, text, bytes);
    *at += bytes;
    return copy;
}

/* A copy of a request with everything it points at, but for a borrowed body. NULL: out of memory. */
static loop__blob_t *copy_request(const loop_http_t *request) {
    int borrowed = (request->flags & LOOP_HTTP_BORROW_BODY) != 0;
    uint64_t body = request->body != NULL && !borrowed ? request->body_len : 0;
    uint64_t bytes = sizeof *request + text_bytes(request->method) + text_bytes(request->url) +
                     text_bytes(request->headers);
    if (body > UINT64_MAX / 2)
        return NULL;
    loop__blob_t *blob = loop__blob_new(bytes + body);
    if (blob == NULL)
        return NULL;
    loop_http_t *copy = loop__blob_data(blob);
    char *at = (char *)(copy + 1);
    *copy = *request;
    copy->size = sizeof *copy;
    copy->method = put_text(&at, request->method);
    copy->url = put_text(&at, request->url);
    copy->headers = put_text(&at, request->headers);
    if (body > 0) {
        memcpy(at, request->body, body);
        copy->body = at;
    }
    return blob;
}

int64_t loop_http(loop_t *loop, const loop_http_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_HTTP, cb, user, 0, &op);
    if (rc < 0) {
        loop__blobs_free(blob);
        return loop__leave(loop, rc);
    }
    if ((request->flags & LOOP_HTTP_BORROW_BODY) != 0)
        op->flags = LOOP_OPF_BORROWED;
    op->data = loop__blob_data(blob);
    blob->next = loop->ops.blobs;
    loop->ops.blobs = blob;
    (void)loop__submit_queued(loop);
    return loop__leave(loop, rc);
}

int64_t loop_http_get(loop_t *loop, const char *url, loop_cb cb, void *user) {
    loop_http_t request = LOOP_HTTP_INIT;
    request.url = url;
    return loop_http(loop, &request, cb, user);
}

/* ---- Responses ------------------------------------------------------------------------------- */

/* Write where the head of a response lies. Returns 0, LOOP_ETYPE. */
static int64_t find_head(const loop_event_t *ev, const char **head_out, uint64_t *len_out) {
    if (ev->code != LOOP_OP_HTTP || (ev->flags & LOOP_KIND_MASK) != LOOP_KIND_BYTES ||
        ev->data == NULL)
        return LOOP_ETYPE;
    if ((ev->flags & LOOP_EV_HEAD) != 0)
        *len_out = ev->len;
    else if ((ev->flags & LOOP_EV_MORE) == 0 && ev->aux > 0 && ev->aux <= ev->len)
        *len_out = ev->aux;
    else
        return LOOP_ETYPE; /* a chunk, or the end of a stream */
    *head_out = ev->data;
    return 0;
}

static int is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

int64_t loop_http_header(const loop_event_t *ev, const char *name, const char **value_out,
                         uint64_t *len_out) {
    const char *at;
    uint64_t len;
    if (ev == NULL || name == NULL || value_out == NULL || len_out == NULL)
        return LOOP_EINVAL;
    int64_t rc = find_head(ev, &at, &len);
    if (rc < 0)
        return rc;
    size_t name_len = strlen(name);
    const char *end = at + len;
    for (int number = 0; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *next = stop == NULL ? end : stop + 1;
        stop = stop == NULL ? end : stop;
        /* Line 0 is the status line. */
        if (number > 0 && (size_t)(stop - at) > name_len && at[name_len] == ':' &&
            strncasecmp(at, name, name_len) == 0) {
            const char *value = at + name_len + 1;
            while (value < stop && is_blank(*value))
                value++;
            while (stop > value && is_blank(stop[-1]))
                stop--;
            *value_out = value;
            *len_out = (uint64_t)(stop - value);
            return 0;
        }
        at = next;
    }
    return LOOP_ENOENT;
}

int64_t loop_http_body(const loop_event_t *ev, const void **data_out, uint64_t *len_out) {
    if (ev == NULL || data_out == NULL || len_out == NULL)
        return LOOP_EINVAL;
    if (ev->code != LOOP_OP_HTTP || ev->status != 0 || (ev->flags & LOOP_EV_HEAD) != 0)
        return LOOP_ETYPE;
    /* aux: where the body begins; 0 in a chunk, which is all body, and at the end of a stream. */
    uint64_t start = ev->data != NULL && ev->aux <= ev->len ? ev->aux : 0;
    *data_out = ev->data != NULL ? (const char *)ev->data + start : "";
    *len_out = ev->data != NULL ? ev->len - start : 0;
    return 0;
}
