/* SPDX-License-Identifier: MIT
 *
 * A panic inside the engine's step: each id still ends once, with LOOP_EPANIC, and another loop of the
 * process goes on. The library is the build with planted faults: op code 0xF001 panics.
 */
#include "../c/harness.h"

#define PANIC_IN_STEP 0xF001

static int ends[4];

static void ended(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    CHECK_INT(ev->status, LOOP_EPANIC);
    CHECK((ev->flags & LOOP_EV_MORE) == 0);
    ends[(intptr_t)user]++;
}

static void fired(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    CHECK_INT(ev->status, 0);
    ++*(int *)user;
}

static void open_library(void) {
    loop_t *loop = NULL;
    if (loop_new(NULL, &loop) == 0)
        loop_free(loop);
}

static void a_panic_ends_each_id_once_and_spares_other_loops(void) {
    loop_t *loop = NULL, *other = NULL;
    loop_op_t op;
    loop_event_t events[8];
    loop_turn_t turn;
    int others = 0;
    memset(ends, 0, sizeof ends);
    SHOULD(loop_new(NULL, &loop));
    SHOULD(loop_new(NULL, &other));
    CHECK(loop_set_timeout(loop, 3600 * SECOND, ended, (void *)0) > 0);
    CHECK(loop_set_interval(loop, 3600 * SECOND, ended, (void *)1) > 0);
    CHECK(loop_start_prepare(loop, ended, (void *)2) > 0);
    CHECK(loop_set_immediate(loop, ended, (void *)3) > 0);
    CHECK(loop_set_timeout(other, MS, fired, &others) > 0);
    memset(&op, 0, sizeof op);
    op.code = PANIC_IN_STEP;
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = &op;
    turn.op_count = 1;
    turn.op_stride = sizeof op;
    turn.events = events;
    turn.event_capacity = 8;
    turn.event_stride = sizeof events[0];
    for (int i = 0; i < 16 && (turn.result & LOOP_TURN_DONE) == 0; i++) {
        if (loop_turn(&turn) < 0)
            break;
        turn.op_count = 0;
    }
    for (int i = 0; i < 4; i++)
        CHECK_INT(ends[i], 1);
    CHECK_INT(loop_set_timeout(loop, 0, ended, NULL), LOOP_EPANIC);
    CHECK(strlen(loop_last_panic(loop)) > 0);
    CHECK_INT(loop_run(other, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(others, 1);
    SHOULD(loop_free(other));
    SHOULD(loop_free(loop));
}

/* Not harness_main: a poisoned engine is leaked with its two descriptors, on purpose. */
int main(void) {
    alarm(HARNESS_TIMEOUT_S);
    open_library();
    a_panic_ends_each_id_once_and_spares_other_loops();
    int good = harness.bad == 0;
    printf("%s a_panic_ends_each_id_once_and_spares_other_loops\n", good ? "ok" : "FAILED");
    printf("%d passed, %d failed, 0 skipped\n", good, !good);
    return !good;
}
