/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "../bench.h"

static int64_t fired;

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    fired++;
}

int main(int argc, char **argv) {
    int64_t n = bench_argument(argc, argv, 1, bench_is_check(argc, argv) ? 1000 : 1000000);
    uv_timer_t *timers = malloc((size_t)n * sizeof *timers);
    uint64_t *delays = bench_alloc((size_t)n, sizeof *delays);
    uint32_t random = 1;
    for (int64_t i = 0; i < n; i++) {
        delays[i] = 1 + bench_random(&random) % 1000;
    }
    uv_loop_t loop;
    bench_must(timers != NULL && uv_loop_init(&loop) == 0);
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_update_time(&loop);

    int64_t begin = bench_cpu();
    for (int64_t i = 0; i < n; i++) {
        uv_timer_init(&loop, &timers[i]);
        uv_timer_start(&timers[i], on_timer, delays[i], 0);
    }
    int64_t started = bench_cpu();
    for (int64_t i = 1; i < n; i += 2) {
        uv_timer_stop(&timers[i]);
    }
    int64_t stopped = bench_cpu();
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    int64_t ended = bench_cpu();

    bench_must(fired == n / 2);
    printf("{\"timers_1m_start\": %.2f, \"timers_1m_stop\": %.2f, \"timers_1m_fire\": %.2f, "
           "\"version\": \"libuv %s\"}\n",
           (double)(started - begin) / (double)n, (double)(stopped - started) * 2 / (double)n,
           (double)(ended - stopped) * 2 / (double)n, uv_version_string());
    return 0;
}
