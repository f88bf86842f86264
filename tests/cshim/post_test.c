/* SPDX-License-Identifier: MIT
 *
 * What other threads do to a loop: posts, holds, stop, wake, close, and releasing retained data.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>

#define THREADS 8
#define POSTS (UNDER_SANITIZER ? 20000 : 100000)

/* ---- Posts ----------------------------------------------------------------------------------- */

typedef struct poster {
    loop_t *loop;
    uint64_t number, posted;
    int64_t refusal;
    pthread_t thread;
} poster_t;

static uint64_t next_of[THREADS], arrived, disorder;

CB(arrive) {
    (void)user;
    uint64_t thread = (uint64_t)ev->num >> 32, n = (uint64_t)ev->num & 0xffffffff;
    disorder += n != next_of[thread]++;
    if (++arrived == (uint64_t)THREADS * (uint64_t)POSTS)
        SHOULD(loop_unhold(loop));
}

static void *post_all(void *arg) {
    poster_t *poster = arg;
    for (uint64_t i = 0; i < (uint64_t)POSTS; i++)
        SHOULD(loop_post(poster->loop, poster->number << 32 | i, arrive, NULL));
    return NULL;
}

static void posts_of_8_threads_all_arrive_in_the_order_of_each(void) {
    static poster_t posters[THREADS];
    loop_t *loop = new_loop();
    memset(next_of, 0, sizeof next_of);
    arrived = disorder = 0;
    SHOULD(loop_hold(loop));
    for (uint64_t i = 0; i < THREADS; i++) {
        posters[i] = (poster_t){.loop = loop, .number = i};
        posters[i].thread = spawn(post_all, &posters[i]);
    }
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    for (int i = 0; i < THREADS; i++)
        pthread_join(posters[i].thread, NULL);
    CHECK_INT(arrived, (uint64_t)THREADS * (uint64_t)POSTS);
    CHECK_INT(disorder, 0);
    SHOULD(loop_free(loop));
}

CB(count) {
    (void)loop;
    (void)ev;
    ++*(uint64_t *)user;
}

static uint64_t delivered;

static void *post_until_refused(void *arg) {
    poster_t *poster = arg;
    do {
        poster->refusal = loop_post(poster->loop, 1, count, &delivered);
        poster->posted += poster->refusal == 0;
    } while (poster->refusal == 0 || poster->refusal == LOOP_EFULL);
    return NULL;
}

/* Each post of threads that race with the end is delivered or refused. The loop is free to be used
 * again while they still post. */
static void a_post_is_delivered_or_refused_however_late(void) {
    for (int round = 0; round < (UNDER_SANITIZER ? 20 : 100); round++) {
        poster_t posters[3];
        loop_t *loop = new_loop();
        delivered = 0;
        for (int i = 0; i < 3; i++) {
            posters[i] = (poster_t){.loop = loop};
            posters[i].thread = spawn(post_until_refused, &posters[i]);
        }
        SHOULD(loop_hold(loop));
        (void)loop_run_for(loop, LOOP_RUN_DEFAULT, round * 10000);
        SHOULD(loop_free(loop));
        uint64_t posted = 0;
        for (int i = 0; i < 3; i++) {
            pthread_join(posters[i].thread, NULL);
            posted += posters[i].posted;
            CHECK_INT(posters[i].refusal, LOOP_ECLOSED);
        }
        CHECK_INT(delivered, posted);
    }
}

static void a_late_call_finds_a_freed_loop_closed(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_free(loop));
    CHECK_INT(loop_post(loop, 1, count, NULL), LOOP_ECLOSED);
    CHECK_INT(loop_hold(loop), LOOP_ECLOSED);
    CHECK_INT(loop_unhold(loop), LOOP_ECLOSED);
    CHECK_INT(loop_stop(loop), LOOP_ECLOSED);
    CHECK_INT(loop_wake(loop), LOOP_ECLOSED);
    CHECK_INT(loop_close(loop), LOOP_ECLOSED);
    CHECK_INT(loop_set_timeout(loop, 0, count, NULL), LOOP_ECLOSED);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ECLOSED);
    CHECK_INT(loop_free(loop), LOOP_ECLOSED);
}

static void posts_beyond_the_limit_are_refused(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop;
    uint64_t n = 0;
    options.post_limit = 1000;
    SHOULD(loop_new(&options, &loop));
    for (int i = 0; i < 1000; i++)
        SHOULD(loop_post(loop, 0, count, &n));
    CHECK_INT(loop_post(loop, 0, count, &n), LOOP_EFULL);
    CHECK_INT(loop_alive(loop), 1000);
    SHOULD(loop_run(loop, LOOP_RUN_NOWAIT));
    CHECK_INT(n, 1000);
    SHOULD(loop_post(loop, 0, count, &n));
    run_and_free(loop);
    CHECK_INT(n, 1001);
}

