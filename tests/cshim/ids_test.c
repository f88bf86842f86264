/* SPDX-License-Identifier: MIT
 *
 * The table of the ids that C calls make, the op array, and what is kept of ids for calls.
 */
// sources: libloop/cshim/*.c tests/cshim/fake_*.c

#include "shim_fixture.h"

static const uint64_t step = LOOP_ID_SLOT_STEP;

static uint64_t take(loop__ids_t *ids) {
    loop__slot_t *slot;
    return loop__ids_take(ids, LOOP_OP_TIMER, &slot);
}

static void an_id_has_a_maker_a_slot_and_a_generation(void) {
    loop__ids_t ids = {0};
    uint64_t a = take(&ids), b = take(&ids);
    CHECK_INT(a, (uint64_t)1 << 61 | 1);
    CHECK_INT(b, a + step);
    loop__ids_end(&ids, a);
    CHECK_INT(take(&ids), a + 1);
    loop__ids_free(&ids);
}

static void stale_forged_and_foreign_ids_are_not_found(void) {
    loop__ids_t ids = {0};
    uint64_t a = take(&ids);
    CHECK(loop__ids_find(&ids, a) != NULL);
    CHECK(loop__ids_find(&ids, a + 1) == NULL);
    CHECK(loop__ids_find(&ids, a - 1) == NULL);
    CHECK(loop__ids_find(&ids, a + step) == NULL);
    CHECK(loop__ids_find(&ids, a + 100000 * step) == NULL);
    CHECK(loop__ids_find(&ids, a ^ (uint64_t)3 << 61) == NULL);
    CHECK(loop__ids_find(&ids, a | (uint64_t)1 << 63) == NULL);
    CHECK(loop__ids_find(&ids, 0) == NULL);
    loop__ids_end(&ids, a);
    CHECK(loop__ids_find(&ids, a) == NULL);
    loop__ids_end(&ids, a); /* nothing happens */
    CHECK_INT(take(&ids), a + 1);
    loop__ids_free(&ids);
}

static void chunks_are_given_back_and_their_generations_go_on(void) {
    enum { N = 10 * LOOP__CHUNK };
    static uint64_t first[N], again[N];
    loop__ids_t ids = {0};
    for (int i = 0; i < N; i++)
        first[i] = take(&ids);
    for (int i = 0; i < N; i++)
        loop__ids_end(&ids, first[i]);
    CHECK_INT(ids.count - ids.absent, 1);
    for (int i = 0; i < N; i++)
        CHECK(loop__ids_find(&ids, first[i]) == NULL);
    for (int i = 0; i < N; i++)
        again[i] = take(&ids);
    CHECK_INT(ids.count, 10);
    CHECK_INT(ids.absent, 0);
    uint64_t repeated = 0, lost = 0;
    for (int i = 0; i < N; i++) {
        lost += loop__ids_find(&ids, again[i]) == NULL;
        repeated += (again[i] & LOOP_ID_GENERATION_MAX) < 2;
        repeated += loop__ids_find(&ids, first[i]) != NULL;
    }
    CHECK_INT(lost, 0);
    CHECK_INT(repeated, 0);
    loop__ids_free(&ids);
}

static void a_slot_whose_generations_are_used_up_is_spent(void) {
    loop__ids_t ids = {0};
    uint64_t a = take(&ids);
    loop__slot_t *slot = loop__ids_find(&ids, a);
    slot->word |= LOOP_ID_GENERATION_MAX;
    uint64_t last = a | LOOP_ID_GENERATION_MAX;
    CHECK(loop__ids_find(&ids, last) == slot);
    loop__ids_end(&ids, last);
    CHECK(loop__ids_find(&ids, last) == NULL);
    CHECK_INT(take(&ids), a + step);
    loop__ids_free(&ids);
}

