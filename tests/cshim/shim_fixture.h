/* SPDX-License-Identifier: MIT
 *
 * What the tests of the C half share: loops on the fake engine, and a log of what was called.
 */
#ifndef SHIM_FIXTURE_H
#define SHIM_FIXTURE_H

#include "harness.h"

#include "../../libloop/cshim/internal.h"
#include "fake_engine.h"

#include <pthread.h>

#define UNUSED ((void)loop, (void)ev, (void)user)
#define CB(name) static void name(loop_t *loop, const loop_event_t *ev, void *user)

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#define UNDER_SANITIZER 1
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_TSAN 0
#define UNDER_SANITIZER 1
#else
#define UNDER_TSAN 0
#define UNDER_SANITIZER 0
#endif

static inline loop_t *new_loop(void) {
    loop_t *loop = NULL;
    SHOULD(loop_new(NULL, &loop));
    return loop;
}

/* Runs to the end and frees. */
static inline void run_and_free(loop_t *loop) {
    SHOULD(loop_run(loop, LOOP_RUN_DEFAULT));
    SHOULD(loop_free(loop));
}

/* What callbacks note, in order: words with a space between. */
static char said[4096];

static inline void say(const char *word) {
    size_t len = strlen(said);
    snprintf(said + len, sizeof said - len, "%s%s", len > 0 ? " " : "", word);
}

static inline void say_user(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    say(user);
    if (ev->status != 0)
        say(loop_err_name(ev->status));
}

/* Compares what was said since the last look. */
#define CHECK_SAID(want)                                                                           \
    do {                                                                                           \
        CHECK_STR(said, want);                                                                     \
        said[0] = '\0';                                                                            \
    } while (0)

static inline pthread_t spawn(void *(*entry)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, entry, argument) != 0)
        abort();
    return thread;
}

#endif
