/* SPDX-License-Identifier: MIT
 *
 * Ids that name nothing alive: stale, forged, another loop's. Each call that takes an id gives
 * LOOP_EBADID, nothing that lives is harmed, and no final event comes twice.
 */
#include "every_call.h"

#define GENERATION ((uint64_t)1 << 33)
#define MAKER ((uint64_t)1 << 61)

/* The calls that want a timer or a descriptor tell that after they have found the id. */
static void check_refused(loop_t *loop, int64_t id, const char *what) {
    answers_t answers = {.count = 0};
    call_on_id(loop, id, &answers);
    for (size_t i = 0; i < answers.count; i++)
        if (answers.of[i].code != LOOP_EBADID)
            harness_fail(__FILE__, __LINE__, "%s: %s: want LOOP_EBADID, got %s", what,
                         answers.of[i].call, loop_err_name(answers.of[i].code));
}

static void count_final(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if ((ev->flags & LOOP_EV_MORE) == 0)
        ++*(int *)user;
}

static void forged_ids_are_refused_and_what_lives_is_unharmed(void) {
    loop_t *loop = new_loop();
    int fired = 0;
    int64_t id = loop_set_timeout(loop, 0, count_event, &fired);
    const uint64_t live = (uint64_t)id;
    const uint64_t forged[] = {
        0,
        1,
        live + 1,
        live - 1,
        live + LOOP_ID_SLOT_STEP,
        live + 1000000 * LOOP_ID_SLOT_STEP,
        live ^ (live & LOOP_ID_GENERATION_MAX),
        live | LOOP_ID_GENERATION_MAX,
        live | ((uint64_t)0xfffffff << 33),
        live & ~(3 * MAKER),
        (live & ~(3 * MAKER)) | 2 * MAKER,
        live | 3 * MAKER,
        live | (uint64_t)1 << 63,
        UINT64_MAX,
        (uint64_t)INT64_MAX,
        (uint64_t)INT64_MIN,
        (uint64_t)(int64_t)LOOP_EINVAL,
    };
    CHECK_ID(id);
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        char what[40];
        snprintf(what, sizeof what, "forged %#" PRIx64, forged[i]);
        check_refused(loop, (int64_t)forged[i], what);
    }
    CHECK_INT(loop_alive(loop), 1);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static void half_a_million_random_ids_are_refused(void) {
    loop_t *loop = new_loop();
    uint64_t random = 0x9e3779b97f4a7c15u, first;
    int fired = 0;
    int64_t due, id = loop_set_timeout(loop, 0, count_event, &fired);
    CHECK_CODE(loop_take_ids(loop, 1000, &first), LOOP_OK);
    for (int i = 0; i < 500000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int64_t forged = (int64_t)(i % 2 ? random : (random & 0xffff) << 33 | MAKER);
        if (forged == id)
            continue;
        if (loop_clear(loop, forged) != LOOP_EBADID ||
            loop_timer_due_in(loop, forged, &due) != LOOP_EBADID) {
            CHECK(!"a random id was taken");
            break;
        }
    }
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 1);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

static int64_t start(loop_t *loop, int kind, int *finals) {
    switch (kind) {
    case 0:
        return loop_set_timeout(loop, 0, count_final, finals);
    case 1:
        return loop_set_immediate(loop, count_final, finals);
    case 2:
        return loop_work(loop, do_nothing, NULL, NULL, count_final, finals);
    default: /* refused connection or none: the id ends in any case */
        return loop_http_get(loop, "http://127.0.0.1:1/", count_final, finals);
    }
}

