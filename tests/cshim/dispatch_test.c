/* SPDX-License-Identifier: MIT
 *
 * Calling callbacks: order, ticks, immediates, muting, stopping, and being left by longjmp.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

#include <setjmp.h>

/* ---- Ticks ----------------------------------------------------------------------------------- */

CB(queue_all) {
    say(user);
    SHOULD(loop_queue_microtask(loop, say_user, "micro"));
    SHOULD(loop_next_tick(loop, say_user, "tick"));
    (void)ev;
}

CB(micro_with_tick) {
    UNUSED;
    say("micro1");
    SHOULD(loop_next_tick(loop, say_user, "tick-of-micro"));
    SHOULD(loop_queue_microtask(loop, say_user, "micro-of-micro"));
}

static void ticks_and_then_microtasks_follow_every_callback(void) {
    loop_t *loop = new_loop();
    int64_t now = loop_now(loop);
    loop_set_timer_at(loop, now, queue_all, "timer1");
    loop_set_timer_at(loop, now, queue_all, "timer2");
    loop_set_immediate(loop, queue_all, "immediate");
    loop_next_tick(loop, queue_all, "first");
    run_and_free(loop);
    CHECK_SAID("first tick micro timer1 tick micro timer2 tick micro immediate tick micro");
}

static void microtasks_drain_before_ticks_they_queue(void) {
    loop_t *loop = new_loop();
    loop_queue_microtask(loop, micro_with_tick, NULL);
    loop_queue_microtask(loop, say_user, "micro2");
    run_and_free(loop);
    CHECK_SAID("micro1 micro2 micro-of-micro tick-of-micro");
}

static uint64_t chained;

CB(chain) {
    (void)ev;
    if (++chained < (uint64_t)(uintptr_t)user)
        loop_next_tick(loop, chain, user);
}

static void ten_million_chained_ticks_need_no_memory(void) {
    loop_t *loop = new_loop();
    uint64_t n = UNDER_SANITIZER ? 1000000 : 10000000;
    chained = 0;
    loop_next_tick(loop, chain, (void *)(uintptr_t)n);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_INT(chained, n);
    CHECK_INT(loop->ticks.capacity, 64);
    SHOULD(loop_free(loop));
}

static void rings_shrink_after_a_burst(void) {
    loop_t *loop = new_loop();
    for (int i = 0; i < 100000; i++) {
        loop_next_tick(loop, chain, NULL);
        loop_set_immediate(loop, chain, NULL);
    }
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK(loop->ticks.capacity >= 100000);
    for (int i = 0; i < 2000; i++) {
        loop_next_tick(loop, chain, NULL);
        loop_set_immediate(loop, chain, NULL);
        SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    }
    CHECK(loop->ticks.capacity <= 256);
    CHECK(loop->immediates.capacity <= 256);
    SHOULD(loop_free(loop));
}

/* ---- Immediates ------------------------------------------------------------------------------ */

CB(nest) {
    (void)ev;
    say(user);
    loop_set_immediate(loop, say_user, "nested");
    loop_set_timer_at(loop, 0, say_user, "timer");
}

static void a_nested_immediate_waits_for_the_next_pass(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, nest, "a");
    loop_set_immediate(loop, say_user, "b");
    run_and_free(loop);
    CHECK_SAID("a b timer nested");
}

static int64_t other;

CB(clear_other) {
    (void)ev;
    say(user);
    SHOULD(loop_clear(loop, other));
    CHECK_INT(loop_clear(loop, other), LOOP_EBADID);
}

CB(cancel_other) {
    (void)ev;
    say(user);
    SHOULD(loop_cancel(loop, other));
}

static void a_cleared_immediate_does_not_run(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, clear_other, "a");
    other = loop_set_immediate(loop, say_user, "b");
    loop_set_immediate(loop, say_user, "c");
    CHECK_INT(loop_alive(loop), 3);
    run_and_free(loop);
    CHECK_SAID("a c");
}

static void a_cancelled_immediate_runs_in_its_place_with_the_error(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, cancel_other, "a");
    other = loop_set_immediate(loop, say_user, "b");
    loop_set_immediate(loop, say_user, "c");
    run_and_free(loop);
    CHECK_SAID("a b LOOP_ECANCELED c");
}

static void an_unreferenced_immediate_runs_but_keeps_nothing_alive(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_unref(loop, loop_set_immediate(loop, say_user, "a")));
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_SAID("");
    loop_set_timer_at(loop, 0, say_user, "timer");
    run_and_free(loop);
    CHECK_SAID("timer a");
}

static void an_immediate_whose_deadline_has_passed_says_so(void) {
    loop_t *loop = new_loop();
    SHOULD(loop_next_op(loop, 1, "late"));
    loop_set_immediate(loop, say_user, "a");
    loop_set_immediate(loop, say_user, "b");
    run_and_free(loop);
    CHECK_SAID("a LOOP_ETIMEDOUT b");
}

