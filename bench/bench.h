/* SPDX-License-Identifier: MIT
 *
 * What the programs of the benchmarks share. Each program runs one workload once and prints one
 * JSON object: its figures, by name, and "version", whom they are of. With --check it does the
 * same with very little work.
 */
#ifndef BENCH_H
#define BENCH_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Stop with a message: a benchmark that did not do its work has no figures. */
#define bench_must(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline int64_t bench_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* User and system time of all threads of this process (ns). */
static inline int64_t bench_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

/* The same numbers in every program and language: x = x * 1103515245 + 12345 (mod 2^31). */
static inline uint32_t bench_random(uint32_t *state) {
    *state = (*state * 1103515245u + 12345u) & 0x7fffffffu;
    return *state >> 8;
}

static inline void *bench_alloc(size_t count, size_t size) {
    void *block = calloc(count, size);
    bench_must(block != NULL);
    memset(block, 1, count * size); /* touched: page faults are nobody's figure */
    memset(block, 0, count * size);
    return block;
}

static inline int bench_is_check(int argc, char **argv) {
    return argc > 1 && strcmp(argv[argc - 1], "--check") == 0;
}

/* The argument at a place, or a default when there is none. */
static inline int64_t bench_argument(int argc, char **argv, int place, int64_t otherwise) {
    return argc > place && argv[place][0] != '-' ? strtoll(argv[place], NULL, 10) : otherwise;
}

#endif
