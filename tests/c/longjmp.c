/* SPDX-License-Identifier: MIT
 *
 * Callbacks that are left by longjmp, with and without loop_unwound after it, and by pthread_exit.
 */
#include "said.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/eventfd.h>

static jmp_buf out;

/* Says its user and jumps. */
static void jump(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    longjmp(out, 1);
}

static void queue_and_jump(loop_t *loop, const loop_event_t *ev, void *user) {
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    SHOULD(loop_queue_microtask(loop, say_user, "microtask"));
    jump(loop, ev, user);
}

static loop_t *new_loop(uint32_t flags) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.flags = flags;
    SHOULD(loop_new(&options, &loop));
    return loop;
}

/* ---- With loop_unwound ----------------------------------------------------------------------- */

typedef int64_t (*runner_t)(loop_t *loop);

static int64_t run(loop_t *loop) {
    return loop_run(loop, LOOP_RUN_DEFAULT);
}

static int64_t run_for_a_minute(loop_t *loop) {
    return loop_run_for(loop, LOOP_RUN_DEFAULT, 60 * SECOND);
}

static int64_t take_turns(loop_t *loop) {
    loop_event_t event;
    loop_turn_t turn = {.size = sizeof turn,
                        .loop = loop,
                        .events = &event,
                        .event_capacity = 1,
                        .event_stride = sizeof event,
                        .timeout_ns = -1};
    do {
        if (loop_turn(&turn) != 0)
            return -1;
    } while ((turn.result & LOOP_TURN_DONE) == 0 || turn.alive > 0);
    return 0;
}

static const runner_t runners[] = {run, run_for_a_minute, take_turns};
#define RUNNERS (sizeof runners / sizeof runners[0])

/* Run to the end, with loop_unwound after each jump. Returns how often callbacks jumped. */
static int run_through(loop_t *loop, runner_t go) {
    static loop_t *running; /* what is local would be lost in the jump */
    static runner_t running_by;
    static int jumps;
    running = loop;
    running_by = go;
    jumps = 0;
    if (setjmp(out) != 0) {
        jumps++;
        SHOULD(loop_unwound(running));
    }
    SHOULD(running_by(running));
    return jumps;
}

static void the_rest_of_a_batch_comes_first_after_a_jump(void) {
    for (size_t i = 0; i < RUNNERS; i++) {
        loop_t *loop = new_loop(0);
        loop_set_timer_at(loop, 1, queue_and_jump, "timer1");
        loop_set_timer_at(loop, 2, jump, "timer2");
        loop_set_timer_at(loop, 3, say_user, "timer3");
        loop_set_immediate(loop, jump, "immediate1");
        loop_set_immediate(loop, say_user, "immediate2");
        CHECK_INT(run_through(loop, runners[i]), 3);
        CHECK_SAID("timer1 tick microtask timer2 timer3 immediate1 immediate2");
        SHOULD(loop_free(loop));
    }
}

static void ticks_and_microtasks_behind_one_that_jumps_keep_their_order(void) {
    for (size_t i = 0; i < RUNNERS; i++) {
        loop_t *loop = new_loop(0);
        loop_queue_microtask(loop, jump, "microtask1");
        loop_queue_microtask(loop, say_user, "microtask2");
        loop_next_tick(loop, jump, "tick1");
        loop_next_tick(loop, say_user, "tick2");
        loop_set_timer_at(loop, 1, say_user, "timer");
        CHECK_INT(run_through(loop, runners[i]), 2);
        CHECK_SAID("tick1 tick2 microtask1 microtask2 timer");
        SHOULD(loop_free(loop));
    }
}

static int32_t give_int(void *arg, loop_value_t *value) {
    (void)arg;
    return (int32_t)loop_value_set_int(value, 42);
}

static void posts_jobs_and_descriptors_that_jump_are_told_once(void) {
    for (size_t i = 0; i < RUNNERS; i++) {
        loop_t *loop = new_loop(0);
        int fd = eventfd(1, EFD_CLOEXEC);
        SHOULD(loop_post(loop, 1, jump, "x"));
        SHOULD(loop_post(loop, 2, jump, "x"));
        CHECK(loop_work(loop, give_int, NULL, NULL, jump, "x") > 0);
        CHECK(loop_work(loop, give_int, NULL, NULL, jump, "x") > 0);
        CHECK(loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_ONESHOT, jump, "x") > 0);
        CHECK_INT(run_through(loop, runners[i]), 5);
        CHECK_SAID("x x x x x");
        close(fd);
        SHOULD(loop_free(loop));
    }
}

static int64_t watcher;

static void jump_thrice(loop_t *loop, const loop_event_t *ev, void *user) {
    int *left = user;
    (void)ev;
    if ((*left)-- > 0)
        longjmp(out, 1);
    SHOULD(loop_clear(loop, watcher));
}

static void do_nothing(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    (void)user;
}

