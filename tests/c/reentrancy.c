/* SPDX-License-Identifier: MIT
 *
 * What callbacks may do to the loop that calls them, and what is refused there.
 */
#include "loops.h"
#include "said.h"

#include <pthread.h>
#include <sys/eventfd.h>

static loop_turn_t a_turn(loop_t *loop, loop_event_t *events, uint32_t capacity) {
    loop_turn_t turn;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.events = events;
    turn.event_capacity = capacity;
    turn.event_stride = sizeof *events;
    return turn;
}

static int32_t give_int(void *arg, loop_value_t *value) {
    (void)arg;
    return (int32_t)loop_value_set_int(value, 42);
}

/* ---- Stopping -------------------------------------------------------------------------------- */

static void stop(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    SHOULD(loop_queue_microtask(loop, say_user, "microtask"));
    SHOULD(loop_stop(loop));
}

static void stop_ends_the_run_after_the_callback_and_its_ticks(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, stop, "1");
    loop_set_timer_at(loop, 2, say_user, "2");
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    CHECK_SAID("1 tick microtask");
    CHECK_INT(loop_alive(loop), 1);
    run_and_free(loop);
    CHECK_SAID("2");
}

static void stop_in_an_immediate_leaves_the_others_for_the_next_run(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, stop, "1");
    loop_set_immediate(loop, say_user, "2");
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 1);
    CHECK_SAID("1 tick microtask");
    run_and_free(loop);
    CHECK_SAID("2");
}

static void stop_in_a_turn_is_told_and_the_rest_comes_with_the_next(void) {
    loop_t *loop = new_loop();
    loop_event_t events[4];
    loop_turn_t turn = a_turn(loop, events, 4);
    loop_set_timer_at(loop, 1, stop, "1");
    loop_set_timer_at(loop, 2, say_user, "2");
    SHOULD(loop_turn(&turn));
    CHECK((turn.result & LOOP_TURN_STOPPED) != 0);
    CHECK_INT(turn.dispatched, 1);
    CHECK_SAID("1 tick microtask");
    SHOULD(loop_turn(&turn));
    CHECK((turn.result & LOOP_TURN_STOPPED) == 0);
    CHECK_SAID("2");
    SHOULD(loop_free(loop));
}

/* ---- Clearing and cancelling ----------------------------------------------------------------- */

static int64_t ids[4];

static void clear_self(loop_t *loop, const loop_event_t *ev, void *user) {
    int more = (ev->flags & LOOP_EV_MORE) != 0;
    say_user(loop, ev, user);
    CHECK_INT(loop_clear(loop, (int64_t)ev->id), more ? 0 : LOOP_EBADID);
    CHECK_INT(loop_clear(loop, (int64_t)ev->id), LOOP_EBADID);
    CHECK_INT(loop_cancel(loop, (int64_t)ev->id), LOOP_EBADID);
    CHECK_INT(loop_unref(loop, (int64_t)ev->id), LOOP_EBADID);
}

static void a_callback_may_clear_its_own_id_unless_that_is_over(void) {
    loop_t *loop = new_loop();
    int fd = eventfd(1, EFD_CLOEXEC), once = eventfd(1, EFD_CLOEXEC);
    loop_set_timer_at(loop, 1, clear_self, "timer");
    loop_set_interval(loop, 1, clear_self, "interval");
    loop_start_idle(loop, clear_self, "idle");
    loop_start_prepare(loop, clear_self, "prepare");
    loop_start_check(loop, clear_self, "check");
    loop_set_immediate(loop, clear_self, "immediate");
    loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_LEVEL, clear_self, "level");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("timer interval idle prepare level immediate check");
    loop_poll_fd(loop, once, LOOP_READABLE, LOOP_POLL_ONESHOT, clear_self, "oneshot");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("oneshot");
    loop_work(loop, give_int, NULL, NULL, clear_self, "job");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("job");
    close(fd);
    close(once);
    SHOULD(loop_free(loop));
}