static void random_lives_of_ids_never_collide(void) {
    enum { N = 5000 };
    static uint64_t live[N], ended[N];
    loop__ids_t ids = {0};
    uint64_t state = 42, wrong = 0;
    memset(live, 0, sizeof live);
    memset(ended, 0, sizeof ended);
    for (int i = 0; i < 400000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        /* Waves, so that chunks come and go. */
        uint64_t k = (state >> 33) % N;
        int growing = (i / 40000) % 2 == 0;
        if (live[k] == 0 && growing) {
            live[k] = take(&ids);
            wrong += live[k] == ended[k];
        } else if (live[k] != 0 && !growing) {
            loop__ids_end(&ids, live[k]);
            ended[k] = live[k];
            live[k] = 0;
        }
        wrong += live[k] != 0 && loop__ids_find(&ids, live[k]) == NULL;
        wrong += ended[k] != 0 && loop__ids_find(&ids, ended[k]) != NULL;
    }
    CHECK_INT(wrong, 0);
    loop__ids_free(&ids);
}

static void blocks_of_host_ids_are_consecutive(void) {
    loop_t *loop = new_loop();
    uint64_t a = 0, b = 0;
    SHOULD(loop_take_ids(loop, 100, &a));
    SHOULD(loop_take_ids(loop, 1048576, &b));
    CHECK_INT(a, (uint64_t)2 << 61 | 1);
    CHECK_INT(b, a + 100 * step);
    CHECK((int64_t)b > 0);
    CHECK_INT(loop_take_ids(loop, 0, &a), LOOP_EINVAL);
    CHECK_INT(loop_take_ids(loop, 1048577, &a), LOOP_EINVAL);
    CHECK_INT(loop_take_ids(loop, 1, NULL), LOOP_EINVAL);
    int64_t rc = 0;
    while (rc == 0)
        rc = loop_take_ids(loop, 1048576, &a);
    CHECK_INT(rc, LOOP_ENOMEM);
    run_and_free(loop);
}

/* ---- The op array ---------------------------------------------------------------------------- */

CB(nothing) {
    UNUSED;
}

static void ops_are_submitted_every_4096(void) {
    loop_t *loop = new_loop();
    uint64_t before = fake_steps;
    for (int i = 0; i < 4096; i++)
        CHECK(loop_set_timer_at(loop, INT64_MAX, nothing, NULL) > 0);
    CHECK_INT(fake_steps - before, 0);
    for (int i = 0; i < 4096; i++)
        CHECK(loop_set_timer_at(loop, INT64_MAX, nothing, NULL) > 0);
    CHECK_INT(fake_steps - before, 1);
    CHECK_INT(loop_alive(loop), 8192);
    CHECK_INT(loop->ops.capacity, 4096);
    SHOULD(loop_free(loop));
}

static void the_op_array_shrinks_after_a_burst(void) {
    loop_t *loop = new_loop();
    for (int i = 0; i < 4000; i++)
        CHECK(loop_set_timer_at(loop, 0, nothing, NULL) > 0);
    for (int i = 0; i < 1000; i++) {
        CHECK(loop_set_timer_at(loop, 0, nothing, NULL) > 0);
        SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    }
    CHECK(loop->ops.capacity <= 64);
    SHOULD(loop_free(loop));
}