static void cleared_immediates_do_not_pile_up(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, say_user, "first");
    for (int i = 0; i < 1000000; i++)
        SHOULD(loop_clear(loop, loop_set_immediate(loop, say_user, "never")));
    loop_set_immediate(loop, say_user, "last");
    CHECK(loop->immediates.capacity <= 128);
    run_and_free(loop);
    CHECK_SAID("first last");
}

static void the_phase_limit_holds_for_immediates(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop;
    options.phase_limit = 2;
    SHOULD(loop_new(&options, &loop));
    for (int i = 0; i < 5; i++)
        loop_set_immediate(loop, say_user, "i");
    CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 3);
    CHECK_SAID("i i");
    run_and_free(loop);
    CHECK_SAID("i i i");
}

static void immediates_of_a_closed_loop_end_in_the_closing_phase(void) {
    loop_t *loop = new_loop();
    loop_set_immediate(loop, say_user, "immediate");
    loop_set_timeout(loop, SECOND, say_user, "timer");
    SHOULD(loop_free(loop));
    CHECK_SAID("immediate LOOP_ECANCELED timer LOOP_ECANCELED");
    loop = new_loop();
    loop_set_immediate(loop, say_user, "alone");
    SHOULD(loop_free(loop));
    CHECK_SAID("alone LOOP_ECANCELED");
}

/* ---- The batch ------------------------------------------------------------------------------- */

static void an_id_of_the_batch_that_was_cleared_is_not_called(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, clear_other, "a");
    other = loop_set_timer_at(loop, 2, say_user, "b");
    loop_set_timer_at(loop, 3, say_user, "c");
    run_and_free(loop);
    CHECK_SAID("a c");
}

static void a_result_in_the_batch_survives_a_cancel(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, cancel_other, "a");
    other = loop_set_timer_at(loop, 2, say_user, "b");
    run_and_free(loop);
    CHECK_SAID("a b");
}

CB(refresh_other) {
    (void)ev;
    (void)user;
    int64_t fresh = loop_refresh_timer(loop, other);
    CHECK(fresh > 0 && fresh != other);
    CHECK_INT(loop_refresh_timer(loop, other), LOOP_EBADID);
    say("refreshed");
}

static void a_timer_of_the_batch_that_is_refreshed_waits_again(void) {
    loop_t *loop = new_loop();
    /* Both are due in one batch: the delay of b is over before the run begins. */
    loop_set_timer_at(loop, 1, refresh_other, NULL);
    other = loop_set_timeout(loop, 1, say_user, "b");
    SHOULD(loop_unref(loop, other));
    CHECK_INT(loop_run(loop, LOOP_RUN_ONCE), 0);
    CHECK_SAID("refreshed");
    loop_set_timeout(loop, MS, say_user, "c");
    run_and_free(loop);
    CHECK_SAID("b c");
}

CB(refresh_itself) {
    static int runs;
    (void)user;
    say("fired");
    int64_t due;
    CHECK_INT(loop_timer_due_in(loop, (int64_t)ev->id, &due), LOOP_EBADID);
    CHECK_INT(loop_clear(loop, (int64_t)ev->id), LOOP_EBADID);
    if (++runs < 3)
        CHECK(loop_refresh_timer(loop, (int64_t)ev->id) != (int64_t)ev->id);
}

static void a_timer_goes_on_from_its_own_callback_under_a_new_id(void) {
    loop_t *loop = new_loop();
    loop_set_timeout(loop, 1000, refresh_itself, NULL);
    run_and_free(loop);
    CHECK_SAID("fired fired fired");
}

CB(stop_it) {
    UNUSED;
    say("stop");
    SHOULD(loop_stop(loop));
    SHOULD(loop_next_tick(loop, say_user, "tick"));
}

static void what_a_stopped_run_did_not_deliver_comes_first_in_the_next(void) {
    loop_t *loop = new_loop();
    int64_t b;
    loop_set_timer_at(loop, 1, stop_it, NULL);
    b = loop_set_timer_at(loop, 2, say_user, "b");
    loop_set_timer_at(loop, 3, say_user, "c");
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 2);
    CHECK_SAID("stop tick");
    loop_next_tick(loop, say_user, "first");
    SHOULD(loop_unref(loop, b));
    CHECK_INT(loop_alive(loop), 2);
    run_and_free(loop);
    CHECK_SAID("first b c");
}

/* ---- Being left ------------------------------------------------------------------------------ */

static jmp_buf out;

CB(leave) {
    UNUSED;
    say(user);
    longjmp(out, 1);
}