static void cancel_self(loop_t *loop, const loop_event_t *ev, void *user) {
    int more = (ev->flags & LOOP_EV_MORE) != 0;
    say_status(loop, ev, user);
    CHECK_INT(loop_cancel(loop, (int64_t)ev->id), more ? 0 : LOOP_EBADID);
}

static void a_watcher_that_cancels_itself_is_told_once_more(void) {
    loop_t *loop = new_loop();
    loop_start_idle(loop, cancel_self, "idle");
    run_and_free(loop);
    CHECK_SAID("idle idle!LOOP_ECANCELED");
}

static void clear_them(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    for (size_t i = 0; i < 4; i++) {
        if (ids[i] != 0) {
            SHOULD(loop_clear(loop, ids[i]));
            CHECK_INT(loop_clear(loop, ids[i]), LOOP_EBADID);
        }
    }
    memset(ids, 0, sizeof ids);
}

static void what_is_cleared_in_the_same_batch_of_timers_is_not_called(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, clear_them, "clear");
    ids[0] = loop_set_timer_at(loop, 2, say_user, "2");
    loop_set_timer_at(loop, 3, say_user, "3");
    ids[1] = loop_set_interval(loop, 1, say_user, "interval");
    run_and_free(loop);
    CHECK_SAID("clear 3");
}

static void what_is_cleared_in_the_same_check_phase_is_not_called(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, clear_them, "clear");
    ids[0] = loop_set_immediate(loop, say_user, "2");
    loop_set_immediate(loop, say_user, "3");
    ids[1] = loop_start_check(loop, say_user, "check");
    run_and_free(loop);
    CHECK_SAID("clear 3");
}

static int32_t wait_for_two(void *arg, loop_value_t *value) {
    pthread_barrier_wait(arg);
    return (int32_t)loop_value_set_int(value, 1);
}

static int jobs_told;

static void clear_the_other(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    jobs_told++;
    SHOULD(loop_clear(loop, (int64_t)ev->id == ids[0] ? ids[1] : ids[0]));
}

static void of_two_jobs_that_clear_each_other_one_is_told(void) {
    for (int i = 0; i < 20; i++) {
        loop_t *loop = new_loop();
        pthread_barrier_t barrier;
        pthread_barrier_init(&barrier, NULL, 2);
        jobs_told = 0;
        ids[0] = loop_work(loop, wait_for_two, &barrier, NULL, clear_the_other, NULL);
        ids[1] = loop_work(loop, wait_for_two, &barrier, NULL, clear_the_other, NULL);
        run_and_free(loop);
        CHECK_INT(jobs_told, 1);
        pthread_barrier_destroy(&barrier);
    }
    memset(ids, 0, sizeof ids);
}

static void cancel_them(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    for (size_t i = 0; i < 4; i++)
        if (ids[i] != 0)
            SHOULD(loop_cancel(loop, ids[i]));
    memset(ids, 0, sizeof ids);
}

static void a_result_in_the_same_batch_survives_a_cancel_and_what_waits_does_not(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, cancel_them, "cancel");
    ids[0] = loop_set_timer_at(loop, 2, say_status, "due");
    ids[1] = loop_set_timeout(loop, 3600 * SECOND, say_status, "waiting");
    ids[2] = loop_set_immediate(loop, say_status, "immediate");
    ids[3] = loop_start_check(loop, say_status, "check");
    run_and_free(loop);
    CHECK_SAID("cancel due waiting!LOOP_ECANCELED check!LOOP_ECANCELED immediate!LOOP_ECANCELED");
}

/* ---- Closing --------------------------------------------------------------------------------- */

static void close_loop(loop_t *loop, const loop_event_t *ev, void *user) {
    say_user(loop, ev, user);
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    SHOULD(loop_close(loop));
    CHECK_INT(loop_close(loop), LOOP_ECLOSED);
    CHECK_INT(loop_set_timeout(loop, 0, say_user, "new"), LOOP_ECLOSED);
    CHECK_INT(loop_set_immediate(loop, say_user, "new"), LOOP_ECLOSED);
    CHECK_INT(loop_work(loop, give_int, NULL, NULL, say_user, "new"), LOOP_ECLOSED);
    CHECK_INT(loop_post(loop, 1, say_user, "new"), LOOP_ECLOSED);
}

