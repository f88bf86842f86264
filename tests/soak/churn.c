/* SPDX-License-Identifier: MIT
 *
 * Loops that come and go for a long time with timers, immediates, watchers, jobs, descriptors and
 * posts of other threads. Nothing may be lost or told twice, and memory, descriptors and threads
 * stay level. SOAK_SECONDS in the environment says how long (600).
 */
#include "../c/harness.h"

#include <pthread.h>
#include <sys/eventfd.h>

#define LOOPS 8
#define POSTERS 2
#define EPOCHS 20
#define WARM 5 /* epochs after which the level is taken */
#define GROWTH_KIB 24576
#define MORE_THREADS 16 /* of Go's runtime, which takes them when it likes and keeps them */

static loop_t *loops[LOOPS]; /* atomic: posters look at freed ones, too */
static uint64_t state = 1;   /* of the main thread's random numbers */

/* Written by the main thread only, but for the posts. */
static uint64_t started, ended, cleared, freed, runs, failed_jobs;
static uint64_t posts_taken, posts_refused; /* atomic */
static uint64_t posts_told;
static int resting, leave; /* atomic: posters hold still, posters end */
static int at_rest;        /* atomic */

static uint64_t next_random(uint64_t *seed) {
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint32_t n) {
    return (uint32_t)(next_random(&state) % n);
}

static void on_end(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)user;
    if ((ev->flags & LOOP_EV_MORE) == 0)
        ended++;
}

/* Ends itself now and then. */
static void on_watch(loop_t *loop, const loop_event_t *ev, void *user) {
    if ((ev->flags & LOOP_EV_MORE) == 0) {
        on_end(loop, ev, user);
    } else if (below(4) == 0) {
        SHOULD(loop_clear(loop, (int64_t)ev->id));
        cleared++;
    }
}

static void on_post(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    (void)user;
    posts_told++;
}

static int32_t give_text(void *arg, loop_value_t *out) {
    uint64_t n = (uint64_t)(uintptr_t)arg;
    if (n % 16 == 0)
        return LOOP_EIO;
    return (int32_t)loop_value_set_string(out, "the value of a job", (int64_t)(n % 18));
}

static void on_job(loop_t *loop, const loop_event_t *ev, void *user) {
    failed_jobs += ev->status == LOOP_EIO;
    if (ev->status == 0 && below(8) == 0)
        loop_release(loop_retain(loop, ev));
    on_end(loop, ev, user);
}

static void note(int64_t id) {
    if (CHECK(id > 0))
        started++;
}

static int ready_fd;

static void start_something(loop_t *loop) {
    int64_t id;
    switch (below(10)) {
    case 0:
        note(loop_set_timeout(loop, below(2000) * 1000, on_end, NULL));
        break;
    case 1:
        note(loop_set_interval(loop, 1 + below(100000), on_watch, NULL));
        break;
    case 2:
        note(loop_set_immediate(loop, on_end, NULL));
        break;
    case 3:
        note(loop_start_idle(loop, on_watch, NULL));
        break;
    case 4:
        note(loop_start_check(loop, on_watch, NULL));
        break;
    case 5:
        note(loop_poll_fd(loop, ready_fd, LOOP_READABLE, LOOP_POLL_ONESHOT, on_end, NULL));
        break;
    case 6:
        id = loop_set_timeout(loop, 3600 * SECOND, on_end, NULL);
        note(id);
        if (below(2) == 0) {
            SHOULD(loop_clear(loop, id));
            cleared++;
        } else {
            SHOULD(loop_cancel(loop, id));
        }
        break;
    default:
        SHOULD(loop_next_op(loop, below(3) == 0 ? 1 + below(1000000) : 0, "churn"));
        note(loop_work_lane(loop, below(LOOP_LANES), give_text, (void *)(uintptr_t)below(1000),
                            NULL, on_job, NULL));
        break;
    }
}

static void free_one(size_t i) {
    loop_t *loop = loops[i];
    if (loop == NULL)
        return;
    /* The pointer stays for the posters until a new loop takes its place. */
    SHOULD(loop_free(loop));
    freed++;
}

static void new_one(size_t i) {
    loop_t *loop = NULL;
    loop_options_t options = LOOP_OPTIONS_INIT;
    options.workers = 1 + below(4);
    options.event_capacity = 1 + below(64);
    options.phase_limit = below(2) * (1 + below(16));
    options.post_limit = 64;
    if (SHOULD(loop_new(&options, &loop)))
        __atomic_store_n(&loops[i], loop, __ATOMIC_RELEASE);
}

