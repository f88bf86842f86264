/* SPDX-License-Identifier: MIT
 *
 * What the test programs that are linked with the library share beyond harness.h.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include "harness.h"

#define CB(name) static void name(loop_t *loop, const loop_event_t *ev, void *user)
#define UNUSED ((void)loop, (void)ev, (void)user)

static inline int check_code(int64_t got, int64_t want, const char *file, int line,
                             const char *text) {
    if (got != want)
        harness_fail(file, line, "%s: want %s, got %s (%" PRId64 ")", text, loop_err_name(want),
                     loop_err_name(got), got);
    return got == want;
}

/* A check of a LOOP_E* code that prints its name. */
#define CHECK_CODE(got, want) check_code((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_ID(got) CHECK((got) > 0)

static inline loop_t *new_loop(void) {
    loop_t *loop = NULL;
    CHECK_CODE(loop_new(NULL, &loop), LOOP_OK);
    return loop;
}

static inline void run_and_free(loop_t *loop) {
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_CODE(loop_free(loop), LOOP_OK);
}

/* Adds 1 to the int at user for each event that is no error. */
static inline void count_event(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (ev->status == 0)
        ++*(int *)user;
}

static inline int32_t do_nothing(void *arg, loop_value_t *out) {
    (void)arg;
    (void)out;
    return 0;
}

/* Opens what the library and Go's runtime open once and keep. */
static inline void warm_up(void) {
    int n = 0;
    loop_t *loop = new_loop();
    (void)loop_set_timeout(loop, 0, count_event, &n);
    (void)loop_work(loop, do_nothing, NULL, NULL, count_event, &n);
    run_and_free(loop);
}

#endif
