/* SPDX-License-Identifier: MIT
 *
 * A host in C++ whose callbacks throw through loop_run, loop_run_for, loop_turn, loop_dispatch and
 * loop_free: what was not delivered comes first in the next run, nothing twice, and no id is lost.
 */
#include "said.h"

#include <initializer_list>
#include <pthread.h>
#include <sys/eventfd.h>

namespace {

struct thrown {
    const char *by;
};

/* Throws, after it has said its user. */
void toss(loop_t *, const loop_event_t *, void *user) {
    say(static_cast<const char *>(user));
    throw thrown{static_cast<const char *>(user)};
}

/* Queues a tick and a microtask, then throws. */
void queue_and_toss(loop_t *loop, const loop_event_t *ev, void *user) {
    SHOULD(loop_next_tick(loop, say_user, word("tick")));
    SHOULD(loop_queue_microtask(loop, say_user, word("microtask")));
    toss(loop, ev, user);
}

loop_t *new_loop(uint32_t flags = 0) {
    loop_options_t options = LOOP_OPTIONS_INIT;
    loop_t *loop = nullptr;
    options.flags = flags;
    SHOULD(loop_new(&options, &loop));
    return loop;
}

using runner = int64_t (*)(loop_t *);

int64_t run(loop_t *loop) {
    return loop_run(loop, LOOP_RUN_DEFAULT);
}

int64_t run_for_a_minute(loop_t *loop) {
    return loop_run_for(loop, LOOP_RUN_DEFAULT, 60 * SECOND);
}

int64_t run_passes(loop_t *loop) {
    int64_t alive = 1;
    while (alive > 0)
        alive = loop_run(loop, LOOP_RUN_ONCE);
    return alive;
}

int64_t take_turns(loop_t *loop) {
    loop_event_t event;
    loop_turn_t turn = {};
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.events = &event;
    turn.event_capacity = 1;
    turn.event_stride = sizeof event;
    turn.timeout_ns = -1;
    while ((turn.result & LOOP_TURN_DONE) == 0 || turn.alive > 0)
        if (loop_turn(&turn) != 0)
            return -1;
    return 0;
}

constexpr runner runners[] = {run, run_for_a_minute, run_passes, take_turns};

/* Run to the end, going on after each throw. Says "caught" for each; returns how many. */
int run_through(loop_t *loop, runner go = run) {
    int caught = 0;
    for (;;) {
        try {
            CHECK_INT(go(loop), 0);
            return caught;
        } catch (const thrown &) {
            caught++;
            say("caught");
        }
    }
}

void the_rest_of_a_batch_of_timers_comes_first_in_the_next_run() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        bool caught = false;
        loop_set_timer_at(loop, 2, say_user, word("2"));
        loop_set_timer_at(loop, 1, toss, word("1"));
        loop_set_timer_at(loop, 3, say_user, word("3"));
        try {
            go(loop);
        } catch (const thrown &error) {
            caught = true;
            CHECK_STR(error.by, "1");
        }
        CHECK(caught);
        CHECK_SAID("1");
        CHECK_INT(loop_alive(loop), 2);
        /* Due earlier than the rest, but started later than the batch was made. */
        loop_set_timer_at(loop, 1, say_user, word("new"));
        CHECK_INT(run_through(loop, go), 0);
        CHECK_SAID("2 3 new");
        SHOULD(loop_free(loop));
    }
}

void a_batch_of_which_each_event_throws_is_delivered_in_as_many_runs() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        for (int i = 1; i <= 5; i++)
            loop_set_timer_at(loop, i, toss, word("timer"));
        CHECK_INT(run_through(loop, go), 5);
        CHECK_SAID("timer caught timer caught timer caught timer caught timer caught");
        CHECK_INT(loop_alive(loop), 0);
        SHOULD(loop_free(loop));
    }
}

void ticks_queued_before_the_throw_still_run_before_the_rest() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        loop_set_timer_at(loop, 1, queue_and_toss, word("timer"));
        loop_set_timer_at(loop, 2, say_user, word("rest"));
        CHECK_INT(run_through(loop, go), 1);
        CHECK_SAID("timer caught tick microtask rest");
        SHOULD(loop_free(loop));
    }
}

void a_tick_or_microtask_that_throws_leaves_the_others_in_their_order() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        loop_set_timer_at(loop, 1, say_user, word("timer"));
        loop_queue_microtask(loop, toss, word("microtask1"));
        loop_queue_microtask(loop, say_user, word("microtask2"));
        loop_next_tick(loop, say_user, word("tick1"));
        loop_next_tick(loop, toss, word("tick2"));
        loop_next_tick(loop, say_user, word("tick3"));
        CHECK_INT(run_through(loop, go), 2);
        CHECK_SAID("tick1 tick2 caught tick3 microtask1 caught microtask2 timer");
        SHOULD(loop_free(loop));
    }
}

