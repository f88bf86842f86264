/* SPDX-License-Identifier: MIT
 *
 * A panic as a host of loop_turn sees it: the ids are its own, the final events come as records, and
 * the turn after the last of them says LOOP_EPANIC.
 */
#include "faults.h"

enum { TIMER, INTERVAL, PREPARE, CHECK_WATCHER, DESCRIPTOR, JOB, DUE_1, DUE_2, IDS };

static uint64_t first_id;
static int finals[IDS], events_of[IDS], statuses[IDS];

static uint64_t id_of(int i) {
    return first_id + (uint64_t)i * LOOP_ID_SLOT_STEP;
}

static void note(const loop_event_t *ev) {
    for (int i = 0; i < IDS; i++) {
        if (ev->id != id_of(i))
            continue;
        CHECK_INT(ev->user, 100 + i);
        CHECK_INT(finals[i], 0);
        events_of[i]++;
        finals[i] += (ev->flags & LOOP_EV_MORE) == 0;
        statuses[i] = ev->status;
        return;
    }
    harness_fail(__FILE__, __LINE__, "an event of an unknown id %#" PRIx64, ev->id);
}

static int32_t count_run(void *arg, loop_value_t *out) {
    (void)out;
    __atomic_add_fetch((int *)arg, 1, __ATOMIC_SEQ_CST);
    return 0;
}

/* Takes a turn with room for so many events. Returns the turn's code. */
static int64_t take(loop_t *loop, const loop_op_t *ops, uint32_t count, uint32_t room,
                    uint32_t *got) {
    loop_event_t events[16];
    loop_turn_t turn = turn_of(loop, ops, count);
    turn.flags = 0;
    turn.events = events;
    turn.event_capacity = room;
    turn.timeout_ns = -1;
    int64_t rc = loop_turn(&turn);
    *got = rc == 0 ? turn.event_count : 0;
    for (uint32_t i = 0; i < *got; i++)
        note(&events[i]);
    return rc;
}

static void fill(loop_op_t *ops, int fd, int *runs) {
    memset(ops, 0, IDS * sizeof *ops);
    for (int i = 0; i < IDS; i++) {
        ops[i].id = id_of(i);
        ops[i].user = 100 + (uint64_t)i;
        ops[i].code = LOOP_OP_TIMER;
        ops[i].arg = i >= DUE_1 ? 0 : clock_ns() + FAR;
    }
    ops[INTERVAL].flags = LOOP_OPF_REPEAT;
    ops[INTERVAL].target = FAR;
    ops[PREPARE].code = LOOP_OP_PREPARE;
    ops[CHECK_WATCHER].code = LOOP_OP_CHECK;
    ops[DESCRIPTOR].code = LOOP_OP_POLL_FD;
    ops[DESCRIPTOR].arg = fd;
    ops[DESCRIPTOR].len = LOOP_READABLE;
    ops[JOB].code = LOOP_OP_WORK;
    ops[JOB].arg = (int64_t)(intptr_t)count_run;
    ops[JOB].data = runs;
}

static void each_id_of_the_host_ends_once(const fault_t *fault, uint32_t room) {
    loop_t *loop = NULL;
    loop_op_t ops[IDS];
    int ends[2], runs = 0;
    uint32_t got;
    memset(finals, 0, sizeof finals);
    memset(events_of, 0, sizeof events_of);
    SHOULD(loop_new(NULL, &loop));
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    SHOULD(loop_take_ids(loop, IDS, &first_id));
    fill(ops, ends[0], &runs);
    /* Two timers fire before the panic: they have ended and do not end again. */
    SHOULD(take(loop, ops, IDS, 16, &got));
    CHECK_INT(got, 2);
    inject(loop, fault);
    await_panic(loop, (int64_t)id_of(TIMER));
    int64_t rc;
    for (int turns = 0; (rc = take(loop, NULL, 0, room, &got)) == 0 && turns < 2 * IDS; turns++)
        CHECK(got > 0 && got <= room);
    CHECK_INT(rc, LOOP_EPANIC);
    for (int i = 0; i < IDS; i++) {
        CHECK_INT(finals[i], 1);
        CHECK_INT(events_of[i], 1);
        CHECK_INT(statuses[i], i >= DUE_1 ? 0 : LOOP_EPANIC);
    }
    CHECK_INT(take(loop, ops, IDS, room, &got), LOOP_EPANIC);
    loop_turn_t submit = turn_of(loop, ops, IDS);
    CHECK_INT(loop_turn(&submit), LOOP_EPANIC);
    CHECK(strstr(loop_last_panic(loop), fault->text) != NULL);
    SHOULD(loop_free(loop));
    close(ends[0]);
    close(ends[1]);
    harness.left_open += LEFT_OPEN;
}

static void ids_of_a_host_end_once_after_each_panic(void) {
    for (size_t i = 0; i < FAULTS; i++)
        each_id_of_the_host_ends_once(&faults[i], 16);
}

static void a_small_array_gets_the_final_events_in_parts(void) {
    for (size_t i = 0; i < FAULTS; i++)
        each_id_of_the_host_ends_once(&faults[i], 1);
}