static void a_loop_closed_in_a_callback_delivers_the_batch_and_ends_the_rest(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, close_loop, "close");
    loop_set_timer_at(loop, 2, say_status, "due");
    loop_set_timeout(loop, 3600 * SECOND, say_status, "waiting");
    loop_start_check(loop, say_status, "check");
    loop_set_immediate(loop, say_status, "immediate");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK(strncmp(said, "close tick due ", 15) == 0);
    CHECK(strstr(said, "waiting!LOOP_ECANCELED") != NULL);
    CHECK(strstr(said, "check!LOOP_ECANCELED") != NULL);
    CHECK(strstr(said, "immediate!LOOP_ECANCELED") != NULL);
    said[0] = '\0';
    SHOULD(loop_free(loop));
    CHECK_SAID("");
}

/* ---- Nesting --------------------------------------------------------------------------------- */

static void try_to_nest(loop_t *loop, const loop_event_t *ev, void *user) {
    loop_event_t event;
    loop_turn_t turn = a_turn(loop, &event, 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), LOOP_ENESTED);
    CHECK_INT(loop_run(loop, LOOP_RUN_NOWAIT), LOOP_ENESTED);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, 0), LOOP_ENESTED);
    CHECK_INT(loop_turn(&turn), LOOP_ENESTED);
    CHECK_INT(loop_dispatch(loop, ev, 1), LOOP_ENESTED);
    CHECK_INT(loop_free(loop), LOOP_ENESTED);
    CHECK_INT(loop_detach(loop), LOOP_ENESTED);
    say_user(loop, ev, user);
}

static void runs_turns_and_the_end_are_refused_inside_every_kind_of_callback(void) {
    loop_t *loop = new_loop();
    int fd = eventfd(1, EFD_CLOEXEC);
    loop_next_tick(loop, try_to_nest, "tick");
    loop_queue_microtask(loop, try_to_nest, "microtask");
    loop_set_timer_at(loop, 1, try_to_nest, "timer");
    SHOULD(loop_post(loop, 1, try_to_nest, "post"));
    loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_ONESHOT, try_to_nest, "fd");
    loop_set_immediate(loop, try_to_nest, "immediate");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK(strncmp(said, "tick microtask timer post ", 26) == 0);
    CHECK(strstr(said, "fd") != NULL);
    CHECK(strstr(said, "immediate") != NULL);
    said[0] = '\0';
    loop_work(loop, give_int, NULL, NULL, try_to_nest, "job");
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("job");
    loop_set_timeout(loop, 3600 * SECOND, try_to_nest, "end");
    SHOULD(loop_free(loop));
    CHECK_SAID("end");
    close(fd);
}

static loop_t *releasing;