static void a_bad_argument_makes_no_id(void) {
    loop_t *loop = new_loop();
    loop_http_t http = LOOP_HTTP_INIT;
    int fd = 0;
    CHECK_INT(loop_set_timeout(NULL, 0, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_set_timeout(loop, -1, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_set_timeout(loop, 0, NULL, NULL), LOOP_EINVAL);
    CHECK_INT(loop_set_interval(loop, 0, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_set_immediate(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_INT(loop_next_tick(loop, NULL, NULL), LOOP_EINVAL);
    CHECK_INT(loop_next_tick(NULL, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_queue_microtask(NULL, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_poll_fd(loop, -1, LOOP_READABLE, 0, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_poll_fd(loop, fd, 0, 0, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_poll_fd(loop, fd, LOOP_HANGUP, 0, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_poll_fd(loop, fd, LOOP_READABLE, 3, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_work(loop, NULL, NULL, NULL, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_set_workers(loop, 3, 1), LOOP_EINVAL);
    CHECK_INT(loop_set_workers(loop, 0, 0), LOOP_EINVAL);
    CHECK_INT(loop_set_queue_limit(loop, 3, 1), LOOP_EINVAL);
    CHECK_INT(loop_http(loop, NULL, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_http(loop, &http, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_http_get(loop, NULL, nothing, NULL), LOOP_EINVAL);
    http.url = "http://localhost/";
    http.flags = 0x8000;
    CHECK_INT(loop_http(loop, &http, nothing, NULL), LOOP_EINVAL);
    CHECK_INT(loop_next_op(loop, -1, NULL), LOOP_EINVAL);
    CHECK_INT(loop_next_op(loop, 0, "\xff"), LOOP_EINVAL);
    CHECK_INT(loop_next_op(loop, 0, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"), LOOP_EINVAL);
    CHECK_INT(loop_next_op(loop, 0, "\xed\xa0\x80"), LOOP_EINVAL);
    CHECK_INT(loop_next_op(loop, 0, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x8d"), 0);
    CHECK_INT(loop_next_op(loop, 0, NULL), 0);
    CHECK_INT(loop_run_for(loop, LOOP_RUN_DEFAULT, -1), LOOP_EINVAL);
    CHECK_INT(loop_run(loop, 3), LOOP_EINVAL);
    CHECK_INT(loop_alive(loop), 0);
    CHECK_INT(loop->ids.count, 0);
    SHOULD(loop_free(loop));
}

static void calls_on_dead_ids_are_refused(void) {
    loop_t *loop = new_loop();
    int64_t due, id = loop_set_timeout(loop, 0, nothing, NULL);
    int64_t idle = loop_start_idle(loop, nothing, NULL);
    SHOULD(loop_clear(loop, id));
    CHECK_INT(loop_clear(loop, id), LOOP_EBADID);
    CHECK_INT(loop_cancel(loop, id), LOOP_EBADID);
    CHECK_INT(loop_ref(loop, id), LOOP_EBADID);
    CHECK_INT(loop_has_ref(loop, id), LOOP_EBADID);
    CHECK_INT(loop_refresh_timer(loop, id), LOOP_EBADID);
    CHECK_INT(loop_timer_due_in(loop, id, &due), LOOP_EBADID);
    CHECK_INT(loop_clear_timer(loop, idle), LOOP_EBADID);
    CHECK_INT(loop_refresh_timer(loop, idle), LOOP_EBADID);
    CHECK_INT(loop_timer_due_in(loop, idle, &due), LOOP_EBADID);
    CHECK_INT(loop_poll_modify(loop, idle, LOOP_READABLE), LOOP_EBADID);
    CHECK_INT(loop_clear(loop, INT64_MIN), LOOP_EBADID);
    CHECK_INT(loop_clear(loop, INT64_MAX), LOOP_EBADID);
    SHOULD(loop_clear(loop, idle));
    run_and_free(loop);
}

static void ref_and_unref_are_idempotent(void) {
    loop_t *loop = new_loop();
    int64_t timer = loop_set_timeout(loop, 0, nothing, NULL);
    int64_t immediate = loop_set_immediate(loop, nothing, NULL);
    int64_t ids[] = {timer, immediate};
    for (int i = 0; i < 2; i++) {
        SHOULD(loop_ref(loop, ids[i]));
        CHECK_INT(loop_alive(loop), 2 - i);
        SHOULD(loop_unref(loop, ids[i]));
        SHOULD(loop_unref(loop, ids[i]));
        CHECK_INT(loop_has_ref(loop, ids[i]), 0);
        CHECK_INT(loop_alive(loop), 1 - i);
    }
    SHOULD(loop_ref(loop, timer));
    SHOULD(loop_ref(loop, immediate));
    CHECK_INT(loop_alive(loop), 2);
    CHECK_INT(loop_has_ref(loop, immediate), 1);
    run_and_free(loop);
}

TEST_MAIN((void)0, T(an_id_has_a_maker_a_slot_and_a_generation),
          T(stale_forged_and_foreign_ids_are_not_found),
          T(chunks_are_given_back_and_their_generations_go_on),
          T(a_slot_whose_generations_are_used_up_is_spent), T(random_lives_of_ids_never_collide),
          T(blocks_of_host_ids_are_consecutive), T(ops_are_submitted_every_4096),
          T(the_op_array_shrinks_after_a_burst), T(a_bad_argument_makes_no_id),
          T(calls_on_dead_ids_are_refused), T(ref_and_unref_are_idempotent))
