/* SPDX-License-Identifier: MIT
 *
 * LOOP_TURN_DATA: a turn says when its batch brings nothing but data of streams.
 */
#include "turn_rig.h"

static void a_batch_of_nothing_but_data_is_marked(void) {
    host_t *h = new_host();
    for (int i = 0; i < STREAMS; i++)
        say(h, i, "data");
    turn(h, NULL, 0);
    CHECK_INT(h->turn.event_count, STREAMS);
    CHECK_INT(h->turn.result & LOOP_TURN_DATA, LOOP_TURN_DATA);
    for (int i = 0; i < STREAMS; i++) {
        CHECK_INT(h->events[i].id, h->ids[i]);
        CHECK_INT(h->events[i].len, 4);
        CHECK_INT(memcmp(h->events[i].data, "data", 4), 0);
    }
    free_host(h);
}

static void a_batch_with_anything_else_is_not(void) {
    host_t *h = new_host();
    say(h, 0, "data");
    CHECK_INT(shutdown(h->peers[1], SHUT_WR), 0);
    say(h, 2, "data");
    turn(h, NULL, 0);
    CHECK_INT(h->turn.event_count, STREAMS);
    CHECK_INT(h->events[1].aux, LOOP_NET_END);
    CHECK_INT(h->turn.result & LOOP_TURN_DATA, 0);
    free_host(h);
}

static void nor_is_one_of_timers_or_an_empty_one(void) {
    host_t *h = new_host();
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = LOOP_OP_TIMER;
    op.id = h->ids[STREAMS];
    turn(h, &op, 1);
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->turn.result & LOOP_TURN_DATA, 0);
    turn(h, NULL, 0);
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.result & LOOP_TURN_DATA, 0);
    free_host(h);
}

static int64_t called;

static void on_data(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    called += is_told(ev, LOOP_NET_DATA);
}

static void events_that_are_called_for_do_not_count(void) {
    host_t *h = new_host();
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = LOOP_OP_READ;
    op.target = h->ids[1];
    op.cb = on_data;
    turn(h, &op, 1);
    for (int i = 0; i < STREAMS; i++)
        say(h, i, "data");
    turn(h, NULL, 0);
    CHECK_INT(called, 1);
    CHECK_INT(h->turn.event_count, STREAMS - 1);
    CHECK_INT(h->turn.result & LOOP_TURN_DATA, LOOP_TURN_DATA);
    free_host(h);
}

TEST_MAIN(warm_up(), T(a_batch_of_nothing_but_data_is_marked), T(a_batch_with_anything_else_is_not),
          T(nor_is_one_of_timers_or_an_empty_one), T(events_that_are_called_for_do_not_count))
