/* SPDX-License-Identifier: MIT
 *
 * Loading while the process is busy: first calls from many threads at once, before Go has finished
 * its start, and loading and unloading again and again.
 */
#include "dlopened.h"

#include <pthread.h>

#define THREADS 64

static pthread_barrier_t barrier;
static int events; /* atomic */

static void use_after_barrier(int rounds) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < rounds; i++) {
        loop_t *loop = NULL;
        CHECK_INT(lib.loop_new(NULL, &loop), 0);
        if (loop == NULL)
            return;
        CHECK(lib.loop_set_timeout(loop, 0, count_one, &events) > 0);
        CHECK(lib.loop_work(loop, nothing_to_do, NULL, NULL, count_one, &events) > 0);
        CHECK_INT(lib.loop_post(loop, 0, count_one, &events), 0);
        CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(lib.loop_free(loop), 0);
    }
}

static void *use_it(void *arg) {
    (void)arg;
    use_after_barrier(3);
    return NULL;
}

static void start_threads(pthread_t *threads, int n, void *(*entry)(void *)) {
    for (int i = 0; i < n; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, entry, NULL), 0);
}

static void join_threads(pthread_t *threads, int n) {
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* The threads wait already when the library is loaded; dlopen returns before Go's start is over. */
static void sixty_four_threads_call_at_once_after_loading(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    start_threads(threads, THREADS, use_it);
    int loaded = load_library();
    REQUIRE(loaded);
    pthread_barrier_wait(&barrier);
    join_threads(threads, THREADS);
    CHECK_INT(events, THREADS * 3 * 3);
}

static void *load_and_use(void *arg) {
    __typeof__(&loop_version) version;
    void *handle;
    const char *path = getenv("LIBLOOP_LIBRARY");
    (void)arg;
    pthread_barrier_wait(&barrier);
    handle = dlopen(path != NULL ? path : "libloop.so", RTLD_NOW | RTLD_LOCAL);
    if (!CHECK(handle != NULL))
        return NULL;
    *(void **)&version = dlsym(handle, "loop_version");
    CHECK_STR(version(), LOOP_VERSION_STRING);
    __typeof__(&loop_new) make;
    __typeof__(&loop_free) end;
    loop_t *loop = NULL;
    *(void **)&make = dlsym(handle, "loop_new");
    *(void **)&end = dlsym(handle, "loop_free");
    CHECK_INT(make(NULL, &loop), 0);
    CHECK_INT(end(loop), 0);
    return NULL;
}

static void sixty_four_threads_load_it_at_once(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    start_threads(threads, THREADS, load_and_use);
    join_threads(threads, THREADS);
}

/* Unloading is refused by the library (-z nodelete): Go cannot be taken out of a process. */
static void loading_and_unloading_a_thousand_times_changes_nothing(void) {
    loop_t *loop = NULL;
    REQUIRE(load_library());
    use_a_loop();
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    CHECK(lib.loop_set_timeout(loop, MS, count_one, &events) > 0);
    int fds = count_fds(), threads = count_threads("");
    for (int i = 0; i < 1000; i++) {
        void *at = (void *)(uintptr_t)lib.loop_free;
        CHECK_INT(dlclose(lib.handle), 0);
        if (!load_library() || !CHECK(at == (void *)(uintptr_t)lib.loop_free))
            return;
        if (i % 100 == 0)
            use_a_loop();
    }
    CHECK_INT(count_fds(), fds);
    int now = count_threads("");
    if (now > threads + 40)
        harness_fail(__FILE__, __LINE__, "threads: want about %d, got %d", threads, now);
    CHECK_INT(dlclose(lib.handle), 0);
    CHECK_INT(lib.loop_run(loop, LOOP_RUN_DEFAULT), 0); /* unloaded, and still there */
    CHECK_INT(events, 1);
    CHECK_INT(lib.loop_free(loop), 0);
}

static void a_process_that_loads_it_and_ends_at_once_ends_well(void) {
    REQUIRE(load_library());
    exit(harness.bad != 0);
}

static void a_process_that_ends_with_a_live_loop_ends_well(void) {
    loop_t *loop = NULL;
    int go_on = 0;
    REQUIRE(load_library());
    CHECK_INT(lib.loop_new(NULL, &loop), 0);
    CHECK(lib.loop_set_timeout(loop, 3600 * SECOND, count_one, &go_on) > 0);
    CHECK(lib.loop_work(loop, nothing_to_do, NULL, NULL, count_one, &go_on) > 0);
    CHECK(lib.loop_http_get(loop, "http://127.0.0.1:1/", count_one, &go_on) > 0);
    CHECK(lib.loop_run(loop, LOOP_RUN_NOWAIT) > 0);
    exit(harness.bad != 0);
}

TEST_MAIN((void)0, T_ALONE(sixty_four_threads_call_at_once_after_loading),
          T_ALONE(sixty_four_threads_load_it_at_once),
          T_ALONE(loading_and_unloading_a_thousand_times_changes_nothing),
          T_ALONE(a_process_that_loads_it_and_ends_at_once_ends_well),
          T_ALONE(a_process_that_ends_with_a_live_loop_ends_well))