static void the_rest_comes_first_after_a_longjmp(void) {
    loop_t *loop = new_loop();
    volatile int left = 0;
    loop_set_timer_at(loop, 1, leave, "jump1");
    loop_set_timer_at(loop, 2, say_user, "timer");
    loop_set_immediate(loop, leave, "jump2");
    loop_set_immediate(loop, say_user, "immediate");
    loop_next_tick(loop, leave, "jump0");
    loop_next_tick(loop, say_user, "tick");
    if (setjmp(out) != 0) {
        left++;
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ENESTED);
        SHOULD(loop_unwound(loop));
    }
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_INT(left, 3);
    CHECK_SAID("jump0 tick jump1 timer jump2 immediate");
    CHECK_INT(loop->ids.chunks[0]->used, 0);
    SHOULD(loop_free(loop));
}

static void *exit_in_callback(void *arg) {
    loop_run(arg, LOOP_RUN_DEFAULT);
    return NULL;
}

CB(exit_thread) {
    UNUSED;
    say("exit");
    pthread_exit(NULL);
}

/* Forced unwinding runs the cleanups, as C++ exceptions and Rust panics do. */
static void a_callback_that_ends_its_thread_leaves_a_sound_loop(void) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop;
    options.flags = LOOP_MOVABLE;
    SHOULD(loop_new(&options, &loop));
    loop_set_timer_at(loop, 1, exit_thread, NULL);
    loop_set_timer_at(loop, 2, say_user, "rest");
    pthread_join(spawn(exit_in_callback, loop), NULL);
    CHECK_INT(loop->dispatching, 0);
    run_and_free(loop);
    CHECK_SAID("exit rest");
}

CB(try_nested) {
    UNUSED;
    loop_turn_t turn = {.size = sizeof turn, .loop = loop};
    loop_event_t event;
    turn.events = &event;
    turn.event_capacity = 1;
    turn.event_stride = sizeof event;
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, 0), LOOP_ENESTED);
    CHECK_INT(loop_turn(&turn), LOOP_ENESTED);
    CHECK_INT(loop_free(loop), LOOP_ENESTED);
    CHECK_INT(loop_detach(loop), LOOP_ENESTED);
    CHECK_INT(loop_dispatch(loop, &event, 0), LOOP_ENESTED);
    CHECK_INT(loop_now(loop), loop->now_ns);
    say("refused");
}

static void a_run_inside_a_callback_is_refused(void) {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 0, try_nested, NULL);
    loop_next_tick(loop, try_nested, NULL);
    loop_set_immediate(loop, try_nested, NULL);
    run_and_free(loop);
    CHECK_SAID("refused refused refused");
}

/* ---- Values ---------------------------------------------------------------------------------- */

static int releases;

static void count_release(void *data) {
    CHECK_STR(data, "text");
    releases++;
}

static int32_t give_static(void *arg, loop_value_t *value) {
    value->kind = LOOP_KIND_STRING;
    value->data = arg;
    value->len = 4;
    value->release = count_release;
    return 0;
}

CB(see_text) {
    const char *text;
    uint64_t len;
    (void)loop;
    (void)user;
    SHOULD(loop_event_string(ev, &text, &len));
    CHECK_INT(len, 4);
    CHECK_INT(releases, 0);
}

static void a_value_is_released_once_after_its_callback(void) {
    static char text[] = "text";
    loop_t *loop = new_loop();
    releases = 0;
    loop_work(loop, give_static, text, NULL, see_text, NULL);
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    CHECK_INT(releases, 1);
    SHOULD(loop_free(loop));
    CHECK_INT(releases, 1);
}

TEST_MAIN((void)0, T(ticks_and_then_microtasks_follow_every_callback),
          T(microtasks_drain_before_ticks_they_queue), T(ten_million_chained_ticks_need_no_memory),
          T(rings_shrink_after_a_burst), T(a_nested_immediate_waits_for_the_next_pass),
          T(a_cleared_immediate_does_not_run),
          T(a_cancelled_immediate_runs_in_its_place_with_the_error),
          T(an_unreferenced_immediate_runs_but_keeps_nothing_alive),
          T(an_immediate_whose_deadline_has_passed_says_so), T(cleared_immediates_do_not_pile_up),
          T(the_phase_limit_holds_for_immediates),
          T(immediates_of_a_closed_loop_end_in_the_closing_phase),
          T(an_id_of_the_batch_that_was_cleared_is_not_called),
          T(a_result_in_the_batch_survives_a_cancel),
          T(a_timer_of_the_batch_that_is_refreshed_waits_again),
          T(a_timer_goes_on_from_its_own_callback_under_a_new_id),
          T(what_a_stopped_run_did_not_deliver_comes_first_in_the_next),
          T(the_rest_comes_first_after_a_longjmp),
          T(a_callback_that_ends_its_thread_leaves_a_sound_loop),
          T(a_run_inside_a_callback_is_refused), T(a_value_is_released_once_after_its_callback))
