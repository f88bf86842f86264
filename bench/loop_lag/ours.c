/* SPDX-License-Identifier: MIT
 *
 * ours pool|burn|http|quiet: how late a timer of 2 ms is while 4 jobs compute on the pool, while 2
 * threads of the host compute, while the HTTP client fetches pages, or while nothing happens.
 */
#include <loop.h>

#include "lag.h"
#include "page_server.h"

enum { FETCHES_IN_FLIGHT = 4 };

static int64_t started, deadline, pages;
static char url[64];

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    lag_note(started);
    if (bench_clock() >= deadline) {
        atomic_store(&lag_stop, 1);
        return;
    }
    started = bench_clock();
    bench_must(loop_set_timeout(loop, LAG_PERIOD, on_timer, NULL) > 0);
}

static int32_t burn_job(void *argument, loop_value_t *out) {
    (void)argument, (void)out;
    lag_burn();
    return 0;
}

static void on_burnt(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    bench_must(ev->status == 0);
}

static void on_page(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    bench_must(ev->status == 0 && ev->num == 200);
    pages++;
    if (atomic_load(&lag_stop) == 0) {
        bench_must(loop_http_get(loop, url, on_page, NULL) > 0);
    }
}

int main(int argc, char **argv) {
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 20 : 2 * NS_PER_S;
    const char *mode = argc > 1 ? argv[1] : "pool";
    pthread_t threads[LAG_HOST_THREADS];
    int host_threads = strcmp(mode, "burn") == 0 ? LAG_HOST_THREADS : 0;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = LAG_BURNERS;
    loop_t *loop = NULL;
    bench_must(loop_new(&options, &loop) == 0);

    for (int i = 0; i < host_threads; i++) {
        bench_must(pthread_create(&threads[i], NULL, lag_burn_thread, NULL) == 0);
    }
    if (strcmp(mode, "pool") == 0) {
        for (int i = 0; i < LAG_BURNERS; i++) {
            bench_must(loop_work(loop, burn_job, NULL, "Burn", on_burnt, NULL) > 0);
        }
    }
    if (strcmp(mode, "http") == 0) {
        snprintf(url, sizeof url, "http://127.0.0.1:%d/", page_server_start());
        for (int i = 0; i < FETCHES_IN_FLIGHT; i++) {
            bench_must(loop_http_get(loop, url, on_page, NULL) > 0);
        }
    }
    started = bench_clock();
    deadline = started + duration;
    bench_must(loop_set_timeout(loop, LAG_PERIOD, on_timer, NULL) > 0);
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    for (int i = 0; i < host_threads; i++) {
        pthread_join(threads[i], NULL);
    }
    bench_must(url[0] == '\0' || pages > 0);
    lag_print("libloop", loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
