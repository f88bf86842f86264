/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../bench.h"

static int64_t left;

static void on_tick(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    if (--left > 0) {
        loop_next_tick(loop, on_tick, NULL);
    }
}

static void on_microtask(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    if (--left > 0) {
        loop_queue_microtask(loop, on_microtask, NULL);
    }
}

static void on_immediate(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    if (--left > 0) {
        loop_set_immediate(loop, on_immediate, NULL);
    }
}

static double run(loop_t *loop, int64_t count) {
    left = count;
    int64_t begin = bench_clock();
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();
    bench_must(left == 0);
    return (double)(ended - begin) / (double)count;
}

int main(int argc, char **argv) {
    int64_t n = bench_is_check(argc, argv) ? 1000 : 10000000;
    loop_t *loop = NULL;
    bench_must(loop_new(NULL, &loop) == 0);
    double next = 0, microtask = 0, immediate = 0;
    /* The first, short time around warms up, as Node's compiler needs it. */
    for (int64_t count = n / 100; count <= n; count *= 100) {
        bench_must(loop_next_tick(loop, on_tick, NULL) == 0);
        next = run(loop, count);
        bench_must(loop_queue_microtask(loop, on_microtask, NULL) == 0);
        microtask = run(loop, count);
        bench_must(loop_set_immediate(loop, on_immediate, NULL) > 0);
        immediate = run(loop, count / 10);
    }
    printf("{\"ticks_next\": %.3f, \"ticks_microtask\": %.3f, \"ticks_immediate\": %.3f, "
           "\"version\": \"libloop %s\"}\n",
           next, microtask, immediate, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
