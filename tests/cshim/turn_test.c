/* SPDX-License-Identifier: MIT
 *
 * loop_turn: what a host that takes batches sees.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

#include <setjmp.h>
#include <signal.h>

#define CAPACITY 16

typedef struct host {
    loop_turn_t turn;
    loop_op_t ops[CAPACITY];
    loop_event_t events[CAPACITY];
    uint64_t id; /* the next one */
} host_t;

static host_t *new_host(void) {
    host_t *h = calloc(1, sizeof *h);
    if (h == NULL)
        abort();
    h->turn = (loop_turn_t){.size = sizeof h->turn,
                            .loop = new_loop(),
                            .ops = h->ops,
                            .events = h->events,
                            .op_stride = sizeof(loop_op_t),
                            .event_stride = sizeof(loop_event_t),
                            .event_capacity = CAPACITY,
                            .timeout_ns = -1};
    SHOULD(loop_take_ids(h->turn.loop, 1024, &h->id));
    return h;
}

static void free_host(host_t *h) {
    SHOULD(loop_free(h->turn.loop));
    free(h);
}

static uint64_t add_timer(host_t *h, int64_t deadline, loop_cb cb, uint64_t user) {
    uint64_t id = h->id;
    h->id += LOOP_ID_SLOT_STEP;
    h->ops[h->turn.op_count++] =
        (loop_op_t){.code = LOOP_OP_TIMER, .id = id, .arg = deadline, .cb = cb, .user = user};
    return id;
}

static int64_t turn(host_t *h) {
    int64_t rc = loop_turn(&h->turn);
    h->turn.op_count = 0;
    return rc;
}

static void events_without_a_callback_reach_the_host(void) {
    host_t *h = new_host();
    uint64_t a = add_timer(h, 1, NULL, 7), b = add_timer(h, 2, NULL, 8);
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 2);
    CHECK_INT(h->turn.phase, LOOP_PHASE_TIMERS);
    CHECK_INT(h->turn.result, 0);
    CHECK_INT(h->turn.pass, 1);
    CHECK_INT(h->turn.dispatched, 0);
    CHECK_INT(h->events[0].id, a);
    CHECK_INT(h->events[0].user, 7);
    CHECK_INT(h->events[1].id, b);
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.result, LOOP_TURN_DONE);
    free_host(h);
}

static void events_with_a_callback_are_called_and_the_rest_is_compacted(void) {
    host_t *h = new_host();
    add_timer(h, 1, NULL, 1);
    add_timer(h, 2, say_user, (uint64_t)(uintptr_t) "a");
    add_timer(h, 3, NULL, 3);
    loop_set_timer_at(h->turn.loop, 4, say_user, "b");
    loop_set_immediate(h->turn.loop, say_user, "immediate");
    loop_next_tick(h->turn.loop, say_user, "tick");
    SHOULD(turn(h));
    CHECK_SAID("tick a b");
    CHECK_INT(h->turn.event_count, 2);
    CHECK_INT(h->turn.dispatched, 2); /* ticks are no events */
    CHECK_INT(h->turn.alive, 1);
    CHECK_INT(h->events[0].user, 1);
    CHECK_INT(h->events[1].user, 3);
    SHOULD(turn(h));
    CHECK_SAID("immediate");
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.phase, LOOP_PHASE_CHECK);
    free_host(h);
}

static void the_check_phase_is_reported_for_the_hosts_immediates(void) {
    host_t *h = new_host();
    h->turn.immediates = 1;
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.phase, LOOP_PHASE_CHECK);
    h->turn.immediates = 0;
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, LOOP_TURN_DONE);
    free_host(h);
}

static void submit_takes_the_ops_and_leaves_the_batch(void) {
    host_t *h = new_host();
    loop_t *loop = h->turn.loop;
    add_timer(h, 1, NULL, 1);
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 1);
    int64_t now = loop->now_ns;
    add_timer(h, 1, NULL, 2);
    h->turn.flags = LOOP_TURN_SUBMIT;
    SHOULD(loop_stop(loop));
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, 0); /* the stop is for the next turn that could deliver */
    CHECK_INT(h->turn.alive, 1);
    CHECK_INT(h->events[0].user, 1);
    CHECK_INT(loop->now_ns, now);
    h->turn.flags = 0;
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, LOOP_TURN_STOPPED);
    CHECK_INT(h->turn.event_count, 0);
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].user, 2);
    free_host(h);
}

