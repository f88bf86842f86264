/* SPDX-License-Identifier: MIT
 *
 * Calls from a thread that does not own the loop, and calls on a loop that is closed or freed: each
 * is refused with its code and changes nothing.
 */
#include "every_call.h"

#include <pthread.h>

static const loop_cb cb = must_not_be_called;

typedef struct visit {
    loop_t *loop;
    int64_t id;
    answers_t answers;
    int64_t freed;
} visit_t;

static void *call_everything(void *arg) {
    visit_t *visit = arg;
    call_makers(visit->loop, &visit->answers);
    call_on_id(visit->loop, visit->id, &visit->answers);
    call_the_rest(visit->loop, &visit->answers);
    visit->freed = loop_free(visit->loop);
    return NULL;
}

static void another_thread_is_refused_by_every_call_of_the_loop_thread(void) {
    pthread_t thread;
    int fired = 0;
    visit_t visit = {.loop = new_loop()};
    visit.id = loop_set_timeout(visit.loop, 0, count_event, &fired);
    CHECK_ID(visit.id);
    REQUIRE(pthread_create(&thread, NULL, call_everything, &visit) == 0);
    pthread_join(thread, NULL);
    CHECK_ANSWERS(&visit.answers, LOOP_EWRONGTHREAD);
    CHECK_INT(visit.answers.count, 155);
    CHECK_CODE(visit.freed, LOOP_EWRONGTHREAD);
    CHECK_INT(loop_alive(visit.loop), 1);
    run_and_free(visit.loop);
    CHECK_INT(fired, 1);
}

static void *find_a_foreign_retain(void *arg) {
    loop_event_t ev;
    memset(&ev, 0, sizeof ev);
    ev.data = "text";
    ev.len = 4;
    return (void *)(uintptr_t)loop_retain(arg, &ev);
}

