/* SPDX-License-Identifier: MIT
 *
 * libuv pool|burn|quiet: as ours.c. libuv has no HTTP client.
 */
#include <uv.h>

#include "lag.h"

static int64_t started, deadline;

static void on_timer(uv_timer_t *timer) {
    lag_note(started);
    if (bench_clock() >= deadline) {
        atomic_store(&lag_stop, 1);
        return;
    }
    started = bench_clock();
    /* The delay counts from the loop's cached time, in ms: without this the timer would be early. */
    uv_update_time(timer->loop);
    bench_must(uv_timer_start(timer, on_timer, LAG_PERIOD / NS_PER_MS, 0) == 0);
}

static void burn_job(uv_work_t *work) {
    (void)work;
    lag_burn();
}

static void on_burnt(uv_work_t *work, int status) {
    (void)work;
    bench_must(status == 0);
}

int main(int argc, char **argv) {
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 20 : 2 * NS_PER_S;
    const char *mode = argc > 1 ? argv[1] : "pool";
    pthread_t threads[LAG_HOST_THREADS];
    int host_threads = strcmp(mode, "burn") == 0 ? LAG_HOST_THREADS : 0;
    bench_must(setenv("UV_THREADPOOL_SIZE", "4", 1) == 0);
    uv_work_t jobs[LAG_BURNERS];
    uv_timer_t timer;
    uv_loop_t loop;
    bench_must(uv_loop_init(&loop) == 0 && uv_timer_init(&loop, &timer) == 0);

    for (int i = 0; i < host_threads; i++) {
        bench_must(pthread_create(&threads[i], NULL, lag_burn_thread, NULL) == 0);
    }
    if (strcmp(mode, "pool") == 0) {
        for (int i = 0; i < LAG_BURNERS; i++) {
            bench_must(uv_queue_work(&loop, &jobs[i], burn_job, on_burnt) == 0);
        }
    }
    uv_update_time(&loop);
    started = bench_clock();
    deadline = started + duration;
    bench_must(uv_timer_start(&timer, on_timer, LAG_PERIOD / NS_PER_MS, 0) == 0);
    bench_must(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    for (int i = 0; i < host_threads; i++) {
        pthread_join(threads[i], NULL);
    }
    lag_print("libuv", uv_version_string());
    return 0;
}
