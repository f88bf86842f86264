/* SPDX-License-Identifier: MIT
 *
 * Results of jobs that are done again and again: the first of each must be right (run.py compares
 * what programs print as "result"), and all others like the first.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "bench.h"

typedef struct bench_bytes {
    unsigned char *data;
    size_t len;
} bench_bytes_t;

static inline bench_bytes_t bench_read(const char *path) {
    FILE *file = fopen(path, "rb");
    bench_must(file != NULL && fseek(file, 0, SEEK_END) == 0);
    bench_bytes_t got = {NULL, (size_t)ftell(file)};
    rewind(file);
    bench_must((got.data = malloc(got.len + 1)) != NULL);
    bench_must(fread(got.data, 1, got.len, file) == got.len && fclose(file) == 0);
    return got;
}

/* Keep the first result; any other must be the same. */
static inline void bench_same(bench_bytes_t *first, const void *data, size_t len) {
    if (first->data == NULL) {
        bench_must(len > 0 && (first->data = malloc(len)) != NULL);
        memcpy(first->data, data, len);
        first->len = len;
    }
    bench_must(first->len == len && memcmp(first->data, data, len) == 0);
}

static inline void bench_print_hex(const bench_bytes_t *bytes) {
    for (size_t i = 0; i < bytes->len; i++)
        printf("%02x", bytes->data[i]);
}

#endif
