/* SPDX-License-Identifier: MIT
 *
 * What callbacks said, in order: the words of a test, joined by spaces. One thread at a time.
 */
#ifndef SAID_H
#define SAID_H

#include "harness.h"

static char said[4096];

static inline void say(const char *word) {
    size_t at = strlen(said);
    snprintf(said + at, sizeof said - at, "%s%s", at > 0 ? " " : "", word);
}

/* A callback that says its user. */
static inline void say_user(loop_t *loop, const loop_event_t *ev, void *user) {
    (void)loop;
    (void)ev;
    say((const char *)user);
}

/* A callback that says its user, or "user!ERROR" when the event has a status. */
static inline void say_status(loop_t *loop, const loop_event_t *ev, void *user) {
    char text[128];
    (void)loop;
    snprintf(text, sizeof text, "%s%s%s", (const char *)user, ev->status != 0 ? "!" : "",
             ev->status != 0 ? loop_err_name(ev->status) : "");
    say(text);
}

static inline int check_said(const char *want, const char *file, int line) {
    int good = harness_check_str(said, want, file, line, "said");
    said[0] = '\0';
    return good;
}

/* What was said since the last look. */
#define CHECK_SAID(want) check_said((want), __FILE__, __LINE__)

/* A user of callbacks in C++, where a literal is const. */
static inline void *word(const char *text) {
    return (void *)(uintptr_t)text;
}

#endif
