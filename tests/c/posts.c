/* SPDX-License-Identifier: MIT
 *
 * loop_post, loop_hold and their like, from many threads: nothing lost, nothing twice, nothing out
 * of order, and an answer that is true.
 */
#include "loops.h"

#include <pthread.h>
#include <sched.h>

#define THREADS 8
#define EACH 100000

typedef struct poster {
    loop_t *loop;
    uint64_t number;
    int64_t accepted; /* posts that loop_post took */
    int64_t refused;  /* with LOOP_EFULL, and posted again */
    int64_t last;     /* rc of the last call */
    int n;
    pthread_t thread;
} poster_t;

static uint64_t next_value[THREADS]; /* of each thread */
static int64_t arrived, out_of_order;

CB(on_post) {
    uint64_t value = (uint64_t)ev->num;
    uint64_t thread = value >> 32;
    UNUSED;
    arrived++;
    if (thread >= THREADS || (value & 0xffffffffu) != next_value[thread]) {
        out_of_order++;
        return;
    }
    next_value[thread]++;
}

static void forget_posts(void) {
    memset(next_value, 0, sizeof next_value);
    arrived = out_of_order = 0;
}

static void *post_all(void *arg) {
    poster_t *me = arg;
    for (uint64_t i = 0; i < (uint64_t)me->n; i++) {
        while ((me->last = loop_post(me->loop, me->number << 32 | i, on_post, NULL)) ==
               LOOP_EFULL) {
            me->refused++;
            sched_yield();
        }
        if (me->last != 0)
            break;
        me->accepted++;
    }
    loop_unhold(me->loop);
    return NULL;
}

static void start(poster_t *posters, int threads, loop_t *loop, int n) {
    memset(posters, 0, (size_t)threads * sizeof *posters);
    for (int i = 0; i < threads; i++) {
        posters[i].loop = loop;
        posters[i].number = (uint64_t)i;
        posters[i].n = n;
        CHECK_CODE(loop_hold(loop), LOOP_OK);
        CHECK_INT(pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
    }
}

static int64_t join(poster_t *posters, int threads) {
    int64_t accepted = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(posters[i].thread, NULL);
        accepted += posters[i].accepted;
    }
    return accepted;
}