static void release_and_call(void *data) {
    free(data);
    CHECK_INT(loop_run(releasing, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    CHECK(loop_set_timer_at(releasing, 1, say_user, "from_release") > 0);
}

static int32_t give_bytes(void *arg, loop_value_t *value) {
    (void)arg;
    value->kind = LOOP_KIND_BYTES;
    value->data = malloc(8);
    value->len = 8;
    value->release = release_and_call;
    return 0;
}

static void a_release_function_may_make_calls_but_not_run_the_loop(void) {
    releasing = new_loop();
    loop_work(releasing, give_bytes, NULL, NULL, say_user, "job");
    SHOULD(loop_run(releasing, LOOP_RUN_DEFAULT));
    SHOULD(loop_run(releasing, LOOP_RUN_DEFAULT)); /* what the last batch's release started */
    CHECK_SAID("job from_release");
    SHOULD(loop_free(releasing));
}

/* ---- Starting things ------------------------------------------------------------------------- */

static int started, ended;

static void count_end(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    CHECK_INT(ev->status, 0);
    ended++;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        SHOULD(loop_clear(loop, (int64_t)ev->id));
}

static int ready_fd;

/* One of everything; its user says whether a descriptor may be watched for. */
static void start_everything(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    CHECK(loop_set_timeout(loop, 0, count_end, NULL) > 0);
    CHECK(loop_set_timer_at(loop, 1, count_end, NULL) > 0);
    CHECK(loop_set_interval(loop, 1, count_end, NULL) > 0);
    CHECK(loop_set_immediate(loop, count_end, NULL) > 0);
    SHOULD(loop_next_tick(loop, count_end, NULL));
    SHOULD(loop_queue_microtask(loop, count_end, NULL));
    CHECK(loop_start_idle(loop, count_end, NULL) > 0);
    CHECK(loop_start_prepare(loop, count_end, NULL) > 0);
    CHECK(loop_start_check(loop, count_end, NULL) > 0);
    SHOULD(loop_post(loop, 1, count_end, NULL));
    CHECK(loop_work(loop, give_int, NULL, NULL, count_end, NULL) > 0);
    started += 11;
    int fd = fcntl(ready_fd, F_DUPFD_CLOEXEC, 0);
    CHECK(loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_ONESHOT, count_end, NULL) > 0);
    started++;
    ids[0] = fd;
    if ((ev->flags & LOOP_EV_MORE) != 0)
        SHOULD(loop_clear(loop, (int64_t)ev->id));
}

static void everything_may_be_started_in_every_kind_of_callback(void) {
    ready_fd = eventfd(1, EFD_CLOEXEC);
    for (int kind = 0; kind < 11; kind++) {
        loop_t *loop = new_loop();
        started = ended = 0;
        if (kind == 0)
            loop_set_timer_at(loop, 1, start_everything, NULL);
        else if (kind == 1)
            loop_set_interval(loop, 1, start_everything, NULL);
        else if (kind == 2)
            loop_set_immediate(loop, start_everything, NULL);
        else if (kind == 3)
            loop_next_tick(loop, start_everything, NULL);
        else if (kind == 4)
            loop_queue_microtask(loop, start_everything, NULL);
        else if (kind == 5)
            loop_start_idle(loop, start_everything, NULL);
        else if (kind == 6)
            loop_start_prepare(loop, start_everything, NULL);
        else if (kind == 7)
            SHOULD(loop_unref(loop, loop_start_check(loop, start_everything, NULL)) +
                   (loop_set_immediate(loop, count_end, NULL) > 0 ? 0 : -1));
        else if (kind == 8)
            loop_poll_fd(loop, ready_fd, LOOP_READABLE, LOOP_POLL_ONESHOT, start_everything, NULL);
        else if (kind == 9)
            SHOULD(loop_post(loop, 1, start_everything, NULL));
        else
            loop_work(loop, give_int, NULL, NULL, start_everything, NULL);
        run_and_free(loop);
        CHECK_INT(started, 12);
        CHECK_INT(ended, started + (kind == 7));
        close((int)ids[0]);
    }
    memset(ids, 0, sizeof ids);
    close(ready_fd);
}

static void run_another_loop(loop_t *loop, const loop_event_t *ev, void *user) {
    loop_t *other = NULL;
    (void)loop;
    (void)ev;
    (void)user;
    SHOULD(loop_new(NULL, &other));
    loop_set_timer_at(other, 1, say_user, "other");
    SHOULD(loop_run(other, LOOP_RUN_DEFAULT));
    SHOULD(loop_free(other));
}

static void a_callback_may_make_run_and_free_another_loop(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, run_another_loop, NULL);
    loop_set_timer_at(loop, 2, say_user, "rest");
    run_and_free(loop);
    CHECK_SAID("other rest");
}

/* ---- Submitting inside a callback ------------------------------------------------------------ */