static void a_turn_ends_when_its_timeout_has_passed(void) {
    host_t *h = new_host();
    add_timer(h, INT64_MAX, NULL, 1);
    h->turn.timeout_ns = 2 * MS;
    int64_t start = clock_ns();
    SHOULD(turn(h));
    CHECK(clock_ns() - start >= 2 * MS);
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.result, LOOP_TURN_TIMEDOUT);
    h->turn.timeout_ns = 0;
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, LOOP_TURN_TIMEDOUT);
    h->turn.flags = LOOP_TURN_ONCE;
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, LOOP_TURN_TIMEDOUT | LOOP_TURN_PASS);
    CHECK_INT(h->turn.phase, LOOP_PHASE_NONE);
    free_host(h);
}

static void held_ticks_keep_a_turn_from_sleeping(void) {
    host_t *h = new_host();
    add_timer(h, INT64_MAX, NULL, 1);
    h->turn.ticks = 1;
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 0);
    free_host(h);
}

static void do_nothing(int sig) {
    (void)sig;
}

typedef struct pest {
    pthread_t target;
    uint32_t over; /* atomic */
} pest_t;

static void *interrupt(void *arg) {
    pest_t *pest = arg;
    while (!__atomic_load_n(&pest->over, __ATOMIC_SEQ_CST)) {
        pthread_kill(pest->target, SIGUSR2);
        usleep(100);
    }
    return NULL;
}

static void a_signal_interrupts_a_turn_but_no_run(void) {
    host_t *h = new_host();
    pest_t pest = {.target = pthread_self()};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = do_nothing;
    sigaction(SIGUSR2, &action, NULL);
    add_timer(h, INT64_MAX, NULL, 1);
    pthread_t thread = spawn(interrupt, &pest);
    SHOULD(turn(h));
    CHECK_INT(h->turn.result, LOOP_TURN_INTERRUPTED);
    CHECK_INT(loop_run(h->turn.loop, LOOP_RUN_DEFAULT | LOOP_RUN_INTR), LOOP_EINTR);
    CHECK_INT(loop_run_for(h->turn.loop, LOOP_RUN_DEFAULT, 5 * MS), 1);
    __atomic_store_n(&pest.over, 1, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    action.sa_handler = SIG_DFL;
    sigaction(SIGUSR2, &action, NULL);
    free_host(h);
}

static void a_host_may_not_use_the_codes_of_the_shim(void) {
    host_t *h = new_host();
    add_timer(h, 1, NULL, 1);
    h->ops[h->turn.op_count++] = (loop_op_t){.code = LOOP__OP_QUEUE_LIMIT, .user = 9, .arg = 1};
    uint64_t refused = fake_refused;
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 1);
    SHOULD(turn(h));
    CHECK_INT(fake_refused - refused, 1);
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].flags, LOOP_EV_REFUSED | LOOP_KIND_ERROR);
    CHECK_INT(h->events[0].user, 9);
    CHECK_INT(h->ops[1].code, LOOP__OP_QUEUE_LIMIT); /* the host's array is only read */
    free_host(h);
}

static void refusals_of_c_calls_stay_in_the_shim(void) {
    host_t *h = new_host();
    loop_t *loop = h->turn.loop;
    int64_t id = loop_set_timer_at(loop, INT64_MAX, say_user, "never");
    SHOULD(loop_cancel(loop, id));
    SHOULD(loop_cancel(loop, id)); /* too late, but only the engine knows */
    uint64_t refused = fake_refused;
    SHOULD(turn(h));
    CHECK_INT(fake_refused - refused, 1);
    CHECK_INT(h->turn.event_count, 0);
    CHECK_SAID("never LOOP_ECANCELED");
    free_host(h);
}

static void wide_records_are_read_and_written_by_their_strides(void) {
    struct {
        loop_op_t op;
        uint64_t more;
    } ops[2];
    struct {
        loop_event_t ev;
        uint64_t more;
    } events[2];
    host_t *h = new_host();
    memset(ops, 0xff, sizeof ops);
    memset(events, 0xee, sizeof events);
    add_timer(h, 1, NULL, 1);
    add_timer(h, 2, NULL, 2);
    ops[0].op = h->ops[0];
    ops[1].op = h->ops[1];
    h->turn.ops = &ops[0].op;
    h->turn.op_stride = sizeof ops[0];
    h->turn.events = &events[0].ev;
    h->turn.event_stride = sizeof events[0];
    h->turn.event_capacity = 2;
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 2);
    CHECK_INT(events[0].ev.user, 1);
    CHECK_INT(events[1].ev.user, 2);
    CHECK_INT(events[0].more, 0xeeeeeeeeeeeeeeee);
    free_host(h);
}

