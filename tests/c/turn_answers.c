/* SPDX-License-Identifier: MIT
 *
 * What a host answers to the data of its last batch, in the ops of the next turn: the shim sends it
 * where it can, and nobody is to see a difference but in the count of steps.
 */
#include "turn_rig.h"

static loop_op_t send_op(uint64_t stream, const void *data, uint32_t len) {
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = LOOP_OP_SEND;
    op.len = len;
    op.target = stream;
    op.data = data;
    return op;
}

static loop_op_t control_op(uint16_t code, uint64_t target) {
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = code;
    op.target = target;
    return op;
}

/* What a peer has received, up to `room` bytes; the end counts as "$". */
static const char *heard(const host_t *h, int i) {
    static char text[64];
    size_t n = 0;
    for (;;) {
        ssize_t got = recv(h->peers[i], text + n, sizeof text - 2 - n, MSG_DONTWAIT);
        if (got <= 0) {
            if (got == 0)
                text[n++] = '$';
            break;
        }
        n += (size_t)got;
    }
    text[n] = '\0';
    return text;
}

/* All streams have data that the host has in its batch. */
static host_t *host_with_data(void) {
    host_t *h = new_host();
    for (int i = 0; i < STREAMS; i++)
        say(h, i, "?");
    turn(h, NULL, 0);
    CHECK_INT(h->turn.event_count, STREAMS);
    return h;
}

static uint64_t steps(const host_t *h) {
    loop_stats_t stats = LOOP_STATS_INIT;
    CHECK_CODE(loop_stats(h->loop, &stats), LOOP_OK);
    return stats.steps;
}

static void an_echo_enters_the_engine_once_a_turn(void) {
    enum { ROUNDS = 20 };
    host_t *h = new_host();
    h->turn.timeout_ns = -1;
    say(h, 0, "ping");
    turn(h, NULL, 0);
    uint64_t before = steps(h);
    for (int round = 0; round < ROUNDS; round++) {
        CHECK_INT(h->turn.event_count, 1);
        loop_op_t op = send_op(h->ids[0], "pong", 4);
        say(h, 0, "ping");
        turn(h, &op, 1);
        CHECK_STR(heard(h, 0), "pong");
    }
#if !defined(LOOP_FAULTS) && defined(__linux__)
    CHECK_INT(steps(h) - before, ROUNDS);
#else
    (void)before;
#endif
    free_host(h);
}

static void answers_in_any_order_reach_their_peers(void) {
    host_t *h = host_with_data();
    const loop_op_t ops[] = {send_op(h->ids[0], "a", 1), send_op(h->ids[2], "c", 1),
                             send_op(h->ids[1], "b", 1), send_op(h->ids[0], "A", 1),
                             send_op(h->ids[2], "C", 1)};
    turn(h, ops, 5);
    CHECK_STR(heard(h, 0), "aA");
    CHECK_STR(heard(h, 1), "b");
    CHECK_STR(heard(h, 2), "cC");
    free_host(h);
}

static void an_end_between_answers_keeps_its_place(void) {
    host_t *h = host_with_data();
    loop_op_t ops[] = {send_op(h->ids[0], "a", 1), control_op(LOOP_OP_END, h->ids[0]),
                       send_op(h->ids[0], "b", 1), send_op(h->ids[1], "c", 1)};
    ops[2].user = 77;
    turn(h, ops, 4);
    CHECK_STR(heard(h, 0), "a$");
    CHECK_STR(heard(h, 1), "c");
    while (h->turn.event_count == 0)
        turn(h, NULL, 0);
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].user, 77);
    CHECK_INT(h->events[0].status, LOOP_EPIPE);
    CHECK((h->events[0].flags & LOOP_EV_REFUSED) != 0);
    free_host(h);
}