static void the_arrays_of_posts_shrink_after_a_burst(void) {
    loop_t *loop = new_loop();
    uint64_t n = 0;
    for (int i = 0; i < 100000; i++)
        SHOULD(loop_post(loop, 0, count, &n));
    CHECK(loop->posts.in.capacity >= 100000);
    for (int i = 0; i < 3000; i++) {
        SHOULD(loop_post(loop, 0, count, &n));
        SHOULD(loop_run(loop, LOOP_RUN_NOWAIT));
    }
    CHECK(loop->posts.in.capacity + loop->posts.out.capacity <= 1000);
    run_and_free(loop);
    CHECK_INT(n, 103000);
}

/* ---- Waking ---------------------------------------------------------------------------------- */

typedef struct bouncer {
    loop_t *loop;
    sem_t back;
    int rounds, use_wake;
    pthread_t thread;
} bouncer_t;

CB(bounce) {
    (void)loop;
    (void)ev;
    sem_post(&((bouncer_t *)user)->back);
}

/* Posts, and waits until it is delivered: a lost wake-up hangs the test. */
static void *bounce_posts(void *arg) {
    bouncer_t *b = arg;
    for (int i = 0; i < b->rounds; i++) {
        SHOULD(loop_post(b->loop, 0, bounce, b));
        while (sem_wait(&b->back) != 0) {
        }
    }
    SHOULD(loop_unhold(b->loop));
    return NULL;
}

static void no_wake_up_is_lost(void) {
    static bouncer_t bouncers[4];
    loop_t *loop = new_loop();
    for (int i = 0; i < 4; i++) {
        SHOULD(loop_hold(loop));
        bouncers[i].loop = loop;
        bouncers[i].rounds = UNDER_SANITIZER ? 1000 : 10000;
        sem_init(&bouncers[i].back, 0, 0);
        bouncers[i].thread = spawn(bounce_posts, &bouncers[i]);
    }
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    for (int i = 0; i < 4; i++) {
        pthread_join(bouncers[i].thread, NULL);
        sem_destroy(&bouncers[i].back);
    }
    SHOULD(loop_free(loop));
}

static loop_t *signalled;
static uint32_t signals; /* atomic */
static sem_t handled;

static void stop_in_handler(int sig) {
    int saved = errno;
    (void)sig;
    __atomic_add_fetch(&signals, 1, __ATOMIC_SEQ_CST);
    sem_post(&handled);
    errno = 12345;
    loop_stop(signalled);
    if (errno != 12345)
        abort();
    errno = saved;
}

static void wake_in_handler(int sig) {
    (void)sig;
    __atomic_add_fetch(&signals, 1, __ATOMIC_SEQ_CST);
    sem_post(&handled);
    loop_wake(signalled);
}

static void *signal_often(void *arg) {
    int sig = (int)(intptr_t)arg;
    for (int i = 0; i < 300; i++) {
        kill(getpid(), sig);
        while (sem_wait(&handled) != 0) {
        }
    }
    return NULL;
}

static void handle(int sig, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigaction(sig, &action, NULL);
}

/* Each stop of a handler, whichever thread it interrupts and whether the loop sleeps or not, ends a
 * run: at the latest the next one. */
static void stop_in_a_signal_handler_ends_a_run(void) {
    loop_t *loop = signalled = new_loop();
    signals = 0;
    sem_init(&handled, 0, 0);
    handle(SIGUSR1, stop_in_handler);
    SHOULD(loop_hold(loop));
    pthread_t thread = spawn(signal_often, (void *)(intptr_t)SIGUSR1);
    while (__atomic_load_n(&signals, __ATOMIC_SEQ_CST) < 300)
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    pthread_join(thread, NULL);
    handle(SIGUSR1, SIG_DFL);
    SHOULD(loop_free(loop));
}

static void wake_in_a_signal_handler_begins_a_pass(void) {
    loop_t *loop = signalled = new_loop();
    signals = 0;
    sem_init(&handled, 0, 0);
    handle(SIGUSR1, wake_in_handler);
    SHOULD(loop_hold(loop));
    pthread_t thread = spawn(signal_often, (void *)(intptr_t)SIGUSR1);
    while (__atomic_load_n(&signals, __ATOMIC_SEQ_CST) < 300)
        CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 1);
    pthread_join(thread, NULL);
    handle(SIGUSR1, SIG_DFL);
    SHOULD(loop_free(loop));
}

static void a_wake_before_the_sleep_is_not_lost(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_hold(loop));
    SHOULD(loop_wake(loop));
    CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 1);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_ONCE, MS), 1); /* and is used up */
    SHOULD(loop_free(loop));
}

