/* SPDX-License-Identifier: MIT
 *
 * What the programs about compression share.
 */
#ifndef ZIP_H
#define ZIP_H

#include "conformance.h"

typedef struct format {
    uint32_t number;
    const char *name;
} format_t;

static const format_t formats[] = {
    {LOOP_ZIP_GZIP, "gzip"}, {LOOP_ZIP_DEFLATE, "deflate"}, {LOOP_ZIP_DEFLATE_RAW, "deflate_raw"},
    {LOOP_ZIP_ZSTD, "zstd"}, {LOOP_ZIP_BROTLI, "brotli"},
};
#define FORMATS (sizeof formats / sizeof formats[0])

/* Bytes that are the host's. */
typedef struct bytes {
    unsigned char *at;
    uint64_t len;
} bytes_t;

static inline const char *yes(int fact) {
    return fact ? "yes" : "no";
}

/* "one way, the other way, " n times. */
static inline bytes_t repeated(int n) {
    static const char text[] = "one way, the other way, ";
    bytes_t bytes = {malloc((sizeof text - 1) * (size_t)n), 0};
    for (int i = 0; i < n; i++) {
        memcpy(bytes.at + bytes.len, text, sizeof text - 1);
        bytes.len += sizeof text - 1;
    }
    return bytes;
}

static inline void append(bytes_t *bytes, const loop_event_t *ev) {
    const void *data;
    uint64_t len;
    must(loop_event_bytes(ev, &data, &len));
    bytes->at = realloc(bytes->at, bytes->len + len + 1);
    memcpy(bytes->at + bytes->len, data, len);
    bytes->len += len;
}

/* A callback that keeps the result in the bytes_t at user. */
CB(keep) {
    (void)loop;
    must(ev->status);
    append(user, ev);
}

/* Compresses in one shot, with the loop run. */
static inline bytes_t packed(loop_t *loop, uint32_t format, int32_t level, bytes_t data) {
    bytes_t out = {NULL, 0};
    must(loop_compress(loop, format, level, data.at, data.len, keep, &out));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    return out;
}

static inline bytes_t unpacked(loop_t *loop, uint32_t format, bytes_t data) {
    bytes_t out = {NULL, 0};
    must(loop_decompress(loop, format, 0, data.at, data.len, keep, &out));
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    return out;
}

static inline int same(bytes_t a, bytes_t b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

#endif
