/* SPDX-License-Identifier: MIT
 *
 * loop_turn with records that are none, and with ops that cannot be: the first give LOOP_EINVAL and
 * take nothing, the second one refusal each, with the op's id, code and user.
 */
#include "every_call.h"

#define ROOM 64

typedef struct taken {
    loop_event_t events[ROOM];
    loop_turn_t turn;
} taken_t;

static void prepare(taken_t *taken, loop_t *loop, const loop_op_t *ops, uint32_t count) {
    memset(taken, 0, sizeof *taken);
    taken->turn.size = sizeof taken->turn;
    taken->turn.loop = loop;
    taken->turn.ops = ops;
    taken->turn.op_count = count;
    taken->turn.op_stride = sizeof(loop_op_t);
    taken->turn.events = taken->events;
    taken->turn.event_capacity = ROOM;
    taken->turn.event_stride = sizeof(loop_event_t);
}

static loop_op_t timer_op(uint64_t id) {
    loop_op_t op;
    memset(&op, 0, sizeof op);
    op.code = LOOP_OP_TIMER;
    op.id = id;
    op.user = 4711;
    op.arg = clock_ns() + 3600 * SECOND;
    return op;
}

static uint64_t take_ids(loop_t *loop, uint32_t count) {
    uint64_t first = 0;
    CHECK_CODE(loop_take_ids(loop, count, &first), LOOP_OK);
    return first;
}