void an_immediate_that_throws_leaves_the_others_in_their_order() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        loop_set_immediate(loop, say_user, word("1"));
        loop_set_immediate(loop, queue_and_toss, word("2"));
        loop_set_immediate(loop, toss, word("3"));
        loop_set_immediate(loop, say_user, word("4"));
        CHECK_INT(run_through(loop, go), 2);
        CHECK_SAID("1 2 caught tick microtask 3 caught 4");
        SHOULD(loop_free(loop));
    }
}

void a_post_that_throws_is_not_delivered_again() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        SHOULD(loop_post(loop, 1, say_user, word("1")));
        SHOULD(loop_post(loop, 2, toss, word("2")));
        SHOULD(loop_post(loop, 3, toss, word("3")));
        SHOULD(loop_post(loop, 4, say_user, word("4")));
        CHECK_INT(run_through(loop, go), 2);
        CHECK_SAID("1 2 caught 3 caught 4");
        SHOULD(loop_free(loop));
    }
}

/* Watchers: throw in two passes, then clear themselves. */
struct watch {
    int64_t id;
    int left;
    const char *name;
};

void toss_twice(loop_t *loop, const loop_event_t *, void *user) {
    watch *w = static_cast<watch *>(user);
    say(w->name);
    if (w->left-- > 0)
        throw thrown{w->name};
    SHOULD(loop_clear(loop, w->id));
}

void watchers_that_throw_live_on_and_each_comes_once_a_pass() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        watch idle{0, 2, "idle"}, prepare{0, 2, "prepare"}, check{0, 2, "check"};
        idle.id = loop_start_idle(loop, toss_twice, &idle);
        prepare.id = loop_start_prepare(loop, toss_twice, &prepare);
        check.id = loop_start_check(loop, toss_twice, &check);
        CHECK_INT(run_through(loop, go), 6);
        CHECK_SAID("idle caught prepare caught check caught "
                   "idle caught prepare caught check caught idle prepare check");
        SHOULD(loop_free(loop));
    }
}

void an_interval_that_throws_ticks_on() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        watch interval{0, 2, "interval"};
        interval.id = loop_set_interval(loop, 1, toss_twice, &interval);
        CHECK_INT(run_through(loop, go), 2);
        CHECK_SAID("interval caught interval caught interval");
        SHOULD(loop_free(loop));
    }
}

void a_descriptor_that_throws_is_watched_on() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        watch level{0, 2, "level"};
        int fd = eventfd(1, EFD_CLOEXEC), once = eventfd(1, EFD_CLOEXEC);
        level.id = loop_poll_fd(loop, fd, LOOP_READABLE, LOOP_POLL_LEVEL, toss_twice, &level);
        CHECK(loop_poll_fd(loop, once, LOOP_READABLE, LOOP_POLL_ONESHOT, toss, word("once")) > 0);
        CHECK_INT(run_through(loop, go), 3);
        size_t levels = 0, onces = 0;
        for (const char *at = said; (at = strstr(at, "level")) != nullptr; at++)
            levels++;
        for (const char *at = said; (at = strstr(at, "once")) != nullptr; at++)
            onces++;
        CHECK_INT(levels, 3);
        CHECK_INT(onces, 1);
        said[0] = '\0';
        close(fd);
        close(once);
        SHOULD(loop_free(loop));
    }
}

int releases;

void count_release(void *data) {
    __atomic_add_fetch(&releases, 1, __ATOMIC_SEQ_CST);
    free(data);
}

int32_t give_text(void *, loop_value_t *out) {
    out->kind = LOOP_KIND_STRING;
    out->data = strdup("text");
    out->len = 4;
    out->release = count_release;
    return 0;
}

void toss_job(loop_t *loop, const loop_event_t *ev, void *user) {
    const char *text = nullptr;
    uint64_t len = 0;
    SHOULD(ev->status);
    SHOULD(loop_event_string(ev, &text, &len));
    CHECK(len == 4 && memcmp(text, "text", 4) == 0);
    toss(loop, ev, user);
}

void a_job_whose_callback_throws_is_told_once_and_its_value_released_once() {
    for (runner go : runners) {
        loop_t *loop = new_loop();
        releases = 0;
        for (int i = 0; i < 4; i++)
            CHECK(loop_work(loop, give_text, nullptr, nullptr, toss_job, word("job")) > 0);
        CHECK_INT(run_through(loop, go), 4);
        CHECK_SAID("job caught job caught job caught job caught");
        SHOULD(loop_free(loop));
        CHECK_INT(releases, 4);
    }
}

