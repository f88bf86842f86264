/* SPDX-License-Identifier: MIT
 *
 * Loops that go from thread to thread: movable ones by themselves, others by loop_detach.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>
#include <semaphore.h>

static loop_t *movable_loop(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = NULL;
    options.flags = LOOP_MOVABLE;
    CHECK_CODE(loop_new(&options, &loop), LOOP_OK);
    return loop;
}

static void in_thread(void *(*fn)(void *), void *arg) {
    pthread_t thread;
    SHOULD(pthread_create(&thread, NULL, fn, arg));
    SHOULD(pthread_join(thread, NULL));
}

static void *run_it(void *loop) {
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    return NULL;
}

static void *free_it(void *loop) {
    CHECK_CODE(loop_free(loop), LOOP_OK);
    return NULL;
}

static void *use_it(void *loop) {
    CHECK_ID(loop_set_timeout(loop, 0, say_user, "thread"));
    CHECK_ID(loop_set_immediate(loop, say_user, "immediate"));
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    return NULL;
}

/* ---- Movable --------------------------------------------------------------------------------- */

static void a_movable_loop_is_made_used_run_and_freed_by_four_threads(void) {
    loop_t *loop = movable_loop();
    CHECK_ID(loop_set_timer_at(loop, 1, say_user, "main"));
    in_thread(use_it, loop);
    in_thread(run_it, loop);
    CHECK_SAID("tick main thread immediate");
    CHECK_INT(loop_alive(loop), 0);
    in_thread(free_it, loop);
}

static int64_t an_id;

static void *clear_it(void *loop) {
    CHECK_CODE(loop_clear(loop, an_id), LOOP_OK);
    return NULL;
}

static void an_id_of_one_thread_may_be_cleared_by_another(void) {
    loop_t *loop = movable_loop();
    an_id = loop_set_timer_at(loop, 1, say_user, "cleared");
    in_thread(clear_it, loop);
    run_and_free(loop);
    CHECK_SAID("");
}

static void make_calls_inside_a_callback(loop_t *loop) {
    int64_t due = 0;
    int64_t id = loop_set_timeout(loop, 3600 * SECOND, say_user, "never");
    CHECK_ID(id);
    CHECK(loop_alive(loop) >= 1);
    SHOULD(loop_timer_due_in(loop, id, &due));
    CHECK(due > 0);
    CHECK(loop_now(loop) > 0);
    CHECK_CODE(loop_clear(loop, id), LOOP_OK);
    CHECK_CODE(loop_detach(loop), LOOP_ENESTED);
}

/* Where a running loop and the thread that disturbs it meet. */
typedef struct meeting {
    loop_t *loop;
    sem_t inside, leave;
    int calls;
} meeting_t;

static void meet(loop_t *loop, const loop_event_t *ev, void *user) {
    meeting_t *meeting = user;
    (void)ev;
    meeting->calls++;
    make_calls_inside_a_callback(loop);
    sem_post(&meeting->inside);
    while (sem_wait(&meeting->leave) != 0)
        continue;
}

static void *run_meeting(void *arg) {
    SHOULD(loop_run(((meeting_t *)arg)->loop, LOOP_RUN_DEFAULT));
    return NULL;
}

