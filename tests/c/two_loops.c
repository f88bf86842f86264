/* SPDX-License-Identifier: MIT
 *
 * Several loops in one process: each on a thread of its own, all on one thread, and talking to each
 * other by posts.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>

static void *run_default(void *loop) {
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    SHOULD(loop_detach(loop));
    return NULL;
}

static void run_on_threads(loop_t *const *loops, size_t n) {
    pthread_t threads[16];
    for (size_t i = 0; i < n; i++)
        SHOULD(pthread_create(&threads[i], NULL, run_default, loops[i]));
    for (size_t i = 0; i < n; i++)
        SHOULD(pthread_join(threads[i], NULL));
}

/* ---- Two loops on two threads ---------------------------------------------------------------- */

#define ROUNDS 5000

/* One of two loops that throw a ball. */
typedef struct player {
    loop_t *loop;
    struct player *other;
    pthread_t thread; /* that the callbacks run on */
    int64_t seen;     /* the last ball */
    int balls, timers, jobs, wrong;
} player_t;

static void note_thread(player_t *me) {
    if (me->balls + me->timers + me->jobs == 0)
        me->thread = pthread_self();
    else
        me->wrong += !pthread_equal(me->thread, pthread_self());
}

static void on_ball(loop_t *loop, const loop_event_t *ev, void *user) {
    player_t *me = user;
    note_thread(me);
    me->balls++;
    me->wrong += me->loop != loop || ev->num != me->seen + 2;
    me->seen = ev->num;
    if (ev->num + 1 < 2 * ROUNDS)
        SHOULD(loop_post(me->other->loop, (uint64_t)ev->num + 1, on_ball, me->other));
    if (me->balls == ROUNDS)
        SHOULD(loop_unhold(loop));
}

static void a_ball_goes_to_and_fro_between_two_loops_without_a_loss(void) {
    player_t players[2];
    memset(players, 0, sizeof players);
    for (int i = 0; i < 2; i++) {
        players[i].loop = new_loop();
        players[i].other = &players[1 - i];
        players[i].seen = i - 2;
        SHOULD(loop_hold(players[i].loop));
    }
    SHOULD(loop_post(players[0].loop, 0, on_ball, &players[0]));
    run_on_threads((loop_t *const[]){players[0].loop, players[1].loop}, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(players[i].balls, ROUNDS);
        CHECK_INT(players[i].wrong, 0);
        SHOULD(loop_free(players[i].loop));
    }
}

static int32_t square(void *arg, loop_value_t *value) {
    int64_t n = (int64_t)(intptr_t)arg;
    return (int32_t)loop_value_set_int(value, n * n);
}

#define MANY 300

static void on_square(loop_t *loop, const loop_event_t *ev, void *user) {
    player_t *me = user;
    note_thread(me);
    me->seen += ev->num;
    me->wrong += me->loop != loop;
    if (++me->balls == MANY)
        SHOULD(loop_unhold(loop));
}

static void on_squared(loop_t *loop, const loop_event_t *ev, void *user) {
    player_t *me = user;
    int64_t number = 0;
    note_thread(me);
    me->jobs++;
    me->wrong += me->loop != loop || loop_event_int(ev, &number) != 0;
    SHOULD(loop_post(me->other->loop, (uint64_t)number, on_square, me->other));
}

static void on_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    player_t *me = user;
    (void)ev;
    note_thread(me);
    me->wrong += me->loop != loop;
    me->timers++;
    CHECK(loop_work(loop, square, (void *)(intptr_t)me->timers, NULL, on_squared, me) > 0);
}

static void timers_jobs_and_posts_of_two_loops_stay_with_their_threads(void) {
    player_t players[2];
    int64_t sum = 0;
    memset(players, 0, sizeof players);
    for (int i = 1; i <= MANY; i++)
        sum += i * i;
    for (int i = 0; i < 2; i++) {
        players[i].loop = new_loop();
        players[i].other = &players[1 - i];
        SHOULD(loop_hold(players[i].loop));
        for (int k = 0; k < MANY; k++)
            CHECK(loop_set_timeout(players[i].loop, k * 10000, on_timer, &players[i]) > 0);
        SHOULD(loop_detach(players[i].loop));
    }
    run_on_threads((loop_t *const[]){players[0].loop, players[1].loop}, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(players[i].timers, MANY);
        CHECK_INT(players[i].jobs, MANY);
        CHECK_INT(players[i].balls, MANY);
        CHECK_INT(players[i].seen, sum);
        CHECK_INT(players[i].wrong, 0);
        SHOULD(loop_free(players[i].loop));
    }
    CHECK(!pthread_equal(players[0].thread, players[1].thread));
}

static void stop_far_loop(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    SHOULD(loop_stop(user));
}

static void *run_until_stopped(void *loop) {
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    SHOULD(loop_detach(loop));
    return NULL;
}

static void one_loop_stops_another_that_sleeps(void) {
    for (int i = 0; i < 50; i++) {
        loop_t *near = new_loop(), *far = new_loop();
        pthread_t thread;
        CHECK(loop_set_timeout(far, 3600 * SECOND, say_user, "never") > 0);
        SHOULD(loop_detach(far));
        SHOULD(pthread_create(&thread, NULL, run_until_stopped, far));
        CHECK(loop_set_timeout(near, i * 10000, stop_far_loop, far) > 0);
        SHOULD(loop_run(near, LOOP_RUN_DEFAULT));
        SHOULD(pthread_join(thread, NULL));
        SHOULD(loop_clear(far, loop_set_timeout(far, SECOND, say_user, "never")));
        SHOULD(loop_close(far));
        SHOULD(loop_free(near));
        SHOULD(loop_free(far));
        CHECK_SAID("never"); /* its final event */
    }
}

