/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include "../bench.h"

static int64_t fired;

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)ev, (void)user;
    fired++;
}

int main(int argc, char **argv) {
    int64_t n = bench_is_check(argc, argv) ? 10000 : 10000000;
    loop_t *loop = NULL;
    bench_must(loop_new(NULL, &loop) == 0);

    int64_t begin = bench_cpu();
    int64_t delay = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i % 1000 == 0) {
            delay += NS_PER_MS;
        }
        bench_must(loop_set_timeout(loop, delay, on_timer, NULL) > 0);
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    bench_must(loop_free(loop) == 0);
    int64_t ended = bench_cpu();

    bench_must(fired == n);
    printf("{\"timers_10m\": %.4f, \"version\": \"libloop %s\"}\n",
           (double)(ended - begin) / (double)NS_PER_S, loop_version());
    return 0;
}