static void what_the_system_does_not_take_stays_in_order(void) {
    enum { LARGE = 4 << 20 };
    host_t *h = host_with_data();
    char *large = malloc(LARGE);
    CHECK(large != NULL);
    memset(large, 'x', LARGE);
    const loop_op_t ops[] = {send_op(h->ids[0], "<", 1), send_op(h->ids[0], large, LARGE),
                             send_op(h->ids[0], ">", 1), send_op(h->ids[1], "b", 1)};
    turn(h, ops, 4);
    memset(large, 'y', LARGE); /* the ops are taken */
    CHECK_STR(heard(h, 1), "b");
    size_t total = 0, wrong = 0;
    char last = 0;
    while (last != '>') {
        char piece[65536];
        ssize_t n = recv(h->peers[0], piece, sizeof piece, MSG_DONTWAIT);
        if (n < 0) {
            turn(h, NULL, 0);
            continue;
        }
        CHECK(n > 0);
        for (ssize_t i = 0; i < n; i++, total++)
            wrong += piece[i] != (total == 0 ? '<' : total <= LARGE ? 'x' : '>');
        last = piece[n - 1];
    }
    CHECK_INT(total, LARGE + 2);
    CHECK_INT(wrong, 0);
    free(large);
    free_host(h);
}

static void an_answer_to_a_peer_that_is_gone_ends_the_stream(void) {
    host_t *h = host_with_data();
    CHECK_INT(close(h->peers[0]), 0);
    h->peers[0] = -1;
    const loop_op_t ops[] = {send_op(h->ids[0], "a", 1), send_op(h->ids[0], "b", 1),
                             send_op(h->ids[1], "c", 1)};
    int finals = 0;
    turn(h, ops, 3);
    for (int turns = 0; finals == 0 && turns < 10; turns++) {
        for (uint32_t i = 0; i < h->turn.event_count; i++) {
            const loop_event_t *ev = &h->events[i];
            if (ev->id != h->ids[0] || (ev->flags & LOOP_EV_MORE) != 0)
                continue;
            CHECK_INT(ev->status, LOOP_EPIPE);
            finals++;
        }
        if (finals == 0)
            turn(h, NULL, 0);
    }
    CHECK_INT(finals, 1);
    CHECK_STR(heard(h, 1), "c");
    free_host(h);
}

static void an_answer_to_a_stream_that_was_cleared_goes_nowhere(void) {
    host_t *h = host_with_data();
    loop_op_t clear = control_op(LOOP_OP_CLEAR, h->ids[0]);
    h->turn.flags = LOOP_TURN_SUBMIT;
    turn(h, &clear, 1);
    h->turn.flags = 0;
    while (h->turn.event_count == 0 || h->events[0].id != h->ids[0])
        turn(h, NULL, 0);
    /* Its descriptor is closed now, and its number given to the next file. */
    int ends[2];
    CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    loop_op_t op = send_op(h->ids[0], "a", 1);
    turn(h, &op, 1);
    char byte;
    for (int i = 0; i < 2; i++) {
        CHECK_INT(recv(ends[i], &byte, 1, MSG_DONTWAIT), -1);
    }
    close(ends[0]);
    close(ends[1]);
    free_host(h);
}

static void data_of_a_turn_before_a_run_is_not_answered_by_what_the_run_left(void) {
    host_t *h = host_with_data();
    /* The run brings other data; what the turn said of its batch holds no more. */
    CHECK_CODE(loop_run(h->loop, LOOP_RUN_NOWAIT), STREAMS);
    const loop_op_t ops[] = {send_op(h->ids[0], "a", 1), send_op(h->ids[1], "b", 1)};
    turn(h, ops, 2);
    CHECK_STR(heard(h, 0), "a");
    CHECK_STR(heard(h, 1), "b");
    free_host(h);
}

static void answer_itself(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)user;
    if (is_told(ev, LOOP_NET_DATA))
        CHECK_CODE(loop_send(loop, (int64_t)ev->id, "C", 1), LOOP_OK);
}