static void ids_that_have_ended_are_stale(void) {
    for (int kind = 0; kind < 4; kind++) {
        char what[40];
        loop_t *loop = new_loop();
        int finals = 0, others = 0;
        int64_t id = start(loop, kind, &finals);
        CHECK_ID(id);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(finals, 1);
        snprintf(what, sizeof what, "ended, kind %d", kind);
        check_refused(loop, id, what);
        /* Also when something new lives in its slot. */
        int64_t next = start(loop, kind, &others);
        CHECK(next != id);
        check_refused(loop, id, what);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(finals, 1);
        CHECK_INT(others, 1);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
}

static void ids_that_were_cleared_are_stale(void) {
    for (int kind = 0; kind < 4; kind++) {
        char what[40];
        loop_t *loop = new_loop();
        int finals = 0;
        int64_t id = start(loop, kind, &finals);
        CHECK_CODE(loop_clear(loop, id), LOOP_OK);
        snprintf(what, sizeof what, "cleared, kind %d", kind);
        check_refused(loop, id, what);
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        check_refused(loop, id, what);
        CHECK_INT(finals, 0);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
}

static void act_on_itself(loop_t *loop, const loop_event_t *ev, void *user) {
    int64_t due, id = (int64_t)ev->id;
    ++*(int *)user;
    CHECK_CODE(loop_ref(loop, id), LOOP_EBADID);
    CHECK_CODE(loop_unref(loop, id), LOOP_EBADID);
    CHECK_CODE(loop_has_ref(loop, id), LOOP_EBADID);
    CHECK_CODE(loop_cancel(loop, id), LOOP_EBADID);
    CHECK_CODE(loop_timer_due_in(loop, id, &due), LOOP_EBADID);
    CHECK_CODE(loop_poll_modify(loop, id, LOOP_READABLE), LOOP_EBADID);
}

static void an_id_whose_final_event_is_being_told_cannot_end_again(void) {
    for (int kind = 0; kind < 2; kind++) {
        loop_t *loop = new_loop();
        int calls = 0;
        if (kind == 0)
            CHECK_ID(loop_set_timeout(loop, 0, act_on_itself, &calls));
        else
            CHECK_ID(loop_set_immediate(loop, act_on_itself, &calls));
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(calls, 1);
        CHECK_CODE(loop_free(loop), LOOP_OK);
    }
}

static void ids_of_the_wrong_kind_are_refused(void) {
    loop_t *loop = new_loop();
    int ends[2], fired = 0;
    int64_t due;
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    int64_t timer = loop_set_timeout(loop, 0, count_event, &fired);
    int64_t fd =
        loop_poll_fd(loop, ends[0], LOOP_READABLE, LOOP_POLL_LEVEL, must_not_be_called, NULL);
    int64_t immediate = loop_set_immediate(loop, count_event, &fired);
    const int64_t no_timers[] = {fd, immediate};
    for (size_t i = 0; i < 2; i++) {
        CHECK_CODE(loop_clear_timer(loop, no_timers[i]), LOOP_EBADID);
        CHECK_CODE(loop_refresh_timer(loop, no_timers[i]), LOOP_EBADID);
        CHECK_CODE(loop_timer_due_in(loop, no_timers[i], &due), LOOP_EBADID);
    }
    CHECK_CODE(loop_poll_modify(loop, timer, LOOP_READABLE), LOOP_EBADID);
    CHECK_CODE(loop_poll_modify(loop, immediate, LOOP_READABLE), LOOP_EBADID);
    CHECK_CODE(loop_unref(loop, fd), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(fired, 2);
    CHECK_CODE(loop_clear(loop, fd), LOOP_OK);
    CHECK_CODE(loop_free(loop), LOOP_OK);
    close(ends[0]);
    close(ends[1]);
}

/* Each loop makes the same things in the same order, and yet no id is one of another loop's. */
static void ids_of_other_loops_are_refused(void) {
    enum { LOOPS = 8, IDS = 50 };
    loop_t *loops[LOOPS];
    int64_t ids[LOOPS][IDS];
    int fired[LOOPS] = {0};
    for (int i = 0; i < LOOPS; i++) {
        loops[i] = new_loop();
        for (int k = 0; k < IDS; k++)
            ids[i][k] = loop_set_timeout(loops[i], 0, count_event, &fired[i]);
    }
    for (int i = 0; i < LOOPS; i++)
        for (int other = 0; other < LOOPS; other++)
            for (int k = 0; other != i && k < IDS; k++)
                check_refused(loops[i], ids[other][k], "another loop's");
    for (int i = 0; i < LOOPS; i++) {
        run_and_free(loops[i]);
        CHECK_INT(fired[i], IDS);
    }
}

static void ids_of_a_loop_that_is_gone_are_refused_by_the_next(void) {
    int64_t old = 0;
    for (int i = 0; i < 40; i++) { /* so many that the memory of a loop is used again */
        loop_t *loop = new_loop();
        int fired = 0;
        int64_t id = loop_set_timeout(loop, 0, count_event, &fired);
        CHECK(id != old);
        if (old != 0)
            check_refused(loop, old, "of a loop that is gone");
        CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
        CHECK_INT(fired, 1);
        CHECK_CODE(loop_free(loop), LOOP_OK);
        old = id;
    }
}

static void ids_that_hosts_take_differ_between_loops(void) {
    loop_t *a = new_loop(), *b = new_loop();
    uint64_t of_a, of_b;
    CHECK_CODE(loop_take_ids(a, 10, &of_a), LOOP_OK);
    CHECK_CODE(loop_take_ids(b, 10, &of_b), LOOP_OK);
    CHECK(of_a != of_b);
    CHECK(of_a >> 61 == 2 && of_b >> 61 == 2);
    CHECK((of_a & LOOP_ID_GENERATION_MAX) > 0);
    CHECK((of_a & LOOP_ID_GENERATION_MAX) <= GENERATION / 2);
    CHECK((of_b & LOOP_ID_GENERATION_MAX) <= GENERATION / 2);
    CHECK_CODE(loop_free(a), LOOP_OK);
    CHECK_CODE(loop_free(b), LOOP_OK);
}

TEST_MAIN(warm_up(), T(forged_ids_are_refused_and_what_lives_is_unharmed),
          T(half_a_million_random_ids_are_refused), T(ids_that_have_ended_are_stale),
          T(ids_that_were_cleared_are_stale),
          T(an_id_whose_final_event_is_being_told_cannot_end_again),
          T(ids_of_the_wrong_kind_are_refused), T(ids_of_other_loops_are_refused),
          T(ids_of_a_loop_that_is_gone_are_refused_by_the_next),
          T(ids_that_hosts_take_differ_between_loops))