#define REFUSED_TURN(change)                                                                       \
    do {                                                                                           \
        taken_t t;                                                                                 \
        loop_op_t op = timer_op(first);                                                            \
        prepare(&t, loop, &op, 1);                                                                 \
        t.turn.event_count = 99;                                                                   \
        t.turn.result = 99;                                                                        \
        change;                                                                                    \
        int64_t rc = loop_turn(&t.turn);                                                           \
        if (rc != LOOP_EINVAL || t.turn.event_count != 99 || t.turn.result != 99)                  \
            harness_fail(__FILE__, __LINE__, "%s: got %s", #change, loop_err_name(rc));            \
    } while (0)

static void a_turn_that_is_none_takes_and_writes_nothing(void) {
    loop_t *loop = new_loop();
    uint64_t first = take_ids(loop, 1);
    REFUSED_TURN(t.turn.size = 0);
    REFUSED_TURN(t.turn.size = sizeof t.turn - 1);
    REFUSED_TURN(t.turn.flags = 0x4);
    REFUSED_TURN(t.turn.flags = UINT32_MAX);
    REFUSED_TURN(t.turn.loop = NULL);
    REFUSED_TURN(t.turn.ops = NULL);
    REFUSED_TURN(t.turn.op_stride = 0);
    REFUSED_TURN(t.turn.op_stride = sizeof(loop_op_t) - 8);
    REFUSED_TURN(t.turn.op_stride = sizeof(loop_op_t) + 1);
    REFUSED_TURN(t.turn.events = NULL);
    REFUSED_TURN(t.turn.event_stride = 0);
    REFUSED_TURN(t.turn.event_stride = sizeof(loop_event_t) - 8);
    REFUSED_TURN(t.turn.event_stride = sizeof(loop_event_t) + 4);
    REFUSED_TURN(t.turn.timeout_ns = -2);
    REFUSED_TURN(t.turn.timeout_ns = INT64_MIN);
    CHECK_INT(loop_alive(loop), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void wider_records_are_walked_by_their_strides(void) {
    struct {
        loop_op_t op;
        uint64_t more[2];
    } ops[3];
    struct {
        loop_event_t ev;
        uint64_t more[3];
    } events[4];
    loop_t *loop = new_loop();
    uint64_t first = take_ids(loop, 3);
    loop_turn_t turn;
    memset(ops, 0xee, sizeof ops);
    memset(events, 0xee, sizeof events);
    for (uint64_t i = 0; i < 3; i++) {
        ops[i].op = timer_op(first + i * LOOP_ID_SLOT_STEP);
        ops[i].op.arg = (int64_t)i;
    }
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    turn.ops = &ops[0].op;
    turn.op_count = 3;
    turn.op_stride = sizeof ops[0];
    turn.events = &events[0].ev;
    turn.event_capacity = 4;
    turn.event_stride = sizeof events[0];
    CHECK_CODE(loop_turn(&turn), LOOP_OK);
    CHECK_INT(turn.event_count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        CHECK_INT(events[i].ev.id, first + i * LOOP_ID_SLOT_STEP);
        CHECK_INT(events[i].more[0], (int64_t)0xeeeeeeeeeeeeeeee);
    }
    CHECK_INT(events[3].ev.id, (int64_t)0xeeeeeeeeeeeeeeee);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Gives one op and checks that it is refused: one event, its own, and nothing is alive after it. */
static void check_refusal(loop_t *loop, const loop_op_t *op, int32_t status, const char *what) {
    taken_t t;
    int64_t alive = loop_alive(loop);
    prepare(&t, loop, op, 1);
    CHECK_CODE(loop_turn(&t.turn), LOOP_OK);
    const loop_event_t *ev = &t.events[0];
    uint16_t flags = (uint16_t)(ev->flags & (LOOP_EV_REFUSED | LOOP_EV_MORE));
    if (t.turn.event_count != 1 || ev->status != status || ev->id != op->id ||
        ev->user != op->user || flags != LOOP_EV_REFUSED || loop_event_kind(ev) != LOOP_KIND_ERROR)
        harness_fail(__FILE__, __LINE__, "%s: %u events, status %s, flags %#x, user %" PRIu64, what,
                     t.turn.event_count, loop_err_name(ev->status), ev->flags, ev->user);
    /* Nothing more comes of it. */
    prepare(&t, loop, NULL, 0);
    CHECK_CODE(loop_turn(&t.turn), LOOP_OK);
    if (t.turn.event_count != 0)
        harness_fail(__FILE__, __LINE__, "%s: an event after the refusal", what);
    CHECK_INT(loop_alive(loop), alive);
}

static void unknown_codes_are_refused_with_their_user(void) {
    loop_t *loop = new_loop();
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        int known = (code >= LOOP_OP_TIMER && code <= LOOP_OP_HTTP) ||
                    (code >= LOOP_OP_CANCEL && code <= LOOP_OP_LABEL);
        /* All near the known ones and near the ends, and every 97th of the rest. */
        if (known || (code > 300 && code < 0x7f00 && code % 97 != 0) ||
            (code > 0x8100 && code < 0xf000 && code % 97 != 0))
            continue;
        char what[32];
        loop_op_t op = timer_op(0);
        op.code = (uint16_t)code;
        op.user = code;
        snprintf(what, sizeof what, "code %u", code);
        check_refusal(loop, &op, LOOP_EINVAL, what);
    }
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void flags_that_a_code_does_not_know_are_refused(void) {
    static const struct {
        uint16_t code, known;
    } codes[] = {
        {LOOP_OP_TIMER, LOOP_OPF_UNREF | LOOP_OPF_QUIET | LOOP_OPF_REPEAT},
        {LOOP_OP_IDLE, LOOP_OPF_UNREF | LOOP_OPF_QUIET},
        {LOOP_OP_PREPARE, LOOP_OPF_UNREF | LOOP_OPF_QUIET},
        {LOOP_OP_CHECK, LOOP_OPF_UNREF | LOOP_OPF_QUIET},
        {LOOP_OP_POLL_FD, LOOP_OPF_UNREF | LOOP_OPF_QUIET | LOOP_OPF_ONESHOT | LOOP_OPF_EDGE},
        {LOOP_OP_WORK, LOOP_OPF_UNREF | LOOP_OPF_QUIET},
        {LOOP_OP_HTTP, LOOP_OPF_UNREF | LOOP_OPF_QUIET | LOOP_OPF_BORROWED},
    };
    loop_t *loop = new_loop();
    loop_http_t request = LOOP_HTTP_INIT;
    uint64_t first = take_ids(loop, 1);
    taken_t t;
    loop_op_t live = timer_op(first);
    prepare(&t, loop, &live, 1);
    t.turn.flags = LOOP_TURN_SUBMIT;
    CHECK_CODE(loop_turn(&t.turn), LOOP_OK);
    request.url = "http://127.0.0.1/";
    uint64_t id = take_ids(loop, 1);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        for (uint32_t flag = 1; flag <= 0x8000; flag <<= 1) {
            char what[48];
            loop_op_t op = timer_op(id);
            if ((codes[i].known & flag) != 0)
                continue;
            op.code = codes[i].code;
            op.flags = (uint16_t)flag;
            op.len = op.code == LOOP_OP_POLL_FD ? LOOP_READABLE : 0;
            op.arg = op.code == LOOP_OP_WORK ? (int64_t)(intptr_t)must_not_run : 0;
            op.data = op.code == LOOP_OP_HTTP ? &request : NULL;
            snprintf(what, sizeof what, "code %u with flag %#x", op.code, flag);
            check_refusal(loop, &op, LOOP_EINVAL, what);
        }
    }
    for (uint16_t code = LOOP_OP_CANCEL; code <= LOOP_OP_LABEL; code++) {
        for (uint32_t flag = 1; flag <= 0x8000; flag <<= 1) {
            loop_op_t op;
            memset(&op, 0, sizeof op);
            op.code = code;
            op.flags = (uint16_t)flag;
            op.target = first;
            op.len = code == LOOP_OP_POLL_MODIFY ? LOOP_READABLE : 0;
            op.user = 9;
            check_refusal(loop, &op, LOOP_EINVAL, "a control op with a flag");
        }
    }
    CHECK_INT(loop_alive(loop), 1);
    CHECK_CODE(loop_clear(loop, (int64_t)first), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

#define REFUSED_OP(status_wanted, change)                                                          \
    do {                                                                                           \
        loop_op_t op = timer_op(id);                                                               \
        change;                                                                                    \
        check_refusal(loop, &op, status_wanted, #change);                                          \
    } while (0)

static void arguments_of_ops_out_of_range_are_refused(void) {
    loop_t *loop = new_loop();
    uint64_t id = take_ids(loop, 1);
    loop_http_t request = LOOP_HTTP_INIT;
    REFUSED_OP(LOOP_EINVAL, op.id = 0);
    REFUSED_OP(LOOP_EINVAL, op.timeout_ns = -1);
    REFUSED_OP(LOOP_EINVAL, op.target = 1); /* a period without LOOP_OPF_REPEAT */
    REFUSED_OP(LOOP_EINVAL, op.flags = LOOP_OPF_REPEAT);
    REFUSED_OP(LOOP_EINVAL, op.flags = LOOP_OPF_REPEAT; op.target = UINT64_MAX);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_POLL_FD; op.arg = -1; op.len = LOOP_READABLE);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_POLL_FD; op.arg = (int64_t)1 << 31;
               op.len = LOOP_READABLE);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_POLL_FD; op.arg = 0; op.len = 0);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_POLL_FD; op.arg = 0; op.len = LOOP_ERROR);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_POLL_FD; op.arg = 0; op.len = LOOP_READABLE;
               op.flags = LOOP_OPF_ONESHOT | LOOP_OPF_EDGE);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_WORK; op.arg = 0);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_WORK; op.len = LOOP_LANES);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_HTTP);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_HTTP; op.data = &request); /* no URL */
    request.url = "http://127.0.0.1/";
    request.size = 8;
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_HTTP; op.data = &request);
    request.size = sizeof request;
    request.flags = UINT32_MAX;
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_HTTP; op.data = &request);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_LABEL; op.data = "label"; op.len = 5); /* with id */
    id = 0;
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_LABEL; op.len = 5);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_LABEL; op.data = "\xff"; op.len = 1);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_LABEL; op.data = "a\0b"; op.len = 3);
    REFUSED_OP(LOOP_EINVAL, op.code = LOOP_OP_CANCEL; op.target = 0);
    REFUSED_OP(LOOP_EBADID, op.code = LOOP_OP_CANCEL; op.target = 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void ids_that_were_not_taken_or_are_used_are_refused(void) {
    loop_t *loop = new_loop(), *other = new_loop();
    uint64_t first = take_ids(loop, 2), foreign = take_ids(other, 2);
    uint64_t id = first;
    taken_t t;
    loop_op_t live = timer_op(first);
    prepare(&t, loop, &live, 1);
    t.turn.flags = LOOP_TURN_SUBMIT;
    CHECK_CODE(loop_turn(&t.turn), LOOP_OK);
    int64_t mine = loop_set_timeout(loop, 3600 * SECOND, must_not_be_called, NULL);
    REFUSED_OP(LOOP_EBADID, (void)0);                        /* it lives */
    REFUSED_OP(LOOP_EBADID, op.id = first + 1);              /* the slot is in use */
    REFUSED_OP(LOOP_EBADID, op.id = first - 1);              /* used up */
    REFUSED_OP(LOOP_EBADID, op.id += 2 * LOOP_ID_SLOT_STEP); /* not handed out */
    REFUSED_OP(LOOP_EBADID, op.id = (uint64_t)mine);         /* the library's */
    REFUSED_OP(LOOP_EBADID, op.id ^= (uint64_t)3 << 61);     /* of another maker */
    REFUSED_OP(LOOP_EBADID, op.id |= (uint64_t)1 << 63);     /* of none */
    REFUSED_OP(LOOP_EBADID, op.id = UINT64_MAX);
    for (uint16_t code = LOOP_OP_CANCEL; code <= LOOP_OP_POLL_MODIFY; code++) {
        const uint64_t targets[] = {first + 1, first + LOOP_ID_SLOT_STEP, foreign, UINT64_MAX,
                                    (uint64_t)mine + 1};
        for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
            loop_op_t control = timer_op(0);
            control.code = code;
            control.target = targets[i];
            control.len = LOOP_READABLE;
            check_refusal(loop, &control, LOOP_EBADID, "a control op of no id");
        }
    }
    CHECK_INT(loop_alive(loop), 2);
    CHECK_CODE(loop_clear(loop, mine), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    CHECK_CODE(loop_free(other), LOOP_OK);
}

static void an_id_ends_once_however_often_it_is_ended(void) {
    loop_t *loop = new_loop();
    uint64_t first = take_ids(loop, 2), second = first + LOOP_ID_SLOT_STEP;
    loop_op_t ops[12];
    taken_t t;
    int finals = 0, refusals = 0;
    memset(ops, 0, sizeof ops);
    ops[0] = timer_op(first);
    ops[1] = timer_op(second);
    ops[1].arg = 0; /* due at once */
    for (int i = 2; i < 12; i++) {
        ops[i].code = i % 2 ? LOOP_OP_CLEAR : LOOP_OP_CANCEL;
        ops[i].target = i < 7 ? first : second;
        ops[i].user = 1000;
    }
    prepare(&t, loop, ops, 12);
    for (int turns = 0; turns < 20 && (t.turn.result & LOOP_TURN_DONE) == 0; turns++) {
        CHECK_CODE(loop_turn(&t.turn), LOOP_OK);
        for (uint32_t i = 0; i < t.turn.event_count; i++) {
            const loop_event_t *ev = &t.events[i];
            refusals += (ev->flags & LOOP_EV_REFUSED) != 0;
            if ((ev->flags & (LOOP_EV_REFUSED | LOOP_EV_MORE)) == 0)
                finals++;
        }
        t.turn.op_count = 0;
    }
    CHECK_INT(finals, 2);
    CHECK(refusals <= 10);
    loop_op_t late = timer_op(0);
    late.code = LOOP_OP_CANCEL;
    late.target = first;
    check_refusal(loop, &late, LOOP_EBADID, "cancel of what has ended");
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Events that a host makes up: those without a callback are skipped, whatever id they bear. */
static void events_without_a_callback_are_not_dispatched(void) {
    loop_t *loop = new_loop();
    loop_event_t events[4];
    int fired = 0, counted = 0;
    int64_t id = loop_set_timeout(loop, 0, count_event, &fired);
    memset(events, 0, sizeof events);
    events[0].id = (uint64_t)id;
    events[1].id = UINT64_MAX;
    events[2].cb = count_event;
    events[2].user = (uint64_t)(uintptr_t)&counted;
    events[3].cb = must_not_be_called;
    events[3].flags = LOOP_EV_MUTED;
    CHECK_INT(loop_dispatch(loop, events, 4), 1);
    CHECK_INT(counted, 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

TEST_MAIN(warm_up(), T(a_turn_that_is_none_takes_and_writes_nothing),
          T(wider_records_are_walked_by_their_strides),
          T(unknown_codes_are_refused_with_their_user),
          T(flags_that_a_code_does_not_know_are_refused),
          T(arguments_of_ops_out_of_range_are_refused),
          T(ids_that_were_not_taken_or_are_used_are_refused),
          T(an_id_ends_once_however_often_it_is_ended),
          T(events_without_a_callback_are_not_dispatched))