/* Every kind of loop-thread call, from a thread that must not. */
static void check_that_all_calls_are_refused(loop_t *loop) {
    loop_event_t event;
    memset(&event, 0, sizeof event);
    loop_turn_t turn = {.size = sizeof turn,
                        .loop = loop,
                        .events = &event,
                        .event_capacity = 1,
                        .event_stride = sizeof event};
    loop_turn_t submit = {.size = sizeof submit, .loop = loop, .flags = LOOP_TURN_SUBMIT};
    int64_t ns = -7;
    uint64_t first = 7;
    CHECK_CODE(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_run_for(loop, LOOP_RUN_NOWAIT, 0), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_turn(&turn), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_turn(&submit), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_dispatch(loop, &event, 0), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_free(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_detach(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_unwound(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_alive(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_now(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_backend_fd(loop), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_backend_timeout(loop, &ns), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_take_ids(loop, 1, &first), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_next_op(loop, 1, "label"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_clear(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_cancel(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_ref(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_unref(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_has_ref(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_refresh_timer(loop, an_id), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_timer_due_in(loop, an_id, &ns), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_set_timeout(loop, 0, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_set_interval(loop, 1, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_set_immediate(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_next_tick(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_queue_microtask(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_start_idle(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_start_prepare(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_start_check(loop, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_poll_fd(loop, 0, LOOP_READABLE, 0, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_work(loop, do_nothing, NULL, NULL, say_user, "x"), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_set_workers(loop, 0, 1), LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_trace(loop, NULL, NULL), LOOP_EWRONGTHREAD);
    CHECK_INT(ns, -7);
    CHECK_INT(first, 7);
}

static void disturb(loop_t *loop) {
    meeting_t meeting = {.loop = loop};
    pthread_t thread;
    sem_init(&meeting.inside, 0, 0);
    sem_init(&meeting.leave, 0, 0);
    SHOULD(loop_hold(loop));
    SHOULD(loop_post(loop, 1, meet, &meeting));
    SHOULD(pthread_create(&thread, NULL, run_meeting, &meeting));
    while (sem_wait(&meeting.inside) != 0)
        continue;
    check_that_all_calls_are_refused(loop); /* it is inside a callback */
    sem_post(&meeting.leave);
    for (int i = 0; i < 20; i++) { /* it is before, in or after its sleep */
        CHECK_CODE(loop_alive(loop), LOOP_EWRONGTHREAD);
        CHECK_CODE(loop_wake(loop), LOOP_OK);
    }
    SHOULD(loop_post(loop, 1, say_user, "posted"));
    SHOULD(loop_unhold(loop));
    SHOULD(pthread_join(thread, NULL));
    CHECK_SAID("posted");
    CHECK_INT(meeting.calls, 1);
    sem_destroy(&meeting.inside);
    sem_destroy(&meeting.leave);
}

static void while_a_movable_loop_runs_calls_of_another_thread_are_refused(void) {
    loop_t *loop = movable_loop();
    an_id = loop_set_timer_at(loop, 1, say_user, "first");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("first");
    disturb(loop);
    CHECK_INT(loop_alive(loop), 0);
    disturb(loop);
    SHOULD(loop_free(loop));
}

#define THREADS 6
#define CALLS 2000

static int entered, refused, delivered; /* atomic, but for delivered: the loop orders it */

static void count_delivered(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    (void)user;
    delivered++;
}

static void *fight_for_it(void *loop) {
    for (int i = 0; i < CALLS; i++) {
        int64_t rc = i % 2 == 0 ? loop_set_immediate(loop, count_delivered, NULL)
                                : loop_run(loop, LOOP_RUN_NOWAIT);
        if (rc == LOOP_EWRONGTHREAD)
            __atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
        else if (CHECK(rc >= 0) && i % 2 == 0)
            __atomic_add_fetch(&entered, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void threads_that_fight_for_a_movable_loop_get_in_one_at_a_time(void) {
    loop_t *loop = movable_loop();
    pthread_t threads[THREADS];
    entered = refused = delivered = 0;
    for (int i = 0; i < THREADS; i++)
        SHOULD(pthread_create(&threads[i], NULL, fight_for_it, loop));
    for (int i = 0; i < THREADS; i++)
        SHOULD(pthread_join(threads[i], NULL));
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK(entered > 0);
    CHECK_INT(delivered, entered);
    SHOULD(loop_free(loop));
}

static void *run_one_pass(void *loop) {
    CHECK(loop_run(loop, LOOP_RUN_ONCE) >= 0);
    return NULL;
}

static int left, passed;

static void go_on(loop_t *loop, const loop_event_t *ev, void *user) {
    SHOULD(ev->status);
    passed++;
    if (--left > 0)
        CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, go_on, user));
}

static void each_pass_may_be_run_by_another_thread(void) {
    loop_t *loop = movable_loop();
    left = 100;
    passed = 0;
    CHECK_ID(loop_work(loop, do_nothing, NULL, NULL, go_on, NULL));
    for (int passes = 0; loop_alive(loop) > 0 && passes < 1000; passes++)
        in_thread(run_one_pass, loop);
    CHECK_INT(passed, 100);
    SHOULD(loop_free(loop));
}

/* ---- loop_detach ----------------------------------------------------------------------------- */

static void *be_refused(void *loop) {
    check_that_all_calls_are_refused(loop);
    return NULL;
}

static void *own_run_and_detach(void *loop) {
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_CODE(loop_detach(loop), LOOP_OK);
    return NULL;
}

static void a_loop_belongs_to_its_first_caller_until_that_detaches_it(void) {
    loop_t *loop = new_loop();
    an_id = loop_set_timer_at(loop, 1, say_user, "timer");
    in_thread(be_refused, loop);
    CHECK_CODE(loop_detach(loop), LOOP_OK);
    in_thread(own_run_and_detach, loop);
    CHECK_SAID("timer");
    an_id = loop_set_timer_at(loop, 1, say_user, "mine again");
    in_thread(be_refused, loop);
    run_and_free(loop);
    CHECK_SAID("mine again");
}

static void the_thread_that_makes_a_loop_does_not_own_it_yet(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_post(loop, 1, say_user, "post"));
    in_thread(own_run_and_detach, loop);
    CHECK_SAID("post");
    in_thread(free_it, loop);
}

static void detaching_takes_what_is_queued_along(void) {
    loop_t *loop = new_loop();
    CHECK_ID(loop_set_timer_at(loop, 1, say_user, "timer"));
    CHECK_ID(loop_set_immediate(loop, say_user, "immediate"));
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    CHECK_CODE(loop_detach(loop), LOOP_OK);
    in_thread(own_run_and_detach, loop);
    CHECK_SAID("tick timer immediate");
    SHOULD(loop_free(loop));
}

static void detaching_a_movable_loop_changes_nothing(void) {
    loop_t *loop = movable_loop();
    CHECK_CODE(loop_detach(loop), LOOP_OK);
    CHECK_CODE(loop_detach(loop), LOOP_OK);
    CHECK_ID(loop_set_timer_at(loop, 1, say_user, "timer"));
    in_thread(run_it, loop);
    CHECK_SAID("timer");
    SHOULD(loop_free(loop));
}

static void while_an_owner_runs_others_are_refused(void) {
    loop_t *loop = new_loop();
    pthread_t thread;
    meeting_t meeting = {.loop = loop};
    sem_init(&meeting.inside, 0, 0);
    sem_init(&meeting.leave, 0, 0);
    SHOULD(loop_post(loop, 1, meet, &meeting));
    SHOULD(pthread_create(&thread, NULL, own_run_and_detach, loop));
    while (sem_wait(&meeting.inside) != 0)
        continue;
    check_that_all_calls_are_refused(loop);
    sem_post(&meeting.leave);
    SHOULD(pthread_join(thread, NULL));
    CHECK_INT(meeting.calls, 1);
    sem_destroy(&meeting.inside);
    sem_destroy(&meeting.leave);
    SHOULD(loop_free(loop));
}

TEST_MAIN(warm_up(), T(a_movable_loop_is_made_used_run_and_freed_by_four_threads),
          T(an_id_of_one_thread_may_be_cleared_by_another),
          T(while_a_movable_loop_runs_calls_of_another_thread_are_refused),
          T(threads_that_fight_for_a_movable_loop_get_in_one_at_a_time),
          T(each_pass_may_be_run_by_another_thread),
          T(a_loop_belongs_to_its_first_caller_until_that_detaches_it),
          T(the_thread_that_makes_a_loop_does_not_own_it_yet),
          T(detaching_takes_what_is_queued_along), T(detaching_a_movable_loop_changes_nothing),
          T(while_an_owner_runs_others_are_refused))
