/* SPDX-License-Identifier: MIT */
#include <loop.h>

#include <pthread.h>
#include <sched.h>

#include "../bench.h"

enum { MAX_THREADS = 16 };

typedef struct poster {
    loop_t *loop;
    pthread_t thread;
    int64_t count;
    uint64_t expected; /* the value that must come next; the loop thread's */
} poster_t;

static int64_t missing; /* callbacks that have not come; the loop thread's */

static void on_post(loop_t *loop, const loop_event_t *ev, void *user) {
    poster_t *poster = user;
    bench_must((uint64_t)ev->num == poster->expected);
    poster->expected++;
    if (--missing == 0) {
        loop_unhold(loop);
    }
}

static void *post_all(void *argument) {
    poster_t *poster = argument;
    for (int64_t i = 0; i < poster->count; i++) {
        int64_t code;
        while ((code = loop_post(poster->loop, (uint64_t)i, on_post, poster)) == LOOP_EFULL) {
            sched_yield();
        }
        bench_must(code == 0);
    }
    return NULL;
}

int main(int argc, char **argv) {
    int64_t threads = bench_argument(argc, argv, 1, 1);
    int64_t each = bench_is_check(argc, argv) ? 1000 : 1000000;
    bench_must(threads >= 1 && threads <= MAX_THREADS);
    poster_t posters[MAX_THREADS];
    loop_t *loop = NULL;
    bench_must(loop_new(NULL, &loop) == 0 && loop_hold(loop) == 0);
    missing = threads * each;

    int64_t begin = bench_clock();
    for (int64_t i = 0; i < threads; i++) {
        posters[i] = (poster_t){.loop = loop, .count = each};
        bench_must(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]) == 0);
    }
    bench_must(loop_run(loop, LOOP_RUN_DEFAULT) == 0);
    int64_t ended = bench_clock();

    for (int64_t i = 0; i < threads; i++) {
        pthread_join(posters[i].thread, NULL);
        bench_must(posters[i].expected == (uint64_t)each);
    }
    bench_must(missing == 0);
    printf("{\"post_t%" PRId64 "\": %.0f, \"version\": \"libloop %s\"}\n", threads,
           (double)(threads * each) * (double)NS_PER_S / (double)(ended - begin), loop_version());
    return loop_free(loop) == 0 ? 0 : 1;
}