static void another_thread_cannot_retain(void) {
    pthread_t thread;
    void *got = NULL;
    loop_t *loop = new_loop();
    CHECK_INT(loop_alive(loop), 0);
    REQUIRE(pthread_create(&thread, NULL, find_a_foreign_retain, loop) == 0);
    pthread_join(thread, &got);
    CHECK(got == NULL);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

typedef struct running {
    visit_t visit;
    int called;
} running_t;

static void visit_within(loop_t *loop, const loop_event_t *ev, void *user) {
    running_t *running = user;
    pthread_t thread;
    (void)loop, (void)ev;
    if (!CHECK(pthread_create(&thread, NULL, call_everything, &running->visit) == 0))
        return;
    pthread_join(thread, NULL);
    running->called++;
}

/* A movable loop belongs to its thread for the length of each call, and a run is one. */
static void another_thread_is_refused_while_a_movable_loop_runs(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    running_t running;
    memset(&running, 0, sizeof running);
    options.flags = LOOP_MOVABLE;
    CHECK_CODE(loop_new(&options, &running.visit.loop), LOOP_OK);
    running.visit.id = loop_set_timeout(running.visit.loop, 0, visit_within, &running);
    CHECK_INT(loop_run(running.visit.loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(running.called, 1);
    CHECK_ANSWERS(&running.visit.answers, LOOP_EWRONGTHREAD);
    CHECK_CODE(running.visit.freed, LOOP_EWRONGTHREAD);
    CHECK_CODE(loop_free(running.visit.loop), LOOP_OK);
}

typedef struct ends {
    int finals;
    int others;
} ends_t;

static void count_end(loop_t *loop, const loop_event_t *ev, void *user) {
    ends_t *ends = user;
    (void)loop;
    if ((ev->flags & LOOP_EV_MORE) == 0 && ev->status == LOOP_ECANCELED)
        ends->finals++;
    else
        ends->others++;
}

static void a_closed_loop_refuses_what_makes_something(void) {
    loop_t *loop = new_loop();
    answers_t answers = {.count = 0};
    ends_t ends = {0, 0};
    CHECK_ID(loop_set_timeout(loop, SECOND, count_end, &ends));
    CHECK_CODE(loop_close(loop), LOOP_OK);
    call_makers(loop, &answers);
    CHECK_ANSWERS(&answers, LOOP_ECLOSED);
    CHECK_CODE(loop_post(loop, 1, cb, NULL), LOOP_ECLOSED);
    CHECK_CODE(loop_hold(loop), LOOP_ECLOSED);
    CHECK_CODE(loop_close(loop), LOOP_ECLOSED);
    CHECK_INT(ends.finals, 0);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(ends.finals, 1);
    CHECK_INT(ends.others, 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(ends.finals, 1);
}

static void a_closed_loop_lets_ids_be_acted_on_until_they_end(void) {
    loop_t *loop = new_loop();
    ends_t ends = {0, 0};
    int64_t due, id = loop_set_timeout(loop, SECOND, count_end, &ends);
    int64_t cleared = loop_set_timeout(loop, SECOND, cb, NULL);
    CHECK_CODE(loop_close(loop), LOOP_OK);
    CHECK_CODE(loop_unref(loop, id), LOOP_OK);
    CHECK_INT(loop_has_ref(loop, id), 0);
    CHECK_CODE(loop_timer_due_in(loop, id, &due), LOOP_OK);
    CHECK_CODE(loop_cancel(loop, id), LOOP_OK);
    CHECK_CODE(loop_clear(loop, cleared), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(ends.finals, 1);
    CHECK_CODE(loop_cancel(loop, id), LOOP_EBADID);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_INT(ends.finals + ends.others, 1);
}

static void ops_of_a_closed_loop_are_refused_once(void) {
    loop_t *loop = new_loop();
    loop_event_t events[4];
    loop_turn_t turn;
    loop_op_t op;
    uint64_t first = 0;
    CHECK_CODE(loop_take_ids(loop, 1, &first), LOOP_OK);
    CHECK_CODE(loop_close(loop), LOOP_OK);
    memset(&op, 0, sizeof op);
    op.code = LOOP_OP_TIMER;
    op.id = first;
    op.user = 77;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = &op;
    turn.op_count = 1;
    turn.op_stride = sizeof op;
    turn.events = events;
    turn.event_capacity = 4;
    turn.event_stride = sizeof events[0];
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    CHECK_INT(turn.event_count, 1);
    CHECK_INT(events[0].id, first);
    CHECK_INT(events[0].user, 77);
    CHECK_CODE(events[0].status, LOOP_ECLOSED);
    CHECK((events[0].flags & (LOOP_EV_REFUSED | LOOP_EV_MORE)) == LOOP_EV_REFUSED);
    turn.op_count = 0;
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    CHECK_INT(turn.event_count, 0);
    CHECK((turn.result & LOOP_TURN_DONE) != 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void a_freed_loop_refuses_every_call(void) {
    loop_t *loop = new_loop();
    answers_t answers = {.count = 0};
    int64_t id = loop_set_timeout(loop, 0, count_event, &(int){0});
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    call_makers(loop, &answers);
    call_on_id(loop, id, &answers);
    call_the_rest(loop, &answers);
    call_of_any_thread(loop, &answers);
    CHECK_ANSWERS(&answers, LOOP_ECLOSED);
    CHECK_CODE(loop_free(loop), LOOP_ECLOSED);
}

static void a_freed_loop_refuses_other_threads_too(void) {
    pthread_t thread;
    visit_t visit = {.loop = new_loop(), .id = 1};
    CHECK_CODE(loop_free(visit.loop), LOOP_OK);
    REQUIRE(pthread_create(&thread, NULL, call_everything, &visit) == 0);
    pthread_join(thread, NULL);
    CHECK_ANSWERS(&visit.answers, LOOP_ECLOSED);
    CHECK_CODE(visit.freed, LOOP_ECLOSED);
}

static void call_runs(loop_t *loop, const loop_event_t *ev, void *user) {
    loop_event_t events[1];
    loop_turn_t turn;
    (void)ev;
    ++*(int *)user;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.events = events;
    turn.event_capacity = 1;
    turn.event_stride = sizeof events[0];
    CHECK_CODE(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_ENESTED);
    CHECK_CODE(loop_run_for(loop, LOOP_RUN_DEFAULT, 0), LOOP_ENESTED);
    CHECK_CODE(loop_turn(&turn), LOOP_ENESTED);
    CHECK_CODE(loop_dispatch(loop, events, 0), LOOP_ENESTED);
    CHECK_CODE(loop_detach(loop), LOOP_ENESTED);
    CHECK_CODE(loop_free(loop), LOOP_ENESTED);
}

static void a_callback_cannot_run_or_free_its_loop(void) {
    loop_t *loop = new_loop();
    int called = 0, fired = 0;
    CHECK_ID(loop_set_timeout(loop, 0, call_runs, &called));
    CHECK_ID(loop_set_immediate(loop, call_runs, &called));
    CHECK_CODE(loop_next_tick(loop, call_runs, &called), LOOP_OK);
    CHECK_CODE(loop_queue_microtask(loop, call_runs, &called), LOOP_OK);
    CHECK_CODE(loop_post(loop, 1, call_runs, &called), LOOP_OK);
    CHECK_ID(loop_set_timeout(loop, MS, count_event, &fired));
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(called, 5);
    CHECK_INT(fired, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

TEST_MAIN(warm_up(), T(another_thread_is_refused_by_every_call_of_the_loop_thread),
          T(another_thread_cannot_retain), T(another_thread_is_refused_while_a_movable_loop_runs),
          T(a_closed_loop_refuses_what_makes_something),
          T(a_closed_loop_lets_ids_be_acted_on_until_they_end),
          T(ops_of_a_closed_loop_are_refused_once), T(a_freed_loop_refuses_every_call),
          T(a_freed_loop_refuses_other_threads_too), T(a_callback_cannot_run_or_free_its_loop))
