/* SPDX-License-Identifier: MIT
 *
 * Compression for C callers: the request is checked and copied into one piece of memory that lives
 * until the engine has taken the op.
 */
#include "internal.h"

#include <string.h>

typedef struct format {
    int32_t lowest; /* level, as is the next */
    int32_t highest;
    int dictionary; /* 1: it has that */
} format_t;

static const format_t formats[] = {
    [LOOP_ZIP_GZIP] = {LOOP_ZIP_STORE, 9, 0},
    [LOOP_ZIP_DEFLATE] = {LOOP_ZIP_STORE, 9, 1},
    [LOOP_ZIP_DEFLATE_RAW] = {LOOP_ZIP_STORE, 9, 1},
    [LOOP_ZIP_ZSTD] = {0, 22, 1},
    [LOOP_ZIP_BROTLI] = {0, 11, 0},
};

#define FORMATS (sizeof formats / sizeof formats[0])

static int request_ok(const loop_zip_t *request) {
    if (request == NULL || request->size < sizeof *request ||
        !loop__rest_is_zero(request, request->size, sizeof *request) ||
        (request->flags & ~(uint32_t)LOOP_ZIP_BORROW) != 0 || request->what == 0 ||
        request->what > LOOP_ZIP_DECOMPRESS_STREAM || request->format == 0 ||
        request->format >= FORMATS)
        return 0;
    int compresses =
        request->what == LOOP_ZIP_COMPRESS || request->what == LOOP_ZIP_COMPRESS_STREAM;
    int streams = request->what >= LOOP_ZIP_COMPRESS_STREAM;
    const format_t *format = &formats[request->format];
    if (request->level < format->lowest || request->level > format->highest ||
        (!compresses && request->level != 0) || (streams && request->len > 0))
        return 0;
    if (request->dictionary_len > 0 && (!format->dictionary || request->dictionary == NULL))
        return 0;
    return request->len <= INT64_MAX && (request->data != NULL || request->len == 0);
}

/* A copy of a request with what it points at, unless that is lent. NULL: out of memory. */
static loop__blob_t *copy_request(const loop_zip_t *request) {
    int lent = (request->flags & LOOP_ZIP_BORROW) != 0;
    uint64_t bytes = sizeof *request;
    if (!lent)
        bytes += request->len + request->dictionary_len;
    loop__blob_t *blob = loop__blob_new(bytes);
    if (blob == NULL)
        return NULL;
    loop_zip_t *copy = loop__blob_data(blob);
    char *at = (char *)(copy + 1);
    *copy = *request;
    copy->size = sizeof *copy;
    if (!lent && request->len > 0) {
        copy->data = memcpy(at, request->data, request->len);
        at += request->len;
    }
    if (!lent && request->dictionary_len > 0)
        copy->dictionary = memcpy(at, request->dictionary, request->dictionary_len);
    return blob;
}

int64_t loop_zip(loop_t *loop, const loop_zip_t *request, loop_cb cb, void *user) {
    loop_op_t *op;
    int64_t rc = loop__enter_open(loop);
    if (rc < 0)
        return rc;
    if (!request_ok(request) || cb == NULL)
        return loop__leave(loop, LOOP_EINVAL);
    loop__blob_t *blob = copy_request(request);
    if (blob == NULL)
        return loop__leave(loop, LOOP_ENOMEM);
    rc = loop__start(loop, LOOP_OP_ZIP, cb, user, 0, &op);
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

int64_t loop_compress(loop_t *loop, uint32_t format, int32_t level, const void *data, uint64_t len,
                      loop_cb cb, void *user) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_COMPRESS;
    request.format = format;
    request.level = level;
    request.data = data;
    request.len = len;
    return loop_zip(loop, &request, cb, user);
}

int64_t loop_decompress(loop_t *loop, uint32_t format, uint64_t max_out, const void *data,
                        uint64_t len, loop_cb cb, void *user) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_DECOMPRESS;
    request.format = format;
    request.max_out = max_out;
    request.data = data;
    request.len = len;
    return loop_zip(loop, &request, cb, user);
}

int64_t loop_compress_stream(loop_t *loop, uint32_t format, int32_t level, loop_cb cb, void *user) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_COMPRESS_STREAM;
    request.format = format;
    request.level = level;
    return loop_zip(loop, &request, cb, user);
}

int64_t loop_decompress_stream(loop_t *loop, uint32_t format, uint64_t max_out, loop_cb cb,
                               void *user) {
    loop_zip_t request = LOOP_ZIP_INIT;
    request.what = LOOP_ZIP_DECOMPRESS_STREAM;
    request.format = format;
    request.max_out = max_out;
    return loop_zip(loop, &request, cb, user);
}