static void a_watcher_that_jumps_lives_on(void) {
    static int64_t (*const starts[])(loop_t *, loop_cb, void *) = {
        loop_start_idle, loop_start_prepare, loop_start_check};
    for (size_t i = 0; i < 3; i++) {
        loop_t *loop = new_loop(0);
        int left = 3;
        watcher = starts[i](loop, jump_thrice, &left);
        SHOULD(loop_unref(loop, loop_start_idle(loop, do_nothing, NULL))); /* no sleep */
        CHECK_INT(run_through(loop, run), 3);
        CHECK_INT(left, -1);
        SHOULD(loop_free(loop));
    }
}

static void a_thousand_jumps_leave_no_id_and_no_event_behind(void) {
    for (size_t i = 0; i < RUNNERS; i++) {
        loop_t *loop = new_loop(0);
        uint64_t highest = 0;
        for (int k = 0; k < 1000; k++) {
            int64_t ids[3] = {loop_set_timeout(loop, 0, jump, ""),
                              loop_set_immediate(loop, queue_and_jump, ""),
                              loop_set_timer_at(loop, 1, say_user, "")};
            CHECK_INT(run_through(loop, runners[i]), 2);
            said[0] = '\0';
            for (size_t n = 0; n < 3; n++) {
                uint64_t slot = (uint64_t)ids[n] / LOOP_ID_SLOT_STEP % (1u << 28);
                highest = slot > highest ? slot : highest;
                CHECK_INT(loop_clear(loop, ids[n]), LOOP_EBADID);
            }
            CHECK_INT(loop_alive(loop), 0);
        }
        CHECK(highest < 64);
        SHOULD(loop_free(loop));
    }
}

static void loop_free_that_was_jumped_out_of_may_be_called_again(void) {
    static loop_t *loop;
    static int jumps;
    loop = new_loop(0);
    jumps = 0;
    for (int i = 0; i < 3; i++)
        loop_set_timeout(loop, 3600 * SECOND, jump, "x");
    if (setjmp(out) != 0) {
        jumps++;
        SHOULD(loop_unwound(loop));
    }
    SHOULD(loop_free(loop));
    CHECK_INT(jumps, 3);
    CHECK_SAID("x x x");
}

static void run_inner(loop_t *outer, const loop_event_t *ev, void *inner) {
    say_user(outer, ev, "outer");
    SHOULD(loop_run(inner, LOOP_RUN_DEFAULT));
    say("not reached");
}

static void a_jump_through_two_loops_needs_loop_unwound_for_both(void) {
    static loop_t *outer, *inner;
    outer = new_loop(0);
    inner = new_loop(0);
    loop_set_timer_at(inner, 1, jump, "inner");
    loop_set_timer_at(inner, 2, say_user, "rest_of_inner");
    loop_set_timer_at(outer, 1, run_inner, inner);
    loop_set_timer_at(outer, 2, say_user, "rest_of_outer");
    if (setjmp(out) == 0) {
        run(outer);
        CHECK(!"jumped");
    }
    SHOULD(loop_unwound(inner));
    CHECK_INT(loop_run(outer, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    SHOULD(loop_unwound(outer));
    SHOULD(run(outer));
    SHOULD(run(inner));
    CHECK_SAID("outer inner rest_of_outer rest_of_inner");
    SHOULD(loop_free(inner));
    SHOULD(loop_free(outer));
}

/* ---- Without loop_unwound -------------------------------------------------------------------- */

static void check_that_runs_are_refused(loop_t *loop) {
    loop_event_t event;
    loop_turn_t turn = {.size = sizeof turn,
                        .loop = loop,
                        .events = &event,
                        .event_capacity = 1,
                        .event_stride = sizeof event};
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_ENESTED);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, 0), LOOP_ENESTED);
    CHECK_INT(loop_turn(&turn), LOOP_ENESTED);
    CHECK_INT(loop_dispatch(loop, &event, 0), LOOP_ENESTED);
    CHECK_INT(loop_detach(loop), LOOP_ENESTED);
    CHECK_INT(loop_free(loop), LOOP_ENESTED);
}

static void without_loop_unwound_the_loop_counts_as_inside_the_callback(void) {
    static loop_t *loop;
    loop = new_loop(0);
    loop_set_timer_at(loop, 1, jump, "jump");
    loop_set_timer_at(loop, 2, say_user, "rest");
    if (setjmp(out) == 0) {
        run(loop);
        CHECK(!"jumped");
    }
    for (int i = 0; i < 3; i++)
        check_that_runs_are_refused(loop);
    CHECK_SAID("jump");
    /* What a callback may do is still allowed. */
    int64_t id = loop_set_timer_at(loop, 3, say_user, "cleared");
    CHECK(loop_set_timer_at(loop, 3, say_user, "late") > 0);
    SHOULD(loop_clear(loop, id));
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    SHOULD(loop_post(loop, 1, say_user, "post"));
    SHOULD(loop_unwound(loop));
    SHOULD(run(loop));
    CHECK_SAID("tick rest post late");
    SHOULD(loop_free(loop));
}