void ids_whose_final_event_threw_are_over_and_their_slots_used_again() {
    for (runner go : {run, run_for_a_minute, take_turns}) {
        loop_t *loop = new_loop();
        uint64_t highest = 0;
        for (int i = 0; i < 2000; i++) {
            int64_t ids[2] = {loop_set_timeout(loop, 0, toss, word("x")),
                              loop_set_immediate(loop, toss, word("x"))};
            CHECK_INT(run_through(loop, go), 2);
            said[0] = '\0';
            for (int64_t id : ids) {
                uint64_t slot = static_cast<uint64_t>(id) / LOOP_ID_SLOT_STEP % (1u << 28);
                highest = slot > highest ? slot : highest;
                CHECK_INT(loop_clear(loop, id), LOOP_EBADID);
                CHECK_INT(loop_cancel(loop, id), LOOP_EBADID);
            }
        }
        CHECK(highest < 64);
        SHOULD(loop_free(loop));
    }
}

void a_timer_of_the_rest_may_be_cleared_between_the_runs() {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, toss, word("1"));
    int64_t id = loop_set_timer_at(loop, 2, say_user, word("2"));
    loop_set_timer_at(loop, 3, say_user, word("3"));
    try {
        run(loop);
        CHECK(!"thrown");
    } catch (const thrown &) {
        SHOULD(loop_clear(loop, id));
    }
    CHECK_INT(run_through(loop), 0);
    CHECK_SAID("1 3");
    SHOULD(loop_free(loop));
}

/* ---- Through two loops, a movable one, and the end of one ------------------------------------ */

void run_inner(loop_t *, const loop_event_t *, void *user) {
    say("outer");
    run(static_cast<loop_t *>(user));
    CHECK(!"thrown");
}

void a_throw_goes_through_the_runs_of_two_loops() {
    loop_t *outer = new_loop(), *inner = new_loop();
    loop_set_timer_at(inner, 1, toss, word("inner"));
    loop_set_timer_at(inner, 2, say_user, word("rest of inner"));
    loop_set_timer_at(outer, 1, run_inner, inner);
    loop_set_timer_at(outer, 2, say_user, word("rest of outer"));
    CHECK_INT(run_through(outer), 1);
    CHECK_INT(run_through(inner), 0);
    CHECK_SAID("outer inner caught rest of outer rest of inner");
    SHOULD(loop_free(inner));
    SHOULD(loop_free(outer));
}

void run_nested_and_toss(loop_t *loop, const loop_event_t *ev, void *user) {
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_ENESTED);
    CHECK_INT(loop_free(loop), LOOP_ENESTED);
    toss(loop, ev, user);
}

void a_refused_nested_run_leaves_the_throw_as_it_is() {
    loop_t *loop = new_loop();
    loop_set_timer_at(loop, 1, run_nested_and_toss, word("nested"));
    loop_set_timer_at(loop, 2, say_user, word("rest"));
    CHECK_INT(run_through(loop), 1);
    CHECK_SAID("nested caught rest");
    SHOULD(loop_free(loop));
}

void *catch_in_thread(void *loop) {
    try {
        run(static_cast<loop_t *>(loop));
        CHECK(!"thrown");
    } catch (const thrown &) {
        say("caught");
    }
    return nullptr;
}

void a_movable_loop_is_given_back_by_a_throw_and_another_thread_goes_on() {
    loop_t *loop = new_loop(LOOP_MOVABLE);
    for (int i = 1; i <= 8; i++)
        loop_set_timer_at(loop, i, queue_and_toss, word("timer"));
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        SHOULD(pthread_create(&thread, nullptr, catch_in_thread, loop));
        SHOULD(pthread_join(thread, nullptr));
        if (i == 0)
            CHECK_SAID("timer caught");
        else
            CHECK_SAID("tick microtask timer caught");
    }
    CHECK_INT(run_through(loop), 4);
    CHECK_SAID("tick microtask timer caught tick microtask timer caught "
               "tick microtask timer caught tick microtask timer caught tick microtask");
    SHOULD(loop_free(loop));
}

void a_throw_out_of_loop_free_is_caught_and_loop_free_called_again() {
    loop_t *loop = new_loop();
    int caught = 0;
    int64_t rc = -1;
    for (int i = 0; i < 3; i++)
        loop_set_timeout(loop, 3600 * SECOND, toss, word("timer"));
    loop_set_immediate(loop, toss, word("immediate"));
    while (rc != 0 && caught < 10) {
        try {
            rc = loop_free(loop);
            CHECK_INT(rc, 0);
        } catch (const thrown &) {
            caught++;
        }
    }
    CHECK_INT(caught, 4);
    CHECK_INT(rc, 0);
    said[0] = '\0';
}