static void rest(void) {
    __atomic_add_fetch(&at_rest, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&resting, __ATOMIC_SEQ_CST) != 0)
        usleep(1000);
    __atomic_sub_fetch(&at_rest, 1, __ATOMIC_SEQ_CST);
}

static void *post_all_the_time(void *arg) {
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    while (__atomic_load_n(&leave, __ATOMIC_SEQ_CST) == 0) {
        loop_t *loop = __atomic_load_n(&loops[next_random(&seed) % LOOPS], __ATOMIC_ACQUIRE);
        int64_t rc = loop_post(loop, seed, on_post, NULL);
        if (rc == 0)
            __atomic_add_fetch(&posts_taken, 1, __ATOMIC_RELAXED);
        else if (CHECK(rc == LOOP_EFULL || rc == LOOP_ECLOSED))
            __atomic_add_fetch(&posts_refused, 1, __ATOMIC_RELAXED);
        if (seed % 64 == 0)
            usleep(100);
        if (__atomic_load_n(&resting, __ATOMIC_SEQ_CST) != 0)
            rest();
    }
    return NULL;
}

static int64_t resident_kib(void) {
    long size = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return -1;
    if (fscanf(file, "%ld %ld", &size, &pages) != 2)
        pages = -1;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void churn_until(int64_t until_ns) {
    __atomic_store_n(&resting, 0, __ATOMIC_SEQ_CST);
    while (clock_ns() < until_ns && __atomic_load_n(&harness.bad, __ATOMIC_SEQ_CST) == 0) {
        size_t i = below(LOOPS);
        if (below(200) == 0) {
            free_one(i);
            new_one(i);
        }
        for (uint32_t k = below(8); k > 0; k--)
            start_something(loops[i]);
        CHECK(loop_run(loops[i], LOOP_RUN_NOWAIT) >= 0);
        runs++;
    }
    __atomic_store_n(&resting, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&at_rest, __ATOMIC_SEQ_CST) < POSTERS)
        usleep(1000);
}

typedef struct level {
    int64_t kib;
    int fds, threads;
} level_t;

/* Free all loops, look, and make new ones. */
static level_t look(void) {
    for (size_t i = 0; i < LOOPS; i++)
        free_one(i);
    CHECK_INT(ended + cleared, started);
    CHECK_INT(posts_told, posts_taken);
    (void)sinks_to(count_workers, 0);
    level_t level = {resident_kib(), count_fds(), count_threads("")};
    for (size_t i = 0; i < LOOPS; i++)
        new_one(i);
    return level;
}

static void churning_loops_leave_memory_descriptors_and_threads_level(void) {
    const char *text = getenv("SOAK_SECONDS");
    int64_t seconds = text != NULL && atoi(text) > 0 ? atoi(text) : 600;
    int64_t start = clock_ns();
    pthread_t posters[POSTERS];
    level_t warm = {0, 0, 0}, now = {0, 0, 0};
    alarm((unsigned)seconds + 120);
    ready_fd = eventfd(1, EFD_CLOEXEC);
    for (size_t i = 0; i < LOOPS; i++)
        new_one(i);
    resting = 1;
    for (size_t i = 0; i < POSTERS; i++)
        SHOULD(pthread_create(&posters[i], NULL, post_all_the_time, (void *)(i + 2)));
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        churn_until(start + seconds * SECOND * epoch / EPOCHS);
        now = look();
        if (epoch == WARM)
            warm = now;
        printf("epoch %d: %" PRId64 " KiB, %d fds, %d threads; %" PRIu64 " ids, %" PRIu64
               " posts, %" PRIu64 " loops freed, %" PRIu64 " runs\n",
               epoch, now.kib, now.fds, now.threads, started, posts_told, freed, runs);
        fflush(stdout);
    }
    __atomic_store_n(&leave, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&resting, 0, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < POSTERS; i++)
        SHOULD(pthread_join(posters[i], NULL));
    for (size_t i = 0; i < LOOPS; i++)
        free_one(i);
    close(ready_fd);
    CHECK_INT(ended + cleared, started);
    CHECK_INT(posts_told, posts_taken);
    CHECK(posts_told > 0 && posts_refused > 0 && failed_jobs > 0 && freed > LOOPS * EPOCHS);
    CHECK_INT(now.fds, warm.fds);
    CHECK(now.threads <= warm.threads + MORE_THREADS);
#ifndef __SANITIZE_ADDRESS__ /* it keeps freed memory */
    CHECK(now.kib <= warm.kib + GROWTH_KIB);
#endif
}

static void open_once(void) {
    loop_t *loop = NULL;
    SHOULD(loop_new(NULL, &loop));
    SHOULD(loop_free(loop));
}

TEST_MAIN(open_once(), T(churning_loops_leave_memory_descriptors_and_threads_level))
