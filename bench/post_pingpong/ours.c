/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include <pthread.h>

#include "../bench.h"

static loop_t *here, *there;
static int64_t roundtrips, deadline;

static void on_pong(loop_t *loop, const loop_event_t *ev, void *user);

static void on_ping(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    (void)loop;
    bench_must(loop_post(here, 0, on_pong, NULL) == 0);
}

static void on_stop(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    loop_unhold(loop);
}

static void on_pong(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev, (void)user;
    roundtrips++;
    if (bench_clock() < deadline) {
        bench_must(loop_post(there, 0, on_ping, NULL) == 0);
    } else {
        bench_must(loop_post(there, 0, on_stop, NULL) == 0);
        loop_unhold(loop);
    }
}

static void *run_there(void *argument) {
    (void)argument;
    bench_must(loop_run(there, LOOP_RUN_DEFAULT) == 0);
    bench_must(loop_free(there) == 0);
    return NULL;
}

int main(int argc, char **argv) {
    int64_t duration = bench_is_check(argc, argv) ? NS_PER_S / 100 : NS_PER_S;
    bench_must(loop_new(NULL, &here) == 0 && loop_new(NULL, &there) == 0);
    bench_must(loop_hold(here) == 0 && loop_hold(there) == 0);
    pthread_t thread;
    bench_must(pthread_create(&thread, NULL, run_there, NULL) == 0);

    int64_t begin = bench_clock();
    deadline = begin + duration;
    bench_must(loop_post(there, 0, on_ping, NULL) == 0);
    bench_must(loop_run(here, LOOP_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();

    pthread_join(thread, NULL);
    printf("{\"post_pingpong\": %.1f, \"cpu_us_per_roundtrip\": %.3f, "
           "\"version\": \"libloop %s\"}\n",
           (double)roundtrips * (double)NS_PER_S / (double)(ended - begin),
           (double)bench_cpu() / 1000 / (double)roundtrips, loop_version());
    return loop_free(here) == 0 ? 0 : 1;
}