/* ---- loop_dispatch --------------------------------------------------------------------------- */

/* Take two timers as a host of loop_turn. The events are in `events`. */
uint32_t two_events(loop_t *loop, loop_event_t *events, loop_turn_t *turn) {
    uint64_t first = 0;
    loop_op_t ops[2] = {};
    SHOULD(loop_take_ids(loop, 2, &first));
    for (uint64_t i = 0; i < 2; i++) {
        ops[i].code = LOOP_OP_TIMER;
        ops[i].id = first + i * LOOP_ID_SLOT_STEP;
        ops[i].arg = static_cast<int64_t>(i) + 1;
        ops[i].user = reinterpret_cast<uint64_t>(i == 0 ? "1" : "2");
    }
    *turn = {};
    turn->size = sizeof *turn;
    turn->loop = loop;
    turn->ops = ops;
    turn->op_count = 2;
    turn->op_stride = sizeof ops[0];
    turn->events = events;
    turn->event_capacity = 8;
    turn->event_stride = sizeof events[0];
    SHOULD(loop_turn(turn));
    turn->ops = nullptr;
    turn->op_count = 0;
    return turn->event_count;
}

void a_throw_out_of_loop_dispatch_leaves_the_array_to_the_host() {
    loop_t *loop = new_loop();
    loop_event_t events[8];
    loop_turn_t turn;
    REQUIRE(two_events(loop, events, &turn) == 2);
    events[0].cb = queue_and_toss;
    events[1].cb = say_user;
    try {
        loop_dispatch(loop, events, 2);
        CHECK(!"thrown");
    } catch (const thrown &) {
        say("caught");
    }
    CHECK_INT(loop_dispatch(loop, events + 1, 1), 1);
    CHECK_SAID("1 caught tick microtask 2");
    CHECK_INT(run_through(loop), 0);
    CHECK_SAID("");
    SHOULD(loop_free(loop));
}

void a_turn_that_a_throw_leaves_has_its_results() {
    loop_t *loop = new_loop();
    loop_event_t events[8];
    loop_turn_t turn;
    loop_set_timer_at(loop, 1, toss, word("thrown"));
    loop_set_timer_at(loop, 1, say_user, word("rest"));
    bool caught = false;
    try {
        two_events(loop, events, &turn);
    } catch (const thrown &) {
        caught = true;
    }
    CHECK(caught);
    CHECK_INT(turn.phase, LOOP_PHASE_TIMERS);
    REQUIRE(turn.event_count == 2);
    CHECK_STR(reinterpret_cast<const char *>(events[0].user), "1");
    CHECK_STR(reinterpret_cast<const char *>(events[1].user), "2");
    turn.ops = nullptr;
    turn.op_count = 0;
    SHOULD(loop_turn(&turn));
    CHECK_INT(turn.event_count, 0);
    CHECK((turn.result & LOOP_TURN_DONE) != 0);
    CHECK_SAID("thrown rest");
    SHOULD(loop_free(loop));
}

} // namespace

TEST_MAIN(loop_free(new_loop()), T(the_rest_of_a_batch_of_timers_comes_first_in_the_next_run),
          T(a_batch_of_which_each_event_throws_is_delivered_in_as_many_runs),
          T(ticks_queued_before_the_throw_still_run_before_the_rest),
          T(a_tick_or_microtask_that_throws_leaves_the_others_in_their_order),
          T(an_immediate_that_throws_leaves_the_others_in_their_order),
          T(a_post_that_throws_is_not_delivered_again),
          T(watchers_that_throw_live_on_and_each_comes_once_a_pass),
          T(an_interval_that_throws_ticks_on), T(a_descriptor_that_throws_is_watched_on),
          T(a_job_whose_callback_throws_is_told_once_and_its_value_released_once),
          T(ids_whose_final_event_threw_are_over_and_their_slots_used_again),
          T(a_timer_of_the_rest_may_be_cleared_between_the_runs),
          T(a_throw_goes_through_the_runs_of_two_loops),
          T(a_refused_nested_run_leaves_the_throw_as_it_is),
          T(a_movable_loop_is_given_back_by_a_throw_and_another_thread_goes_on),
          T(a_throw_out_of_loop_free_is_caught_and_loop_free_called_again),
          T(a_throw_out_of_loop_dispatch_leaves_the_array_to_the_host),
          T(a_turn_that_a_throw_leaves_has_its_results))
