/* SPDX-License-Identifier: MIT
 *
 * What the programs about crypto share: one request at a time, and what came of it.
 */
#ifndef CONFORMANCE_CRYPTO_H
#define CONFORMANCE_CRYPTO_H

#include "conformance.h"

typedef struct came {
    unsigned char data[4096];
    uint64_t len, aux;
} came_t;

static came_t came __attribute__((unused));

static inline void say_hex(const char *what, const unsigned char *data, uint64_t len) {
    printf("%s: ", what);
    for (uint64_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    putchar('\n');
}

/* Says what came: bytes in hexadecimal, a bool, or an error with its text. */
static inline void say_result(loop_t *loop, const loop_event_t *ev, void *user) {
    int32_t truth;
    (void)loop;
    if (ev->status != 0)
        say("%s: %s, %.*s", (const char *)user, loop_err_name(ev->status), (int)ev->len,
            (const char *)ev->data);
    else if (loop_event_bool(ev, &truth) == 0)
        say("%s: %s", (const char *)user, truth ? "yes" : "no");
    else
        say_hex(user, ev->data, ev->len);
}

/* Keeps what came, which must be bytes. */
static inline void keep(loop_t *loop, const loop_event_t *ev, void *user) {
    const void *data;
    (void)loop, (void)user;
    must(ev->status);
    must(loop_event_bytes(ev, &data, &came.len));
    memcpy(came.data, data, came.len);
    came.aux = ev->aux;
}

/* Makes one request and runs it to its end. */
#define ASK(call)                                                                                  \
    do {                                                                                           \
        must(call);                                                                                \
        must(loop_run(loop, LOOP_RUN_DEFAULT));                                                    \
    } while (0)

#endif