static void submit_a_timer(loop_t *loop, const loop_event_t *ev, void *user) {
    loop_event_t unused;
    loop_turn_t turn = a_turn(loop, &unused, 0);
    loop_op_t ops[2];
    uint64_t id = 0;
    int64_t number = 0;
    say_user(loop, ev, user);
    SHOULD(loop_take_ids(loop, 1, &id));
    memset(ops, 0, sizeof ops);
    ops[0].code = LOOP_OP_TIMER;
    ops[0].id = id;
    ops[0].arg = 1;
    ops[0].cb = say_user;
    ops[0].user = (uint64_t)(uintptr_t) "submitted";
    turn.ops = ops;
    turn.op_count = 1;
    turn.op_stride = sizeof ops[0];
    turn.flags = LOOP_TURN_SUBMIT;
    SHOULD(loop_turn(&turn));
    CHECK_INT(turn.event_count, 0);
    CHECK_INT(turn.dispatched, 0);
    CHECK_INT(loop_has_ref(loop, (int64_t)id), 1);
    if (loop_event_int(ev, &number) == 0)
        CHECK_INT(number, 42);
}

static void submitting_in_a_callback_is_allowed_and_leaves_the_batch_alone(void) {
    loop_t *loop = new_loop();
    loop_event_t events[8];
    loop_turn_t turn = a_turn(loop, events, 8);
    loop_set_timer_at(loop, 1, submit_a_timer, "submit");
    loop_set_timer_at(loop, 2, submit_a_timer, "again");
    loop_set_timer_at(loop, 3, say_user, "rest");
    SHOULD(loop_turn(&turn));
    CHECK_SAID("submit again rest");
    CHECK_INT(turn.dispatched, 3);
    CHECK_INT(turn.phase, LOOP_PHASE_TIMERS);
    CHECK_INT(turn.alive, 2);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("submitted submitted");
    loop_work(loop, give_int, NULL, NULL, submit_a_timer, "job");
    run_and_free(loop);
    CHECK_SAID("job submitted");
}

/* ---- Traces ---------------------------------------------------------------------------------- */

static int records;

static void post_and_wake(const loop_trace_t *record, void *user) {
    if (record->kind == LOOP_TRACE_FINISHED)
        return;
    if (records++ < 3)
        SHOULD(loop_post(user, 1, say_user, "posted"));
    SHOULD(loop_wake(user));
    if (record->kind == LOOP_TRACE_EVENT && record->code == LOOP_OP_TIMER)
        SHOULD(loop_stop(user));
}

static void a_trace_callback_may_post_wake_and_stop(void) {
    loop_t *loop = new_loop();
    records = 0;
    SHOULD(loop_trace(loop, post_and_wake, loop));
    loop_set_timer_at(loop, 1, say_user, "timer");
    loop_set_timeout(loop, MS, say_user, "late");
    int64_t alive;
    int runs = 0;
    while ((alive = loop_run(loop, LOOP_RUN_DEFAULT)) > 0)
        runs++;
    SHOULD(alive);
    CHECK(runs >= 1);
    CHECK(records > 3);
    CHECK(strstr(said, "timer") != NULL);
    CHECK(strstr(said, "late") != NULL);
    CHECK(strstr(said, "posted posted posted") != NULL);
    said[0] = '\0';
    SHOULD(loop_trace(loop, NULL, NULL));
    SHOULD(loop_free(loop));
}

TEST_MAIN(warm_up(), T(stop_ends_the_run_after_the_callback_and_its_ticks),
          T(stop_in_an_immediate_leaves_the_others_for_the_next_run),
          T(stop_in_a_turn_is_told_and_the_rest_comes_with_the_next),
          T(a_callback_may_clear_its_own_id_unless_that_is_over),
          T(a_watcher_that_cancels_itself_is_told_once_more),
          T(what_is_cleared_in_the_same_batch_of_timers_is_not_called),
          T(what_is_cleared_in_the_same_check_phase_is_not_called),
          T(of_two_jobs_that_clear_each_other_one_is_told),
          T(a_result_in_the_same_batch_survives_a_cancel_and_what_waits_does_not),
          T(a_loop_closed_in_a_callback_delivers_the_batch_and_ends_the_rest),
          T(runs_turns_and_the_end_are_refused_inside_every_kind_of_callback),
          T(a_release_function_may_make_calls_but_not_run_the_loop),
          T(everything_may_be_started_in_every_kind_of_callback),
          T(a_callback_may_make_run_and_free_another_loop),
          T(submitting_in_a_callback_is_allowed_and_leaves_the_batch_alone),
          T(a_trace_callback_may_post_wake_and_stop))
