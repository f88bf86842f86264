/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../bench.h"

static int64_t fired;

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    fired++;
}

int main(int argc, char **argv) {
    int64_t n = bench_argument(argc, argv, 1, bench_is_check(argc, argv) ? 1000 : 1000000);
    int64_t *ids = bench_alloc((size_t)n, sizeof *ids);
    int64_t *delays = bench_alloc((size_t)n, sizeof *delays);
    uint32_t random = 1;
    for (int64_t i = 0; i < n; i++) {
        delays[i] = (1 + bench_random(&random) % 1000) * NS_PER_MS;
    }
    loop_t *loop = NULL;
    bench_must(loop_new(NULL, &loop) == 0);
    /* The first run pays for what a loop needs once. */
    bench_must(loop_run(loop, LOOP_RUN_NOWAIT) == 0);

    int64_t begin = bench_cpu();
    for (int64_t i = 0; i < n; i++) {
        ids[i] = loop_set_timeout(loop, delays[i], on_timer, NULL);
    }
    int64_t started = bench_cpu();
    for (int64_t i = 1; i < n; i += 2) {
        bench_must(loop_clear_timer(loop, ids[i]) == 0);
    }
    int64_t stopped = bench_cpu();
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    int64_t ended = bench_cpu();

    bench_must(fired == n / 2);
    printf("{\"timers_1m_start\": %.2f, \"timers_1m_stop\": %.2f, \"timers_1m_fire\": %.2f, "
           "\"version\": \"libloop %s\"}\n",
           (double)(started - begin) / (double)n, (double)(stopped - started) * 2 / (double)n,
           (double)(ended - stopped) * 2 / (double)n, loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
