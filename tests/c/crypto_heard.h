/* SPDX-License-Identifier: MIT
 *
 * What came of requests of crypto: the last event's status, value and text.
 */
#ifndef CRYPTO_HEARD_H
#define CRYPTO_HEARD_H

#include "loops.h"

typedef struct heard {
    int outcomes, finals, late;
    int32_t status;
    int64_t kind, num, os_errno;
    uint64_t len, aux;
    unsigned char data[65536];
    char text[512]; /* of an error */
} heard_t;

static inline void hear(loop_t *loop, const loop_event_t *ev, void *user) {
    heard_t *heard = user;
    (void)loop;
    heard->late += heard->finals > 0;
    if ((ev->flags & LOOP_EV_MORE) != 0) {
        heard->outcomes += (ev->flags & LOOP_EV_OUTCOME) != 0;
        heard->status = ev->status;
        return;
    }
    heard->finals++;
    heard->status = ev->status;
    heard->kind = loop_event_kind(ev);
    heard->num = ev->num;
    heard->aux = ev->aux;
    heard->len = ev->len;
    heard->os_errno = ev->status != 0 ? (int64_t)ev->aux : 0;
    if (ev->status != 0)
        snprintf(heard->text, sizeof heard->text, "%.*s", (int)ev->len, (const char *)ev->data);
    else if (ev->len > 0 && ev->len <= sizeof heard->data)
        memcpy(heard->data, ev->data, ev->len);
}

/* Runs what was asked for to its end, which must come once. With its outcome an id keeps no loop
 * alive any more. */
static inline void run_heard(loop_t *loop, int64_t id, const heard_t *heard) {
    if (!CHECK_ID(id))
        return;
    CHECK_CODE(loop_hold(loop), LOOP_OK);
    while (heard->finals == 0)
        CHECK(loop_run_for(loop, LOOP_RUN_ONCE, 10 * MS) > 0);
    CHECK_CODE(loop_unhold(loop), LOOP_OK);
    CHECK_INT(loop_run(loop, LOOP_RUN_DEFAULT), 0);
    CHECK_INT(heard->finals, 1);
    CHECK_INT(heard->late, 0);
}

static inline int check_hex(const heard_t *heard, const char *want, const char *file, int line) {
    char got[1024] = "";
    for (uint64_t i = 0; i < heard->len && i < 500; i++)
        snprintf(got + 2 * i, 3, "%02x", heard->data[i]);
    if (heard->status != 0)
        snprintf(got, sizeof got, "%s %s", loop_err_name(heard->status), heard->text);
    return harness_check_str(got, want, file, line, "bytes") &&
           harness_check_int(heard->kind, LOOP_KIND_BYTES, file, line, "kind");
}

/* The result is these bytes. */
#define CHECK_HEX(heard, want) check_hex((heard), (want), __FILE__, __LINE__)

static inline int check_failed(const heard_t *heard, int32_t status, const char *text,
                               const char *file, int line) {
    return check_code(heard->status, status, file, line, "status") &&
           harness_check_str(heard->text, text, file, line, "text") &&
           harness_check_int(heard->kind, LOOP_KIND_ERROR, file, line, "kind");
}

/* It failed with this code and this text. */
#define CHECK_FAILED(heard, status, text)                                                          \
    check_failed((heard), (status), (text), __FILE__, __LINE__)

#endif
