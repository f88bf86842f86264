/* SPDX-License-Identifier: MIT
 *
 * What both sides of loop_lag share: lateness samples, and things that keep processors busy.
 */
#ifndef LAG_H
#define LAG_H

#include <pthread.h>
#include <stdatomic.h>

#include "../bench.h"

#ifndef LAG_PERIOD
#define LAG_PERIOD (2 * NS_PER_MS)
#endif
enum { LAG_BURNERS = 4, LAG_HOST_THREADS = 2, LAG_MAX_SAMPLES = 4096 };

static atomic_int lag_stop;
static int64_t lag_samples[LAG_MAX_SAMPLES]; /* ns late; not below 0 */
static int64_t lag_count;

/* Compute until lag_stop is set. */
static inline void lag_burn(void) {
    volatile uint32_t sink = 1;
    while (atomic_load_explicit(&lag_stop, memory_order_relaxed) == 0) {
        for (int i = 0; i < 1000; i++) {
            sink = sink * 1103515245u + 12345u;
        }
    }
}

static inline void *lag_burn_thread(void *argument) {
    (void)argument;
    lag_burn();
    return NULL;
}

/* Record a timer that was started at a time and has fired now. */
static inline void lag_note(int64_t started) {
    int64_t late = bench_clock() - started - LAG_PERIOD;
    if (lag_count < LAG_MAX_SAMPLES) {
        lag_samples[lag_count++] = late < 0 ? 0 : late;
    }
}

/* The rest of the object that a program prints. */
static inline void lag_print_samples(const char *name, const char *version) {
    bench_must(lag_count > 0);
    printf("\"samples_ns\": [");
    for (int64_t i = 0; i < lag_count; i++) {
        printf("%s%" PRId64, i == 0 ? "" : ", ", lag_samples[i]);
    }
    printf("], \"version\": \"%s %s\"}\n", name, version);
}

static inline void lag_print(const char *name, const char *version) {
    printf("{");
    lag_print_samples(name, version);
}

#endif
