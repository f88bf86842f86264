/* SPDX-License-Identifier: MIT */
#include <uv.h>

#include "../bench.h"

static int64_t fired, closed;

static void on_timer(uv_timer_t *timer) {
    (void)timer;
    fired++;
}

static void on_close(uv_handle_t *handle) {
    (void)handle;
    closed++;
}

int main(int argc, char **argv) {
    int64_t n = bench_is_check(argc, argv) ? 10000 : 10000000;
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0);

    int64_t begin = bench_cpu();
    uv_timer_t *timers = malloc((size_t)n * sizeof *timers);
    bench_must(timers != NULL);
    uint64_t delay = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i % 1000 == 0) {
            delay++;
        }
        uv_timer_init(&loop, &timers[i]);
        uv_timer_start(&timers[i], on_timer, delay, 0);
    }
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    for (int64_t i = 0; i < n; i++) {
        uv_close((uv_handle_t *)&timers[i], on_close);
    }
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    bench_must(uv_loop_close(&loop) == 0);
    free(timers);
    int64_t ended = bench_cpu();

    bench_must(fired == n && closed == n);
    printf("{\"timers_10m\": %.4f, \"version\": \"libuv %s\"}\n",
           (double)(ended - begin) / (double)NS_PER_S, uv_version_string());
    return 0;
}