static void bad_turns_are_refused_and_change_nothing(void) {
    host_t *h = new_host();
    const loop_turn_t good = h->turn;
    h->turn.result = 77;
    CHECK_INT(loop_turn(NULL), LOOP_EINVAL);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        loop_turn_t bad = good;                                                                    \
        bad.result = 77;                                                                           \
        change;                                                                                    \
        CHECK_INT(loop_turn(&bad), LOOP_EINVAL);                                                   \
        CHECK_INT(bad.result, 77);                                                                 \
    } while (0)
    REFUSED(bad.size = sizeof bad - 1);
    REFUSED(bad.flags = 0x80);
    REFUSED(bad.loop = NULL);
    REFUSED(bad.timeout_ns = -2);
    REFUSED(bad.op_count = 1; bad.ops = NULL);
    REFUSED(bad.op_count = 1; bad.op_stride = 63);
    REFUSED(bad.op_count = 1; bad.op_stride = 68);
    REFUSED(bad.events = NULL);
    REFUSED(bad.event_stride = 0);
    free_host(h);
}

static jmp_buf out;

CB(leave) {
    UNUSED;
    longjmp(out, 1);
}

static void a_turn_that_is_left_has_its_results_and_the_rest_comes_next(void) {
    host_t *h = new_host();
    loop_t *loop = h->turn.loop;
    loop_set_timer_at(loop, 1, leave, NULL);
    add_timer(h, 2, NULL, 5);
    loop_set_timer_at(loop, 3, say_user, "rest");
    if (setjmp(out) == 0) {
        turn(h);
        CHECK(0);
    }
    SHOULD(loop_unwound(loop));
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].user, 5);
    h->turn.op_count = 0;
    SHOULD(turn(h));
    CHECK_SAID("rest");
    free_host(h);
}

static void a_muted_final_event_reaches_the_host(void) {
    host_t *h = new_host();
    uint64_t id = add_timer(h, INT64_MAX, say_user, 0);
    h->ops[h->turn.op_count++] = (loop_op_t){.code = LOOP_OP_CLEAR, .target = id};
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].id, id);
    CHECK((h->events[0].flags & LOOP_EV_MUTED) != 0);
    CHECK_SAID("");
    free_host(h);
}

static void c_calls_may_act_on_ids_of_the_host(void) {
    host_t *h = new_host();
    loop_t *loop = h->turn.loop;
    int64_t due = 0, id = (int64_t)add_timer(h, INT64_MAX, NULL, 0);
    h->turn.timeout_ns = 0;
    SHOULD(turn(h));
    CHECK_INT(loop_has_ref(loop, id), 1);
    SHOULD(loop_unref(loop, id));
    CHECK_INT(loop_has_ref(loop, id), 0);
    SHOULD(loop_timer_due_in(loop, id, &due));
    CHECK(due > 0);
    SHOULD(loop_clear_timer(loop, id));
    SHOULD(turn(h));
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(loop_clear(loop, id), LOOP_EBADID);
    free_host(h);
}

static void given_events_are_dispatched(void) {
    host_t *h = new_host();
    loop_event_t events[4];
    memset(events, 0, sizeof events);
    for (int i = 0; i < 4; i++)
        events[i].user = (uint64_t)(uintptr_t) "x";
    events[0].cb = events[1].cb = events[2].cb = say_user;
    events[1].flags = LOOP_EV_MUTED;
    loop_next_tick(h->turn.loop, say_user, "tick");
    CHECK_INT(loop_dispatch(h->turn.loop, events, 4), 2);
    CHECK_SAID("tick x x");
    CHECK_INT(loop_dispatch(h->turn.loop, NULL, 0), 0);
    CHECK_INT(loop_dispatch(h->turn.loop, NULL, 1), LOOP_EINVAL);
    free_host(h);
}

TEST_MAIN((void)0, T(events_without_a_callback_reach_the_host),
          T(events_with_a_callback_are_called_and_the_rest_is_compacted),
          T(the_check_phase_is_reported_for_the_hosts_immediates),
          T(submit_takes_the_ops_and_leaves_the_batch), T(a_turn_ends_when_its_timeout_has_passed),
          T(held_ticks_keep_a_turn_from_sleeping), T(a_signal_interrupts_a_turn_but_no_run),
          T(a_host_may_not_use_the_codes_of_the_shim), T(refusals_of_c_calls_stay_in_the_shim),
          T(wide_records_are_read_and_written_by_their_strides),
          T(bad_turns_are_refused_and_change_nothing),
          T(a_turn_that_is_left_has_its_results_and_the_rest_comes_next),
          T(a_muted_final_event_reaches_the_host), T(c_calls_may_act_on_ids_of_the_host),
          T(given_events_are_dispatched))
