/* SPDX-License-Identifier: MIT
 *
 * Ears for the tests of datagrams.
 */
#ifndef DGRAM_RIG_H
#define DGRAM_RIG_H

#include "net_rig.h"

/* What a datagram socket has said: one letter for each event, o open, g a datagram, f full, r drain,
 * x an error, . the final event without one. */
typedef struct ear {
    char said[256];
    size_t count;
    int64_t id;
    loop_address_t at;     /* of the last LOOP_NET_OPEN */
    loop_address_t sender; /* of the last datagram */
    char data[4096];       /* the last datagram */
    uint64_t len;
    int64_t num, real;
    int32_t status; /* of the last event */
    int32_t errors; /* how many */
    char text[256]; /* of the last error */
    void (*on)(loop_t *loop, const loop_event_t *ev, struct ear *ear);
    void *with;
} ear_t;

static inline void listen_to(loop_t *loop, const loop_event_t *ev, void *user) {
    ear_t *ear = user;
    char letter = '?';
    ear->id = (int64_t)ev->id;
    ear->status = ev->status;
    ear->num = ev->num;
    CHECK(ev->status != 0 || ev->aux == LOOP_NET_DATAGRAM || loop_sender(ev) == NULL);
    if (ev->status != 0) {
        size_t n = ev->len < sizeof ear->text - 1 ? ev->len : sizeof ear->text - 1;
        if (n > 0)
            memcpy(ear->text, ev->data, n);
        ear->text[n] = '\0';
        ear->errors++;
        letter = 'x';
    } else if ((ev->flags & LOOP_EV_MORE) == 0) {
        letter = '.';
    } else if (ev->aux == LOOP_NET_OPEN) {
        ear->at = *(const loop_address_t *)ev->data;
        letter = 'o';
    } else if (ev->aux == LOOP_NET_DATAGRAM) {
        CHECK(ev->data != NULL && loop_sender(ev) != NULL);
        ear->sender = *loop_sender(ev);
        ear->len = ev->len;
        ear->real = ev->num;
        size_t n = ev->len < sizeof ear->data - 1 ? ev->len : sizeof ear->data - 1;
        memcpy(ear->data, ev->data, n);
        ear->data[n] = '\0';
        letter = 'g';
    } else if (ev->aux == LOOP_NET_FULL || ev->aux == LOOP_NET_DRAIN) {
        letter = ev->aux == LOOP_NET_FULL ? 'f' : 'r';
    }
    if (ear->count < sizeof ear->said - 1)
        ear->said[ear->count] = letter;
    ear->count++;
    if (ear->on != NULL)
        ear->on(loop, ev, ear);
}

/* Run until an ear has heard so much, or the loop ends. */
static inline void ear_until(loop_t *loop, const ear_t *ear, size_t count) {
    while (ear->count < count)
        if (loop_run(loop, LOOP_RUN_ONCE) <= 0 && ear->count < count) {
            harness_fail(__FILE__, __LINE__, "the loop ended after \"%s\" %s", ear->said,
                         ear->text);
            return;
        }
}

/* A socket at a port of its own, open. */
static inline void bind_to(loop_t *loop, const char *host, ear_t *ear) {
    CHECK_ID(loop_udp_bind(loop, host, 0, listen_to, ear));
    ear_until(loop, ear, 1);
    CHECK_STR(ear->said, "o");
}

static inline void answer_back(loop_t *loop, const loop_event_t *ev, ear_t *ear) {
    (void)ear;
    if (is_told(ev, LOOP_NET_DATAGRAM))
        CHECK_CODE(loop_send_to(loop, (int64_t)ev->id, loop_sender(ev), ev->data, ev->len),
                   LOOP_OK);
}

/* Many datagrams with a number and a pattern each. So many are on the way at once as fit in the
 * buffer of the receiver. */
enum { MANY = 10000, AT_ONCE = 50 };

typedef struct many {
    loop_address_t to;
    ear_t *from;
    uint32_t sent, got, wrong;
} many_t;

static inline size_t numbered(uint32_t n, char *out) {
    size_t len = 4 + n % 700;
    memcpy(out, &n, 4);
    for (size_t i = 4; i < len; i++)
        out[i] = (char)(n * 31 + i);
    return len;
}

static inline void send_more(loop_t *loop, many_t *many) {
    char data[1024];
    while (many->sent < MANY && many->sent - many->got < AT_ONCE) {
        size_t len = numbered(many->sent++, data);
        CHECK_CODE(loop_send_to(loop, many->from->id, &many->to, data, len), LOOP_OK);
    }
}

static inline void count_numbered(loop_t *loop, const loop_event_t *ev, ear_t *ear) {
    many_t *many = ear->with;
    char want[1024];
    if (many == NULL || !is_told(ev, LOOP_NET_DATAGRAM))
        return;
    size_t len = numbered(many->got++, want);
    many->wrong += ev->len != len || memcmp(ev->data, want, len) != 0;
    if (many->got == MANY) {
        CHECK_CODE(loop_net_close(loop, ear->id), LOOP_OK);
        CHECK_CODE(loop_net_close(loop, many->from->id), LOOP_OK);
    } else if (many->sent - many->got < AT_ONCE / 2) {
        send_more(loop, many);
    }
}

#endif