static void eight_threads_lose_none_and_keep_their_order(void) {
    poster_t posters[THREADS];
    loop_t *loop = new_loop();
    forget_posts();
    start(posters, THREADS, loop, EACH);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(join(posters, THREADS), THREADS * EACH);
    CHECK_INT(arrived, THREADS * EACH);
    CHECK_INT(out_of_order, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_full_queue_refuses_and_what_is_posted_again_arrives(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    poster_t posters[THREADS];
    loop_t *loop = NULL;
    int64_t refused = 0;
    options.post_limit = 16;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    REQUIRE(loop != NULL);
    forget_posts();
    for (int i = 0; i < 16; i++)
        CHECK_CODE(loop_post(loop, (uint64_t)i, on_post, NULL), LOOP_OK);
    CHECK_CODE(loop_post(loop, 16, on_post, NULL), LOOP_EFULL);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(arrived, 16);
    forget_posts();
    start(posters, THREADS, loop, 2000);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(join(posters, THREADS), THREADS * 2000);
    for (int i = 0; i < THREADS; i++)
        refused += posters[i].refused;
    CHECK_INT(arrived, THREADS * 2000);
    CHECK_INT(out_of_order, 0);
    printf("    %" PRId64 " posts were refused and posted again\n", refused);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

CB(close_soon) {
    UNUSED;
    CHECK_CODE(loop_close(loop), LOOP_OK);
}

static void what_was_accepted_before_the_close_arrives_and_nothing_else(void) {
    for (int round = 0; round < 40; round++) {
        poster_t posters[3];
        loop_t *loop = new_loop();
        forget_posts();
        CHECK_ID(loop_set_timeout(loop, round % 5 * 100000, close_soon, NULL));
        start(posters, 3, loop, EACH);
        while (loop_run(loop, LOOP_RUN_DEFAULT) > 0) {
        }
        CHECK_CODE(loop_free(loop), LOOP_OK); /* the threads still post */
        int64_t accepted = join(posters, 3);
        CHECK_INT(arrived, accepted);
        CHECK_INT(out_of_order, 0);
        for (int i = 0; i < 3; i++) {
            if (posters[i].accepted < EACH)
                CHECK_CODE(posters[i].last, LOOP_ECLOSED);
        }
    }
}

static void a_freed_loop_refuses_posts_and_its_like(void) {
    loop_t *loop = new_loop();
    run_and_free(loop);
    CHECK_CODE(loop_post(loop, 1, on_post, NULL), LOOP_ECLOSED);
    CHECK_CODE(loop_hold(loop), LOOP_ECLOSED);
    CHECK_CODE(loop_unhold(loop), LOOP_ECLOSED);
    CHECK_CODE(loop_stop(loop), LOOP_ECLOSED);
    CHECK_CODE(loop_wake(loop), LOOP_ECLOSED);
    CHECK_CODE(loop_close(loop), LOOP_ECLOSED);
}

/* ---- Waking ---------------------------------------------------------------------------------- */

#define ROUND_TRIPS 5000

typedef struct pair {
    loop_t *left, *right;
    int left_count, right_count;
} pair_t;

static void on_right(loop_t *loop, const loop_event_t *ev, void *user);

CB(on_left) {
    pair_t *pair = user;
    UNUSED;
    if (++pair->left_count < ROUND_TRIPS) {
        CHECK_CODE(loop_post(pair->right, 0, on_right, pair), LOOP_OK);
        return;
    }
    CHECK_CODE(loop_unhold(pair->right), LOOP_OK);
    CHECK_CODE(loop_unhold(pair->left), LOOP_OK);
}

CB(on_right) {
    pair_t *pair = user;
    UNUSED;
    pair->right_count++;
    CHECK_CODE(loop_post(pair->left, 0, on_left, pair), LOOP_OK);
}

static void *run_right(void *arg) {
    pair_t *pair = arg;
    CHECK_INT(loop_run(pair->right, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(pair->right), LOOP_OK);
    return NULL;
}

static void each_post_wakes_a_sleeping_loop(void) {
    pair_t pair = {new_loop(), new_loop(), 0, 0};
    pthread_t thread;
    CHECK_CODE(loop_hold(pair.left), LOOP_OK);
    CHECK_CODE(loop_hold(pair.right), LOOP_OK);
    CHECK_INT(pthread_create(&thread, NULL, run_right, &pair), 0);
    CHECK_CODE(loop_post(pair.right, 0, on_right, &pair), LOOP_OK);
    CHECK_INT(loop_run(pair.left, LOOP_RUN_DEFAULT), 0);
    pthread_join(thread, NULL);
    CHECK_INT(pair.left_count, ROUND_TRIPS);
    CHECK_INT(pair.right_count, ROUND_TRIPS);
    CHECK_CODE(loop_free(pair.left), LOOP_OK);
}

static void *unhold_it(void *arg) {
    CHECK_CODE(loop_unhold(arg), LOOP_OK);
    return NULL;
}

static void the_last_unhold_ends_a_sleeping_run(void) {
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        loop_t *loop = new_loop();
        CHECK_CODE(loop_hold(loop), LOOP_OK);
        CHECK_INT(pthread_create(&thread, NULL, unhold_it, loop), 0);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        pthread_join(thread, NULL);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
}

static void *stop_it(void *arg) {
    CHECK_CODE(loop_stop(arg), LOOP_OK);
    return NULL;
}

static void a_stop_from_another_thread_ends_a_sleeping_run(void) {
    loop_t *loop = new_loop();
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, stop_it, loop), 0);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
        pthread_join(thread, NULL);
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* ---- Posts from inside ----------------------------------------------------------------------- */

static int32_t post_from_worker(void *arg, loop_value_t *out) {
    (void)out;
    return (int32_t)loop_post(arg, 0, on_post, NULL);
}

static void on_trace(const loop_trace_t *record, void *user) {
    if (record->kind == LOOP_TRACE_JOB_START)
        CHECK_CODE(loop_post(user, 1, on_post, NULL), LOOP_OK);
}

static void workers_and_trace_sinks_may_post(void) {
    int done = 0;
    loop_t *loop = new_loop();
    forget_posts();
    CHECK_CODE(loop_trace(loop, on_trace, loop), LOOP_OK);
    CHECK_ID(loop_work(loop, post_from_worker, loop, "post", count_event, &done));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(done, 1);
    CHECK_INT(arrived, 2);
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_post_without_a_callback_is_an_event_of_the_turn(void) {
    loop_event_t events[4];
    loop_turn_t turn;
    loop_t *loop = new_loop();
    CHECK_CODE(loop_post(loop, 42, NULL, (void *)(uintptr_t)7), LOOP_OK);
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.events = events;
    turn.event_capacity = 4;
    turn.event_stride = sizeof *events;
    turn.op_stride = sizeof(loop_op_t);
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    REQUIRE(turn.event_count == 1);
    CHECK_INT(events[0].code, LOOP_OP_POST);
    CHECK_INT(events[0].id, 0);
    CHECK_INT(events[0].user, 7);
    CHECK_INT(events[0].num, 42);
    CHECK_INT(events[0].flags, LOOP_KIND_INT);
    CHECK_INT(turn.phase, LOOP_PHASE_POLL);
    run_and_free(loop);
}

TEST_MAIN(warm_up(), T(eight_threads_lose_none_and_keep_their_order),
          T(a_full_queue_refuses_and_what_is_posted_again_arrives),
          T(what_was_accepted_before_the_close_arrives_and_nothing_else),
          T(a_freed_loop_refuses_posts_and_its_like), T(each_post_wakes_a_sleeping_loop),
          T(the_last_unhold_ends_a_sleeping_run), T(a_stop_from_another_thread_ends_a_sleeping_run),
          T(workers_and_trace_sinks_may_post), T(a_post_without_a_callback_is_an_event_of_the_turn))