/* Turns go on while a host function runs: nothing has ended yet, and they do not hang. */
static void turns_wait_for_a_host_function_no_longer_than_asked(void) {
    for (size_t i = 0; i < FAULTS; i++) {
        loop_t *loop = NULL;
        loop_event_t events[4];
        loop_op_t ops[1];
        gate_t gate;
        gate_init(&gate);
        SHOULD(loop_new(NULL, &loop));
        SHOULD(loop_take_ids(loop, 1, &first_id));
        memset(ops, 0, sizeof ops);
        ops[0].code = LOOP_OP_WORK;
        ops[0].id = first_id;
        ops[0].arg = (int64_t)(intptr_t)pass_gate;
        ops[0].data = &gate;
        loop_turn_t turn = turn_of(loop, ops, 1);
        SHOULD(loop_turn(&turn));
        gate_await(&gate.started);
        inject(loop, &faults[i]);
        turn = turn_of(loop, NULL, 0);
        turn.flags = 0;
        turn.events = events;
        turn.event_capacity = 4;
        for (int k = 0; k < 3; k++) {
            turn.timeout_ns = k == 0 ? 0 : k == 1 ? 5 * MS : -1;
            turn.immediates = k == 2;
            SHOULD(loop_turn(&turn));
            CHECK_INT(turn.event_count, 0);
            CHECK(i > 0 || turn.result == LOOP_TURN_TIMEDOUT);
        }
        sem_post(&gate.open);
        turn.immediates = 0;
        do {
            SHOULD(loop_turn(&turn));
        } while (turn.event_count == 0 && harness.bad == 0);
        CHECK_INT(events[0].id, first_id);
        CHECK(events[0].status == LOOP_EPANIC || i > 0);
        CHECK(gate.returned);
        while (loop_turn(&turn) == 0 && CHECK_INT(turn.event_count, 0)) {
        }
        CHECK_INT(loop_turn(&turn), LOOP_EPANIC);
        SHOULD(loop_free(loop));
        gate_destroy(&gate);
        harness.left_open += LEFT_OPEN;
    }
}

/* The op that panics stands in the middle of the array of a turn. */
static void what_the_engine_took_before_the_panic_ends_once(void) {
    loop_t *loop = NULL;
    loop_op_t ops[IDS];
    int ends[2], runs = 0;
    uint32_t got;
    memset(finals, 0, sizeof finals);
    memset(events_of, 0, sizeof events_of);
    SHOULD(loop_new(NULL, &loop));
    CHECK(pipe2(ends, O_CLOEXEC) == 0);
    SHOULD(loop_take_ids(loop, IDS, &first_id));
    fill(ops, ends[0], &runs);
    memset(&ops[IDS - 1], 0, sizeof ops[0]);
    ops[IDS - 1].code = faults[0].code;
    int64_t rc = take(loop, ops, IDS, 16, &got);
    while (rc == 0 && CHECK(got > 0))
        rc = take(loop, NULL, 0, 16, &got);
    CHECK_INT(rc, LOOP_EPANIC);
    for (int i = 0; i < IDS - 1; i++) {
        CHECK_INT(finals[i], 1);
        CHECK_INT(statuses[i], LOOP_EPANIC);
    }
    CHECK_INT(runs, 0); /* the job was never started */
    SHOULD(loop_free(loop));
    close(ends[0]);
    close(ends[1]);
    harness.left_open += LEFT_OPEN;
}

static int callbacks;

static void quiet(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    CHECK_INT(ev->status, LOOP_EPANIC);
    callbacks++;
}

/* Posts were promised to be delivered; after a panic they come with its code. */
static void posts_that_wait_come_with_the_panic(void) {
    for (size_t i = 0; i < FAULTS; i++) {
        loop_t *loop = NULL;
        callbacks = 0;
        SHOULD(loop_new(NULL, &loop));
        int64_t timer = loop_set_timeout(loop, FAR, quiet, NULL);
        CHECK(timer > 0);
        for (uint64_t k = 0; k < 100; k++)
            SHOULD(loop_post(loop, k, quiet, NULL));
        inject(loop, &faults[i]);
        await_panic(loop, timer);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        CHECK_INT(callbacks, 101);
        SHOULD(loop_free(loop));
        harness.left_open += LEFT_OPEN;
    }
}

/* A loop that sleeps is woken by the panic of a goroutine. */
static void a_panic_wakes_a_sleeping_loop(void) {
    for (size_t i = 1; i < FAULTS; i++) {
        loop_t *loop = NULL;
        callbacks = 0;
        SHOULD(loop_new(NULL, &loop));
        CHECK(loop_set_timeout(loop, FAR, quiet, NULL) > 0);
        inject(loop, &faults[i]);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), LOOP_EPANIC);
        CHECK_INT(callbacks, 1);
        SHOULD(loop_free(loop));
        harness.left_open += LEFT_OPEN;
    }
}

static void open_library(void) {
    loop_t *loop = NULL;
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

TEST_MAIN(open_library(), T(ids_of_a_host_end_once_after_each_panic),
          T(turns_wait_for_a_host_function_no_longer_than_asked),
          T(a_small_array_gets_the_final_events_in_parts),
          T(what_the_engine_took_before_the_panic_ends_once),
          T(posts_that_wait_come_with_the_panic), T(a_panic_wakes_a_sleeping_loop))