static void ids_of_one_loop_mean_nothing_to_another_that_has_none(void) {
    loop_t *one = new_loop(), *other = new_loop();
    int64_t id = loop_set_timeout(one, 3600 * SECOND, say_user, "one");
    CHECK_INT(loop_clear(other, id), LOOP_EBADID);
    CHECK_INT(loop_cancel(other, id), LOOP_EBADID);
    CHECK_INT(loop_unref(other, id), LOOP_EBADID);
    CHECK_INT(loop_refresh_timer(other, id), LOOP_EBADID);
    SHOULD(loop_clear(one, id));
    SHOULD(loop_free(other));
    SHOULD(loop_free(one));
    CHECK_SAID("");
}

/* ---- Loops on one thread --------------------------------------------------------------------- */

static void two_loops_run_alternately_on_one_thread(void) {
    loop_t *a = new_loop(), *b = new_loop();
    for (int i = 0; i < 3; i++) {
        loop_set_timer_at(a, 1, say_user, "a");
        loop_set_immediate(b, say_user, "b");
        SHOULD(loop_post(a, 1, say_user, "a_post"));
        SHOULD(loop_post(b, 1, say_user, "b_post"));
        SHOULD(loop_run(a, LOOP_RUN_NOWAIT));
        SHOULD(loop_run(b, LOOP_RUN_NOWAIT));
        CHECK_SAID("a a_post b_post b");
    }
    SHOULD(loop_free(a));
    SHOULD(loop_free(b));
}

static void post_to(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    SHOULD(loop_post(user, 1, say_user, "posted"));
}

static void one_loop_posts_to_another_of_the_same_thread(void) {
    loop_t *a = new_loop(), *b = new_loop();
    loop_set_timer_at(a, 1, post_to, b);
    SHOULD(loop_run(a, LOOP_RUN_DEFAULT));
    CHECK_SAID("");
    CHECK_INT(loop_alive(b), 1);
    SHOULD(loop_run(b, LOOP_RUN_DEFAULT));
    CHECK_SAID("posted");
    SHOULD(loop_free(b));
    SHOULD(loop_free(a));
}

static void run_inner(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)ev;
    SHOULD(loop_run(user, LOOP_RUN_DEFAULT));
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_ENESTED);
}

static void a_loop_runs_inside_a_callback_of_another(void) {
    loop_t *outer = new_loop(), *inner = new_loop();
    loop_set_timer_at(outer, 1, run_inner, inner);
    loop_set_timer_at(outer, 2, say_user, "outer");
    loop_set_timer_at(inner, 1, say_user, "inner");
    SHOULD(loop_run(outer, LOOP_RUN_DEFAULT));
    CHECK_SAID("inner outer");
    SHOULD(loop_free(inner));
    SHOULD(loop_free(outer));
}

/* ---- Sixteen --------------------------------------------------------------------------------- */

#define LOOPS 16
#define LAPS 50

static loop_t *ring[LOOPS];
static int visits[LOOPS]; /* each written by its own loop's thread */

static void hand_on(loop_t *loop, const loop_event_t *ev, void *user) {
    size_t at = (size_t)(intptr_t)user, next = (at + 1) % LOOPS;
    if (loop == ring[at])
        visits[at]++;
    if (visits[at] == LAPS)
        SHOULD(loop_unhold(loop));
    if (ev->num + 1 < LOOPS * LAPS)
        SHOULD(loop_post(ring[next], (uint64_t)ev->num + 1, hand_on, (void *)(intptr_t)next));
}

static void sixteen_loops_on_sixteen_threads_hand_a_post_round(void) {
    memset(visits, 0, sizeof visits);
    for (size_t i = 0; i < LOOPS; i++) {
        ring[i] = new_loop();
        SHOULD(loop_hold(ring[i]));
    }
    SHOULD(loop_post(ring[0], 0, hand_on, NULL));
    run_on_threads(ring, LOOPS);
    for (size_t i = 0; i < LOOPS; i++) {
        CHECK_INT(visits[i], LAPS);
        SHOULD(loop_free(ring[i]));
    }
}

static void count_visit(loop_t *loop, const loop_event_t *ev, void *user) {
    int *count = user;
    (void)loop;
    SHOULD(ev->status);
    ++*count;
}

static void sixteen_loops_on_one_thread_have_workers_of_their_own(void) {
    memset(visits, 0, sizeof visits);
    for (int i = 0; i < LOOPS; i++) {
        ring[i] = new_loop();
        for (int k = 0; k < 10; k++) {
            CHECK(loop_work(ring[i], square, NULL, NULL, count_visit, &visits[i]) > 0);
            CHECK(loop_set_timeout(ring[i], k, count_visit, &visits[i]) > 0);
        }
    }
    for (int i = LOOPS - 1; i >= 0; i--)
        SHOULD(loop_run(ring[i], LOOP_RUN_DEFAULT));
    for (int i = 0; i < LOOPS; i++) {
        CHECK_INT(visits[i], 20);
        SHOULD(loop_free(ring[i]));
    }
}

TEST_MAIN(warm_up(), T(a_ball_goes_to_and_fro_between_two_loops_without_a_loss),
          T(timers_jobs_and_posts_of_two_loops_stay_with_their_threads),
          T(one_loop_stops_another_that_sleeps),
          T(ids_of_one_loop_mean_nothing_to_another_that_has_none),
          T(two_loops_run_alternately_on_one_thread),
          T(one_loop_posts_to_another_of_the_same_thread),
          T(a_loop_runs_inside_a_callback_of_another),
          T(sixteen_loops_on_sixteen_threads_hand_a_post_round),
          T(sixteen_loops_on_one_thread_have_workers_of_their_own))