static void *unhold_later(void *arg) {
    while (__atomic_load_n(&((loop_t *)arg)->shared.armed, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    SHOULD(loop_unhold(arg));
    return NULL;
}

static void the_last_unhold_ends_a_sleeping_run(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_hold(loop));
    pthread_t thread = spawn(unhold_later, loop);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    pthread_join(thread, NULL);
    CHECK_INT(loop_unhold(loop), LOOP_EINVAL);
    SHOULD(loop_free(loop));
}

static void *close_later(void *arg) {
    while (__atomic_load_n(&((loop_t *)arg)->shared.armed, __ATOMIC_SEQ_CST) == 0)
        sched_yield();
    SHOULD(loop_close(arg));
    CHECK_INT(loop_close(arg), LOOP_ECLOSED);
    return NULL;
}

static void closing_from_another_thread_ends_a_sleeping_run(void) {
    loop_t *loop = new_loop();
    CHECK(loop_set_timeout(loop, 3600 * SECOND, say_user, "timer") > 0);
    pthread_t thread = spawn(close_later, loop);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("timer LOOP_ECANCELED");
    pthread_join(thread, NULL);
    SHOULD(loop_free(loop));
}

/* ---- Embedding ------------------------------------------------------------------------------- */

static void *post_one(void *arg) {
    SHOULD(loop_post(arg, 0, say_user, "post"));
    return NULL;
}

static void the_backend_descriptor_is_readable_when_there_is_work(void) {
    loop_t *loop = new_loop();
    int64_t timeout = 7;
    SHOULD(loop_hold(loop));
    int fd = (int)loop_backend_fd(loop);
    CHECK(fd >= 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    SHOULD(loop_backend_timeout(loop, &timeout));
    CHECK_INT(timeout, -1);
    pthread_t thread = spawn(post_one, loop);
    struct pollfd host = {.fd = fd, .events = POLLIN};
    CHECK_INT(poll(&host, 1, 60000), 1);
    pthread_join(thread, NULL);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 1);
    CHECK_SAID("post");
    CHECK(loop_set_timeout(loop, 10 * SECOND, say_user, "timer") > 0);
    SHOULD(loop_backend_timeout(loop, &timeout));
    CHECK_INT(timeout, 0); /* unsubmitted */
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), 2);
    SHOULD(loop_backend_timeout(loop, &timeout));
    CHECK(timeout > 9 * SECOND && timeout <= 10 * SECOND);
    SHOULD(loop_free(loop));
    CHECK_SAID("timer LOOP_ECANCELED");
}

/* ---- Retained data --------------------------------------------------------------------------- */

static const void *kept[1000];

CB(keep) {
    kept[(uintptr_t)user] = loop_retain(loop, ev);
}

static int32_t give_text(void *arg, loop_value_t *out) {
    char text[32];
    int len = snprintf(text, sizeof text, "value %d", (int)(intptr_t)arg);
    return (int32_t)loop_value_set_string(out, text, len);
}

static void *release_all(void *arg) {
    int from = (int)(intptr_t)arg;
    for (int i = from; i < 1000; i += 4) {
        char want[32];
        snprintf(want, sizeof want, "value %d", i);
        CHECK_STR(kept[i], want);
        loop_release(kept[i]);
    }
    return NULL;
}

static void retained_data_is_released_by_other_threads_after_the_loop(void) {
    loop_t *loop = new_loop();
    for (intptr_t i = 0; i < 1000; i++)
        CHECK(loop_work(loop, give_text, (void *)i, NULL, keep, (void *)i) > 0);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK(loop->shared.retained > 0);
    SHOULD(loop_free(loop));
    pthread_t threads[4];
    for (intptr_t i = 0; i < 4; i++)
        threads[i] = spawn(release_all, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    CHECK_INT(loop->shared.retained, 0);
    loop_release(NULL);
}

TEST_MAIN((void)0, T(posts_of_8_threads_all_arrive_in_the_order_of_each),
          T(a_post_is_delivered_or_refused_however_late), T(a_late_call_finds_a_freed_loop_closed),
          T(posts_beyond_the_limit_are_refused), T(the_arrays_of_posts_shrink_after_a_burst),
          T(no_wake_up_is_lost), T(stop_in_a_signal_handler_ends_a_run),
          T(wake_in_a_signal_handler_begins_a_pass), T(a_wake_before_the_sleep_is_not_lost),
          T(the_last_unhold_ends_a_sleeping_run),
          T(closing_from_another_thread_ends_a_sleeping_run),
          T(the_backend_descriptor_is_readable_when_there_is_work),
          T(retained_data_is_released_by_other_threads_after_the_loop))