static void callbacks_and_the_host_answer_each_their_own(void) {
    for (int own = 0; own < STREAMS; own++) {
        host_t *h = new_host();
        int ends[2];
        loop_op_t clear = control_op(LOOP_OP_CLEAR, h->ids[own]);
        turn(h, &clear, 1);
        close(h->peers[own]);
        CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        h->peers[own] = ends[1];
        int64_t stream = loop_adopt(h->loop, ends[0], 0, answer_itself, NULL);
        CHECK_ID(stream);
        CHECK_CODE(loop_read_start(h->loop, stream, answer_itself, NULL), LOOP_OK);
        turn(h, NULL, 0);
        for (int i = 0; i < STREAMS; i++)
            say(h, i, "?");
        turn(h, NULL, 0);
        CHECK_INT(h->turn.event_count, STREAMS - 1);
        loop_op_t ops[STREAMS - 1];
        for (int i = 0; i < STREAMS - 1; i++)
            ops[i] = send_op(h->events[i].id, "h", 1);
        turn(h, ops, STREAMS - 1);
        for (int i = 0; i < STREAMS; i++)
            CHECK_STR(heard(h, i), i == own ? "C" : "h");
        free_host(h);
    }
}

static void a_call_before_an_answer_comes_first(void) {
    host_t *h = host_with_data();
    CHECK_CODE(loop_send(h->loop, (int64_t)h->ids[0], "1", 1), LOOP_OK);
    loop_op_t op = send_op(h->ids[0], "2", 1);
    turn(h, &op, 1);
    CHECK_STR(heard(h, 0), "12");
    free_host(h);
}

static void an_answer_without_bytes_or_with_flags_is_judged_as_ever(void) {
    host_t *h = host_with_data();
    loop_op_t ops[] = {send_op(h->ids[0], NULL, 0), send_op(h->ids[0], NULL, 3),
                       send_op(h->ids[0], "a", 1), send_op(h->ids[0], "b", 1)};
    ops[1].user = 1;
    ops[2].flags = LOOP_OPF_ONESHOT;
    ops[2].user = 2;
    turn(h, ops, 4);
    CHECK_STR(heard(h, 0), "b");
    CHECK_INT(h->turn.event_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        CHECK_INT(h->events[i].user, i + 1);
        CHECK_INT(h->events[i].status, LOOP_EINVAL);
    }
    free_host(h);
}

static void a_turn_that_sleeps_at_once_ends_at_its_time(void) {
    host_t *h = new_host();
    say(h, 0, "?");
    turn(h, NULL, 0);
    loop_op_t op = send_op(h->ids[0], "a", 1);
    int64_t begin = clock_ns();
    h->turn.timeout_ns = 3 * MS;
    turn(h, &op, 1);
    CHECK(clock_ns() - begin >= 3 * MS);
    CHECK_INT(h->turn.event_count, 0);
    CHECK_INT(h->turn.result & LOOP_TURN_TIMEDOUT, LOOP_TURN_TIMEDOUT);
    CHECK_STR(heard(h, 0), "a");
    free_host(h);
}

static void a_timer_behind_an_answer_still_comes(void) {
    host_t *h = new_host();
    loop_op_t timer = control_op(LOOP_OP_TIMER, 0);
    timer.id = h->ids[STREAMS];
    timer.arg = clock_ns() + 10 * MS;
    say(h, 0, "?");
    turn(h, &timer, 1);
    CHECK_INT(h->events[0].id, h->ids[0]);
    loop_op_t op = send_op(h->ids[0], "a", 1);
    h->turn.timeout_ns = -1;
    turn(h, &op, 1);
    CHECK_INT(h->turn.event_count, 1);
    CHECK_INT(h->events[0].id, h->ids[STREAMS]);
    free_host(h);
}

TEST_MAIN(warm_up(), T(an_echo_enters_the_engine_once_a_turn),
          T(answers_in_any_order_reach_their_peers), T(an_end_between_answers_keeps_its_place),
          T(what_the_system_does_not_take_stays_in_order),
          T(an_answer_to_a_peer_that_is_gone_ends_the_stream),
          T(an_answer_to_a_stream_that_was_cleared_goes_nowhere),
          T(data_of_a_turn_before_a_run_is_not_answered_by_what_the_run_left),
          T(callbacks_and_the_host_answer_each_their_own), T(a_call_before_an_answer_comes_first),
          T(an_answer_without_bytes_or_with_flags_is_judged_as_ever),
          T(a_turn_that_sleeps_at_once_ends_at_its_time), T(a_timer_behind_an_answer_still_comes))
