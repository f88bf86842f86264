/* SPDX-License-Identifier: MIT
 *
 * Every call of the library that takes a loop, made once with arguments that are good: whatever is
 * refused is refused because of the loop, or of who calls.
 */
#ifndef EVERY_CALL_H
#define EVERY_CALL_H

#include "crypto_calls.h"
#include "dns_calls.h"
#include "fs_calls.h"
#include "loops.h"
#include "net_calls.h"
#include "zip_calls.h"

#define CALLS_MAX 192

typedef struct answers {
    struct {
        const char *call;
        int64_t code;
    } of[CALLS_MAX];
    size_t count;
} answers_t;

static inline void must_not_be_called(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop, (void)user;
    harness_fail(__FILE__, __LINE__, "a callback ran: code %d, status %s", ev->code,
                 loop_err_name(ev->status));
}

static inline int32_t must_not_run(void *arg, loop_value_t *out) {
    (void)arg, (void)out;
    harness_fail(__FILE__, __LINE__, "a host function ran");
    return 0;
}

static inline void must_not_trace(const loop_trace_t *record, void *user) {
    (void)user;
    harness_fail(__FILE__, __LINE__, "a trace record came: kind %u", record->kind);
}

static inline void answer(answers_t *answers, const char *call, int64_t code) {
    if (answers->count == CALLS_MAX) {
        harness_fail(__FILE__, __LINE__, "room for %d calls is too little", CALLS_MAX);
        return;
    }
    answers->of[answers->count].call = call;
    answers->of[answers->count].code = code;
    answers->count++;
}

#define ANSWER(call) answer(answers, #call, (call))
#define ANSWER_TOO(call) ANSWER(call);

/* The calls that make something. */
static inline void call_makers(loop_t *loop, answers_t *answers) {
    const loop_cb cb = must_not_be_called;
    loop_http_t request = LOOP_HTTP_INIT;
    loop_watch_t watch = LOOP_WATCH_INIT;
    uint64_t first;
    request.url = "http://127.0.0.1/";
    watch.path = "/";
    ANSWER(loop_set_timeout(loop, 0, cb, NULL));
    ANSWER(loop_set_interval(loop, 1, cb, NULL));
    ANSWER(loop_set_timer_at(loop, 0, cb, NULL));
    ANSWER(loop_set_immediate(loop, cb, NULL));
    ANSWER(loop_start_idle(loop, cb, NULL));
    ANSWER(loop_start_prepare(loop, cb, NULL));
    ANSWER(loop_start_check(loop, cb, NULL));
    ANSWER(loop_poll_fd(loop, 0, LOOP_READABLE, LOOP_POLL_LEVEL, cb, NULL));
    ANSWER(loop_work(loop, must_not_run, NULL, "label", cb, NULL));
    ANSWER(loop_work_lane(loop, LOOP_LANE_CPU, must_not_run, NULL, NULL, cb, NULL));
    ANSWER(loop_set_workers(loop, LOOP_LANE_HOST, 2));
    ANSWER(loop_set_queue_limit(loop, LOOP_LANE_HOST, 2));
    ANSWER(loop_http(loop, &request, cb, NULL));
    ANSWER(loop_http_get(loop, request.url, cb, NULL));
    ANSWER(loop_watch(loop, &watch, cb, NULL));
    ANSWER(loop_watch_path(loop, "/", 0, cb, NULL));
    EACH_CRYPTO_CALL(ANSWER_TOO, loop, cb)
    EACH_ZIP_CALL(ANSWER_TOO, loop, cb)
    EACH_DNS_CALL(ANSWER_TOO, loop, cb)
    EACH_FS_CALL(ANSWER_TOO, loop, cb)
    EACH_NET_MAKER(ANSWER_TOO, loop, cb)
    ANSWER(loop_take_ids(loop, 1, &first));
    ANSWER(loop_next_op(loop, MS, "label"));
}

/* The calls that act on an id. */
static inline void call_on_id(loop_t *loop, int64_t id, answers_t *answers) {
    int64_t due, value;
    loop_address_t address;
    ANSWER(loop_ref(loop, id));
    ANSWER(loop_unref(loop, id));
    ANSWER(loop_has_ref(loop, id));
    ANSWER(loop_timer_due_in(loop, id, &due));
    ANSWER(loop_poll_modify(loop, id, LOOP_READABLE));
    ANSWER(loop_refresh_timer(loop, id));
    ANSWER(loop_write(loop, id, "", 0, must_not_be_called, NULL));
    ANSWER(loop_write_borrowed(loop, id, "", 0, must_not_be_called, NULL));
    ANSWER(loop_end(loop, id));
    ANSWER(loop_pause(loop, id));
    ANSWER(loop_resume(loop, id));
    EACH_NET_CALL(ANSWER_TOO, loop, id, must_not_be_called, &address, &value)
    ANSWER(loop_clear_timer(loop, id));
    ANSWER(loop_cancel(loop, id));
    ANSWER(loop_clear(loop, id));
}

/* The rest of what belongs to the thread of the loop, but for loop_free. */
static inline void call_the_rest(loop_t *loop, answers_t *answers) {
    loop_event_t event;
    loop_turn_t turn;
    int64_t timeout;
    memset(&event, 0, sizeof event);
    memset(&turn, 0, sizeof turn);
    turn.size = sizeof turn;
    turn.loop = loop;
    ANSWER(loop_next_tick(loop, must_not_be_called, NULL));
    ANSWER(loop_queue_microtask(loop, must_not_be_called, NULL));
    ANSWER(loop_run(loop, LOOP_RUN_NOWAIT));
    ANSWER(loop_run_for(loop, LOOP_RUN_NOWAIT, MS));
    ANSWER(loop_turn(&turn));
    ANSWER(loop_dispatch(loop, &event, 1));
    ANSWER(loop_unwound(loop));
    ANSWER(loop_detach(loop));
    ANSWER(loop_alive(loop));
    ANSWER(loop_now(loop));
    ANSWER(loop_backend_fd(loop));
    ANSWER(loop_backend_timeout(loop, &timeout));
    loop_stats_t stats = LOOP_STATS_INIT;
    loop_lane_stats_t lane = LOOP_LANE_STATS_INIT;
    loop_label_stats_t label = LOOP_LABEL_STATS_INIT;
    ANSWER(loop_stats(loop, &stats));
    ANSWER(loop_stats_lane(loop, LOOP_LANE_CPU, &lane));
    ANSWER(loop_stats_label(loop, 0, &label));
    ANSWER(loop_stats_reset(loop));
    ANSWER(loop_trace(loop, must_not_trace, NULL));
    ANSWER(loop_trace_fd(loop, 2, LOOP_TRACE_JSON));
}

/* The calls of any thread. */
static inline void call_of_any_thread(loop_t *loop, answers_t *answers) {
    ANSWER(loop_post(loop, 1, must_not_be_called, NULL));
    ANSWER(loop_hold(loop));
    ANSWER(loop_unhold(loop));
    ANSWER(loop_stop(loop));
    ANSWER(loop_wake(loop));
    ANSWER(loop_close(loop));
}

static inline void check_answers(const answers_t *answers, int64_t want, const char *file,
                                 int line) {
    for (size_t i = 0; i < answers->count; i++)
        if (answers->of[i].code != want)
            harness_fail(file, line, "%s: want %s, got %s (%" PRId64 ")", answers->of[i].call,
                         loop_err_name(want), loop_err_name(answers->of[i].code),
                         answers->of[i].code);
}

/* Every one of these calls gave this code. */
#define CHECK_ANSWERS(answers, want) check_answers((answers), (want), __FILE__, __LINE__)

#endif
