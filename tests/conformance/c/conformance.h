/* SPDX-License-Identifier: MIT
 *
 * What the conformance programs share. Each prints lines to standard output that must equal
 * expected/NAME.txt, in C as in Python and Rust. Servers come from the runner through the
 * environment.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <loop.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS ((int64_t)1000000)
#define CB(name) static void name(loop_t *loop, const loop_event_t *ev, void *user)
#define UNUSED ((void)loop, (void)ev, (void)user)

static inline void say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* Ends the program when a call that must work does not. */
static inline int64_t must(int64_t rc) {
    if (rc < 0) {
        say("unexpected %s", loop_err_name(rc));
        exit(1);
    }
    return rc;
}

static inline loop_t *new_loop(void) {
    loop_t *loop = NULL;
    must(loop_new(NULL, &loop));
    return loop;
}

/* Runs until done and frees. */
static inline void run_and_free(loop_t *loop) {
    must(loop_run(loop, LOOP_RUN_DEFAULT));
    must(loop_free(loop));
}

/* Says its user text, unless the id ends with an error. */
static inline void say_user(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    if (ev->status == 0)
        say("%s", (const char *)user);
}

/* Says its user text, the status and whether more comes. */
static inline void say_status(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    say("%s: %s%s", (const char *)user, loop_err_name(ev->status),
        (ev->flags & LOOP_EV_MORE) != 0 ? ", more comes" : "");
}

static inline const char *from_environment(const char *name) {
    const char *value = getenv(name);
    if (value == NULL) {
        say("%s is not set: start this program with tests/conformance/run.py", name);
        exit(1);
    }
    return value;
}

#endif