static void loop_unwound_twice_or_for_nothing_does_no_harm(void) {
    loop_t *loop = new_loop(0);
    SHOULD(loop_unwound(loop));
    SHOULD(loop_unwound(loop));
    loop_set_timer_at(loop, 1, jump, "jump");
    loop_set_timer_at(loop, 2, say_user, "rest");
    CHECK_INT(run_through(loop, run), 1);
    SHOULD(loop_unwound(loop));
    CHECK_SAID("jump rest");
    CHECK_INT(loop_alive(loop), 0);
    SHOULD(loop_free(loop));
    CHECK_INT(loop_unwound(NULL), LOOP_EINVAL);
}

static void *try_alive(void *loop) {
    int64_t *rc = malloc(sizeof *rc);
    if (rc != NULL)
        *rc = loop_alive(loop);
    return rc;
}

/* loop_alive as another thread hears it. */
static int64_t alive_elsewhere(loop_t *loop) {
    pthread_t thread;
    void *got = NULL;
    SHOULD(pthread_create(&thread, NULL, try_alive, loop));
    SHOULD(pthread_join(thread, &got));
    int64_t rc = got != NULL ? *(int64_t *)got : INT64_MIN;
    free(got);
    return rc;
}

static void a_movable_loop_stays_claimed_until_loop_unwound(void) {
    static loop_t *loop;
    loop = new_loop(LOOP_MOVABLE);
    loop_set_timer_at(loop, 1, jump, "jump");
    loop_set_timer_at(loop, 2, say_user, "rest");
    if (setjmp(out) == 0) {
        run(loop);
        CHECK(!"jumped");
    }
    CHECK_INT(alive_elsewhere(loop), LOOP_EWRONGTHREAD);
    SHOULD(loop_unwound(loop));
    CHECK_INT(alive_elsewhere(loop), 1);
    SHOULD(run(loop));
    CHECK_SAID("jump rest");
    SHOULD(loop_free(loop));
}

/* ---- pthread_exit ---------------------------------------------------------------------------- */

static void leave_thread(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    pthread_exit(NULL);
}

static void *run_until_left(void *loop) {
    (void)run(loop);
    say("not reached");
    return NULL;
}

static void another_thread_goes_on_with_a_movable_loop_whose_thread_left(void) {
    loop_t *loop = new_loop(LOOP_MOVABLE);
    for (int i = 1; i <= 3; i++)
        loop_set_timer_at(loop, i, leave_thread, "left");
    loop_set_timer_at(loop, 4, say_user, "rest");
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        SHOULD(pthread_create(&thread, NULL, run_until_left, loop));
        SHOULD(pthread_join(thread, NULL));
    }
    SHOULD(run(loop));
    CHECK_SAID("left left left rest");
    SHOULD(loop_free(loop));
}

/* What a thread does with its loop after it was left: the loop is no longer inside a callback. */
static void detach_at_exit(void *loop) {
    CHECK_INT(alive_elsewhere(loop), LOOP_EWRONGTHREAD);
    SHOULD(loop_detach(loop));
    say("detached");
}

static void *run_and_detach_at_exit(void *loop) {
    pthread_cleanup_push(detach_at_exit, loop);
    (void)run(loop);
    say("not reached");
    pthread_cleanup_pop(0);
    return NULL;
}

static void a_thread_that_leaves_owns_its_loop_until_it_detaches_on_the_way(void) {
    loop_t *loop = new_loop(0);
    pthread_t thread;
    SHOULD(loop_post(loop, 1, leave_thread, "left"));
    SHOULD(loop_post(loop, 2, say_user, "rest"));
    SHOULD(pthread_create(&thread, NULL, run_and_detach_at_exit, loop));
    SHOULD(pthread_join(thread, NULL));
    SHOULD(run(loop));
    CHECK_SAID("left detached rest");
    SHOULD(loop_free(loop));
}

TEST_MAIN(loop_free(new_loop(0)), T(the_rest_of_a_batch_comes_first_after_a_jump),
          T(ticks_and_microtasks_behind_one_that_jumps_keep_their_order),
          T(posts_jobs_and_descriptors_that_jump_are_told_once), T(a_watcher_that_jumps_lives_on),
          T(a_thousand_jumps_leave_no_id_and_no_event_behind),
          T(loop_free_that_was_jumped_out_of_may_be_called_again),
          T(a_jump_through_two_loops_needs_loop_unwound_for_both),
          T(without_loop_unwound_the_loop_counts_as_inside_the_callback),
          T(loop_unwound_twice_or_for_nothing_does_no_harm),
          T(a_movable_loop_stays_claimed_until_loop_unwound),
          T(another_thread_goes_on_with_a_movable_loop_whose_thread_left),
          T(a_thread_that_leaves_owns_its_loop_until_it_detaches_on_the_way))
